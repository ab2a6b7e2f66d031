"""Whoever grades, the gradebook and the files are what nbgrader would have made."""

from __future__ import annotations

import shutil

import pytest

from autograder.classroom.bundle import make_bundle
from autograder.classroom.grading import How, State, grade_class
from autograder.classroom.results import read_results
from autograder.course import Course
from autograder.release import build_release
from tests.classroom.term import (
    ANSWERS,
    ASSIGNMENT,
    by_hand,
    by_nbgrader,
    files,
    hand_in,
    make_course,
    tables,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def courses(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Course]:
    """Two copies of a course, handed in and released."""
    root = tmp_path_factory.mktemp("term")
    first = make_course(root / "one" / "course")
    shutil.copytree(first.root, root / "two" / "course")
    return first, Course(root / "two" / "course")


@pytest.mark.parametrize("workers", [1, 2])
def test_databases_and_files_are_equal(
    courses: tuple[Course, Course], workers: int
) -> None:
    """Graded anew and again, with points and comments by hand in between."""
    nbgraders, ours = courses
    students = ours.students(ASSIGNMENT)
    assert len(students) == len(ANSWERS) + 2
    how = How(workers, force=True)
    for _ in range(3 - workers):
        by_nbgrader(nbgraders)
        steps = list(grade_class(ours, make_bundle(ours, ASSIGNMENT), students, how))
        assert {s.student for s in steps} == set(students)
        assert {s.state for s in steps} == {State.GRADED}, steps
        _compare(nbgraders, ours)
        by_hand(nbgraders)
        by_hand(ours)


def _compare(nbgraders: Course, ours: Course) -> None:
    theirs, here = tables(nbgraders), tables(ours)
    assert theirs.keys() == here.keys()
    for name, rows in theirs.items():
        assert here[name] == rows, name
    assert sum(map(len, here.values())) > 100
    expected, found = files(nbgraders), files(ours)
    assert found.keys() == expected.keys()
    for name, file in expected.items():
        assert found[name] == file, name


def test_a_difference_would_be_seen(courses: tuple[Course, Course]) -> None:
    """The comparison's own control."""
    nbgraders, ours = courses
    hand_in(ours, "right", {"double": "pass"})
    list(grade_class(ours, make_bundle(ours, ASSIGNMENT), ["right"]))
    with pytest.raises(AssertionError):
        _compare(nbgraders, ours)


def test_an_assignment_of_two_notebooks_is_released(
    courses: tuple[Course, Course],
) -> None:
    found = build_release(courses[1], ASSIGNMENT).glob("*.ipynb")
    assert {path.stem for path in found} == {"first", "second"}


def test_of_two_notebooks_the_one_that_is_missing_is_told(
    courses: tuple[Course, Course],
) -> None:
    _, ours = courses
    folder = ours.submitted("partly", ASSIGNMENT)
    hand_in(ours, "partly", {}, ["first", "second"])
    for name, help_ in (
        ("second (1).ipynb", ": is it second (1).ipynb? Then rename it"),
        ("elsewhere", ""),
    ):
        next(folder.glob("second*")).rename(folder / name)
        list(grade_class(ours, make_bundle(ours, ASSIGNMENT), ["partly", "empty"]))
        results = {r.student: r.remarks for r in read_results(ours, ASSIGNMENT)}
        assert results["partly"][0] == f"second.ipynb is missing{help_}"
        assert not [text for text in results["empty"] if "is missing" in text]
        folder.joinpath(name).rename(folder / "second.ipynb")
