"""The judge's line to the student's kernel: what it asks, and what it believes."""

from __future__ import annotations

import sys
import time
from abc import ABC, ABCMeta
from collections import Counter
from collections.abc import Callable
from types import FunctionType
from typing import Any

import msgpack

from autograder.engine.handles import (
    Handle,
    may_have_changed,
    remote_function,
    sending,
)
from autograder.engine.interpreter import Output
from autograder.engine.remote import OutOfTime, Peer, PeerLost, describe_error
from autograder.engine.wire import Reference, WireError, differs, state

GRACE_SECONDS = 1.0
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
        size = size_of(output)
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
        self._handles: dict[int, Handle] = {}
        self._generators: list[Any] = []
        self._kept: list[tuple[Any, Any]] = []  # handed over in this cell, and to what
        self._asked: Any = None  # what the request at hand is about
        self.is_answer: Callable[[Any], bool] = lambda value: False
        self._exceptions: dict[tuple[str, ...], type[Exception]] = {}
        self._views: dict[tuple[int, str], tuple[Handle, Any, Any]] = {}
        self.protocols: frozenset[str] = frozenset()  # see `Operators`
        self.classes: frozenset[str] = frozenset()  # that the exercises ask for
        self.told: list[str] = []  # classes of which the student's side knows
        self.to_tell = True  # whether set-up cells have run since it was told
        self.after_call: Callable[[], None] = lambda: None
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
        self._push_views()
        self._asked = arguments[0]
        try:
            found = self.within(seconds, operation, *arguments)
        except TimeoutError:
            self.hung[name] += 1
            raise
        finally:
            if not self._looking and not self.lost:
                self.after_call()
        if operation == "getattr" and type(found) in (list, dict, set):
            handle, name = arguments
            key = handle._remote_reference.number, name
            self._views[key] = handle, found, state(found)
        return found

    def _push_views(self) -> None:
        """What a test has changed in a container that is an attribute over there."""
        for (number, name), (handle, here, before) in [*self._views.items()]:
            if differs(before, here):
                self._views[number, name] = handle, here, state(here)
                seconds = self.limits["call_seconds"]
                self.within(seconds, "set_view", handle, name, before, here)

    def forget_views(self) -> None:
        """A new cell begins: what the one before has lent is lent no longer."""
        self._views.clear()
        self._kept.clear()

    @property
    def in_request(self) -> bool:
        """Whether an answer is being waited for."""
        return self._end is not None

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
        if operation == "getattr" and self._is_lent(target):
            return self._attribute(target, positional)
        if operation != "call" or not self._is_lent(target):
            raise WireError("only functions that were handed over can be called")
        return target(*positional, **named)

    @staticmethod
    def _attribute(target: Any, name: Any) -> Any:
        """A public attribute of an object that a test's own class made."""
        if type(target).__module__ != "__main__" or str(name).startswith("_"):
            raise AttributeError(name)
        return getattr(target, str(name))

    def shared_class(self, kind: type) -> str:
        name = kind.__name__
        return name if name in self.told and self.shared.get(name) is kind else ""

    def class_named(self, name: str) -> Any:
        return self.shared[name] if name in self.told else super().class_named(name)

    def tuple_named(self, name: str) -> Any:
        return self.shared.get(name)

    def share(self) -> None:
        """Tell of the classes of set-up cells; their objects cross as data."""
        if not self.to_tell:
            return
        self.to_tell = False
        names = [name for name, value in self.shared.items() if _is_plain(value)]
        if names != self.told:
            self.told = names
            self.within(self.limits["call_seconds"], "share", names)

    def make_instance(self, name: str) -> Any:
        if name not in self.told:
            raise WireError(f"no class of both sides: {name!r}")
        return object.__new__(self.shared[name])

    def checked_attributes(self, instance: Any, attributes: Any) -> dict[str, Any]:
        """Attributes that would stand for a method of the class are not believed."""
        for name in attributes:
            if type(name) is not str or callable(getattr(type(instance), name, None)):
                raise WireError(f"an object with an attribute {name!r}")
        return dict(attributes)

    def exception_type(self, places: list[list[str]]) -> type[Exception]:
        """A type like the student's own, below the nearest one known here."""
        nearest = super().exception_type(places)
        for module, name in reversed(places):
            if module != "__main__" or self.shared.get(name) is not None:
                continue
            key = (name, nearest.__name__)
            if key not in self._exceptions:
                self._exceptions[key] = type(
                    str(name), (nearest,), {"__module__": module}
                )
            nearest = self._exceptions[key]
        return nearest

    def _is_lent(self, value: Any) -> bool:
        if any(value is given for given in (*self.stubs.values(), *self._lending)):
            return True
        return any(value is given and self._may_use(to) for given, to in self._kept)

    def _may_use(self, handed_to: Any) -> bool:
        """Closures may call later what made them; one exercise not another's tests."""
        return self._asked is handed_to or not self.is_answer(self._asked)

    def _resolve(self, kind: str, number: int, about: Any = None) -> Any:
        found = super()._resolve(kind, number, about)
        if kind == "yours" and not self._is_lent(found):
            raise WireError("something that an earlier call handed over came back")
        return found

    def describe(self, value: Any) -> dict[str, Any]:
        self._lending.append(value)
        if not any(value is stub for stub in self.stubs.values()):
            self._kept.append((value, self._asked))
        name = getattr(value, "__name__", None)
        about = {"callable": callable(value), "name": str(name or "given")}
        if type(value).__module__ == "__main__":
            about["object"] = True
        return about

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
        if reference.about.get("coroutine"):
            return Handle(self.ask, reference)._remote_wait()
        if reference.about.get("generator"):
            made = sending(Handle(self.ask, reference))
            self._generators.append(made)
            self._stand_ins[id(made)] = reference.number
            return made
        if reference.about.get("exception"):
            kind = self.exception_type(reference.about["exception"])
            self._stand_ins[id(kind)] = reference.number
            return kind
        if not reference.about.get("function"):
            if reference.number not in self._handles:
                bases = reference.about.get("bases", [])
                base = next((self.shared[b] for b in bases if b in self.told), None)
                self._handles[reference.number] = Handle(self.ask, reference, base)
            self._handles[reference.number]._remote_came_back()
            return self._handles[reference.number]
        if reference.number not in self._functions:
            function = remote_function(self.ask, reference)
            self._functions[reference.number] = function
            self._stand_ins[id(function)] = reference.number
        return self._functions[reference.number]

    def reference(self, value: Any) -> int | None:
        if type(value) is Handle:
            if not self._looking:
                may_have_changed(value)
            return object.__getattribute__(value, "_remote_reference").number
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


def _is_plain(kind: Any) -> bool:
    """Whether objects of a class are no more than their attributes."""
    return type(kind) in (type, ABCMeta) and all(
        base is ABC or (base.__module__ == "__main__" and base.__dictoffset__ != 0)
        for base in kind.__mro__[:-1]
    )


def _is_redirected(stream: Any) -> bool:
    return not type(stream).__module__.startswith("autograder.")


def size_of(output: Output) -> int:
    """Bytes that an output takes."""
    return len(msgpack.packb(output, unicode_errors="surrogatepass", default=str))
