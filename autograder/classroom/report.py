"""A class at a glance: what one assignment's gradebook and graded notebooks tell.

Points are the gradebook's, as `results` reads them; remarks, times and messages stand
beside and in the graded notebooks. Nothing is judged anew.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib.resources import files
from statistics import mean, median, quantiles
from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup, escape
from nbgrader.api import BaseCell, Grade, Notebook, Student

from autograder.classroom.alike import Group, groups
from autograder.classroom.files import printable
from autograder.classroom.results import (
    Result,
    exercise_of_cells,
    grades_of,
    read_results,
)
from autograder.classroom.table import SUMS, final, sums
from autograder.classroom.work import Cell, Work, read_work
from autograder.course import Course, CourseError, place_of
from autograder.exercises import FIRST_LINE
from autograder.notebook import read_master, versions

BINS = 10
SHOWN = 100  # rows of a table on the page; the other formats have all
MESSAGES, FEW = 15, 5
LONGEST = 600  # characters of a message
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+([^\W\d]\w*)", re.MULTILINE)
OWN = "cells of their own"

NO_GRADE, OLD, BY_HAND, AGAIN = (
    "no grade", "old points", "points by hand", "look again",
)  # fmt: skip
IMPORTS, OTHER = "imports", "remarks"
REMARKS = {
    r"graded as empty|another assignment's notebook|\.ipynb is missing": "no notebook",
    r" was edited: ": "edited tests",
    r" is missing$": "missing cells",
    r"^(it took longer|the time for|more memory|the process)": "stopped",
    r" appears twice$| was moved$| was turned into ": "copied or moved cells",
}
"""What the engine remarks on a submission, and what that is called here."""
KINDS = (NO_GRADE, OLD, AGAIN, *REMARKS.values(), IMPORTS, OTHER, BY_HAND)
"""What is to be looked at first comes first."""

Key = tuple[str, str]
"""A graded cell, by notebook and name."""


@dataclass
class Success:
    """How a class did in an exercise, or in a graded cell of it."""

    title: str
    points: float
    scores: list[float] = field(default_factory=list, repr=False)
    ungraded: int = 0
    """Students whose points people have still to give."""

    @property
    def share(self) -> float:
        """Of the points, on average."""
        return mean(self.scores) / self.points if self.scores and self.points else 0.0

    @property
    def full(self) -> int:
        """Students with all points."""
        return sum(score >= self.points for score in self.scores)

    @property
    def none(self) -> int:
        """Students without any."""
        return sum(score <= 0 for score in self.scores)

    def as_data(self) -> dict[str, object]:
        """For a machine."""
        names = ("title", "points", "share", "full", "none", "ungraded")
        return {name: getattr(self, name) for name in names} | {"of": len(self.scores)}


@dataclass
class Exercise(Success):
    """One with its graded cells."""

    properties: dict[Key, Success] = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """What failing tests told, and whom; numbers in it differ."""

    exercise: str
    text: str
    students: list[str]


@dataclass(frozen=True)
class Reason:
    """Why somebody should look at a submission."""

    kind: str
    text: str


@dataclass
class Report:
    """All that is told of a class."""

    assignment: str
    results: list[Result]
    exercises: dict[str, Exercise] = field(default_factory=dict)
    scores: dict[str, dict[Key, float]] = field(default_factory=dict)
    """By student and graded cell."""
    messages: list[Message] = field(default_factory=list)
    reasons: dict[str, list[Reason]] = field(default_factory=dict)
    """By student."""
    alike: list[Group] = field(default_factory=list)

    @property
    def graded(self) -> list[Result]:
        """Those who have points."""
        return [result for result in self.results if result.points]

    @property
    def totals(self) -> list[float]:
        """The points that count, of those who have any."""
        return [final(result) for result in self.graded]

    @property
    def out_of(self) -> float:
        """All points there are."""
        return sum(exercise.points for exercise in self.exercises.values())

    @property
    def handed_in(self) -> int:
        """How many have."""
        return sum(result.handed_in for result in self.results)

    @property
    def late(self) -> list[Result]:
        """The latest first."""
        found = [result for result in self.results if result.is_late]
        return sorted(found, key=lambda result: -result.late_seconds)

    @property
    def timed(self) -> list[tuple[float, str]]:
        """How long grading took, the slowest first."""
        known = [(r.seconds, r.student) for r in self.graded if r.seconds is not None]
        return sorted(known, reverse=True)

    @property
    def regraded(self) -> list[Result]:
        """Those whom tests gave points more than once; who lost most comes first."""
        found = [result for result in self.results if len(result.earlier) > 1]
        return sorted(found, key=lambda result: result.earlier[-1] - result.earlier[-2])

    def bins(self) -> list[tuple[float, float, int]]:
        """How many scores lie from one bound to the next; the last one counts too."""
        width = (self.out_of or 1.0) / BINS
        counts = Counter(min(int(t / width + 1e-9), BINS - 1) for t in self.totals)
        return [(n * width, (n + 1) * width, counts[n]) for n in range(BINS)]

    def quartiles(self) -> list[float]:
        """A quarter, a half and three quarters have no more than these."""
        if len(self.totals) < 2:
            return self.totals * 3
        return quantiles(self.totals, method="inclusive")

    @property
    def by_hand(self) -> list[str]:
        """Who needs points by hand, and nothing else."""
        return [s for s, found in self.reasons.items() if found[0].kind == BY_HAND]

    def kinds(self) -> dict[str, int]:
        """How many students there are for each kind of reason."""
        counts = Counter(
            kind for found in self.reasons.values() for kind in {r.kind for r in found}
        )
        return {kind: counts[kind] for kind in KINDS if counts[kind]}


# --- reading ----------------------------------------------------------------------


def make_report(course: Course, assignment: str) -> Report:
    """What is known of an assignment.

    Raises:
        CourseError: for an unknown assignment, or when nobody's work is graded.
    """
    masters = {path.stem: read_work(path) for path in course.masters(assignment)}
    report = Report(assignment, read_results(course, assignment))
    if not report.graded:
        raise CourseError(
            f"Nobody's '{assignment}' is graded: run `autograder grade {assignment}`."
        )
    of = exercise_of_cells(course, assignment)
    titles = {(n, c.name): _title(c) for n, work in masters.items() for c in work.cells}
    marks = list(_marks(report, course, of))
    _add_successes(report, marks, titles)
    _in_order(report, of)
    reasons = {result.student: list(_reasons(result)) for result in report.results}
    _add_manual(reasons, marks)
    _add_work(report, course, masters, of, reasons)
    report.reasons = _urgent_first(reasons)
    return report


class _Mark(NamedTuple):
    """A student's points for a graded cell."""

    student: str
    key: Key
    exercise: str
    score: float
    most: float
    open: str
    """What people have to see to, as a kind of reason."""


