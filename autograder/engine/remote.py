"""Calls between two Python processes that do not trust each other's objects.

`Peer` sends requests and answers those of the other side, nested as deep as need be.
Arguments are passed as if by reference: what the callee changed in place is changed
in the caller's own objects, and an argument that is returned comes back as itself.
"""

from __future__ import annotations

import os
import select
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from autograder.engine.wire import (
    MUTABLE,
    SCALARS,
    Packer,
    Reference,
    Unpacker,
    WireError,
    differs,
    packb,
    shallow,
    state,
    unpackb,
    update,
)

CELL_FILE = "ipykernel_cell_"  # how `interpreter` names the code of cells
WITH_ARGUMENTS = frozenset({"call", "call_name", "getitem", "setitem", "operate"})
"""Requests that hand over arguments of a test, which the other side may change."""


class OutOfTime(BaseException):
    """Raised by an alarm: ends whatever runs here, a conversation too."""


class PeerLost(Exception):
    """The other process died or no longer answers."""


class Peer:
    """One end of a conversation; subclasses say what requests they answer.

    Every message is `[kind, number, ...]`: a "request" with operation and arguments,
    a "reply" or an "error" to one, or an "output".
    """

    def __init__(self, connection: Connection, limit: int) -> None:
        self.connection, self.limit = connection, limit
        self._count = 0
        self._lent: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._sending = threading.Lock()
        self._line = _Line(connection, self._wait)

    # what subclasses fill in

    def answer(self, operation: str, arguments: list[Any]) -> Any:
        """Carry out a request of the other side."""
        raise WireError(f"no such request: {operation}")

    def represent(self, reference: Reference) -> Any:
        """What a reference to an object over there is here."""
        return reference

    def reference(self, value: Any) -> int | None:
        """The number of the other side's object that `value` represents, if any."""
        return value.number if type(value) is Reference else None

    def shared_class(self, kind: type) -> str:
        """The name of a class that both sides have, whose objects cross as data."""
        return ""

    def class_named(self, name: str) -> Any:
        """Such a class."""
        raise WireError(f"no class of both sides: {name!r}")

    def tuple_named(self, name: str) -> Any:
        """What that global name means; named tuples of that type are made with it."""

    def make_instance(self, name: str) -> Any:
        """An empty object of such a class."""
        raise WireError(f"no class of both sides: {name!r}")

    def checked_attributes(self, instance: Any, attributes: Any) -> dict[str, Any]:
        """Attributes from over there for such an object; raises if they are forged."""
        return attributes

    def describe(self, value: Any) -> dict[str, Any]:
        """What the other side is told of an object that it gets a reference to."""
        return {"type": type(value).__name__, "callable": callable(value)}

    def describe_error(self, error: BaseException) -> list[Any]:
        """What the other side is told of an error: see `rebuild_error`."""
        return describe_error(error)

    def known_type(self, module: str, name: str) -> Any:
        """The object of that name which an error from over there may be made of."""
        if module != "builtins" and module.split(".")[0] != "numpy":
            return None
        return getattr(sys.modules.get(module), name, None)

    def on_output(self, output: Any) -> None:
        """Take note of something that the other side's code printed or showed."""

    def deadline(self) -> float | None:
        """When to call `on_deadline`, on the clock of `time.monotonic`."""
        return None

    def on_deadline(self) -> None:
        """Called when an answer has not come by `deadline()`."""

    # requests

    def request(self, operation: str, *arguments: Any) -> Any:
        """Ask the other side and wait; answer its own questions meanwhile."""
        self._count += 1
        number = self._count
        packer = self._send("request", number, [operation, list(arguments)], {})
        while True:
            kind, found, *rest = self._receive()
            if kind == "request":
                self._serve(found, rest)
            elif kind == "output":
                self.on_output(found)
            elif found == number and kind in ("reply", "error"):
                return self._conclude(
                    kind, rest[0], packer, operation in WITH_ARGUMENTS
                )

    def serve(self) -> None:
        """Answer requests until the connection closes."""
        while True:
            try:
                kind, number, *rest = self._receive()
                if kind == "request":
                    self._serve(number, rest)
            except KeyboardInterrupt:
                continue  # came too late: the call that it was for is over
            except PeerLost:
                return

    def send_output(self, output: Any) -> None:
        """Tell the other side about an output."""
        self._write(["output", output])

    def _serve(self, number: int, rest: list[Any]) -> None:
        try:
            unpacker = self._unpacker(rest[0], [])
            operation, arguments = unpacker.child([0])
            lent = {
                i: obj for i, obj in unpacker.objects.items() if type(obj) in MUTABLE
            }
            before = {i: state(obj) for i, obj in lent.items()}
            result = self.answer(operation, arguments)
            changes = [
                [i, shallow(obj)]
                for i, obj in lent.items()
                if i > 1 and differs(before[i], obj)
            ]
            same = [*lent, *unpacker.instances]
            known = {id(unpacker.objects[i]): i for i in same}
            self._send("reply", number, [result, changes], known)
        except (PeerLost, OutOfTime):
            raise
        except BaseException as error:
            self._send("error", number, self.describe_error(error), {})

    def _conclude(
        self, kind: str, nodes: list[Any], sent: Packer, may_change: bool
    ) -> Any:
        content = self._unpacker(nodes, sent.objects).child([0])
        if kind == "error":
            raise self.rebuild_error(*content)
        result, changes = content
        for number, after in changes if may_change else ():
            if number in sent.instances:
                after = self.checked_attributes(sent.instances[number], after)
            update(sent.objects[number], after)
        return result

    def rebuild_error(
        self,
        places: list[list[str]],
        arguments: list[Any],
        text: str,
        where: str,
        attributes: dict[str, Any] | None = None,
    ) -> BaseException:
        """An exception like the one over there, of the nearest type known here."""
        kind = self.exception_type(places)
        try:
            if kind.__module__ == "__main__":  # its __init__ has run over there
                error = kind.__new__(kind, *arguments)
                vars(error).update(self.checked_attributes(error, attributes or {}))
            else:
                error = kind(*arguments)
        except Exception:
            error = RuntimeError(text)
        if where:
            error.add_note(where)
        return error

    def exception_type(self, places: list[list[str]]) -> type[Exception]:
        """The nearest type known here of an exception from over there."""
        types = (self.known_type(*place) for place in places)
        return next(filter(_is_exception, types), RuntimeError)

    # messages

    def _send(
        self, kind: str, number: int, content: Any, known: dict[int, int]
    ) -> Packer:
        packer = Packer(self._refer, known, self.limit)
        packer.child(content)
        self._write([kind, number, packer.nodes])
        return packer

    def _write(self, message: list[Any]) -> None:
        try:
            with self._sending:
                self._line.send(packb(message))
        except OSError as error:
            raise PeerLost(str(error)) from None

    def _receive(self) -> list[Any]:
        try:
            self._wait(lambda milliseconds: True)  # a flood has a deadline too
            message = unpackb(self._line.receive(self.limit + (1 << 20)))
            if type(message) is not list or len(message) < 2:
                raise WireError("not a message")
            return message
        except (OSError, EOFError, ValueError, WireError) as error:
            raise PeerLost(f"{type(error).__name__}: {error}") from None

    def _wait(self, ready: Callable[[float | None], Any]) -> None:
        """Wait until `ready(milliseconds)` says so; tell of each missed deadline."""
        while True:
            end = self.deadline()
            left = None if end is None else 1000 * (end - time.monotonic())
            if left is not None and left <= 0:
                self.on_deadline()
            elif ready(left):
                return

    def _unpacker(self, nodes: list[Any], known: list[Any]) -> Unpacker:
        return Unpacker(nodes, self._resolve, known)

    # references

    def _refer(self, value: Any) -> list[Any]:
        number = self.reference(value)
        if number is not None:
            return ["yours", number]
        if name := self.shared_class(type(value)):
            return ["instance", name, vars(value)]
        if type in type(value).__mro__ and (name := self.shared_class(value)):
            return ["class", name]
        number = self._numbers.setdefault(id(value), len(self._lent))
        if number not in self._lent:
            self._lent[number] = value
        return ["mine", number, self.describe(value)]

    def _resolve(self, kind: str, number: Any, about: Any = None) -> Any:
        if kind == "instance":
            return self.make_instance(number)
        if kind == "class":
            return self.class_named(number)
        if kind == "namedtuple":
            return self.tuple_named(number)
        if kind == "filled":
            number.__dict__ = self.checked_attributes(number, about)
            return number
        if kind == "yours":
            return self._lent[number]
        if kind == "mine" and type(about) is dict:
            return self.represent(Reference(number, about))
        raise WireError(f"unknown kind of value: {kind!r}")


