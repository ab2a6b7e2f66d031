"""nbgrader's own commands and pages, as they stand in the course folder."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from autograder.classroom.demo import fresh_copy
from autograder.classroom.results import Result, read_results
from autograder.classroom.sample_class import Answers, hand_in, read_answers
from autograder.course import Course
from autograder.release import build_release, secret_lines

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "tests" / "sample_class" / "rnn_lstm"
ASSIGNMENT = "rnn_lstm"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course in which four students have handed in, one of them a broken file."""
    course = fresh_copy(Course(ROOT), tmp_path_factory.mktemp("pipeline") / "course")
    build_release(course, ASSIGNMENT)
    for student in ("ada", "fatima", "jun", "nils"):
        hand_in(course, ASSIGNMENT, read_answers(SAMPLES / f"{student}.py"))
    return course


def nbgrader(course, *arguments):
    """Run one of nbgrader's commands, its environment not activated."""
    command = [sys.executable, "-m", "nbgrader", *arguments]
    path = os.pathsep.join(("/usr/local/bin", "/usr/bin", "/bin"))
    return subprocess.run(
        command,
        cwd=course.root,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def graded(course):
    """What `nbgrader autograde` said."""
    return nbgrader(course, "autograde", ASSIGNMENT)


def test_a_broken_file_is_told_and_costs_nobody_else(course, graded):
    assert graded.returncode != 0
    assert "nils" in graded.stderr
    assert "no notebook" in graded.stderr
    totals = {s: read_result(course, ASSIGNMENT, s).total for s in ("ada", "nils")}
    assert totals == {"ada": 100, "nils": 0}


def read_result(course: Course, assignment: str, student: str) -> Result:
    """What the gradebook has of one student."""
    return {r.student: r for r in read_results(course, assignment)}[student]


def test_wrong_and_missing_answers_lose_their_own_points(course, graded):
    for student in ("fatima", "jun"):
        result = read_result(course, ASSIGNMENT, student)
        lost = {e for e, worth in result.out_of.items() if result.points[e] < worth}
        assert lost == {read_answers(SAMPLES / f"{student}.py").loses}


def test_all_went_well_is_status_zero(course, graded):
    assert nbgrader(course, "autograde", ASSIGNMENT, "--student=ada").returncode == 0


def test_feedback_shows_messages_and_no_hidden_test(course, graded):
    made = nbgrader(course, "generate_feedback", ASSIGNMENT)
    assert made.returncode == 0, made.stderr
    assert "not recognized" not in made.stderr
    page = course.feedback("fatima", ASSIGNMENT).read_text("utf-8")
    assert "What to look at" in page and '<p class="message">' in page
    master = nbformat.read(course.master(ASSIGNMENT), as_version=4)
    tests = [c for c in master.cells if c.id.startswith("test_")]
    for line in secret_lines(nbformat.v4.new_notebook(cells=tests)):
        assert line not in page


def test_the_formgraders_button_grades_the_same_way(course, graded):
    directory = CourseDirectory(config=course.config())
    directory.root = str(course.root)
    api = NbGraderAPI(directory, config=course.config())
    before = read_result(course, ASSIGNMENT, "fatima")
    result = api.autograde(ASSIGNMENT, "fatima")
    assert result["success"], result
    after = read_result(course, ASSIGNMENT, "fatima")
    assert replace(after, seconds=before.seconds) == before


def test_points_given_by_hand_survive_grading_again(course, graded):
    with course.gradebook() as gradebook:
        notebook = course.master(ASSIGNMENT).stem
        test = "test_rnn_cell_forward_prediction"
        grade = gradebook.find_grade(test, notebook, ASSIGNMENT, "fatima")
        grade.manual_score = 1.5
        gradebook.db.commit()
    nbgrader(course, "autograde", ASSIGNMENT, "--student=fatima", "--force")
    assert read_result(course, ASSIGNMENT, "fatima").points["rnn_cell_forward"] == 7.5


def test_noise_on_stderr_costs_nothing(course):
    noisy = read_answers(SAMPLES / "chen.py").cells["lstm_cell_forward"]
    noise = "    import sys, warnings\n    warnings.warn('slow')\n"
    noise += "    print('noise', file=sys.stderr)\n"
    head, body = noisy.split("\n", 1)
    cells = {"lstm_cell_forward": f"{head}\n{noise}{body}"}
    hand_in(course, ASSIGNMENT, Answers("noisy", cells=cells))
    assert nbgrader(course, "autograde", ASSIGNMENT, "--student=noisy").returncode == 0
    assert read_result(course, ASSIGNMENT, "noisy").total == 100