def _marks(report: Report, course: Course, of: dict[Key, str]) -> Iterator[_Mark]:
    columns = (
        Student.id, Notebook.name, BaseCell.name, Grade.score, Grade.max_score,
        Grade.needs_manual_grade, Grade.auto_score, Grade.manual_score,
    )  # fmt: skip
    with course.gradebook() as gradebook:
        rows = grades_of(gradebook, report.assignment, *columns).all()
    counted = {result.student: result.points for result in report.graded}
    for student, *names, score, most, needed, tests, hand in rows:
        key = (names[0], names[1])
        exercise = of.get(key, key[1])
        kind = AGAIN if hand is not None else BY_HAND if tests is None else OLD
        if exercise in counted.get(student, {}) and (most or key in of):
            open_ = kind if needed else ""
            yield _Mark(student, key, exercise, score or 0.0, most or 0.0, open_)


def _add_successes(
    report: Report, marks: list[_Mark], titles: Mapping[Any, str]
) -> None:
    """Points by exercise and graded cell."""
    by_hand: dict[str, set[str]] = defaultdict(set)
    for mark in marks:
        whole = report.exercises.setdefault(mark.exercise, Exercise(mark.exercise, 0.0))
        if mark.key not in whole.properties:
            title = titles.get(mark.key) or mark.key[1]
            whole.properties[mark.key] = Success(title, mark.most)
            whole.points += mark.most
        part = whole.properties[mark.key]
        part.scores.append(mark.score)
        report.scores.setdefault(mark.student, {})[mark.key] = mark.score
        if mark.open == BY_HAND:
            part.ungraded += 1
            by_hand[mark.exercise].add(mark.student)
    for name, whole in report.exercises.items():
        whole.scores = [r.points[name] for r in report.graded if name in r.points]
        whole.ungraded = len(by_hand[name])


