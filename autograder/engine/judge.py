"""The judge: runs graded cells, asks the student's kernel, keeps the verdicts.

It lives in a process of its own, one per submission. Names that the student's code
defines are stand-ins here, which send their arguments over and get data back. All
assertions, reference implementations and scores stay on this side.
"""

from __future__ import annotations

import builtins
import linecache
import marshal
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from traceback import format_exception
from types import CodeType, FunctionType
from typing import Any

import msgpack
import numpy as np

from autograder.engine import sandbox
from autograder.engine.files import Files
from autograder.engine.handles import Handle
from autograder.engine.interpreter import Interpreter, Output
from autograder.engine.names import defines, global_names, plain_python
from autograder.engine.remote import OutOfTime
from autograder.engine.student_kernel import (
    GRACE_SECONDS,
    Outputs,
    StudentGone,
    StudentKernel,
    size_of,
)
from autograder.engine.wire import MUTABLE, differs, state, update

PATCHED = {"input": builtins.input, "print": builtins.print}
BUILTINS = frozenset({*vars(builtins), "display", "get_ipython", "_", "__", "___"})
CELLS_OF_OUTPUT = 4  # a notebook may show so many times what a cell may
MAX_MESSAGE = 20_000  # characters of an error


class Judge:
    """Runs the cells of one submission, each where it belongs."""

    def __init__(
        self, job: dict[str, Any], line: Any, interpreter: Interpreter
    ) -> None:
        self.cells, self.limits = job["cells"], job["limits"]
        self.line, self.interpreter = line, interpreter
        self.namespace = interpreter.namespace
        self._room = CELLS_OF_OUTPUT * self.limits["output_bytes"]
        self.outputs = Outputs(0)
        self.submission_end = time.monotonic() + self.limits["submission_seconds"]
        self._imports: dict[str, str] = job["imports"]
        self._trusted = set(job["trusted"]) | BUILTINS | set(self.namespace)
        self._shown_only = set(job["shown_only"])  # by demonstrations, which do not run
        self._whole = True  # whether all set-up cells ran here to their end
        self._own: set[str] = set()  # names that the judge's own cells bind
        self._read: set[str] = set()  # names that the judge's cells read
        self._mentioned: set[str] = set()  # names that stand in them as text
        self._theirs: set[str] = set()  # names that the exercises ask the student for
        self._shown: dict[str, Any] = {}  # what stands for a student's name here
        self._stale = True  # whether student's code ran since names were asked for
        self._fatal: set[int] = set()
        self._seeded: set[Any] = set()
        self._position = 0
        self._protocols = frozenset(job["protocols"])
        self._classes = frozenset(job["classes"])
        self._state = set(job["state"])  # names that functions of the answers use
        self._common: set[str] = set()  # names that the cell at hand may change
        self._sent: dict[str, tuple[Any, Any]] = {}  # their values over there
        self._wrappers: dict[int, Any] = {}
        self.kernel = self._connect()
        self._note_seeding()
        self.files = Files(self)
        self._note_plots()

    def run(self) -> Iterator[dict[str, Any]]:
        """Run all cells in order; tell what each one gave."""
        for position, cell in enumerate(self.cells):
            self._position = position
            started = time.monotonic()
            self.kernel.trouble = ""
            step = getattr(self, f"_run_{cell['role']}")
            outputs, error = step(cell)
            self._room -= sum(map(size_of, outputs))
            yield {
                "cell": self._position,
                "outputs": outputs,
                "error": error,
                "trouble": self.kernel.trouble,
                "seconds": time.monotonic() - started,
            }
            if self.kernel.lost:
                self._start_again(cell)

    # cells by role

    def _run_skipped(self, cell: dict[str, Any]) -> tuple[list[Output], str | None]:
        return [], None

    _run_demo = _run_skipped

    def _run_student(self, cell: dict[str, Any]) -> tuple[list[Output], str | None]:
        outputs, error = self._run_there(cell["source"])
        self._theirs.update(cell["binds"])
        for name in cell["binds"]:  # the student's word is newer than a rebinding here
            self._shown.pop(name, None)
            self._own.discard(name)
            self.namespace.pop(name, None)
        return outputs, error

    def _run_setup(self, cell: dict[str, Any]) -> tuple[list[Output], str | None]:
        """Run in both."""
        outputs, error = self._run_there(cell["source"])
        calls = self.kernel.calls
        own, own_error = self._run_here(cell)
        if own_error and calls == self.kernel.calls:
            self._whole = False
            self.kernel.trouble = (
                f"failed in the judge, without the student ({own_error})"
            )
        for name in cell["binds"]:
            self.kernel.shared[name] = self.namespace.get(name)
        self.kernel.to_tell = True
        self._forward_probes()
        return outputs + [o for o in own if o["output_type"] == "error"], (
            own_error or error
        )

    def _run_graded(self, cell: dict[str, Any]) -> tuple[list[Output], str | None]:
        if time.monotonic() > self.submission_end:
            self.kernel.trouble = "the time for the whole submission was over"
            return [], "TimeoutError"
        calls = self.kernel.calls
        outputs, error = self._run_here(cell)
        if not self.kernel.lost and calls != self.kernel.calls:
            self._end_of_cell()
        if missing := self._shown_only & set(cell["reads"]) - set(self.namespace):
            names = ", ".join(sorted(missing))
            self.kernel.trouble = f"only demonstrations, which do not run, make {names}"
        return outputs, error

    def _end_of_cell(self) -> None:
        """Names that the test has restored; figures are closed as after any cell."""
        with suppress(Exception):
            self._send_names()
            self.kernel.within(self.limits["call_seconds"], "close_figures")

    # running

    def _run_there(self, source: str) -> tuple[list[Output], str | None]:
        outputs = self.kernel.outputs = self._collect()
        self._stale = True
        self._install_stubs({})
        try:
            error = self.kernel.within(self.limits["cell_seconds"], "run", source)
        except Exception as problem:
            error = type(problem).__name__
            outputs.add(_error_output(error, self.kernel.trouble or str(problem)))
        self.kernel.outputs = None
        return outputs, error if error is None else str(error)

    def _collect(self) -> Outputs:
        return Outputs(min(2 * self.limits["output_bytes"], self._room))

    def _run_here(self, cell: dict[str, Any]) -> tuple[list[Output], str | None]:
        self.outputs = self._collect()
        self._read.update(cell["reads"])
        self._mentioned.update(cell["mentions"])
        self._show_names(cell["binds"])
        self._note_common(cell)
        self.kernel.forget_views()
        self._own.update(cell["binds"])
        with self._limited():
            run = self._run_plain if cell["code"] else self._run_magics
            error = run(cell)
        if self.kernel.trouble:  # a test must not pass because the student's code hung
            error = error or "StudentGone"
        return self.outputs, error

    def _run_magics(self, cell: dict[str, Any]) -> str | None:
        return self.interpreter.run(cell["here"])

    def _run_plain(self, cell: dict[str, Any]) -> str | None:
        """Run a cell as IPython would, from code that was compiled once for all."""
        name, text = f"<{cell['name']}>", cell["here"]
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        value = None
        try:
            for code in map(marshal.loads, cell["code"]):
                value = eval(code, self.namespace)
            if value is not None:
                self.interpreter.show(value)
        except BaseException as error:
            self.outputs.add(_failure(error, name))
            return type(error).__name__
        finally:
            self.interpreter.flush()
        return None

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Stop the judge's own code too when it takes too long."""
        seconds = self.limits["cell_seconds"]
        self.kernel.cell_end = time.monotonic() + seconds

        def stop(*_: Any) -> None:
            self.kernel.trouble = "the test took longer than allowed and was stopped"
            raise OutOfTime(self.kernel.trouble)

        if hasattr(signal, "SIGALRM"):
            signal.signal(signal.SIGALRM, stop)
            first = seconds + 2 * GRACE_SECONDS
            signal.setitimer(signal.ITIMER_REAL, first, 5 * GRACE_SECONDS)
        try:
            yield
        finally:
            if hasattr(signal, "SIGALRM"):
                signal.setitimer(signal.ITIMER_REAL, 0)
            self.kernel.cell_end = float("inf")

    # the student's kernel

    def _connect(self) -> StudentKernel:
        kernel = StudentKernel(self.line, self.limits)
        kernel.before_call = self._before_call
        kernel.after_call = self._after_call
        kernel.is_answer = lambda value: any(
            value is shown for shown in self._shown.values()
        )
        kernel.protocols, kernel.classes = self._protocols, self._classes
        kernel.submission_end = self.submission_end
        return kernel

    def _start_again(self, cell: dict[str, Any]) -> None:
        """A fresh kernel runs again what the lost one had run, but what killed it."""
        if cell["role"] != "graded":
            self._fatal.add(self._position)
        self.kernel.connection.close()
        before, self.kernel = self.kernel, self._connect()
        self.kernel.hung, self.kernel.shared = before.hung, before.shared
        for name in self._shown:
            self.namespace.pop(name, None)
        self._shown.clear()
        for position, earlier in enumerate(self.cells[: self._position + 1]):
            if earlier["role"] in ("student", "setup") and position not in self._fatal:
                self._run_there(earlier["source"])
                if self.kernel.lost:
                    self._fatal.add(position)
                    return self._start_again({"role": "graded"})

    # names

    def _show_names(self, bound: list[str]) -> None:
        """Let the names that tests read stand for what the student defined."""
        for name in self._read & set(self._imports) - set(self.namespace):
            with suppress(Exception):
                exec(self._imports[name], self.namespace)
                self._own.add(name)
        foreign = self._read - self._trusted - set(bound) if self._whole else set()
        wanted = sorted(
            name
            for name in ((self._read | self._mentioned) & self._theirs) | foreign
            if self.namespace.get(name) is (shown := self._shown.get(name))
            and (self._stale or type(shown) is not FunctionType)
        )
        self._stale = False
        for name, found in zip(wanted, self._fetch(wanted), strict=False):
            self.namespace.pop(name, None)
            self._shown.pop(name, None)
            if type(found) is list and len(found) == 1 and not _hides(found[0]):
                self.namespace[name] = self._shown[name] = found[0]
                self._give_source(name, found[0])
                if name in self._classes and type(found[0]) is Handle:
                    found[0]._remote_mark()

    def _note_common(self, cell: dict[str, Any]) -> None:
        """Names of answers and of set-up cells that this cell speaks of."""
        used = {*cell["reads"], *cell["binds"], *cell["mentions"]}
        state = self._theirs & self._state
        self._common = used & (state | self.kernel.shared.keys())
        self._sent = {}
        for name in self._common & self.namespace.keys():
            self._note_sent(name, self.namespace[name])

    def _note_sent(self, name: str, value: Any) -> None:
        known = state(value) if type(value) in MUTABLE else None
        self._sent[name] = (value, known)

    def _fetch(self, names: list[str]) -> list[Any]:
        if not names or self.kernel.lost:
            return [[]] * len(names)
        self._install_stubs({})
        try:
            found = self.kernel.within(self.limits["call_seconds"], "names", names)
            return found if type(found) is list else []
        except Exception:
            if len(names) == 1:
                return [[]]
        return [self._fetch([name])[0] for name in names]

    def _give_source(self, name: str, value: Any) -> None:
        """Let `inspect.getsource` find the student's text of a function."""
        is_done = f"<the cell that defines {name}>"
        if type(value) is not FunctionType or value.__code__.co_filename == is_done:
            return
        sources = [
            c["source"] for c in self.cells[: self._position] if c["role"] == "student"
        ]
        last = next((s for s in reversed(sources) if name in global_names(s)[1]), "")
        if defines(last, name):
            value.__code__ = _as_if_from(last, name, value.__code__)

    # before a call

    def _before_call(self) -> None:
        rebound = {
            name: self._callable(here)
            for name in (*self._theirs, *PATCHED)
            if (here := self._seen(name)) is not self._shown.get(name)
            and self._is_own_function(here)
        }
        self.kernel.share()
        self._send_names()
        self.files.send()
        self._install_stubs(rebound)
        if self._seeded:
            legacy = np.random.get_state() if np.random in self._seeded else None
            python = random.getstate() if random in self._seeded else None
            self._seeded.clear()
            self.kernel.within(self.limits["call_seconds"], "seed", legacy, python)

    def _seen(self, name: str) -> Any:
        """What a name means in a test; of `input` and `print`, if a test set it."""
        found = self.namespace.get(name)
        if found is None and name in PATCHED:
            found = getattr(builtins, name)
            return None if found is PATCHED[name] else found
        return found

    def _is_own_function(self, value: Any) -> bool:
        kind = type(value)
        return callable(value) and kind is not Handle and not issubclass(kind, type)

    def _callable(self, value: Any) -> Any:
        """A function that calls `value`, such as a mock."""
        if type(value) is FunctionType:
            return value
        if id(value) not in self._wrappers:
            self._wrappers[id(value)] = lambda *args, **kwargs: value(*args, **kwargs)
        return self._wrappers[id(value)]

    def _send_names(self) -> None:
        """Global names that the test has set, changed or deleted, as in one kernel."""
        changed: dict[str, Any] = {}
        gone = [n for n in self._sent if n not in self.namespace]
        for name in self._common & self.namespace.keys():
            here = self.namespace[name]
            if self._is_news(name, here) and self._crosses(here):
                changed[name] = here
                self._note_sent(name, here)
        for name in gone:
            del self._sent[name]
        if changed or gone:
            seconds = self.limits["call_seconds"]
            self.kernel.within(seconds, "assign", changed, gone)

    def _is_news(self, name: str, here: Any) -> bool:
        last, before = self._sent.get(name, (None, None))
        if name not in self._sent or here is not last:
            return True
        return before is not None and differs(before, here)

    def _crosses(self, value: Any) -> bool:
        """Whether a value is data, or the student's; a judge's function is a stub."""
        if self.kernel.reference(value) is not None:
            return True
        return not callable(value) and type(value) is not type(sys)

    def _after_call(self) -> None:
        """Global variables of the student may have changed."""
        names = [
            name
            for name in self._common & self._theirs & self._sent.keys()
            if not callable(self._sent[name][0])
            and name not in self.kernel.shared
            and type(self._sent[name][0]) is not type(sys)
        ]
        if not names or self.kernel.in_request:
            return
        found = self.kernel.within(self.limits["call_seconds"], "names", names)
        for name, value in zip(names, found, strict=True):
            if value:
                self._refresh(name, value[0])

    def _refresh(self, name: str, value: Any) -> None:
        here = self.namespace[name]
        if type(here) is type(value) and type(here) in (list, dict, set):
            update(here, value)
        else:
            self.namespace[name] = value
            if name in self._shown:
                self._shown[name] = value
        self._note_sent(name, self.namespace[name])

    def _note_plots(self) -> None:
        """A test that asks for the current figure gets the student's."""
        plt = sys.modules.get("matplotlib.pyplot")
        for name in ("gcf", "gca", "get_fignums", "close") if plt else ():
            setattr(plt, name, self._plot_function(plt, name))

    def _plot_function(self, plt: Any, name: str) -> Callable[..., Any]:
        original, own = getattr(plt, name), plt.get_fignums

        def function(*args: Any, **kwargs: Any) -> Any:
            caller = sys._getframe(1).f_globals.get("__name__")
            if caller != "__main__" or (own() and name != "close") or kwargs:
                return original(*args, **kwargs)
            if name == "close":
                original(*args)
            return self.kernel.ask("pyplot", name, list(args))

        return function

    def _install_stubs(self, stubs: dict[str, Any]) -> None:
        present = self.kernel.stubs
        if present.keys() != stubs.keys() or any(
            present[name] is not stub for name, stub in stubs.items()
        ):
            self.kernel.stubs = stubs
            with suppress(StudentGone):
                self.kernel.within(self.limits["call_seconds"], "substitute", stubs)

    def _note_seeding(self) -> None:
        """A test that seeds the global generators seeds those of the student too."""
        for module in (random, np.random):
            self._wrap_seed(module)

    def _wrap_seed(self, module: Any) -> None:
        original = module.seed

        def seed(*args: Any, **kwargs: Any) -> None:
            original(*args, **kwargs)
            self._seeded.add(module)

        module.seed = seed

    def _forward_probes(self) -> None:
        """Functions marked `probe = True` run where the student's objects are."""
        for name, value in list(self.namespace.items()):
            if type(value) is FunctionType and vars(value).get("probe"):
                self.namespace[name] = self._probe(name)

    def _probe(self, name: str) -> Callable[..., Any]:
        def forward(*args: Any, **kwargs: Any) -> Any:
            return self.kernel.ask("call_name", name, args, kwargs)

        forward.__name__ = name
        return forward


