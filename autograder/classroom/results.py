"""Points of a class, as the gradebook has them: read at once, for tables and pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.coursedir import CourseDirectory

from autograder.classroom.gradebook import read_history, read_note
from autograder.classroom.grading import State, Step
from autograder.classroom.work import read_work
from autograder.course import Course, exercises, place_of

GONE = (
    "has points, and no submission: if the student has a new id now, move them"
    " (docs/term.md), or `nbgrader db student remove` the old one"
)


@dataclass
class Result:
    """What is known of one student's work; points by exercise."""

    assignment: str
    student: str
    graded: bool = False
    """Whether the points are those of the work as it is now."""
    points: dict[str, float] = field(default_factory=dict)
    out_of: dict[str, float] = field(default_factory=dict)
    total: float = 0.0
    """All points, without the penalty."""
    penalty: float = 0.0
    is_late: bool = False
    is_outdated: bool = False
    """Whether the points are by tests or settings that have changed since."""
    late_seconds: float = 0.0
    seconds: float | None = None
    """That grading took, if that is known."""
    earlier: list[float] = field(default_factory=list)
    """Points that tests gave each time it was graded, as far as known."""
    needs_look: bool = False
    """Whether somebody has to give points, or look at what happened."""
    handed_in: bool = True
    in_doubt: bool = False
    """Whether it counts as one without answers, or the course's own code failed."""
    remarks: list[str] = field(default_factory=list)

    @property
    def is_ungraded(self) -> bool:
        """Whether what was handed in has no points yet."""
        return self.handed_in and not self.points

    @property
    def is_old(self) -> bool:
        """Whether these are points of an earlier run, and this one failed."""
        return bool(self.points) and not self.graded

    @property
    def changed(self) -> bool:
        """Whether tests gave other points the time before."""
        return len(self.earlier) > 1 and self.earlier[-1] != self.earlier[-2]

    @property
    def needs_attention(self) -> bool:
        """Whether what was handed in has no grade that can stand."""
        return self.handed_in and (not self.graded or self.in_doubt)


def read_results(
    course: Course, assignment: str, steps: Iterable[Step] = (), digest: str = ""
) -> list[Result]:
    """A result for everybody who is enrolled or has handed in, by name.

    `steps` tell what a run could not grade, and whose remarks are new; `digest` is the
    assignment's as it is now.
    """
    done = {step.student: step for step in steps}
    handed_in = set(course.students(assignment))
    with course.gradebook() as gradebook:
        enrolled = {name for (name,) in gradebook.db.query(Student.id)}
        results = {
            name: Result(assignment, name, handed_in=name in handed_in)
            for name in sorted(enrolled | handed_in | done.keys())
        }
        _add_points(gradebook, course, assignment, results)
        _add_penalties(gradebook, assignment, results)
    directory = course.directory()
    for name, result in results.items():
        _add_remarks(directory, result, done.get(name), digest)
    return list(results.values())


def read_totals(course: Course, assignment: str) -> dict[str, float]:
    """Points by student, of those who have any."""
    with course.gradebook() as gradebook:
        rows = grades_of(gradebook, assignment, Student.id, Grade.score)
        totals: dict[str, float] = defaultdict(float)
        for student, score in rows:
            totals[student] += score or 0.0
    return dict(totals)


def grades_of(gradebook: Gradebook, assignment: str, *columns: Any) -> Any:
    """A query for `columns` of all grades of an assignment."""
    return (
        gradebook.db.query(*columns)
        .select_from(Grade)
        .join(BaseCell, BaseCell.id == Grade.cell_id)
        .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(
            SubmittedAssignment,
            SubmittedNotebook.assignment_id == SubmittedAssignment.id,
        )
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(Student, Student.id == SubmittedAssignment.student_id)
        .filter(Assignment.name == assignment)
    )


def _add_points(
    gradebook: Gradebook, course: Course, assignment: str, results: dict[str, Result]
) -> None:
    of = exercise_of_cells(course, assignment)
    columns = (
        Student.id, Notebook.name, BaseCell.name,
        Grade.score, Grade.max_score, Grade.needs_manual_grade,
        Grade.auto_score, Grade.manual_score,
    )  # fmt: skip
    for student, *cell, score, most, open_, auto, manual in grades_of(
        gradebook, assignment, *columns
    ):
        result, exercise = results[student], of.get(tuple(cell), cell[1])
        if not most and tuple(cell) not in of:
            continue  # a helper of tests
        result.points.setdefault(exercise, 0.0)
        result.out_of.setdefault(exercise, 0.0)
        result.points[exercise] += score or 0.0
        result.out_of[exercise] += most or 0.0
        result.total += score or 0.0
        result.needs_look |= bool(open_)
        if open_ and None not in (auto, manual) and manual < auto:
            result.remarks.append(
                f"{cell[1]}: {manual:g} given by hand count, its test gives {auto:g}"
            )
    order = list(dict.fromkeys(of.values()))
    for result in results.values():
        names = sorted(
            result.points, key=lambda n: order.index(n) if n in order else 99
        )
        result.points = {name: result.points[name] for name in names}
        result.out_of = {name: result.out_of[name] for name in names}


def exercise_of_cells(course: Course, assignment: str) -> dict[tuple[str, str], str]:
    """Which exercise each graded cell of a notebook belongs to, in their order."""
    found: dict[tuple[str, str], str] = {}
    for path in course.masters(assignment):
        master = nbformat.read(path, as_version=4)
        for exercise, tests in exercises(master).items():
            found |= {(path.stem, test): exercise for test in tests}
    return found


def _add_penalties(
    gradebook: Gradebook, assignment: str, results: dict[str, Result]
) -> None:
    found = (
        gradebook.db.query(SubmittedAssignment)
        .join(Assignment)
        .filter(Assignment.name == assignment)
    )
    for row in found.yield_per(1000):
        result = results[row.student_id]
        result.late_seconds = row.total_seconds_late
        result.is_late = result.late_seconds > 0
        if result.is_late:
            penalties = (n.late_submission_penalty for n in row.notebooks)
            result.penalty = sum(penalty or 0.0 for penalty in penalties)


def _add_remarks(
    directory: CourseDirectory, result: Result, step: Step | None, digest: str
) -> None:
    folder = place_of(directory, "autograded", result.student, result.assignment)
    note = read_note(folder)
    if note:
        result.remarks += note.remarks
        old = not note.digest.startswith(digest)
        result.is_outdated = old and result.handed_in
        result.seconds = note.seconds
    elif folder.is_dir():  # graded by nbgrader's command
        for path in sorted(folder.glob("*.ipynb")):
            work = read_work(path)
            result.remarks += work.remarks()
            if (seconds := work.seconds()) is not None:
                result.seconds = seconds + (result.seconds or 0.0)
    result.earlier = [past.points for past in read_history(folder)]
    failed = step is not None and step.state is State.FAILED
    if step and failed:
        result.remarks.insert(0, step.reason)
    elif result.points and not result.handed_in:
        result.remarks.insert(0, GONE)
    result.graded = bool(result.points) and not failed
    result.in_doubt = bool(note and note.in_doubt)
    result.needs_look |= failed or result.in_doubt