def _in_order(report: Report, of: dict[Key, str]) -> None:
    """As in the notebooks; what is not there any more comes last."""
    places = {name: n for n, name in enumerate([*of, *dict.fromkeys(of.values())])}

    def place(item: tuple[Key | str, object]) -> int:
        return places.get(item[0], len(places))

    report.exercises = dict(sorted(report.exercises.items(), key=place))
    for whole in report.exercises.values():
        whole.properties = dict(sorted(whole.properties.items(), key=place))


def _add_work(
    report: Report,
    course: Course,
    masters: dict[str, Work],
    of: dict[Key, str],
    reasons: dict[str, list[Reason]],
) -> None:
    """Messages of tests, foreign modules and likeness, from the graded notebooks."""
    given, known = _handed_out(course, report.assignment, masters)
    told: dict[Key, dict[str, str]] = defaultdict(dict)
    answers: dict[str, dict[str, str]] = {}
    directory = course.directory()
    for result in report.graded:
        student = result.student
        folder = place_of(directory, "autograded", student, report.assignment)
        works = {name: read_work(folder / f"{name}.ipynb") for name in masters}
        for name, work in works.items():
            for cell, text in _messages(name, work, report.scores[student]):
                exercise = of.get((name, cell), cell)
                told[exercise, NUMBER.sub("…", text)].setdefault(student, text)
        answers[student] = _answers(works.values(), given)
        code = "\n".join(answers[student].values())
        if foreign := sorted(set(IMPORT.findall(code)) - known):
            reasons[student].append(Reason(IMPORTS, ", ".join(foreign)))
    report.messages = _sorted(told)
    report.alike = groups(answers, given)


def _urgent_first(reasons: dict[str, list[Reason]]) -> dict[str, list[Reason]]:
    for found in reasons.values():
        found.sort(key=lambda reason: KINDS.index(reason.kind))
    given = [item for item in reasons.items() if item[1]]
    return dict(sorted(given, key=lambda item: KINDS.index(item[1][0].kind)))


def _reasons(result: Result) -> Iterator[Reason]:
    if result.is_ungraded:
        yield Reason(NO_GRADE, "handed in, and not graded")
    for remark in result.remarks:
        kinds = (kind for form, kind in REMARKS.items() if re.search(form, remark))
        yield Reason(next(kinds, OTHER), remark)


def _add_manual(reasons: dict[str, list[Reason]], marks: list[_Mark]) -> None:
    cells: dict[tuple[str, str], list[str]] = defaultdict(list)
    for mark in marks:
        if mark.open:
            cells[mark.student, mark.open].append(mark.key[1])
    for (student, kind), names in cells.items():
        reasons[student].append(Reason(kind, WHY[kind].format(", ".join(names))))


WHY = {
    BY_HAND: "points to be given by hand: {}",
    OLD: "could not be graded again, has the points of before: {}",
    AGAIN: "was graded again after points were given by hand: {}",
}


def _title(cell: Cell) -> str:
    """What the first line of a test says that it checks, if it is a comment."""
    first = cell.text.partition("\n")[0]
    found = FIRST_LINE.fullmatch(first) if cell.cell_type == "code" else None
    return "" if found is None or first.startswith("###") else found["title"]


def _handed_out(
    course: Course, assignment: str, masters: dict[str, Work]
) -> tuple[list[str], set[str]]:
    """Code that students got, and modules that the course has or imports itself."""
    given: list[str] = []
    for path in course.masters(assignment):
        stubs, _ = versions(read_master(path), course.config())
        given += [cell.source for cell in stubs.cells if cell.cell_type == "code"]
    known = {path.stem for path in course.source(assignment).iterdir()}
    for master in masters.values():
        for cell in master.cells:
            known.update(IMPORT.findall(cell.text))
    return given, known | sys.stdlib_module_names


