"""Judges one notebook: starts the processes, follows them, gives the verdicts.

This is the engine's front door; it knows neither nbgrader's database nor a class.
"""

from __future__ import annotations

import builtins
import filecmp
import math
import socket
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.machinery import all_suffixes
from pathlib import Path

import msgspec
from nbformat import NotebookNode

from autograder.engine.limits import Limits
from autograder.engine.outputs import fill
from autograder.engine.plan import Together, plan
from autograder.engine.processes import parent
from autograder.engine.wire.framing import Line, Ready
from autograder.engine.wire.messages import (
    GRADED,
    Cause,
    Job,
    Judged,
    Role,
    Verdict,
    packed,
)
from autograder.notebook import grade_id

MAX_ATTEMPTS = 6
HABIT = 3  # deaths in the same cell
MISSING = ("NameError", "ImportError", "ModuleNotFoundError", "FileNotFoundError")
"""How a graded cell ends for want of a cell that was lost."""
SHORTAGES = (MemoryError, OSError, EOFError)  # of a machine, which may pass
LARGEST_MESSAGE = 1 << 30
LAST_SECONDS = 10  # that a judge gets to stop what it does by itself
UNFINISHED = "the judge could not finish this cell"
OVER = "the time for the whole submission was over"


@dataclass(frozen=True)
class Settings:
    """Where processes come from and what they may see besides the submission."""

    preload: tuple[str, ...] = ("numpy", "matplotlib.pyplot")
    environment: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    together: Together = False


class MachineFault(Exception):
    """A fault that is nobody's answer and nobody's test: no grade is made of it."""


class Started:
    """A judge and a student's process that wait for a notebook: use once, or close."""

    def __init__(self, folder: Path, trusted: Path, settings: Settings) -> None:
        lines = _opened(folder, trusted, settings)
        self._supervision, self._judge = lines
        self._line = Line(self._judge.fileno(), self._wait)
        self._end = 0.0

    def judge(self, job: Job) -> dict[int, Judged]:
        """What became of the cells, by their numbers, as far as the judge lived."""
        self._end = time.monotonic() + job.limits.submission_seconds + LAST_SECONDS
        found: dict[int, Judged] = {}
        with suppress(EOFError, OSError):
            self._line.send(packed(job))
            while len(found) < len(job.cells):
                message = self._line.receive(LARGEST_MESSAGE)
                judged = msgspec.msgpack.decode(message, type=Judged)
                found[judged.number] = judged
        return found

    @property
    def is_late(self) -> bool:
        """Whether the judge was given up."""
        return time.monotonic() > self._end

    def last_words(self) -> str:
        """What the nursery could tell before it ended."""
        with suppress(OSError):
            return self._supervision.recv(1000, socket.MSG_DONTWAIT).decode()
        return ""

    def close(self) -> None:
        """End both and all that they have started."""
        self._supervision.close()
        self._judge.close()

    def _wait(self, ready: Ready) -> None:
        if not ready(max(0.0, 1000 * (self._end - time.monotonic()))):
            raise EOFError("the judge did not end in time")


def _opened(
    folder: Path, trusted: Path, settings: Settings
) -> tuple[socket.socket, socket.socket]:
    problem: OSError | None = None
    for _ in range(2):  # a parent that has died is replaced
        try:
            warm = parent.warm_parent(
                settings.preload, tuple(sorted(settings.environment.items()))
            )
            return warm.open(settings.limits, (folder, trusted))
        except OSError as error:
            problem = error
    raise MachineFault(f"processes could not be started ({problem})")


def log_file() -> Path:
    """What the processes of this run tell: for whoever looks for a fault."""
    return parent.log_file()


# --- one notebook -----------------------------------------------------------------


def judge_notebook(
    notebook: NotebookNode,
    master: NotebookNode,
    folder: Path,
    trusted: Path,
    settings: Settings,
    started: Started | None = None,
) -> dict[str, Verdict]:
    """Run a rebuilt notebook; put outputs into it; verdicts by grade_id.

    `folder` holds the submission's files, which a working copy is made of; `trusted`
    the assignment's own modules and data, for the judge; with `started`, they are
    there already. When a process dies without its own doing, all is judged again.

    Raises:
        MachineFault: when that does not help.
    """
    job = plan(notebook, master, settings.limits, settings.together)
    trial = _Trial(job, folder, trusted)
    for _ in range(MAX_ATTEMPTS):
        attempt = started or Started(folder, trusted, settings)
        started = None
        try:
            if trial.judge(attempt):
                break
        finally:
            attempt.close()
    else:
        raise MachineFault(trial.problem)
    fill(notebook, {n: judged.outputs for n, judged in trial.judged.items()})
    return {
        name: trial.judged[number].verdict
        for number, cell in enumerate(notebook.cells)
        if (name := grade_id(cell))
    }


