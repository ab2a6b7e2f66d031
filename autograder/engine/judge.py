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
from autograder.engine.interpreter import Interpreter, Output
from autograder.engine.names import defines, plain_python
from autograder.engine.remote import (
    Handle,
    Peer,
    PeerLost,
    Reference,
    WireError,
    remote_function,
)

GRACE_SECONDS = 1.0
BUILTINS = frozenset(vars(builtins))


class StudentGone(RuntimeError):
    """The student's process ended, or had to be ended, during a call."""


class StudentKernel(Peer):
    """The student's kernel as the judge sees it; nothing that it says is trusted."""

    def __init__(self, line: Any, limits: dict[str, Any]) -> None:
        super().__init__(line.student(), limits["message_bytes"])
        self.line, self.limits = line, limits
        self.outputs: list[Output] | None = None
        self.trouble = ""  # why the cell at hand cannot count
        self.lost = False
        self.hung: set[str] = set()
        self.before_call: Callable[[], None] = lambda: None
        self.cell_end = self.submission_end = float("inf")
        self._end: float | None = None
        self._interrupted = False
        self._functions: dict[int, Callable[..., Any]] = {}
        self._stand_ins: dict[int, int] = {}
        self._room = 0

    def ask(self, operation: str, *arguments: Any) -> Any:
        """A call on behalf of a test, within the time for one call."""
        self.before_call()
        seconds = self.limits["call_seconds"]
        what = arguments[0] if operation == "call" else None
        name = getattr(what, "__name__", "") if type(what) is FunctionType else ""
        if name in self.hung:  # it had its chance
            seconds /= 10
        try:
            return self.within(seconds, operation, *arguments)
        except TimeoutError:
            self.hung.add(name)
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
        except PeerLost:
            self.lost = True
            self.trouble = self.trouble or self.line.reason()
            raise StudentGone(self.trouble) from None
        except Exception:
            if not self._interrupted:
                raise
            result = None
        finally:
            self._end = None
        if self._interrupted:
            raise TimeoutError(self.trouble)
        return result

    # what the student's side asks for

    def answer(self, operation: str, arguments: list[Any]) -> Any:
        """Only functions that a test has handed over can be called from there."""
        target, positional, named = arguments
        if operation != "call" or not isinstance(target, FunctionType):
            raise WireError("only functions that were handed over can be called")
        return target(*positional, **named)

    def describe(self, value: Any) -> dict[str, Any]:
        name = getattr(value, "__name__", None)
        return {"callable": callable(value), "name": str(name or "given")}

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
            return object.__getattribute__(value, "_ref").number
        return self._stand_ins.get(id(value))

    # prints and time

    def collect(self) -> list[Output]:
        """Begin to collect outputs; what comes beyond the limit is dropped."""
        self.outputs, self._room = [], 2 * self.limits["output_bytes"]
        return self.outputs

    def on_output(self, output: Any) -> None:
        if type(output) is not dict:
            return
        if self.outputs is not None:
            self._room -= len(msgpack.packb(output, unicode_errors="surrogatepass"))
            if self._room > 0:
                self.outputs.append(output)
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
        self.outputs: list[Output] = []
        self.submission_end = time.monotonic() + self.limits["submission_seconds"]
        self._imports: dict[str, str] = job["imports"]
        self._own: set[str] = set()  # names that the judge's own cells bind
        self._read: set[str] = set()  # names that the judge's cells read
        self._mentioned: set[str] = set()  # names that stand in them as text
        self._theirs: set[str] = set()  # names that the exercises ask the student for
        self._shown: dict[str, Any] = {}  # what stands for a student's name here
        self._stubs: dict[str, Any] = {}
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

    def _run_student(self, cell: dict[str, Any]) -> tuple[list[Output], str | None]:
        outputs, error = self._run_there(cell["source"])
        self._theirs.update(cell["binds"])
        for name in cell["binds"]:  # the student's word is newer than a rebinding here
            self._shown.pop(name, None)
            self._own.discard(name)
            self.namespace.pop(name, None)
        return outputs, error

    def _run_setup(self, cell: dict[str, Any]) -> tuple[list[Output], str | None]:
        """Run in both; a cell of which only definitions concern us, in part here."""
        outputs, error = self._run_there(cell["source"])
        own, own_error = self._run_here(cell)
        self._forward_probes()
        return outputs + [o for o in own if o["output_type"] == "error"], (
            own_error or error
        )

    def _run_graded(self, cell: dict[str, Any]) -> tuple[list[Output], str | None]:
        if time.monotonic() > self.submission_end:
            self.kernel.trouble = "the time for the whole submission was over"
            return [], "TimeoutError"
        return self._run_here(cell)

    # running

    def _run_there(self, source: str) -> tuple[list[Output], str | None]:
        outputs = self.kernel.collect()
        self._install_stubs({})
        try:
            error = self.kernel.within(self.limits["cell_seconds"], "run", source)
        except Exception as problem:
            error = type(problem).__name__
            outputs.append(_error_output(error, self.kernel.trouble or str(problem)))
        self.kernel.outputs = None
        return outputs, error if error is None else str(error)

    def _run_here(self, cell: dict[str, Any]) -> tuple[list[Output], str | None]:
        self.outputs = []
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
            self.outputs.append(_failure(error, name))
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
            raise TimeoutError(self.kernel.trouble)

        if hasattr(signal, "SIGALRM"):
            signal.signal(signal.SIGALRM, stop)
            signal.setitimer(signal.ITIMER_REAL, seconds + 2 * GRACE_SECONDS)
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
        self._stubs = {}
        return kernel

    def _start_again(self, cell: dict[str, Any]) -> None:
        """A fresh kernel runs again what the lost one had run, but what killed it."""
        if cell["role"] != "graded":
            self._fatal.add(self._position)
        self.kernel.connection.close()
        hung = self.kernel.hung
        self.kernel = self._connect()
        self.kernel.hung = hung
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
        foreign = self._read - self._own - BUILTINS - set(bound)
        wanted = sorted(
            name
            for name in ((self._read | self._mentioned) & self._theirs) | foreign
            if self.namespace.get(name) is self._shown.get(name)
        )
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
        cells = self.cells[: self._position]
        for cell in reversed(cells):
            if cell["role"] == "student" and defines(cell["source"], name):
                vars(value)["__wrapped__"] = _never_called(cell["source"], name)
                return

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
        if self._stubs.keys() != stubs.keys() or any(
            self._stubs[name] is not stub for name, stub in stubs.items()
        ):
            self._stubs = stubs
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
    return {**output, "traceback": "".join(lines).splitlines()}


def _error_output(name: str, text: str) -> Output:
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
    job = msgpack.unpackb(grader.recv_bytes(), unicode_errors="surrogatepass")
    folder, trusted = options["folders"][0], job.pop("trusted")
    readable = tuple(filter(None, [trusted, *options.get("readable", ())]))
    sandbox.hide_memory()
    if not options.get("cold"):  # a cold judge has to start the kernels itself
        policy = sandbox.Policy(
            readable=readable,
            writable=tuple(options["folders"]),
            filter_calls=False,
            memory_bytes=options["limits"]["memory_bytes"],
        )
        sandbox.confine(policy)
    os.umask(0)  # what a test writes, the student's code may change
    os.environ.update(options.get("environment", {}))
    sys.path.insert(0, trusted)
    judge = Judge(job, line, interpreter)
    interpreter.begin(lambda output: judge.outputs.append(output), folder)
    for event in judge.run():
        message = msgpack.packb(event, unicode_errors="surrogatepass", default=str)
        grader.send_bytes(message)
    grader.send_bytes(msgpack.packb({"done": True}))
