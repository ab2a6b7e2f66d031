"""Grades the submissions of an assignment one by one; a bad one stops nobody."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import nbformat
from nbgrader.api import MissingEntry
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.converters.base import NbGraderException

from autograder.course import Course, CourseError, exercises, quiet_log


@dataclass
class Result:
    """What became of one submission; points by exercise."""

    assignment: str
    student: str
    graded: bool = False
    points: dict[str, float] = field(default_factory=dict)
    out_of: dict[str, float] = field(default_factory=dict)
    total: float = 0.0
    remarks: list[str] = field(default_factory=list)


def grade_class(
    course: Course, assignment: str, students: list[str]
) -> Iterator[Result]:
    """Autograde each student's submission with nbgrader, and tell what came out."""
    for student in students:
        result = Result(assignment, student)
        try:
            problem = _autograde(course, assignment, student)
            with suppress(CourseError):
                result = read_result(course, assignment, student)
        except Exception as error:  # whatever it is, it stops nobody else's grading
            problem = f"not graded: {type(error).__name__}: {error}".splitlines()[0]
        result.graded = not problem
        if problem and not result.remarks:
            result.remarks.append(problem)
        yield result


def _autograde(course: Course, assignment: str, student: str) -> str:
    """Empty when all went well, else one line on what went wrong."""
    submission = course.submitted(student, assignment) / course.master(assignment).name
    if not os.path.lexists(submission):
        return f"no {submission.name} in {submission.parent}: ask for it again"
    with quiet_log() as log:
        try:
            course.converter(Autograde, assignment, student).start()
        except (NbGraderException, PermissionError) as problem:
            return _reason(log, problem)
    return ""


def _reason(log: list[str], problem: Exception) -> str:
    """The line that tells most, out of nbgrader's log of a failure."""
    if isinstance(problem, PermissionError):
        return f"{problem.filename} can't be written: check the folder's permissions"
    lines = [line for entry in log for line in entry.splitlines()]
    raised = [line for line in lines if re.match(r"[\w.]+(Error|Exception)\b", line)]
    return f"not graded: {raised[-1] if raised else problem}"


def read_result(course: Course, assignment: str, student: str) -> Result:
    """The points that the gradebook holds for one submission.

    Raises:
        CourseError: when the student's submission has not been graded.
    """
    master = nbformat.read(course.master(assignment), as_version=4)
    with course.gradebook() as gradebook:
        try:
            notebook = gradebook.find_submission_notebook(
                course.master(assignment).stem, assignment, student
            )
        except MissingEntry:
            raise CourseError(
                f"{student} has no grade for '{assignment}' yet:"
                f" run `autograder grade {assignment}`."
            ) from None
        result = Result(assignment, student, graded=True, total=notebook.score)
        result.remarks = _remarks(course, assignment, student)
        grades = {g.name: g for g in notebook.grades}
        for exercise, tests in exercises(master).items():
            found = [grades[t] for t in tests if t in grades]
            result.points[exercise] = sum(g.score for g in found)
            result.out_of[exercise] = sum(g.max_score for g in found)
    return result


def _remarks(course: Course, assignment: str, student: str) -> list[str]:
    """What the engine noted in the graded notebook for the instructor."""
    path = course.autograded(student, assignment)
    if not path.is_file():  # nbgrader removes it when writing fails
        return []
    notebook = nbformat.read(path, as_version=4)
    return list(notebook.metadata.get("autograder", {}).get("remarks", []))


def write_feedback(course: Course, assignment: str, student: str) -> None:
    """Write the student's feedback page.

    Raises:
        CourseError: when nbgrader can't write it.
    """
    with quiet_log() as log:
        try:
            course.converter(GenerateFeedback, assignment, student).start()
        except (NbGraderException, PermissionError) as problem:
            raise CourseError(
                f"no feedback page for {student}: {_reason(log, problem)}"
            ) from None