def _hides(value: Any) -> bool:
    """Whether `except value` in a test would catch the failures of its own checks."""
    if not issubclass(type(value), type) or not issubclass(value, BaseException):
        return False
    return issubclass(value, AssertionError) or issubclass(AssertionError, value)


def _as_if_from(source: str, name: str, code: CodeType) -> CodeType:
    """`code`, for `inspect` at the place and with the names of the student's `def`."""
    text = plain_python(source)
    filename = f"<the cell that defines {name}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    with suppress(Exception):
        for theirs in compile(text, filename, "exec").co_consts:
            if isinstance(theirs, CodeType) and theirs.co_name == name:
                return code.replace(
                    co_filename=filename,
                    co_firstlineno=theirs.co_firstlineno,
                    co_names=code.co_names + theirs.co_names,
                )
    return code


def _failure(error: BaseException, name: str) -> Output:
    """The output of a cell that raised, with the traceback from the cell on."""
    traceback = error.__traceback__
    while traceback and traceback.tb_frame.f_code.co_filename != name:
        traceback = traceback.tb_next
    lines = format_exception(type(error), error, traceback or error.__traceback__)
    try:
        text = str(error)
    except Exception:
        text = ""
    output = _error_output(type(error).__name__, text)
    return {**output, "traceback": "".join(lines)[-MAX_MESSAGE:].splitlines()}


