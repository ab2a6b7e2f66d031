"""The demonstration: everybody in the sample class gets just what the work earns."""

from __future__ import annotations

import functools
import io
import json
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from rich.console import Console

from autograder.classroom.demo import SAMPLES, fresh_copy, run_demo
from autograder.classroom.sample_class import hand_in, read_answers
from autograder.course import Course, CourseError
from autograder.release import build_release, secret_lines

ROOT = Path(__file__).resolve().parents[2]
COURSE = Course(ROOT)
ANSWERS = [
    pytest.param(path, id=f"{path.parent.name}-{path.stem}")
    for path in sorted((ROOT / SAMPLES).glob("*/*.py"))
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The finished demonstration: its course, results, and what it printed."""
    root = tmp_path_factory.mktemp("demo")
    output = Console(file=io.StringIO(), width=250)
    for name in ("source", "tests", "nbgrader_config.py"):
        (root / name).symlink_to(ROOT / name)
    results = run_demo(Course(root), output)
    return Course(root / "demo"), results, output.file.getvalue()


def result_of(demo, path):
    _, results, _ = demo
    return next(
        r for r in results if (r.assignment, r.student) == (path.parent.name, path.stem)
    )


@pytest.mark.slow
@pytest.mark.parametrize("path", ANSWERS)
def test_points_are_lost_in_just_the_exercises_that_are_wrong(demo, path):
    result = result_of(demo, path)
    answers = read_answers(path)
    lost = {e for e, worth in result.out_of.items() if result.points[e] < worth}
    if answers.loses == "everything":
        assert result.total == 0
    elif answers.loses == "nothing":
        assert (lost, result.total) == (set(), 100)
    else:
        assert lost == set(answers.loses.split(", "))
        assert result.total == 100 - sum(
            result.out_of[e] - result.points[e] for e in lost
        )


@functools.cache
def kept_from_students(assignment: str) -> set[str]:
    """Lines of the hidden tests that stand nowhere in what students are given."""
    master = nbformat.read(COURSE.master(assignment), as_version=4)
    released = COURSE.release(assignment) / COURSE.master(assignment).name
    open_text = "".join(c.source for c in nbformat.read(released, as_version=4).cells)
    answers = [
        c for c in master.cells if c.metadata.get("nbgrader", {}).get("solution")
    ]
    secrets = secret_lines(master) - secret_lines(
        nbformat.v4.new_notebook(cells=answers)
    )
    return {line for line in secrets if line not in open_text}


@pytest.mark.slow
@pytest.mark.parametrize("path", ANSWERS)
def test_feedback_pages_keep_hidden_tests_hidden(demo, path):
    course, _, _ = demo
    page = course.feedback(path.stem, path.parent.name).read_text("utf-8")
    text = BeautifulSoup(page, "html.parser").get_text()  # of highlighted code, too
    assert 'print("passed: ' in text  # as visible code is found there
    secrets = kept_from_students(path.parent.name)
    assert secrets
    handed_in = course.submitted(path.stem, path.parent.name).glob("*.ipynb")
    own = "".join(file.read_text("utf-8", "replace") for file in handed_in)
    assert not [s for s in secrets if s in text and json.dumps(s)[1:-1] not in own]


@pytest.mark.slow
def test_the_table_names_everybody_and_the_paths_exist(demo):
    course, results, printed = demo
    assert len([r for r in results if r.assignment == "rnn_lstm"]) >= 12
    for result in results:
        assert result.student in printed
    assert (course.root / "gradebook.db").is_file()
    assert str(course.root / "feedback") in printed


def test_an_unknown_header_is_named(tmp_path):
    path = tmp_path / "zoe.py"
    path.write_text("# colour: green\n")
    with pytest.raises(CourseError, match=r"zoe\.py: can't read .*colour"):
        read_answers(path)


def test_an_answer_to_no_exercise_is_named(tmp_path):
    course = fresh_copy(COURSE, tmp_path / "course")
    assignment = course.assignments()[0]
    build_release(course, assignment)
    path = tmp_path / "zoe.py"
    path.write_text("# %% no_such_cell\npass\n")
    with pytest.raises(CourseError, match="no_such_cell"):
        hand_in(course, assignment, read_answers(path))
