"""Runs the cells of one submission, each where it belongs, and keeps the verdicts."""

from __future__ import annotations

import errno
import linecache
import marshal
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FunctionType
from typing import Any

from autograder.engine.interpreter import Interpreter, Output, size_of
from autograder.engine.judge.deadline import FOREVER, GRACE_SECONDS, Deadline
from autograder.engine.judge.names import Names
from autograder.engine.judge.outputs import Outputs, error_output, failure
from autograder.engine.judge.student import Nursery, Student, Trouble
from autograder.engine.wire.errors import own_number
from autograder.engine.wire.messages import (
    GRADED,
    Cause,
    Cell,
    Job,
    Judged,
    Role,
    Verdict,
)
from autograder.engine.wire.peer import OutOfTime
from autograder.engine.wire.values import DoesNotCross

CELLS_OF_OUTPUT = 4  # a notebook may show so many times what a cell may
LONGEST_REASON = 200  # characters
SLOW_TEST = Trouble("the test took longer than allowed and was stopped", Cause.TEST)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO)
NO_DATA = Trouble("an object came where the test takes data only", Cause.STUDENT)
TOO_LATE = Trouble("the time for the whole submission was over", Cause.STUDENT)


class Judge:
    """One submission; the names that its answers define are stand-ins here."""

    def __init__(self, job: Job, nursery: Nursery, interpreter: Interpreter) -> None:
        self.job, self.nursery, self.interpreter = job, nursery, interpreter
        self.namespace = interpreter.namespace
        self.outputs = Outputs(0)  # of the cell at hand
        self._room: float = CELLS_OF_OUTPUT * job.limits.output_bytes
        self._deadline = Deadline(job.limits.submission_seconds)
        self.names = Names(self.namespace)
        self._fatal: set[int] = set()  # cells that killed the student's process
        self.student = self._connect()

    def run(self) -> Iterator[Judged]:
        """Run all cells in order; tell what each one gave."""
        for number, cell in enumerate(self.job.cells):
            started = time.monotonic()
            self.outputs = Outputs(min(2 * self.job.limits.output_bytes, self._room))
            self.student.trouble = None
            error = self._run(cell)
            self._room -= size_of(self.outputs)
            seconds = round(time.monotonic() - started, 4)
            trouble = self.student.trouble or Trouble()
            ran = cell.role not in (Role.SKIPPED, Role.DEMO)
            verdict = Verdict(
                ran, error, trouble.text, trouble.cause, trouble.sure, seconds
            )
            yield Judged(number, verdict, list(self.outputs), sorted(self._fatal))
            # who was interrupted amid a test may end a moment later, in the next one
            interrupted, self.student.interrupted = self.student.interrupted, False
            if self.student.lost or (interrupted and cell.role in GRADED):
                self._start_again(number)

    def _run(self, cell: Cell) -> str | None:
        if cell.role in GRADED and self._deadline.is_over:
            self.student.trouble = TOO_LATE
            return "TimeoutError"
        if cell.role is Role.ANSWER:
            return self._answer(cell)
        if cell.role is Role.SETUP:
            return self._setup(cell)
        if cell.role is Role.APART:
            return self._apart(cell)
        if cell.role is Role.TOGETHER:
            return self._together(cell)
        return None

    # cells by role

    def _answer(self, cell: Cell) -> str | None:
        """Run there; what it binds is asked for when a test reads it."""
        error = self._there(cell)
        self.names.answered(cell.binds, _said(self.outputs, error))
        self.namespace["In"].append(cell.source)  # checks may read what was written
        return error

    def _setup(self, cell: Cell) -> str | None:
        """Run in both."""
        error = self._there(cell)
        shown = len(self.outputs)
        own_error = self._here(cell)
        self.names.all_known = self.names.all_known and not own_error
        self.outputs[shown:] = [o for o in self.outputs[shown:] if _is_error(o)]
        if own_error and not cell.asks:
            why = _said(self.outputs, own_error)
            text = f"failed in the judge, without the student ({why})"
            self.student.trouble = Trouble(text, Cause.TEST)
        self._forward_probes()
        return own_error or error

    def _apart(self, cell: Cell) -> str | None:
        """Run here."""
        error = self._here(cell)
        if cell.shown_only:
            names = ", ".join(cell.shown_only)
            text = f"only demonstrations, which do not run, make {names}"
            self.student.trouble = self.student.trouble or Trouble(text, Cause.TEST)
        # a test must not pass because the student's code hung
        return error or ("StudentGone" if self.student.trouble else None)

    def _together(self, cell: Cell) -> str | None:
        """Run there, as its author wants it: what it says is the student's word."""
        with suppress(Exception):
            self.student.look([])
        return self._there(cell)

    # there

    def _there(self, cell: Cell) -> str | None:
        self.student.show = self.outputs.add
        try:
            given, taken = (
                cell.binds if cell.role is role else []
                for role in (Role.SETUP, Role.ANSWER)
            )
            return self.student.run(cell.source, given, taken)
        except Exception as problem:
            trouble = self.student.trouble
            text = trouble.text if trouble else str(problem)
            self.outputs.add(error_output(type(problem).__name__, text))
            return type(problem).__name__
        finally:
            self.student.show = _print_if_redirected

    def _connect(self) -> Student:
        student = Student(self.nursery, self.job.limits, self._deadline)
        student.substitutes = self.names.substitutes
        student.show = _print_if_redirected
        return student

    def _start_again(self, number: int) -> None:
        """Fresh processes run again what the lost one had run, but what kills them."""
        killer: int | None = number
        while killer is not None and not self._deadline.is_over:
            if self.job.cells[killer].role not in GRADED:
                self._fatal.add(killer)
            self.student.line.close()
            hung, self.student = self.student.hung, self._connect()
            self.student.hung = hung
            killer = self._run_again(number)

    def _run_again(self, last: int) -> int | None:
        """The cells up to the `last`; which one ended the process, if one did."""
        for number, cell in enumerate(self.job.cells[: last + 1]):
            if cell.role in (Role.ANSWER, Role.SETUP) and number not in self._fatal:
                self.outputs = Outputs(0)
                self._there(cell)
                self.student.interrupted = False
                if self.student.lost:
                    return number
        return None

    # here

    def _here(self, cell: Cell) -> str | None:
        self.names.show(cell.asks, self.job.imports, self.student.look)
        with self.names.bound_here(), self._limited():
            if cell.code:
                error = self._run_plain(cell)
            else:
                error = self.interpreter.run(cell.source)
        if error:
            self.names.unbound(cell.binds)
        return error

    def _run_plain(self, cell: Cell) -> str | None:
        """Run a cell as IPython would, from code that was compiled once for all."""
        name, text = f"<{cell.name}>", cell.source
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        value = None
        try:
            for code in map(marshal.loads, cell.code):
                value = eval(code, self.namespace)
            if value is not None:
                self.interpreter.show(value)
        except BaseException as error:
            if own_number(error) in FULL:
                self.student.trouble = Trouble(f"{error}", Cause.MACHINE)
            if isinstance(error, TypeError) and self.student.has_handles():
                error.add_note(f"({DoesNotCross('an object')})")
            self.names.explain(error)
            if isinstance(error, DoesNotCross):
                self.student.trouble = self.student.trouble or NO_DATA
            self.outputs.add(failure(error, name))
            return type(error).__name__
        finally:
            self.interpreter.flush()
        return None

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Stop the judge's own code too when it takes too long."""
        seconds = self.job.limits.cell_seconds
        self._deadline.cell = time.monotonic() + seconds

        def stop(*_: Any) -> None:
            self.student.trouble = SLOW_TEST
            raise OutOfTime(SLOW_TEST.text)

        signal.signal(signal.SIGALRM, stop)
        first = seconds + 2 * GRACE_SECONDS
        signal.setitimer(signal.ITIMER_REAL, first, 5 * GRACE_SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._deadline.cell = FOREVER

    def _forward_probes(self) -> None:
        """Functions marked `probe = True` run where the student's objects are."""
        for name, value in list(self.namespace.items()):
            if type(value) is FunctionType and vars(value).get("probe"):
                self.namespace[name] = self._probe(name)

    def _probe(self, name: str) -> Callable[..., Any]:
        def forward(*args: Any, **kwargs: Any) -> Any:
            return self.student.call_there(name, args, kwargs)

        forward.__name__ = name
        return forward


def _said(outputs: list[Output], error: str | None) -> str:
    """How an answer ended, in its last output's words; nothing if it ended well."""
    said = str(outputs[-1].get("evalue", "")) if outputs else ""
    return f"{error}: {said}"[:LONGEST_REASON].split("\n")[0] if error else ""


def _is_error(output: Output) -> bool:
    return bool(output["output_type"] == "error")


def _print_if_redirected(output: Output) -> None:
    """A test that redirects `sys.stdout` wants to see what a call prints."""
    redirected = not type(sys.stdout).__module__.startswith("autograder.")
    if redirected and output.get("name") == "stdout":
        sys.stdout.write(str(output.get("text")))