def _error_output(name: str, text: str) -> Output:
    text = text[:MAX_MESSAGE]
    return {
        "output_type": "error",
        "ename": name,
        "evalue": text,
        "traceback": [f"{name}: {text}"],
    }


def main(
    grader: Connection, line: Any, interpreter: Interpreter, options: dict[str, Any]
) -> None:
    """Receive the notebook, judge it, report cell by cell."""
    folder, home = options["judge_folders"]
    sandbox.hide_memory()
    if not options.get("cold"):  # a cold judge has to start the kernels itself
        policy = sandbox.Policy(
            readable=tuple(options.get("readable", ())),
            writable=(folder, home),
            filter_calls=False,
            memory_bytes=options["limits"]["memory_bytes"],
        )
        sandbox.confine(policy)
    os.environ.update(dict.fromkeys(("HOME", "MPLCONFIGDIR", "TMPDIR"), home))
    sys.path.insert(0, folder)
    job = msgpack.unpackb(grader.recv_bytes(), unicode_errors="surrogatepass")
    judge = Judge(job, line, interpreter)
    interpreter.begin(lambda output: judge.outputs.add(output), folder)
    interpreter.shell.builtin_trap.activate()  # display() and get_ipython()
    for event in judge.run():
        message = msgpack.packb(event, unicode_errors="surrogatepass", default=str)
        grader.send_bytes(message)
    grader.send_bytes(msgpack.packb({"done": True}))
