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
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from traceback import format_exception
from types import CodeType, FunctionType
from typing import Any

import msgpack
import numpy as np

from autograder.engine import sandbox
from autograder.engine.interpreter import Interpreter, Output
from autograder.engine.names import defines, global_names, plain_python
from autograder.engine.remote import (
    Handle,
    OutOfTime,
    Peer,
    PeerLost,
    Reference,
    WireError,
    describe_error,
    may_have_changed,
    remote_function,
)

GRACE_SECONDS = 1.0
BUILTINS = frozenset({*vars(builtins), "display", "get_ipython", "_", "__", "___"})
CELLS_OF_OUTPUT = 4  # a notebook may show so many times what a cell may
MAX_MESSAGE = 20_000  # characters of an error
CUT = {
    "output_type": "stream",
    "name": "stdout",
    "text": "\n[the rest of the output was cut off]\n",
}
LOOKING = ("getattr", "getitem", "len", "iter", "next", "array", "float", "int")
"""Requests that change nothing, if the object is an honest one."""


class Outputs(list[Output]):
    """Outputs of a cell, as far as there is room for them."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def add(self, output: Output) -> None:
        """Append; what comes beyond the room is dropped with a note."""
        size = _size(output)
        if self.room > 0:
            self.append(output if size < self.room else CUT)
            self.room = max(0, self.room - size)


class StudentGone(RuntimeError):
    """The student's process ended, or had to be ended, during a call."""


class StudentKernel(Peer):
    """The student's kernel as the judge sees it; nothing that it says is trusted."""

    def __init__(self, line: Any, limits: dict[str, Any]) -> None:
        super().__init__(line.student(), limits["message_bytes"])
        self.line, self.limits = line, limits
        self.outputs: Outputs | None = None
        self.trouble = ""  # why the cell at hand cannot count
        self.lost = False
        self.hung: Counter[str] = Counter()  # functions that ran into their limit
        self.stubs: dict[str, Any] = {}  # the judge's functions that stand there
        self.shared: dict[str, Any] = {}  # what set-up cells bind on both sides
        self.calls = 0
        self.before_call: Callable[[], None] = lambda: None
        self.cell_end = self.submission_end = float("inf")
        self._end: float | None = None
        self._interrupted = False
        self._functions: dict[int, Callable[..., Any]] = {}
        self._stand_ins: dict[int, int] = {}
        self._lending: list[Any] = []  # what the request at hand hands over
        self._raised: list[BaseException] = []
        self._looking = False

    def ask(self, operation: str, *arguments: Any) -> Any:
        """A call on behalf of a test, within the time for one call."""
        self.before_call()
        self.calls += 1
        self._looking = operation in LOOKING
        what = arguments[0] if operation.startswith("call") else ""
        name = what if type(what) is str else vars(type(what)).get("__name__", "")
        if type(what) is FunctionType:
            name = what.__name__
        seconds = self.limits["call_seconds"]
        if name in self.hung:  # it had its chance
            seconds = max(min(1.0, seconds), seconds / 4 ** self.hung[name])
        try:
            return self.within(seconds, operation, *arguments)
        except TimeoutError:
            self.hung[name] += 1
            raise

    def within(self, seconds: float, operation: str, *arguments: Any) -> Any:
        """A request that is interrupted, then killed, when it takes too long."""
        if self._end is not None:  # nested in another request, which has its own end
            return self.request(operation, *arguments)
        if self.lost:
            raise StudentGone(self.trouble)
        self._interrupted = False
        now = time.monotonic()
        self._end = min(now + seconds, self.cell_end, self.submission_end)
        try:
            result = self.request(operation, *arguments)
        except PeerLost as problem:
            self.lost = True
            nonsense = "WireError" in str(problem) and "it sent what is no message"
            self.trouble = self.trouble or nonsense or self.line.reason()
            raise StudentGone(self.trouble) from None
        except OutOfTime:  # amid a conversation, which cannot go on
            self.lost = True
            raise
        except Exception:
            if not self._interrupted:
                raise
            result = None
        finally:
            self._end = None
            self._lending.clear()
            self._raised.clear()
            self._looking = False
        if self._interrupted:
            raise TimeoutError(self.trouble)
        return result

    # what the student's side asks for

    def answer(self, operation: str, arguments: list[Any]) -> Any:
        """Only what the request at hand has handed over can be called from there."""
        target, positional, named = arguments
        if operation != "call" or not self._is_lent(target):
            raise WireError("only functions that were handed over can be called")
        return target(*positional, **named)

    def _is_lent(self, value: Any) -> bool:
        lent = (*self.stubs.values(), *self._lending)
        return any(value is given for given in lent)

    def _resolve(self, kind: str, number: int, about: Any = None) -> Any:
        found = super()._resolve(kind, number, about)
        if kind == "yours" and not self._is_lent(found):
            raise WireError("something that an earlier call handed over came back")
        return found

    def describe(self, value: Any) -> dict[str, Any]:
        self._lending.append(value)
        name = getattr(value, "__name__", None)
        return {"callable": callable(value), "name": str(name or "given")}

    def describe_error(self, error: BaseException) -> list[Any]:
        """Its type only: what a test's own functions say is not for the student."""
        self._raised.append(error)
        text = f"from a function that the test provides ({len(self._raised)})"
        places = [p for p in describe_error(error)[0] if p[0] == "builtins"]
        return [places, [text], text, ""]

    def rebuild_error(self, *described: Any) -> BaseException:
        """One of the judge's own that went through the student's code is itself."""
        for number, error in enumerate(self._raised, 1):
            if str(described[2]).endswith(f"the test provides ({number})"):
                return error
        return super().rebuild_error(*described)

    def known_type(self, module: str, name: str) -> Any:
        if module == "__main__":
            return self.shared.get(name)
        return super().known_type(module, name)

    def represent(self, reference: Reference) -> Any:
        if not reference.about.get("function"):
            return Handle(self.ask, reference)
        if reference.number not in self._functions:
            function = remote_function(self.ask, reference)
            self._functions[reference.number] = function
            self._stand_ins[id(function)] = reference.number
        return self._functions[reference.number]

    def reference(self, value: Any) -> int | None:
        if type(value) is Handle:
            if not self._looking:
                may_have_changed(value)
            return object.__getattribute__(value, "_ref").number
        return self._stand_ins.get(id(value))

    # prints and time

    def on_output(self, output: Any) -> None:
        if type(output) is not dict:
            return
        if self.outputs is not None:
            self.outputs.add(output)
        elif output.get("name") == "stdout" and _is_redirected(sys.stdout):
            sys.stdout.write(str(output.get("text")))  # a test wants to see prints

    def deadline(self) -> float | None:
        return self._end

    def on_deadline(self) -> None:
        if self._interrupted:
            raise PeerLost("no answer to an interrupt")
        self._interrupted = True
        self.trouble = "it took longer than allowed and was stopped"
        self._end = time.monotonic() + GRACE_SECONDS
        self.line.interrupt()