class _Line:
    """Messages over a connection; `wait` is asked before anything that could block.

    Framed as `Connection` does it, but half a message, or a reader that does not
    read, keeps nobody beyond a deadline.
    """

    def __init__(self, connection: Connection, wait: Callable[..., None]) -> None:
        self._connection, self._wait = connection, wait
        self._buffer = bytearray()
        if hasattr(select, "poll"):
            self._file = connection.fileno()
            os.set_blocking(self._file, False)
            self._readable, self._writable = select.poll(), select.poll()
            self._readable.register(self._file, select.POLLIN)
            self._writable.register(self._file, select.POLLOUT)

    def send(self, message: bytes) -> None:
        """Write a whole message."""
        if not hasattr(select, "poll"):
            return self._connection.send_bytes(message)
        left = memoryview(struct.pack("!Q", len(message)) + message)
        while left:
            try:
                left = left[os.write(self._file, left) :]
            except BlockingIOError:
                self._wait(self._writable.poll)

    def receive(self, limit: int) -> bytes | bytearray:
        """Read a whole message of at most `limit` bytes."""
        if not hasattr(select, "poll"):
            self._wait(lambda left: self._connection.poll(left and left / 1000))
            return self._connection.recv_bytes(limit)
        self._fill(8)
        end = 8 + struct.unpack_from("!Q", self._buffer)[0]
        if end > limit:
            raise OSError("a message is too large")
        self._fill(end)
        message = self._buffer[8:end]
        del self._buffer[:end]
        return message

    def _fill(self, size: int) -> None:
        while len(self._buffer) < size:
            try:
                part = os.read(self._file, 1 << 18)
            except BlockingIOError:
                self._wait(self._readable.poll)
                continue
            if not part:
                raise EOFError
            self._buffer += part


