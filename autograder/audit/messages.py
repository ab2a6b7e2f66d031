"""Faults that can be read: messages that tell too much, tests that lean on others."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from autograder.audit.judging import HIDDEN, VISIBLE, Assignment, Failure, Outcome
from autograder.engine.plan import global_names, parsed, plain_python

NUMBERS = re.compile(r"-?\d+\.\d+|\bexpected:? -?\d|array\(|\[ *-?\d+\. ")
FOLLOWING = ("NameError", "UnboundLocalError")  # where a visible check has failed
SHORTEST = 12  # letters of a line that tells something


@dataclass
class Told:
    """The first message of a visible and of a hidden check for one mistake."""

    mistake: str
    visible: str
    hidden: str
    flags: list[str] = field(default_factory=list)


def told(a: Assignment, exercise: str, mistake: str, outcome: Outcome) -> Told:
    """What a student is told, and what is wrong with it."""
    own = [f for f in outcome.failures if f.exercise == exercise]
    seen = {f.test for f in own if f.part == VISIBLE}
    hidden_by = {(HIDDEN, test) for test in seen}  # a cell stops at its first failure
    first: dict[str, Failure | None] = {VISIBLE: None, HIDDEN: None}
    for failure in own:
        follows = failure.part == HIDDEN and failure.test in seen
        if not (follows and failure.error in FOLLOWING):
            first[failure.part] = first[failure.part] or failure
    reached = [f for f in first.values() if f and (f.part, f.test) not in hidden_by]
    flags = [flag for failure in reached for flag in _flags(a, failure)]
    return Told(mistake, _text(first[VISIBLE]), _text(first[HIDDEN]), flags)


def globals_read(a: Assignment) -> list[str]:
    """Test cells that take a global from another one, or leave one to an answer.

    Under stock nbgrader and in a student's own kernel, an answer that reads a global
    in place of its argument then passes.
    """
    code = {t: global_names(a.cells[t].source) for t in a.test_of}
    answers = {n for e in a.exercises for n in global_names(a.cells[e].source)[1]}
    given = {e: _parameters(a.reference(e)) for e in a.exercises}
    found = []
    for test, (reads, binds) in code.items():
        for other in (t for t in code if t != test):
            names = sorted((reads - binds - answers) & code[other][1])
            if names:
                found.append(f"{test} reads {', '.join(names)} of {other}")
        for name in sorted(binds):
            owners = ", ".join(e for e in a.exercises if name in given[e])
            if owners:
                found.append(f"{test} makes a global of {name}, as {owners} has it")
    return found


def _parameters(source: str) -> set[str]:
    """Names of the arguments of a cell's functions."""
    nodes = ast.walk(parsed(plain_python(source)))
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef))
    return {argument.arg for node in functions for argument in node.args.args}


def _text(failure: Failure | None) -> str:
    return f"{failure.error}: {failure.message}" if failure else ""


def _values(a: Assignment, failure: Failure) -> list[str]:
    """What looks like a value in a message, and stands nowhere in the open."""
    shown = a.cells[failure.exercise].source + a.part(failure.test, VISIBLE)
    return [text for text in NUMBERS.findall(failure.message) if text not in shown]


def _flags(a: Assignment, failure: Failure) -> list[str]:
    found, message = [], failure.message
    if failure.error not in ("AssertionError", "Hang"):
        found.append(f"{failure.part}: a raw {failure.error}")
    if failure.part == HIDDEN and _values(a, failure):
        found.append("hidden: shows a value")
    secret = a.hidden_text(failure.test)
    lines = {line.strip() for line in secret.splitlines()}
    words = set(re.findall(r"\w+", message))
    known = set(re.findall(r"\w+", a.cells[failure.exercise].source))
    shown = set(re.findall(r"\w+", a.part(failure.test, VISIBLE)))
    private = {w for w in re.findall(r"\w+", secret) if w.startswith("_")} - shown
    if words & private or any(len(x) >= SHORTEST and x in message for x in lines):
        found.append(f"{failure.part}: shows the test's source")
    for other in sorted((set(a.exercises) & words) - known - {failure.exercise}):
        found.append(f"{failure.part}: names {other}")
    return found
