"""What answers to this course's exercises lose, and what their students are told.

The engine judges them, as the audit has it done: a whole notebook, or many answers to
one exercise in one notebook.
"""

from __future__ import annotations

import atexit
import functools
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import nbformat

from autograder.audit.banks import Bank, Mistake
from autograder.audit.judging import VISIBLE, Assignment, Bench, Failure, Outcome, bench
from autograder.course import Course

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "source"
COMPLETE = ("dinosaur_names", "gru_and_beyond", "jazz_improvisation", "rnn_lstm")
"""The assignments that this course is made of; others may be small."""
Points = dict[str, tuple[float, float, str]]
_open = ExitStack()
atexit.register(_open.close)


@functools.cache
def taken(assignment: str) -> Assignment:
    """The assignment, taken apart."""
    (path,) = (SOURCE / assignment).glob("*.ipynb")
    return Assignment(Course.here(ROOT), assignment, path)


@functools.cache
def place(assignment: str) -> Bench:
    """Where its answers are judged."""
    return _open.enter_context(bench(taken(assignment), workers=1))


def master(assignment: str) -> nbformat.NotebookNode:
    """The instructor's notebook of `assignment`, read once: not to be changed."""
    return taken(assignment).master


def cell(assignment: str, cell_id: str) -> str:
    """Source of one cell of the master."""
    return next(c.source for c in master(assignment).cells if c.id == cell_id)


def replaced(assignment: str, cell_id: str, old: str, new: str) -> dict[str, str]:
    """The reference answer of `cell_id` with `old` replaced by `new`: a mistake."""
    source = cell(assignment, cell_id)
    assert old in source, f"{cell_id} does not contain {old!r}"
    return {cell_id: source.replace(old, new)}


@functools.cache
def bank(assignment: str) -> Bank:
    """The right and wrong answers that the audit knows, too."""
    return Bank(ROOT / "audit" / assignment)


@functools.cache
def mistakes(assignment: str) -> dict[tuple[str, str], Mistake]:
    """Known mistakes by exercise and name."""
    a = taken(assignment)
    found = bank(assignment).mistakes({e: a.cells[e].source for e in a.exercises})
    return {(mistake.exercise, mistake.mistake): mistake for mistake in found}


# --- whole notebooks --------------------------------------------------------------


def grade_cells(assignment: str, answers: Mapping[str, str] | None = None) -> Points:
    """`{test cell: (points, out of, error)}` of a notebook with these answers.

    `answers` maps exercises to the sources that stand there; the others are right.
    """
    return dict(_graded(assignment, frozenset((answers or {}).items())))


@functools.cache
def _graded(assignment: str, answers: frozenset[tuple[str, str]]) -> Points:
    a = taken(assignment)
    outcome = place(assignment).whole(dict(answers))
    errors = {failure.test: error(failure) for failure in outcome.failures}
    return {
        test: (score, a.cells[test].metadata.nbgrader.points, errors.get(test, ""))
        for test, score in outcome.scores.items()
    }


def lost(
    assignment: str, answers: Mapping[str, str] | None = None
) -> dict[str, dict[str, str]]:
    """`{exercise: {failed test cell: error}}`: where these answers lose points."""
    failures: dict[str, dict[str, str]] = {}
    for test, (points, out_of, error) in grade_cells(assignment, answers).items():
        if points < out_of:
            exercise = taken(assignment).test_of[test]
            failures.setdefault(exercise, {})[test] = error
    return failures


# --- many answers to one exercise -------------------------------------------------


@functools.cache
def tried(assignment: str, exercise: str, *answers: str) -> list[Outcome]:
    """What becomes of each, by all test cells that can notice it, part by part."""
    tests = taken(assignment).noticing[exercise]
    return place(assignment).many(exercise, answers, tests)


@functools.cache
def made(assignment: str, exercise: str) -> dict[str, Outcome]:
    """What becomes of the known mistakes in an exercise."""
    known = {
        mistake: m.source
        for (owner, mistake), m in mistakes(assignment).items()
        if owner == exercise
    }
    outcomes = tried(assignment, exercise, *known.values())
    return dict(zip(known, outcomes, strict=True))


def seen(assignment: str, answer: Mapping[str, str]) -> dict[str, str]:
    """`{failed check: error}`: what a student sees of the answer to one exercise."""
    ((exercise, source),) = answer.items()
    return visible(tried(assignment, exercise, source)[0])


def visible(outcome: Outcome) -> dict[str, str]:
    """The errors of the visible checks."""
    return {f.test: error(f) for f in outcome.failures if f.part == VISIBLE}


def error(failure: Failure) -> str:
    """As the last line of a traceback."""
    return f"{failure.error}: {failure.message}"