def _messages(
    notebook: str, work: Work, scores: dict[Key, float]
) -> Iterator[tuple[str, str]]:
    """What failing tests told, by cell."""
    for cell in work.cells:
        if cell.name and (notebook, cell.name) in scores:
            for kind, text in cell.errors():
                plain = kind == "AssertionError" and text.strip()
                told = text if plain else f"{kind}: {text}".rstrip(": \n")
                yield cell.name, " ".join(told.split())[:LONGEST]


def _answers(works: Iterable[Work], given: list[str]) -> dict[str, str]:
    """Code that a student may have written, by cell."""
    found: dict[str, str] = defaultdict(str)
    for work in works:
        for cell in work.cells:
            if cell.cell_type == "code" and cell.is_answer and cell.text not in given:
                found[cell.name or OWN] += f"{cell.text}\n"
    return dict(found)


def _sorted(told: dict[Key, dict[str, str]]) -> list[Message]:
    """The most frequent first; shown is what most were told, with its numbers."""
    found = [
        Message(exercise, Counter(texts.values()).most_common(1)[0][0], sorted(texts))
        for (exercise, _), texts in told.items()
    ]
    return sorted(found, key=lambda m: (-len(m.students), m.exercise, m.text))


# --- showing ----------------------------------------------------------------------


def as_json(report: Report) -> str:
    """Everything, for a machine."""
    exercises = [
        {
            **exercise.as_data(),
            "properties": [
                {"notebook": notebook, "cell": cell, **success.as_data()}
                for (notebook, cell), success in exercise.properties.items()
            ],
        }
        for exercise in report.exercises.values()
    ]
    students = [
        {
            **asdict(result),
            **sums(result),
            "reasons": [asdict(r) for r in report.reasons.get(result.student, [])],
        }
        for result in report.results
    ]
    made = {
        "assignment": report.assignment,
        "date": str(date.today()),
        "out_of": report.out_of,
        "bins": [{"from": a, "to": b, "students": n} for a, b, n in report.bins()],
        "exercises": exercises,
        "messages": [asdict(message) for message in report.messages],
        "students": students,
        "alike": [asdict(group) for group in report.alike],
    }
    return json.dumps(made, indent=1) + "\n"


def as_csv(report: Report) -> str:
    """A line for each student, a column for each exercise and each graded cell."""
    cells = [key for e in report.exercises.values() for key in e.properties]
    several = len({notebook for notebook, _ in cells}) > 1
    names = [f"{notebook}/{cell}" if several else cell for notebook, cell in cells]
    group_of = {s: n for n, g in enumerate(report.alike, 1) for s in g.students}
    file = io.StringIO()
    writer = csv.writer(file)
    about = [*SUMS, "late hours", "seconds", "earlier points"]
    parts = [f"exercise {name}" for name in report.exercises]
    writer.writerow(["student", *about, *parts, *names, "alike", "look"])
    for r in report.results:
        scores = report.scores.get(r.student, {})
        before = f"{r.earlier[-2]:g}" if len(r.earlier) > 1 else ""
        seconds = "" if r.seconds is None else r.seconds
        row = [
            *sums(r).values(),
            round(r.late_seconds / 3600, 1) or "",
            seconds,
            before,
        ]
        row += [r.points.get(name, "") for name in report.exercises]
        row += [scores.get(key, "") for key in cells]
        why = "; ".join(x.text for x in report.reasons.get(r.student, []))
        row += [group_of.get(r.student, ""), printable(why)]
        writer.writerow([printable(r.student), *row])
    return file.getvalue()


def as_page(report: Report) -> str:
    """One page of HTML that needs no other file, and runs nothing."""
    text = files("autograder.classroom").joinpath("report.html.j2").read_text("utf-8")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "shown": printable, "name": _name, "number": _number, "span": _span,
    }  # fmt: skip
    return environment.from_string(text).render(
        report=report, final=final, mean=mean, median=median, date=date.today(),
        most=SHOWN, most_messages=MESSAGES, few=FEW,
    )  # fmt: skip


def _name(text: str) -> Markup:
    """One that may be broken where a long one has its joints."""
    return Markup(re.sub(r"(?<=[_@])", "<wbr>", escape(printable(text))))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _span(seconds: float) -> str:
    """A time as people say it."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            number = _number(seconds / size)
            return f"{number} {unit}{'' if number == '1' else 's'}"
    return f"{seconds:.1f} seconds"
