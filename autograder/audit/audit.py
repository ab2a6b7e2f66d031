"""All questions of an audit, asked in order; what comes out is plain data."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from autograder.adopt import adopt
from autograder.audit.banks import Bank, Mistake, nothing, same
from autograder.audit.judging import HIDDEN, VISIBLE, Assignment, Bench, Outcome, bench
from autograder.audit.messages import Told, globals_read, told
from autograder.audit.mutants import Mutant, mutants
from autograder.course import CONFIG_FILE, Course, CourseError

FEW = 3  # of each kind of answers to an exercise, in a quick audit
RIGHT = "right answers"
SURROUNDINGS: tuple[dict[str, str], ...] = (
    {},
    {"PYTHONHASHSEED": "1"},
    {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
    {"PYTHONHASHSEED": "random", "TF_NUM_INTRAOP_THREADS": "1"},
)
T = TypeVar("T")
Step = Callable[[str, int, int], None]
"""Told: what is being done, how many more are done, and how many more there are."""


@dataclass
class Survivor:
    """A mutant that keeps full marks, and which check came nearest to it."""

    kind: str
    likely: int
    diff: str
    nearest: str


@dataclass
class Row:
    """What came out for an exercise; pairs are (as it should be, of how many)."""

    exercise: str
    points: float
    right: tuple[int, int] = (0, 0)
    nothing: tuple[int, int] = (0, 0)
    mistakes: tuple[int, int] = (0, 0)
    mistakes_seen: int = 0
    """Known mistakes that a visible check notices already."""
    mutants: tuple[int, int] = (0, 0)
    mutants_seen: int = 0
    equivalent: int = 0
    survivors: list[Survivor] = field(default_factory=list)
    noticed: dict[str, int] = field(default_factory=dict)
    """How many wrong answers each test cell notices."""
    alone: dict[str, int] = field(default_factory=dict)
    """How many of them no other test cell of the exercise notices."""
    comparable: bool = True
    """Whether these are the wrong answers of which kept.json tells."""
    parts: dict[str, int] = field(default_factory=dict)
    """How many each part of a test cell would notice by itself."""
    told: list[Told] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    test_seconds: float = 0.0
    seconds: float = 0.0


@dataclass
class Report:
    """An audit of one notebook."""

    assignment: str
    notebook: str
    quick: bool
    rows: list[Row] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    gradings: int = 0
    """How often the same answers were graded to see the same scores."""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every right answer is accepted and every wrong one refused."""
        return not self.faults and not any(r.faults or r.survivors for r in self.rows)


def audit(
    course: Course,
    assignment: str,
    quick: bool = False,
    repeat: int = 0,
    only: Sequence[str] = (),
    step: Step = lambda what, done, more: None,
) -> list[Report]:
    """Audit every notebook of an assignment, or `only` some exercises.

    Raises:
        CourseError: for an unknown exercise, or a bank that does not fit.
    """
    together = {}
    if not (course.root / CONFIG_FILE).is_file():  # as `adopt` would have it
        together = {a.path: [*a.together] for a in adopt(course, [assignment])}
    reports = []
    for path in sorted(course.source(assignment).glob("*.ipynb")):
        taken = Assignment(course, assignment, path, together.get(path, False))
        if only and not set(only) <= set(taken.exercises):
            known = ", ".join(taken.exercises)
            raise CourseError(f"{path.name} has these exercises: {known}.")
        with bench(taken, len(os.sched_getaffinity(0))) as place:
            asked = _Audit(place, bank(course, assignment), quick, repeat, step)
            reports.append(asked.report(only or [*taken.exercises]))
    return reports


def bank(course: Course, assignment: str) -> Bank:
    """Where the assignment's right and wrong answers are."""
    return Bank(course.root / "audit" / assignment)


