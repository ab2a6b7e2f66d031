"""Takes what a learning platform exports into submitted/, and says what became of it.

A notebook is recognised by its cells, whatever it is called. Of several attempts the
last counts. What is there already stays, unless it is to be replaced.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from nbgrader.api import Student
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from autograder.classroom.exports import ARCHIVES, File, Origin, opened, origin
from autograder.classroom.files import printable, write_whole
from autograder.course import Course, CourseError
from autograder.engine.plugin import TIMESTAMP, read_time
from autograder.notebook import Submitted, Unreadable, cells_of, grade_id, read_master

ENOUGH = 0.25  # of a master's cells; two of this course's masters share a sixth
SECOND = timedelta(seconds=1)


class Outcome(StrEnum):
    """What became of a file."""

    TAKEN = "taken"
    REPLACED = "replaced"
    SAME = "as before"
    OLDER = "older"
    REFUSED = "not taken"


@dataclass(frozen=True)
class Row:
    """A line of the report."""

    file: str
    outcome: Outcome
    why: str = ""
    student: str = ""
    assignment: str = ""


@dataclass(frozen=True)
class Master:
    """What a notebook of the course is recognised by."""

    assignment: str
    file: str
    grade_ids: frozenset[str]
    cell_ids: frozenset[str]

    def shares(self, cells: list[Submitted]) -> tuple[float, float]:
        """How much of it is in a submission, from 0 to 1: by names, and by ids.

        A notebook that was begun as a copy of another has its ids.
        """
        names = {cell.grade_id for cell in cells} & self.grade_ids
        ids = {cell.cell_id for cell in cells} & self.cell_ids
        return (
            len(names) / max(1, len(self.grade_ids)),
            len(ids) / max(1, len(self.cell_ids)),
        )


@dataclass(frozen=True)
class Candidate:
    """A readable notebook of this course."""

    file: File
    origin: Origin
    master: Master
    time: datetime
    student: str = ""

    @property
    def age(self) -> tuple[int, datetime, bool, str]:
        """Later uploads are larger; the notebook's own name decides a draw."""
        named = f"{self.origin.attempt[0]}.ipynb" == self.master.file
        return self.origin.upload, self.time, named, str(self.file.path)

    def row(self, outcome: Outcome, why: str = "") -> Row:
        """The line of the report."""
        return Row(
            str(self.file.path), outcome, why, self.student, self.master.assignment
        )


def collect_export(
    course: Course,
    export: Path,
    assignment: str | None = None,
    update: bool = False,
    force: bool = False,
    watch: Callable[[list[File]], Iterable[File]] = iter,
) -> list[Row]:
    """Take the notebooks of an export (of one assignment only, if it is named).

    A submission that is there already stays; `update` replaces it by a newer one,
    `force` by any. `watch` goes through the files, to show how far it is.

    Raises:
        CourseError: when the export or the assignment is unknown, or the gradebook
            can't be used.
    """
    masters = [m for name in course.assignments() for m in masters_of(course, name)]
    if assignment:
        course.source(assignment)
    rows: list[Row] = []
    found: list[Candidate] = []
    with opened(export) as files:
        files = [file for file in files if not file.is_noise]
        stated = {f.path.parent: _stated(f) for f in files if f.path.name == TIMESTAMP}
        for file in watch([f for f in files if f.path.name != TIMESTAMP]):
            try:
                candidate = _candidate(file, masters, assignment)
                time = stated.get(file.path.parent)
                if time and not candidate.origin.number:  # else the student's word
                    candidate = replace(candidate, time=time)
                found.append(candidate)
            except Unreadable as problem:
                rows.append(Row(str(file.path), Outcome.REFUSED, str(problem)))
        try:
            chosen = _last_of_each(_known(course, found), rows)
            _enter(course, chosen)
        except SQLAlchemyError as problem:
            told = str(problem).splitlines()[0]
            raise CourseError(
                f"The gradebook can't be used, so nothing was taken: {told}"
            ) from None
        rows += [_write(course, candidate, update, force) for candidate in chosen]
    return sorted(rows, key=lambda row: (row.student, row.assignment, row.file))


# --- recognising ------------------------------------------------------------------


