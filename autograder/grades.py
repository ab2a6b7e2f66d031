"""Grades out of the gradebook, for `nbgrader export`: a table, and for platforms."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import ExportPlugin
from traitlets import Dict, Unicode

COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name",
    "email", "raw_score", "late_submission_penalty", "score", "max_score",
)  # fmt: skip
SCORES = ("raw_score", "late_submission_penalty", "score")


class _Export(ExportPlugin):
    """Grades as nbgrader counts them, but for work that is not graded yet.

    Work that was handed in and is not graded has no score, where nbgrader writes 0.0.
    Who handed in nothing has 0.0.
    """

    file: ClassVar[str]
    """Where to write, unless `--to` tells."""

    def write(self, rows: Iterable[Iterable[Any]]) -> None:
        """A table, in UTF-8."""
        with Path(self.to or self.file).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)

    def assignments(self, gradebook: Gradebook) -> list[Assignment]:
        """Those that are asked for."""
        wanted = set(map(str, self.assignment))
        return [a for a in gradebook.assignments if not wanted or a.name in wanted]

    def students(self, gradebook: Gradebook) -> list[Student]:
        """Those that are asked for."""
        wanted = set(map(str, self.student))
        return [s for s in gradebook.students if not wanted or s.id in wanted]

    def score(
        self, gradebook: Gradebook, assignment: str, student: str
    ) -> dict[str, Any]:
        """What a student has for an assignment: SCORES and the time, or nothing."""
        try:
            found = gradebook.find_submission(assignment, student)
        except MissingEntry:
            handed_in = self._handed_in(assignment, student)
            return {} if handed_in else dict.fromkeys(SCORES, 0.0)
        penalty = found.late_submission_penalty
        return {
            "timestamp": found.timestamp,
            "raw_score": found.score,
            "late_submission_penalty": penalty,
            "score": max(0.0, found.score - penalty),
        }

    def _handed_in(self, assignment: str, student: str) -> bool:
        """Whether a submission lies in the course's folder, or nobody may look."""
        course = self.parent.coursedir
        folder = course.format_path(course.submitted_directory, student, assignment)
        try:
            return Path(folder).is_dir()
        except PermissionError:
            return True


class GradesCsv(_Export):
    """nbgrader's own table: a line for each student and assignment."""

    file = "grades.csv"

    def export(self, gradebook: Gradebook) -> None:
        """Write it."""
        rows = (
            self._row(gradebook, assignment, student)
            for assignment in self.assignments(gradebook)
            for student in self.students(gradebook)
        )
        self.write([COLUMNS, *([row.get(name) for name in COLUMNS] for row in rows)])

    def _row(
        self, gradebook: Gradebook, assignment: Assignment, student: Student
    ) -> dict[str, Any]:
        return {
            "assignment": assignment.name,
            "duedate": assignment.duedate,
            "student_id": student.id,
            "last_name": student.last_name,
            "first_name": student.first_name,
            "email": student.email,
            "max_score": assignment.max_score,
            **self.score(gradebook, assignment.name, student.id),
        }


class _Platform(_Export):
    """A line for each student, a column for each assignment."""

    columns = Dict(
        value_trait=Unicode(), help="assignment name: the platform's name of its column"
    ).tag(config=True)

    def named(self, assignments: Iterable[Assignment]) -> list[str]:
        """What the platform calls them."""
        return [self.columns.get(a.name, a.name) for a in assignments]

    def lines(
        self, gradebook: Gradebook, assignments: list[Assignment]
    ) -> Iterator[list[Any]]:
        """Who somebody is, and the scores."""
        for student in self.students(gradebook):
            found = (self.score(gradebook, a.name, student.id) for a in assignments)
            yield [*self.about(student), *(one.get("score") for one in found)]

    def about(self, student: Student) -> list[str | None]:
        """By what the platform knows a student."""
        raise NotImplementedError


class CanvasCsv(_Platform):
    """What Canvas' gradebook imports.

    Canvas finds a student by ID, or else by the login; an assignment by the number in
    `Name (number)`, or else by the name (`c.CanvasCsv.columns`, as Canvas exports it).
    """

    file = "canvas.csv"
    heads = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")

    def export(self, gradebook: Gradebook) -> None:
        """Write it."""
        chosen = self.assignments(gradebook)
        most = ["    Points Possible", "", "", "", "", *(a.max_score for a in chosen)]
        heads = [*self.heads, *self.named(chosen)]
        self.write([heads, most, *self.lines(gradebook, chosen)])

    def about(self, student: Student) -> list[str | None]:
        """The number is known of whom `autograder collect` took from Canvas."""
        name = ", ".join(filter(None, (student.last_name, student.first_name)))
        login = None if student.lms_user_id else student.id
        return [name or student.id, student.lms_user_id, None, login, None]


class MoodleCsv(_Platform):
    """What Moodle's *Import > CSV file* takes; its page asks which column is which.

    Students are found by user name (the id here), by ID number or by address.
    """

    file = "moodle.csv"
    heads = ("First name", "Last name", "Username", "ID number", "Email address")

    def export(self, gradebook: Gradebook) -> None:
        """Write it."""
        chosen = self.assignments(gradebook)
        heads = [*self.heads, *self.named(chosen)]
        self.write([heads, *self.lines(gradebook, chosen)])

    def about(self, student: Student) -> list[str | None]:
        """In the order of `heads`."""
        names = student.first_name, student.last_name
        return [*names, student.id, student.lms_user_id, student.email]