class _Audit:
    """One notebook's audit, step by step."""

    def __init__(
        self, place: Bench, bank: Bank, quick: bool, repeat: int, step: Step
    ) -> None:
        self.place, self.a, self.bank = place, place.assignment, bank
        self.quick, self.repeat, self.step = quick, repeat, step
        self.references = {e: self.a.reference(e) for e in self.a.exercises}
        masters = {e: self.a.cells[e].source for e in self.a.exercises}
        self.mistakes = bank.mistakes(masters)
        self.aside = bank.equivalent(masters)
        self.kept = bank.kept()
        self.result = Report(self.a.name, self.a.path.name, quick)

    def report(self, exercises: Sequence[str]) -> Report:
        """Ask everything about these."""
        started = time.monotonic()
        reference = self._ends()
        self.result.faults += globals_read(self.a)
        broken = reference.loses()
        rows = [Row(exercise, self.a.points(exercise)) for exercise in exercises]
        for row in rows:
            tests = self.a.exercises[row.exercise]
            row.test_seconds = sum(reference.seconds[t] for t in tests)
        sound = [row for row in rows if row.exercise not in broken]
        self.result.rows = rows
        list(self.place.map(self._exercise, sound))
        self._right_notebooks()
        if self.repeat:
            self._again()
        self.result.seconds = time.monotonic() - started
        return self.result

    def _ends(self) -> Outcome:
        """The reference has all points, what is handed out has none."""
        self.step("reference and release", 0, 2)
        reference = self.place.whole()
        for failure in reference.failures:
            self._fault(f"the reference fails {failure.test}: {failure.message}")
        for test, score in self.place.whole(stubs=True).scores.items():
            if score:
                self._fault(f"the untouched release has {score:g} points of {test}")
        self.step("", 2, 0)
        return reference

    def _fault(self, text: str) -> None:
        self.result.faults.append(text)

    def _enough(self, items: list[T]) -> list[T]:
        """All; in a quick audit a few, from all over the list."""
        if not self.quick or len(items) <= FEW:
            return items
        return [items[n * len(items) // FEW] for n in range(FEW)]

    def _exercise(self, row: Row) -> None:
        started = time.monotonic()
        self._right(row)
        self._nothing(row)
        known = [m for m in self.mistakes if m.exercise == row.exercise]
        outcomes = self._known(row, self._enough(known))
        outcomes += self._mutants(row)
        own = self.a.exercises[row.exercise]
        failed = [{f.test for f in o.failures} & set(own) for o in outcomes]
        row.noticed = {t: sum(t in tests for tests in failed) for t in own}
        row.alone = {t: sum(tests == {t} for tests in failed) for t in own}
        row.parts = {"wrong answers": len(outcomes), **_by_part(own, outcomes)}
        kept = self.kept.get(row.exercise, {})
        row.comparable = kept.get("wrong answers") == len(outcomes)
        row.faults += _weaker(row.parts, kept) if row.comparable else []
        row.seconds = time.monotonic() - started

    def _many(
        self, row: Row, what: str, sources: Sequence[str], tests: Sequence[str]
    ) -> list[Outcome]:
        wrong, what = what != RIGHT, f"{row.exercise}: {what}"
        self.step(what, 0, len(sources))
        return self.place.many(
            row.exercise, sources, tests, lambda n: self.step(what, n, 0), wrong
        )

    def _right(self, row: Row) -> None:
        """Other right answers, each among the references of the other exercises."""
        styles = {
            style: answers[row.exercise]
            for style, answers in self.bank.right(one_by_one=True).items()
            if row.exercise in answers
        }
        styles = dict(self._enough([*styles.items()]))
        tests = self.a.noticing[row.exercise]
        found = self._many(row, RIGHT, [*styles.values()], tests)
        for style, outcome in zip(styles, found, strict=True):
            for failure in outcome.failures[:1]:
                said = f"{failure.test} refuses the right answer '{style}'"
                row.faults.append(f"{said}: {failure.message}")
        row.right = sum(not o.failures for o in found), len(found)

    def _nothing(self, row: Row) -> None:
        """Answers without work have no point."""
        stub = self.a.shown[row.exercise].source
        every = nothing(row.exercise, self.references, stub)
        answers = dict(self._enough([*every.items()]))
        tests = self.a.exercises[row.exercise]
        found = self._many(row, "no answers", [*answers.values()], tests)
        for name, outcome in zip(answers, found, strict=True):
            for test, score in outcome.scores.items():
                if score:
                    row.faults.append(f"{test} gives {score:g} points for: {name}")
        row.nothing = sum(not any(o.scores.values()) for o in found), len(found)

    def _known(self, row: Row, known: list[Mistake]) -> list[Outcome]:
        tests = self.a.noticing[row.exercise]
        found = self._many(row, "known mistakes", [m.source for m in known], tests)
        good = 0
        for mistake, outcome in zip(known, found, strict=True):
            loses = outcome.loses()
            row.mistakes_seen += bool(outcome.loses(VISIBLE))
            row.told.append(told(self.a, row.exercise, mistake.mistake, outcome))
            if row.exercise not in loses:
                row.faults.append(f"keeps full marks: {mistake.mistake}")
            for other in loses - {row.exercise}:
                row.faults.append(f"costs points of {other}, too: {mistake.mistake}")
            good += loses == {row.exercise}
        row.mistakes = good, len(known)
        return found

    def _mutants(self, row: Row) -> list[Outcome]:
        a, exercise = self.a, row.exercise
        source, lines = a.cells[exercise].source, a.secret_lines(exercise)
        made = mutants(exercise, source, lines)
        row.equivalent = sum(same(m) in self.aside for m in made)
        made = [m for m in made if same(m) not in self.aside]
        made = self._enough(made)
        tests = a.exercises[exercise]
        found = self._many(row, "mutants", [m.source for m in made], tests)
        alive = [m for m, o in zip(made, found, strict=True) if not o.failures]
        alive = [m for m in alive if self._survives(row, m)]
        row.mutants = len(made) - len(alive), len(made)
        row.mutants_seen = sum(bool(o.loses(VISIBLE)) for o in found)
        alive.sort(key=lambda m: -m.likely)
        for mutant in alive:
            near = _nearest(mutant, made, found)
            row.survivors.append(
                Survivor(mutant.kind, mutant.likely, mutant.diff, near)
            )
        return found

    def _survives(self, row: Row, mutant: Mutant) -> bool:
        """Whether all tests, as in grading, give full marks."""
        loses = self.place.whole({row.exercise: mutant.source}).loses()
        for other in loses - {row.exercise}:
            row.faults.append(f"a mutant costs points of {other} only:\n{mutant.diff}")
        return not loses

    def _right_notebooks(self) -> None:
        styles = dict(self._enough([*self.bank.right().items()]))
        self.step("whole notebooks", 0, len(styles))
        found = self.place.map(self.place.whole, styles.values())
        for style, outcome in zip(styles, found, strict=True):
            for failure in outcome.failures[:1]:
                said = f"{failure.test} refuses the notebook '{style}'"
                self._fault(f"{said}: {failure.message}")
            self.step("", 1, 0)

    def _again(self) -> None:
        """The same answers have the same points, whatever else is going on."""
        wrong = {m.exercise: m.source for m in self.mistakes}
        orders: list[dict[str, str]] = [{}, wrong, *({e: s} for e, s in wrong.items())]
        tries = [
            (number, SURROUNDINGS[turn % len(SURROUNDINGS)])
            for turn in range(self.repeat)
            for number in (range(len(orders)) if turn % 2 else range(len(orders))[::-1])
        ]
        self.step("the same again", 0, len(tries))
        first: dict[int, dict[str, float]] = {}

        def grade(what: tuple[int, dict[str, str]]) -> tuple[int, dict[str, float]]:
            number, environment = what
            outcome = self.place.whole(orders[number], environment=environment)
            self.step("", 1, 0)
            return number, outcome.scores

        for number, scores in self.place.map(grade, tries):
            before = first.setdefault(number, scores)
            for test in (t for t in scores if scores[t] != before[t]):
                self._fault(
                    f"{test} does not give the same answer the same points each time"
                )
        self.result.gradings = self.repeat


def _weaker(now: dict[str, int], kept: dict[str, int]) -> list[str]:
    """Parts of tests that notice less of the same wrong answers than they did."""
    return [
        f"{part}, notices {now.get(part, 0)} wrong answers, and {number} when the audit"
        " was kept: was a check loosened?"
        for part, number in kept.items()
        if now.get(part, 0) < number
    ]


def _by_part(tests: Sequence[str], outcomes: list[Outcome]) -> dict[str, int]:
    """How many wrong answers the visible and the hidden part of each test notice."""
    failed = [{(f.test, f.part) for f in o.failures} for o in outcomes]
    return {
        f"{test}, {part}": sum((test, part) in found for found in failed)
        for test in tests
        for part in (VISIBLE, HIDDEN)
    }


def _nearest(mutant: Mutant, made: list[Mutant], found: list[Outcome]) -> str:
    """The check that notices most mutants of the same line; else of the exercise."""
    pairs = list(zip(made, found, strict=True))
    for near in ([o for m, o in pairs if m.line == mutant.line], found):
        noticed = Counter(f.test for o in near for f in o.failures)
        if noticed:
            return noticed.most_common(1)[0][0]
    return ""
