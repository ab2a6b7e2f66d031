"""The student's side of the engine: runs cells, answers calls, knows no test."""

from __future__ import annotations

import asyncio
import builtins
import copy
import operator
import os
import signal
import sys
import threading
import types
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from autograder.engine.handles import describe_signature, is_function
from autograder.engine.interpreter import Interpreter, Output
from autograder.engine.remote import Peer, describe_bases
from autograder.engine.wire import MUTABLE, Reference, update

ABSENT = {"absent": True}
NOTE = "\n[the rest of the output was cut off]\n"


def _operate(name: str, left: Any, right: Any, reverse: bool) -> Any:
    function = getattr(operator, name, None) or getattr(operator, f"{name}_")
    return function(right, left) if reverse else function(left, right)


def _send(target: Any, value: Any) -> list[Any]:
    """What a generator gives next, in a list; an empty one at its end."""
    try:
        return [target.send(value)]
    except StopIteration:
        return []


def _has_attributes(function: Any) -> bool:
    """Whether a function carries more than what `functools.wraps` gives it."""
    return bool(getattr(function, "__dict__", {}).keys() - {"__wrapped__"})


def _exit(target: Any, kind: str | None, text: str) -> Any:
    """Leave a `with` block, with an error like the one that the test raised."""
    found = getattr(builtins, kind or "", RuntimeError)
    error = found(text) if kind is not None else None
    return type(target).__exit__(target, error and type(error), error, None)


def _run_coroutine(target: Any) -> Any:
    async def wait() -> Any:
        return await target

    return asyncio.run(wait())


OPERATIONS: dict[str, Callable[..., Any]] = {
    "getattr": getattr,
    "setattr": setattr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "call": lambda target, args, kwargs: target(*args, **kwargs),
    "len": len,
    "iter": iter,
    "next": next,
    "send": _send,
    "array": np.asarray,
    "float": float,
    "int": int,
    "complex": complex,
    "delitem": operator.delitem,
    "delattr": delattr,
    "hash": hash,
    "bool": bool,
    "repr": repr,
    "str": str,
    "format": format,
    "round": round,
    "reversed": reversed,
    "enter": lambda target: type(target).__enter__(target),
    "exit": _exit,
    "await": _run_coroutine,
    "isinstance": lambda target, kind: kind in type(target).__mro__,
    "issubclass": issubclass,
    "unary": lambda name, target: getattr(operator, name)(target),
    "operate": _operate,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


class Given:
    """An object of a test's own class; its attributes are asked for."""

    def __init__(self, request: Callable[..., Any], reference: Reference) -> None:
        self.__request, self.__reference__ = request, reference

    def __getattr__(self, name: str) -> Any:
        return self.__request("getattr", self, name, None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__request("call", self, args, kwargs)


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
        self._given: dict[int, tuple[Any, Reference]] = {}  # the judge's functions
        self._shared: set[str] = set()  # names of classes that the judge has as well

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

    def _answer_call_name(self, name: str, args: Any, kwargs: Any) -> Any:
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

    def _answer_share(self, names: list[str]) -> None:
        """These classes are the judge's as well: their objects cross as data."""
        self._shared.update(names)

    def shared_class(self, kind: type) -> str:
        name = kind.__name__
        known = name in self._shared and self.interpreter.namespace.get(name) is kind
        return name if known else ""

    def class_named(self, name: str) -> Any:
        return self.interpreter.namespace[name]

    def tuple_named(self, name: str) -> Any:
        return self.interpreter.namespace.get(name)

    def make_instance(self, name: str) -> Any:
        kind = self.interpreter.namespace[name]
        return object.__new__(kind)

    def _answer_assign(self, values: dict[str, Any], gone: list[str]) -> None:
        """Set global names as a test has set them; the names in `gone` it deleted."""
        namespace = self.interpreter.namespace
        for name, value in values.items():
            same = type(namespace.get(name)) is type(value) and type(value) in MUTABLE
            if same and np.ndarray not in type(value).__mro__:
                update(namespace[name], value)
            else:
                namespace[name] = value
        for name in gone:
            namespace.pop(name, None)

    def _answer_set_view(self, target: Any, name: str, before: Any, now: Any) -> None:
        """A test has changed a container that is an attribute here: as it saw it."""
        if (here := getattr(target, name)) == before:
            update(here, now)

    def _answer_read_file(self, name: str) -> bytes:
        with open(name, "rb") as file:
            return file.read(self.limit)

    def _answer_write_file(self, name: str, content: bytes | None) -> None:
        """A test has written or removed a file."""
        if content is None:
            os.unlink(name)
            return
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "wb") as file:
            file.write(content)

    def _answer_pyplot(self, name: str, arguments: list[Any]) -> Any:
        """What `pyplot` says of the figures here."""
        import matplotlib.pyplot as plt

        return getattr(plt, name)(*arguments)

    def _answer_close_figures(self) -> None:
        plt = sys.modules.get("matplotlib.pyplot")
        if plt is not None and plt.get_fignums():
            plt.close("all")

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

        if reference.about.get("object"):
            return Given(self.request, reference)
        if not reference.about.get("callable"):
            return reference
        stand_in.__name__ = stand_in.__qualname__ = reference.about.get("name", "given")
        self._given[id(stand_in)] = stand_in, reference
        return stand_in

    def reference(self, value: Any) -> int | None:
        if type(value) is Given:
            return value.__reference__.number
        return value.number if type(value) is Reference else self._number(value)

    def _number(self, value: Any) -> int | None:
        stand_in, reference = self._given.get(id(value), (None, None))
        return reference.number if reference and stand_in is value else None

    def describe(self, value: Any) -> dict[str, Any]:
        about = {"type": type(value).__name__, "callable": callable(value)}
        bases = [k.__name__ for k in type(value).__mro__ if self.shared_class(k)]
        if bases:
            about["bases"] = bases
        if isinstance(value, type) and issubclass(value, Exception):
            about["exception"] = describe_bases(value)
        for kind in ("coroutine", "generator"):
            if getattr(types, f"{kind.title()}Type") in type(value).__mro__:
                about[kind] = True
        if is_function(value) and not _has_attributes(value):
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