def _own_modules(folder: Path, trusted: Path) -> bool:
    """Whether a cell of the course could import a file of the student's."""
    found = (p for end in all_suffixes() for p in folder.rglob(f"*{end}"))
    return any(not _same(p, trusted / p.relative_to(folder)) for p in found)


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and filecmp.cmp(one, other, shallow=False)


def _worth(judged: Judged) -> float:
    """How much of a cell's points there are, as far as its last value tells."""
    if not judged.verdict.passed:
        return 0
    results = [o for o in judged.outputs if o["output_type"] == "execute_result"]
    with suppress(Exception):
        return float(results[-1]["data"]["text/plain"])
    return math.inf


class _Trial:
    """Tells a fault of the machine from what an answer or a test does each time."""

    def __init__(self, job: Job, folder: Path, trusted: Path) -> None:
        self.job, self._folder, self._trusted = job, folder, trusted
        self.judged: dict[int, Judged] = {}
        self.problem = ""
        # how often who died in which cell, and in how many attempts the student's did:
        # what kills both from outside is no habit of either
        self._judges, self._students = Counter[int](), Counter[int]()
        self._fatal, self._attempts, self._begun = 0, 0, time.monotonic()
        self._seen: list[Judged] = []  # graded cells, in all attempts
        self._given_up: dict[int, Judged] = {}  # cells in which the judge dies

    def judge(self, attempt: Started) -> bool:
        """Judge once; whether what came out can stand."""
        self.judged = attempt.judge(self.job)
        self._attempts += 1
        self._seen += filter(self._is_judged, self.judged.values())
        missing = [n for n in range(len(self.job.cells)) if n not in self.judged]
        if missing and not attempt.is_late:
            self.problem = (
                attempt.last_words() or f"the judge died{self._at(missing[0])}"
            )
            return self._judge_died(missing[0])
        late = Verdict(trouble=OVER, cause=Cause.STUDENT)
        self.judged |= {n: Judged(n, late, []) for n in missing} | self._given_up
        if stands := self._no_new_death() and self._is_confirmed():
            self._settle()
        return stands

    def _is_judged(self, judged: Judged) -> bool:
        """Whether a graded cell got a verdict that is not for want of room."""
        error = getattr(builtins, judged.verdict.error or "", None)
        short = isinstance(error, type) and issubclass(error, SHORTAGES)
        own = judged.verdict.cause is not Cause.MACHINE and not short
        return self.job.cells[judged.number].role in GRADED and own

    def _is_confirmed(self) -> bool:
        """Whether cells in which somebody died passed more often than that.

        A test may tell an answer that it is wrong before it tells anybody else.
        """
        passed = Counter(j.number for j in self._seen if j.verdict.passed)
        deaths = self._students + self._judges
        unsure = [n for n in passed & deaths if passed[n] <= deaths[n]]
        return not unsure or self._attempts == MAX_ATTEMPTS

    def _settle(self) -> None:
        """What was wrong once stays wrong, unless it lacked a cell that now is there.

        Nobody who ends his process after a wrong guess, or before it, gets another.
        """
        lost = set().union(*(judged.lost for judged in self.judged.values()))
        for seen in self._seen:
            if lost.issuperset(seen.lost) or seen.verdict.error not in MISSING:
                other = self.judged[seen.number]
                self.judged[seen.number] = min(other, seen, key=_worth)

    def _judge_died(self, number: int) -> bool:
        self._judges[number] += 1
        role = self.job.cells[number].role
        if self._judges[number] >= HABIT and role in (*GRADED, Role.ANSWER):
            cause = Cause.STUDENT if role is Role.ANSWER else Cause.TEST
            verdict = Verdict(True, "JudgeDied", UNFINISHED, cause)
            self._given_up[number] = Judged(number, verdict, [])
            self.job.cells[number].role = Role.SKIPPED
        return False

    def _no_new_death(self) -> bool:
        """Whether nobody was killed, or only where it happened before."""
        died = [n for n, j in self.judged.items() if j.verdict.cause is Cause.MACHINE]
        self._students.update(died)
        self._fatal += bool(died)
        again = [n for n in died if self._is_habit(n)]
        for number in died:
            self.problem = self.judged[number].verdict.trouble + self._at(number)
        for number in again:
            self.judged[number].verdict.cause = Cause.STUDENT
        return died == again

    def _is_habit(self, number: int) -> bool:
        """Whether this happens each time, and where answers may be behind it.

        Code that ends its process at random dies elsewhere each time; nobody gets six
        times the time for that.
        """
        roles = [cell.role for cell in self.job.cells[: number + 1]]
        own = Role.ANSWER in roles or _own_modules(self._folder, self._trusted)
        given = roles[-1] is Role.SETUP and not own
        sure = self.judged[number].verdict.sure
        limit = 2 * self.job.limits.submission_seconds
        late = self._fatal >= HABIT and time.monotonic() > self._begun + limit
        enough = late or self._fatal == MAX_ATTEMPTS
        often = self._students[number] >= HABIT or enough
        return often and not given and not sure

    def _at(self, number: int) -> str:
        return f" in cell {self.job.cells[number].name or number}"
