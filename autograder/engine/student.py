"""The student's side of the engine: runs cells, answers calls, knows no test."""

from __future__ import annotations

import builtins
import operator
import signal
import sys
import threading
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from autograder.engine.interpreter import Interpreter, Output
from autograder.engine.remote import (
    Peer,
    Reference,
    describe_signature,
    is_function,
)

ABSENT = {"absent": True}
NOTE = "\n[the rest of the output was cut off]\n"

OPERATIONS = {
    "getattr": getattr,
    "setattr": setattr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "call": lambda target, args, kwargs: target(*args, **kwargs),
    "len": len,
    "iter": iter,
    "next": next,
    "array": np.asarray,
    "float": float,
    "int": int,
}


class StudentSide(Peer):
    """Answers the judge with the objects of this interpreter."""

    def __init__(
        self, connection: Connection, interpreter: Interpreter, limits: dict[str, int]
    ) -> None:
        super().__init__(connection, limits["message_bytes"])
        self.interpreter = interpreter
        self._output_limit = limits["output_bytes"]
        self._output_room = self._output_limit
        self._stubs: dict[str, Any] = {}

    def answer(self, operation: str, arguments: list[Any]) -> Any:
        self._output_room = self._output_limit
        answer = OPERATIONS.get(operation) or getattr(self, f"_answer_{operation}")
        try:
            return answer(*arguments)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()

    def _answer_run(self, source: str) -> str | None:
        return self.interpreter.run(source)

    def _answer_call_name(self, name: str, args: tuple, kwargs: dict) -> Any:
        return self.interpreter.namespace[name](*args, **kwargs)

    def _answer_names(self, names: list[str]) -> list[Any]:
        """The values of global names; of one that is not data, a reference."""
        return [self._value_of(name) for name in names]

    def _value_of(self, name: str) -> Any:
        """`[value]`, or nothing if there is no such name."""
        namespace = self.interpreter.namespace
        if name not in namespace:
            return []
        value = namespace[name]
        return [] if type(value) is type(sys) else [value]

    def _answer_substitute(self, stubs: dict[str, Any]) -> None:
        """Let these names be the judge's functions until the next such request."""
        namespace = self.interpreter.namespace
        for name, before in self._stubs.items():
            if before is ABSENT:
                namespace.pop(name, None)
            else:
                namespace[name] = before
        self._stubs = {name: namespace.get(name, ABSENT) for name in stubs}
        namespace.update(stubs)

    def _answer_seed(self, legacy: Any, python: Any) -> None:
        """Take over the state of the judge's global random generators."""
        if legacy is not None:
            np.random.set_state(legacy)
        if python is not None:
            __import__("random").setstate(python)

    def represent(self, reference: Reference) -> Any:
        """A function of the judge, callable from here."""

        def stand_in(*args: Any, **kwargs: Any) -> Any:
            if threading.current_thread() is not threading.main_thread():
                raise RuntimeError("this function works in the main thread only")
            return self.request("call", reference, args, kwargs)

        if not reference.about.get("callable"):
            return reference
        stand_in.__name__ = stand_in.__qualname__ = reference.about.get("name", "given")
        stand_in.__reference__ = reference  # type: ignore[attr-defined]
        return stand_in

    def reference(self, value: Any) -> int | None:
        if type(value) is type(self.represent):  # a bound method is none of ours
            return None
        given = getattr(value, "__dict__", {})
        found = value if type(value) is Reference else (
            given.get("__reference__") if type(given) is dict else None
        )  # fmt: skip
        return found.number if type(found) is Reference else None

    def describe(self, value: Any) -> dict[str, Any]:
        about = {"type": type(value).__name__, "callable": callable(value)}
        if is_function(value):
            about |= {
                "function": True,
                "name": getattr(value, "__name__", "function"),
                "doc": getattr(value, "__doc__", None),
                "signature": describe_signature(value),
            }
        return about

    def publish(self, output: Output) -> None:
        """Hand an output to the judge, as long as there is room for it."""
        if self._output_room <= 0:
            return
        size = sum(map(_size, output.values()))
        self._output_room -= size
        if self._output_room <= 0:
            output = {"output_type": "stream", "name": "stdout", "text": NOTE}
        self.send_output(output)


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    if isinstance(value, list):
        return sum(map(_size, value))
    return len(value) if isinstance(value, (str, bytes)) else 8


def main(
    connection: Connection,
    interpreter: Interpreter,
    folder: str,
    limits: dict[str, int],
) -> None:
    """Serve the judge until it closes the line."""
    side = StudentSide(connection, interpreter, limits)
    interpreter.begin(side.publish, folder)
    sys.path.insert(0, folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    builtins.__dict__.pop("_", None)
    side.serve()
