"""The course is the same as nbgrader's, whoever asks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import Course, CourseError
from tests.classroom.term import ASSIGNMENT, hand_in, make_course

ASK = """
import sys
from nbgrader.apps import NbGrader
app = NbGrader()
app.initialize([])
d = app.coursedir
print(d.db_url, d.submitted_directory, d.course_id, sep="|")
"""


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_course(tmp_path / "course")


def test_the_users_configuration_counts_as_it_does_for_nbgrader(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The course's own file comes last."""
    folder = tmp_path / "jupyter"
    folder.mkdir()
    folder.joinpath("nbgrader_config.py").write_text(
        f"c.CourseDirectory.db_url = 'sqlite:///{tmp_path}/other.db'\n"
        "c.CourseDirectory.submitted_directory = 'handed_in'\n"
        "c.CourseDirectory.course_id = 'the course knows better'\n"
    )
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(folder))
    theirs = subprocess.run(
        [sys.executable, "-c", ASK], cwd=course.root, capture_output=True, text=True
    ).stdout.strip()
    ours = course.directory()
    assert theirs.split("|") == [ours.db_url, ours.submitted_directory, ours.course_id]
    assert ours.db_url == f"sqlite:///{tmp_path}/other.db" and ours.course_id == "small"
    assert not course.students(ASSIGNMENT)
    hand_in(course, "ann", {})
    assert course.students(ASSIGNMENT) == ["ann"]
    assert course.submitted("ann", ASSIGNMENT).parts[-3] == "handed_in"


def test_another_structure_of_folders(course: Course) -> None:
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.CourseDirectory.directory_structure = "
                   "'{nbgrader_step}/{assignment_id}/{student_id}'\n")  # fmt: skip
    hand_in_at = course.root / "submitted" / ASSIGNMENT / "ann"
    hand_in_at.mkdir(parents=True)
    assert course.students(ASSIGNMENT) == ["ann"]
    assert course.submitted("ann", ASSIGNMENT) == hand_in_at


def test_who_is_excluded_is_not_graded(course: Course) -> None:
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.CourseDirectory.student_id_exclude = 'late,hangs'\n")
    assert not {"late", "hangs"} & set(course.students(ASSIGNMENT))
    assert "right" in course.students(ASSIGNMENT)


def test_a_broken_configuration_is_one_line(course: Course) -> None:
    course.root.joinpath("nbgrader_config.py").write_text("c = get_config(\n")
    with pytest.raises(CourseError, match=r"SyntaxError.*Mend nbgrader_config.py"):
        course.config()