def masters_of(course: Course, assignment: str) -> list[Master]:
    """What the notebooks of an assignment are recognised by."""
    found = []
    for path in sorted(course.source(assignment).glob("*.ipynb")):
        cells = read_master(path).cells
        names = frozenset(filter(None, map(grade_id, cells)))
        ids = frozenset(cell.id for cell in cells)
        found.append(Master(assignment, path.name, names, ids))
    return found


def _candidate(file: File, masters: list[Master], assignment: str | None) -> Candidate:
    if file.path.suffix.lower() in ARCHIVES:
        raise Unreadable("an archive in the export: unpack it and collect its folder")
    if file.path.suffix.lower() != ".ipynb":
        raise Unreadable("no notebook")
    cells = cells_of(file.read())
    whose = origin(
        file.path, {m.assignment for m in masters}, {Path(m.file).stem for m in masters}
    )
    master = _recognised(cells, masters, whose, assignment)
    if {whose.assignment, assignment} - {"", None, master.assignment}:
        raise Unreadable(f"it is of {master.assignment}, by its cells")
    return Candidate(file, whose, master, file.time)


def _recognised(
    cells: list[Submitted],
    masters: list[Master],
    whose: Origin,
    assignment: str | None,
) -> Master:
    """The master with most of its cells there; its name decides between equals."""

    def rank(master: Master) -> tuple[tuple[float, float], bool, bool]:
        named = f"{whose.attempt[0]}.ipynb" == master.file
        told = master.assignment in (whose.assignment, assignment)
        return master.shares(cells), told, named

    ranked = sorted(masters, key=rank)
    if not ranked or max(ranked[-1].shares(cells)) < ENOUGH:
        raise Unreadable("its cells are of no notebook of this course")
    if len(ranked) > 1 and rank(ranked[-1]) == rank(ranked[-2]):
        both = " or ".join(master.assignment for master in ranked[-2:])
        raise Unreadable(f"it could be of {both}: put it into <student>/<assignment>/")
    return ranked[-1]


def _stated(file: File) -> datetime | None:
    try:
        return _time_in(file.read())
    except Unreadable:
        return None


def _time_in(timestamp: bytes) -> datetime | None:
    """The time in a timestamp.txt, as nbgrader reads it."""
    try:
        return read_time(timestamp.decode("ascii")).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


# --- students ---------------------------------------------------------------------


def _known(course: Course, candidates: list[Candidate]) -> list[Candidate]:
    """Each with the student's id in the gradebook, if there is one, and its time."""
    numbers: dict[str, str] = {}
    names: dict[str, set[str]] = defaultdict(set)
    with course.gradebook() as gradebook:
        due = {a.name: a.duedate for a in gradebook.assignments if a.duedate}
        for student in gradebook.students:
            numbers[student.lms_user_id or ""] = student.id
            first, last = student.first_name or "", student.last_name or ""
            for name in (_letters(first + last), _letters(last + first)):
                names[name].add(student.id)

    def student_of(whose: Origin) -> str:
        if whose.late is not None and whose.number in numbers:
            return numbers[whose.number]
        same = names.get(_letters(whose.name), set()) if whose.name else set()
        return ("" if len(same) > 1 else next(iter(same))) if same else whose.student

    return [
        replace(
            c,
            student=student_of(c.origin),
            time=_in_time(c, due.get(c.master.assignment)),
        )
        for c in candidates
    ]


def _in_time(candidate: Candidate, due: datetime | None) -> datetime:
    """Canvas' files are as old as the download; what it tells is who was late."""
    late = candidate.origin.late
    if late is None or due is None:
        return candidate.time
    end = due.replace(tzinfo=UTC)
    return max(candidate.time, end + SECOND) if late else min(candidate.time, end)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _enter(course: Course, candidates: list[Candidate]) -> None:
    """New students go into the gradebook, with what the platform tells of them."""
    new = {c.student: c.origin for c in candidates}
    with course.gradebook() as gradebook:
        for student in gradebook.students:
            new.pop(student.id, None)
        for student, whose in new.items():
            first, _, last = whose.name.rpartition(" ")
            canvas = whose.number if whose.late is not None else None
            gradebook.db.add(
                Student(
                    id=student,
                    first_name=first or None,
                    last_name=last or None,
                    lms_user_id=canvas,
                )
            )
        gradebook.db.commit()


