"""Answers the judge with the objects of this interpreter."""

from __future__ import annotations

import builtins
import functools
import signal
import sys
import threading
import types
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from autograder.engine.interpreter import CUT, Interpreter, Output, size_of
from autograder.engine.limits import Limits
from autograder.engine.wire import changes
from autograder.engine.wire.errors import described
from autograder.engine.wire.messages import (
    Call,
    Done,
    Failed,
    Look,
    Request,
    Run,
    Shown,
)
from autograder.engine.wire.peer import Peer, PeerLost
from autograder.engine.wire.values import (
    Decoder,
    Given,
    Kind,
    Mine,
    Tool,
    Value,
    WireError,
    Yours,
)
from autograder.engine.wire.writing import Encoder

FUNCTIONS = (
    types.FunctionType, types.BuiltinFunctionType, types.MethodType, functools.partial,
    type(functools.lru_cache(len)), np.ufunc, np.vectorize,
)  # fmt: skip
ABSENT = object()


class StudentSide(Peer):
    """The student's end of the line to the judge."""

    def __init__(
        self, descriptor: int, interpreter: Interpreter, limits: Limits
    ) -> None:
        super().__init__(descriptor, limits.message_bytes)
        self.interpreter = interpreter
        self.namespace = interpreter.namespace
        self.busy = 0  # requests under way
        self._output_limit = limits.output_bytes
        self._room: float = limits.output_bytes
        self._course: dict[str, Any] = {}  # what set-up cells have bound
        self._count = 0
        self._lent: dict[int, Any] = {}  # what the judge has stand-ins of
        self._numbers: dict[int, int] = {}
        self._given: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # the judge's

    def live(self) -> None:
        """Answer until the judge closes the line."""
        while True:
            try:
                request = self.read()
                if not isinstance(request, (Run, Look, Call)):
                    return
                self.serve(request)
            except PeerLost:
                return

    def answer(self, request: Request) -> Done:
        """Carry out a request; what it prints is shown."""
        self.busy += 1
        self._room = self._output_limit
        try:
            if isinstance(request, Call):
                return self._call(request)
            found: Any = (
                self._run(request) if isinstance(request, Run) else self._look(request)
            )
            return Done(self.encoder().encode(found))
        finally:
            try:
                self.interpreter.flush()
            finally:  # an interrupt can come amid that, too
                self.busy -= 1

    def _run(self, request: Run) -> str | None:
        error = self.interpreter.run(request.source)
        bound = {n: self.namespace[n] for n in request.given if n in self.namespace}
        self._course.update(bound)
        for name in request.taken:
            self._course.pop(name, None)
        return error

    def _look(self, request: Look) -> list[list[Any]]:
        self.namespace.update(self._course)
        for number in request.released:
            self._numbers.pop(id(self._lent.pop(number, None)), None)
        _close_figures()
        found = ([self.namespace.get(name, ABSENT)] for name in request.names)
        return [x if _is_value(x[0]) else [] for x in found]

    def _call(self, call: Call) -> Done:
        given = Decoder(self.resolve)
        arguments, named, substitutes = map(
            given.decode, (call.arguments, call.named, call.substitutes)
        )
        target = call.target
        place: dict[Any, Any] = self._lent if type(target) is int else self.namespace
        before = {n: self.namespace.get(n, ABSENT) for n in substitutes}
        self.namespace.update(substitutes)
        try:
            result = place[target](*arguments, **named)
        finally:
            for name, value in before.items():
                if value is ABSENT:
                    self.namespace.pop(name, None)
                else:
                    self.namespace[name] = value
        return Done(self.encoder().encode(result))

    # the judge's functions

    def take(self, done: Done, sent: Encoder) -> Any:
        """The result; what the judge's function changed in place is changed here."""

        def resolve(node: Kind) -> Any:
            if isinstance(node, Given):
                return sent.written[node.number]
            return self.resolve(node)

        found = Decoder(resolve)
        result = found.decode(done.value)
        for number, after in done.changes:
            changes.repeat(sent.written[number], found.decode(after))
        return result

    def resolve(self, node: Kind) -> Any:
        """An own object, a tool of NumPy's, or a function that calls the judge's."""
        if isinstance(node, Tool):
            return getattr(np, node.name)
        if isinstance(node, Yours):
            return self._lent[node.number]
        if not isinstance(node, Mine):
            raise WireError("no such reference")

        def given(*args: Any, **kwargs: Any) -> Any:
            if threading.current_thread() is not threading.main_thread():
                raise RuntimeError("this function works in the main thread only")
            return self.call(node.number, args, kwargs)

        given.__name__ = given.__qualname__ = str(node.name)
        self._given[given] = node.number
        return given

    def rebuild(self, failed: Failed) -> BaseException:
        """An error that remembers which one of the judge's it was."""
        error = super().rebuild(failed)
        error.__dict__["_origin"] = failed.origin
        return error

    def describe(self, error: BaseException) -> Failed:
        """An error of the student's code, or one of the judge's that went through."""
        return described(error, getattr(error, "__dict__", {}).get("_origin"))

    # own objects

    def lend(self, value: Any) -> Value:
        """A reference: the object stays, the judge can call it or hand it back."""
        if type(value) is types.FunctionType and value in self._given:
            return Yours(self._given[value])
        number = self._numbers.get(id(value))
        if number is None:
            self._count += 1
            number = self._numbers[id(value)] = self._count
            self._lent[number] = value
        return Mine(number, *_about(value))

    def publish(self, output: Output) -> None:
        """Hand an output to the judge, as long as there is room for it."""
        if self._room <= 0:
            return
        self._room -= size_of(output)
        if self._room <= 0:
            output = CUT
        self.write(Shown(output))


def _about(value: Any) -> tuple[str, str | None, str | None]:
    """What the judge is told of an object: type, name and docstring; see `Mine`."""
    kind = str(type(value).__name__)
    if not isinstance(value, FUNCTIONS):
        called = callable(value) and not isinstance(value, type)
        return kind, "" if called else None, None
    name, doc = (getattr(value, n, None) for n in ("__name__", "__doc__"))
    name = name if type(name) is str else ""
    return kind, name or "function", doc if type(doc) is str else None


def _is_value(value: Any) -> bool:
    return value is not ABSENT and type(value) is not types.ModuleType


def _close_figures() -> None:
    """As after any cell."""
    plt = sys.modules.get("matplotlib.pyplot")
    if plt is not None and plt.get_fignums():
        plt.close("all")


def main(
    descriptor: int, interpreter: Interpreter, folder: str, limits: Limits
) -> None:
    """Live as the student's side."""
    side = StudentSide(descriptor, interpreter, limits)

    def interrupt(*_: Any) -> None:
        if side.busy:  # else it came too late: the call that it was for is over
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    interpreter.begin(side.publish, folder)
    sys.path.insert(0, folder)
    builtins.__dict__.pop("_", None)
    side.live()