def _is_redirected(stream: Any) -> bool:
    return not type(stream).__module__.startswith("autograder.")


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
        self.kernel = self._connect()
        self._note_seeding()

    def run(self) -> Iterator[dict[str, Any]]:
        """Run all cells in order; tell what each one gave."""
        for position, cell in enumerate(self.cells):
            self._position = position
            started = time.monotonic()
            self.kernel.trouble = ""
            step = getattr(self, f"_run_{cell['role']}")
            outputs, error = step(cell)
            self._room -= sum(map(_size, outputs))
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
        self._forward_probes()
        return outputs + [o for o in own if o["output_type"] == "error"], (
            own_error or error
        )

    def _run_graded(self, cell: dict[str, Any]) -> tuple[list[Output], str | None]:
        if time.monotonic() > self.submission_end:
            self.kernel.trouble = "the time for the whole submission was over"
            return [], "TimeoutError"
        outputs, error = self._run_here(cell)
        if missing := self._shown_only & set(cell["reads"]) - set(self.namespace):
            names = ", ".join(sorted(missing))
            self.kernel.trouble = f"only demonstrations, which do not run, make {names}"
        return outputs, error

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
            if type(found) is list and len(found) == 1:
                self.namespace[name] = self._shown[name] = found[0]
                self._give_source(name, found[0])

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
        if not isinstance(value, FunctionType) or hasattr(value, "__wrapped__"):
            return
        sources = [
            c["source"] for c in self.cells[: self._position] if c["role"] == "student"
        ]
        last = next((s for s in reversed(sources) if name in global_names(s)[1]), "")
        if defines(last, name):
            vars(value)["__wrapped__"] = _never_called(last, name)

    # before a call

    def _before_call(self) -> None:
        rebound = {
            name: here
            for name in self._theirs
            if (here := self.namespace.get(name)) is not self._shown.get(name)
            and isinstance(here, FunctionType)
        }
        self._install_stubs(rebound)
        if self._seeded:
            legacy = np.random.get_state() if np.random in self._seeded else None
            python = random.getstate() if random in self._seeded else None
            self._seeded.clear()
            self.kernel.within(self.limits["call_seconds"], "seed", legacy, python)

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
            if isinstance(value, FunctionType) and vars(value).get("probe"):
                self.namespace[name] = self._probe(name)

    def _probe(self, name: str) -> Callable[..., Any]:
        def forward(*args: Any, **kwargs: Any) -> Any:
            return self.kernel.ask("call_name", name, args, kwargs)

        forward.__name__ = name
        return forward


def _never_called(source: str, name: str) -> FunctionType | None:
    """A function object with the student's code, for `inspect` to look at."""
    text = plain_python(source)
    filename = f"<the cell that defines {name}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    with suppress(Exception):
        for constant in compile(text, filename, "exec").co_consts:
            if isinstance(constant, CodeType) and constant.co_name == name:
                return FunctionType(constant, {}, name)
    return None


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


def _size(output: Output) -> int:
    return len(msgpack.packb(output, unicode_errors="surrogatepass", default=str))


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