# --- errors -----------------------------------------------------------------------


def describe_error(error: BaseException) -> list[Any]:
    """`[[module, name] of its types, arguments, text, traceback, attributes]`."""
    places = describe_bases(type(error))
    try:
        text = str(error)[:2000]
    except Exception:
        text = ""
    simple = all(type(a) in (str, int, float, bool) for a in error.args)
    short = simple and sum(len(str(a)) for a in error.args) < 2000
    arguments = list(error.args) if short else [text]
    attributes = {k: v for k, v in vars(error).items() if type(v) in SCALARS}
    return [places, arguments, text, _own_lines(error), attributes]


def describe_bases(kind: type) -> list[list[str]]:
    """Module and name of a type and of its bases."""
    return [[t.__module__, t.__qualname__] for t in kind.__mro__[:-1]][:10]


def _own_lines(error: BaseException) -> str:
    """The part of the traceback that lies in notebook cells, for people to read."""
    frames = traceback.extract_tb(error.__traceback__, limit=-50)
    own = [f for f in frames if CELL_FILE in f.filename]
    for frame in own:
        frame.filename = "your cell"
    return "".join(traceback.format_list(own[-5:]))[:4000]


def _is_exception(found: Any) -> bool:
    is_error = isinstance(found, type) and issubclass(found, Exception)
    return is_error and found is not StopIteration