# --- choosing ---------------------------------------------------------------------


def _last_of_each(candidates: list[Candidate], rows: list[Row]) -> list[Candidate]:
    """The attempt that counts, of each student and notebook; `rows` get the others."""
    groups: dict[tuple[str, Master], list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        groups[candidate.student, candidate.master].append(candidate)
    chosen = []
    for group in groups.values():
        if problem := _mixed(group):
            rows += [c.row(Outcome.REFUSED, problem) for c in group]
            continue
        last = max(_last_by_number(group), key=lambda c: c.age)
        chosen.append(last)
        why = f"{last.file.path.name} counts"
        rows += [c.row(Outcome.OLDER, why) for c in group if c is not last]
    return chosen


def _last_by_number(group: list[Candidate]) -> Iterable[Candidate]:
    """Of files that differ by the number at their end: the one that came last."""
    last: dict[str, Candidate] = {}
    for candidate in sorted(
        group, key=lambda c: (c.origin.upload, c.origin.attempt[1], c.time)
    ):
        last[candidate.origin.attempt[0]] = candidate
    return last.values()


def _mixed(group: list[Candidate]) -> str:
    """Why these files may not be one student's, if so."""
    if not group[0].student:
        return "the gradebook knows several of this name: put it into <student>/"
    numbers = {c.origin.number for c in group}
    if len(numbers) > 1:
        told = ", ".join(sorted(n or "no number" for n in numbers))
        return f"of several students of one name ({told}): put each into <student>/"
    stems = {c.origin.attempt[0] for c in group}
    if (
        numbers == {""}
        and len(stems) > 1
        and Path(group[0].master.file).stem not in stems
    ):
        return "of several students, or which one counts can't be told"
    return ""


# --- writing ----------------------------------------------------------------------


def _write(course: Course, candidate: Candidate, update: bool, force: bool) -> Row:
    """Put it where nbgrader looks for it, as `nbgrader collect` would."""
    folder = course.submitted(candidate.student, candidate.master.assignment)
    path = folder / candidate.master.file
    try:
        content = candidate.file.read()
        row = candidate.row(*_beside(path, content, candidate.time, update, force))
        if row.outcome in (Outcome.TAKEN, Outcome.REPLACED):
            folder.mkdir(parents=True, exist_ok=True)
            told = f"{candidate.time:%Y-%m-%d %H:%M:%S} UTC\n"
            # the time first: what ends here is made good by the next run
            write_whole(folder / TIMESTAMP, told.encode())
            write_whole(path, content)
        return row
    except (Unreadable, OSError) as problem:
        return candidate.row(Outcome.REFUSED, str(problem))


def _beside(
    path: Path, content: bytes, time: datetime, update: bool, force: bool
) -> tuple[Outcome, str]:
    """What becomes of a submission, beside what is there already."""
    if not os.path.lexists(path):
        return Outcome.TAKEN, ""
    if path.read_bytes() == content:
        return Outcome.SAME, ""
    told = path.with_name(TIMESTAMP)
    there = _time_in(told.read_bytes()) if told.is_file() else None
    newer = there is None or time >= there
    if force or (update and newer):
        return Outcome.REPLACED, ""
    if newer:
        return Outcome.REFUSED, "another one is there: --update replaces it"
    return Outcome.OLDER, "a newer one is there"


# --- the report -------------------------------------------------------------------


def show_report(console: Console, rows: list[Row]) -> None:
    """A line a file: a table on a terminal, fields between tabs elsewhere."""
    if console.is_terminal:
        table = Table()
        for head in ("student", "assignment", "file", "", "why"):
            table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*map(escape, _shown(row)))
        console.print(table)
    else:
        for row in rows:
            print("\t".join(_shown(row)), file=console.file)
    counts = [(o, sum(row.outcome is o for row in rows)) for o in Outcome]
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts if count)
    console.print(told or "no files", highlight=False)


def _shown(row: Row) -> list[str]:
    """Its fields; what a student calls a file sends nothing else to a terminal."""
    fields = row.student, row.assignment, row.file, row.outcome, row.why
    return list(map(printable, fields))
