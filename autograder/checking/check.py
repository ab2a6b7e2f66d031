"""Goes through the masters of an assignment, rule by rule."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from autograder.checking.any_course import BUILT, READ, RUN, it_can_be_built
from autograder.checking.house import HOUSE, HOUSE_BUILT
from autograder.checking.master import Fault, Faults, Finding, Master
from autograder.checking.mending import mend
from autograder.course import Course, quiet_log


def check(
    course: Course, assignment: str, fix: bool = False, quick: bool = False
) -> list[Finding]:
    """What is to be done in the assignment's masters, and with `fix`, what was.

    With `quick` nothing is run.
    """
    course.source(assignment)
    found = []
    for path in course.masters(assignment):
        try:
            found += _checked(course, assignment, path, fix, quick)
        except ValueError as problem:  # no JSON, no notebook, no UTF-8
            file = str(path.relative_to(course.root))
            said = f"it can't be read ({type(problem).__name__})"
            found.append(Finding(file, "", said, "save it again in JupyterLab"))
    return found


def _checked(
    course: Course, assignment: str, path: Path, fix: bool, quick: bool
) -> list[Finding]:
    master = Master(course, assignment, path)
    if not fix:
        return findings(master, quick)
    before = findings(master, quick=True)
    mend(master)
    after = findings(Master(course, assignment, path), quick)
    left = {(f.what, f.advice) for f in after}
    done = [f for f in before if (f.what, f.advice) not in left]
    return [Finding(f.file, f.cell, f.what, f.advice, True) for f in done] + after


def findings(master: Master, quick: bool = False) -> list[Finding]:
    """By all rules that hold here; nothing is run of what can't be built."""
    house = master.rules.house_rules
    with quiet_log():
        faults = _faults(master, [*READ, *HOUSE * house])
        broken = _faults(master, [it_can_be_built])
        faults += broken
        if not broken:
            faults += _faults(master, [*BUILT, *HOUSE_BUILT * house])
            faults += [] if quick else _faults(master, RUN)
    return [master.finding(fault) for fault in faults]


def _faults(master: Master, rules: Iterable[Callable[[Master], Faults]]) -> list[Fault]:
    return [fault for rule in rules for fault in rule(master)]


def as_json(found: Iterable[Finding]) -> str:
    """For a machine: a list of objects."""
    return json.dumps([asdict(finding) for finding in found], indent=1)
