"""Calls between two Python processes that do not trust each other's objects.

Values cross as plain data (numbers, text, bytes, containers, NumPy arrays): `pack` and
`unpack`, never pickle. What is not data stays where it is and crosses as a reference.
`Peer` sends requests and answers those of the other side, nested as deep as need be.
Arguments are passed as if by reference: what the callee changed in place is changed
in the caller's own objects, and an argument that is returned comes back as itself.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import os
import select
import struct
import sys
import threading
import time
import traceback
import types
from collections.abc import Callable, Generator, Iterator
from multiprocessing.connection import Connection
from typing import Any

import msgpack
import numpy as np

from autograder.engine import values
from autograder.engine.operators import Operators

CELL_FILE = "ipykernel_cell_"  # how `interpreter` names the code of cells
MAX_DEPTH = 200
MAX_NODES = 2_000_000
PLAIN_KINDS = "biufcSUmM?"
SCALARS = (int, float, str, bool, type(None))
DATA_TYPES = (
    object, type(None), bool, int, float, complex, str, bytes, list, tuple, dict, set,
    frozenset, range, slice, np.ndarray,
)  # fmt: skip
MUTABLE = (list, dict, set, np.ndarray, *values.STATEFUL)
WITH_ARGUMENTS = frozenset({"call", "call_name", "getitem", "setitem", "operate"})
"""Requests that hand over arguments of a test, which the other side may change."""


_COMMON = {np.dtype(code): np.dtype(code).str for code in "?bhilqBHILQefdFD"}
"""How the usual types of numbers are called in messages."""


class WireError(Exception):
    """A value that cannot cross, or a message that makes no sense."""


class OutOfTime(BaseException):
    """Raised by an alarm: ends whatever runs here, a conversation too."""


class PeerLost(Exception):
    """The other process died or no longer answers."""


class Reference:
    """Stands for an object of the other process; `about` is what it says of it."""

    __slots__ = ("about", "number")

    def __init__(self, number: int, about: dict[str, Any]) -> None:
        self.number, self.about = number, about


# --- data -------------------------------------------------------------------------


class _Packer:
    """Turns an object graph into a table of nodes; scalars stand inline."""

    def __init__(
        self, refer: Callable[[Any], list[Any]], known: dict[int, int], limit: int
    ) -> None:
        self.nodes: list[Any] = []
        self.objects: list[Any] = []  # kept alive, so that their ids stay theirs
        self.instances: dict[int, Any] = {}  # by the number of their attributes
        self._refer, self._known, self._room = refer, known, limit
        self._seen: dict[int, int] = {}
        self._depth = 0

    def child(self, value: Any) -> Any:
        """A scalar as itself, anything else as `[number of its node]`."""
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if kind is int and -(2**63) <= value < 2**63:
            return value
        if kind is str or kind is bytes:
            self._spend(len(value))
            return value
        number = self._seen.get(id(value))
        if number is None:
            number = self._seen[id(value)] = len(self.nodes)
            self.nodes.append(None)
            self.objects.append(value)
            self.nodes[number] = self._node(value, kind)
        return [number]

    def _node(self, value: Any, kind: type) -> list[Any]:
        self._spend(16)
        if self._known and (known := self._known.get(id(value))) is not None:
            return ["arg", known]
        if kind is np.ndarray and (name := _COMMON.get(value.dtype)):  # most values
            self._room -= value.nbytes
            flags = value.flags
            order: Any = "F" if flags.fnc else "C"
            data = value.tobytes(order)
            return ["array", name, value.shape, order, flags.writeable, data]
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise WireError("the value is nested too deeply to be handed over")
        node = self._body(value, kind)
        self._depth -= 1
        return node

    def _spend(self, size: int) -> None:
        self._room -= size
        if self._room < 0 or len(self.nodes) > MAX_NODES:
            raise WireError("the value is too large to be handed over")

    def _body(self, value: Any, kind: type) -> list[Any]:
        child = self.child
        if kind is dict:
            return ["dict", *[child(x) for pair in value.items() for x in pair]]
        if kind is list or kind is tuple:
            return [kind.__name__, *[child(item) for item in value]]
        return self._other(value)

    def _other(self, value: Any) -> list[Any]:
        bases = type(value).__mro__  # not isinstance, which asks the object
        if np.generic in bases and value.dtype.kind in PLAIN_KINDS:
            return ["scalar", value.dtype.str, value.tobytes()]
        if (parts := values.take_apart(value)) is not None:
            return ["value", parts[0], *map(self.child, parts[1])]
        if np.ndarray in bases:
            return self._array(value)
        for kind in (list, tuple, set, frozenset):
            if kind in bases:
                return [kind.__name__, *map(self.child, kind.__iter__(value))]
        if dict in bases:
            pairs = dict.items(value)
            return ["dict", *(self.child(x) for pair in pairs for x in pair)]
        for scalar in (str, bytes, float):
            if scalar in bases:
                return ["same", self.child(scalar(value))]
        if int in bases:
            return ["int", hex(int(value))]
        return self._rare(value)

    def _rare(self, value: Any) -> list[Any]:
        if type(value) is complex:
            return ["complex", value.real, value.imag]
        if type(value) is range:
            return ["range", *map(self.child, (value.start, value.stop, value.step))]
        if type(value) is slice:
            return ["slice", *map(self.child, (value.start, value.stop, value.step))]
        if value is Ellipsis:
            return ["ellipsis"]
        if np.dtype in type(value).__mro__ and value.kind in PLAIN_KINDS:
            return ["dtype", value.str]
        found = self._named(value) or self._refer(value)
        if found[0] == "instance":
            found[2] = self.child(found[2])
            self.instances[found[2][0]] = value
        return found

    @staticmethod
    def _named(value: Any) -> list[Any] | None:
        """Types of data, and NumPy's functions: by name."""
        if value is not None and _is_named(value):
            for module in (builtins, np):
                if getattr(module, name := str(value.__name__), None) is value:
                    return ["named", module.__name__, name]
        return None

    def _array(self, value: np.ndarray) -> list[Any]:
        array = value.view(np.ndarray) if type(value) is not np.ndarray else value
        if array.dtype.kind == "O":
            return ["objects", list(array.shape), *map(self.child, array.ravel())]
        if array.dtype.kind not in PLAIN_KINDS:
            return self._refer(value)
        self._spend(array.nbytes)
        order: Any = "F" if array.flags.fnc else "C"
        return [
            "array", array.dtype.str, list(array.shape), order,
            array.flags.writeable, array.tobytes(order),
        ]  # fmt: skip


class _Unpacker:
    """Builds the objects of a table; shared and circular parts are shared again."""

    def __init__(
        self, nodes: list[Any], resolve: Callable[..., Any], known: list[Any]
    ) -> None:
        self._nodes, self._resolve, self._known = nodes, resolve, known
        self.objects: dict[int, Any] = {}
        self._weights: dict[int, int] = {}
        self.instances: list[int] = []  # numbers of objects of classes of both sides

    def child(self, value: Any) -> Any:
        if type(value) is not list:
            return value
        (number,) = value
        found = self.objects.get(number, self)
        if found is self:
            node = self._nodes[number]
            build = _array if node[0] == "array" else self._build
            found = self.objects[number] = build(number, *node)
            if build is not _array:
                self._weigh(number, node)
        return found

    def _weigh(self, number: int, node: list[Any]) -> None:
        """Refuse few nodes that share so much that walking through them never ends."""
        weights = self._weights
        weight = 1 + sum([weights.get(p[0], 1) for p in node if type(p) is list and p])
        if weight > MAX_NODES:
            raise WireError("the value is too large to be handed over")
        weights[number] = weight

    def _build(self, number: int, kind: str, *parts: Any) -> Any:
        if kind in ("list", "dict", "set"):
            made = self.objects[number] = getattr(builtins, kind)()
            children = map(self.child, parts)
            if kind == "dict":
                made.update(zip(children, children, strict=True))
            else:
                (made.extend if kind == "list" else made.update)(children)
            return made
        if kind in ("scalar", "objects"):
            return getattr(self, f"_{kind}")(*parts)
        if kind in ("tuple", "frozenset"):
            return getattr(builtins, kind)(map(self.child, parts))
        if kind in ("complex", "range", "slice"):
            return getattr(builtins, kind)(*map(self.child, parts))
        if kind == "arg":
            return self._known[parts[0]]
        if kind == "int":
            return int(parts[0], 16)
        if kind == "same":
            return self.child(parts[0])
        if kind == "dtype":
            return _dtype(*parts)
        if kind == "named":
            return _named(*parts)
        if kind == "value":
            return self._value(parts[0], [*map(self.child, parts[1:])])
        if kind == "instance":
            made = self.objects[number] = self._resolve(kind, *parts[:1])
            self.instances.append(number)
            return self._resolve("filled", made, self.child(parts[1]))
        return Ellipsis if kind == "ellipsis" else self._resolve(kind, *parts)

    def _value(self, kind: str, contents: list[Any]) -> Any:
        if kind == "namedtuple":
            made = self._resolve(kind, contents[0])
            if values.fields_of(made) == tuple(contents[1]):
                return tuple.__new__(made, contents[2])
        return values.put_together(kind, contents)

    def _scalar(self, name: str, data: bytes) -> Any:
        return np.ndarray((), _dtype(name), data)[()]

    def _objects(self, shape: list[int], *items: Any) -> np.ndarray:
        flat = np.empty(len(items), dtype=object)
        flat[:] = [self.child(item) for item in items]
        return flat.reshape(shape)


def _array(
    _: int, __: str, name: str, shape: Any, order: Any, writeable: bool, data: bytes
) -> np.ndarray:
    array = np.array(np.ndarray(shape, _dtype(name), data, 0, None, order))
    if not writeable:
        array.flags.writeable = False
    return array


@functools.lru_cache(maxsize=64)
def _dtype(name: str) -> np.dtype:
    dtype = np.dtype(name)
    if dtype.kind not in PLAIN_KINDS or dtype.fields:
        raise WireError(f"arrays of type {name!r} do not cross")
    return dtype


def _named(module: str, name: str) -> Any:
    found = getattr({"builtins": builtins, "numpy": np}[module], name)
    if not _is_named(found):
        raise WireError(f"{module}.{name} does not cross")
    return found


def _is_named(value: Any) -> bool:
    """Whether something is a type of plain data or an exception, or a ufunc."""
    if type(value) is not type:
        return type(value) is np.ufunc
    return value in DATA_TYPES or issubclass(value, (np.generic, BaseException))


# --- conversation -----------------------------------------------------------------


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
        self, kind: str, nodes: list[Any], sent: _Packer, may_change: bool
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
    ) -> _Packer:
        packer = _Packer(self._refer, known, self.limit)
        packer.child(content)
        self._write([kind, number, packer.nodes])
        return packer

    def _write(self, message: list[Any]) -> None:
        try:
            with self._sending:
                self._line.send(_packb(message))
        except OSError as error:
            raise PeerLost(str(error)) from None

    def _receive(self) -> list[Any]:
        try:
            self._wait(lambda milliseconds: True)  # a flood has a deadline too
            message = _unpackb(self._line.receive(self.limit + (1 << 20)))
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

    def _unpacker(self, nodes: list[Any], known: list[Any]) -> _Unpacker:
        return _Unpacker(nodes, self._resolve, known)

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


def _packb(value: Any) -> bytes:
    return msgpack.packb(value, unicode_errors="surrogatepass")


def _unpackb(data: bytes | bytearray) -> Any:
    try:
        return msgpack.unpackb(
            data, unicode_errors="surrogatepass", strict_map_key=False
        )
    except Exception as error:
        raise WireError(f"not a message: {error}") from None


def shallow(value: Any) -> Any:
    """A copy one level deep, of an exact built-in type."""
    if type(value) in values.STATEFUL:
        return values.state_of(value)
    if isinstance(value, np.ndarray):
        return np.array(value, copy=True, order="K")
    return type(value)(value)


def state(value: Any) -> Any:
    """What tells later whether `value` holds exactly the same."""
    if isinstance(value, np.ndarray):
        is_data = value.dtype.kind != "O"
        content = value.tobytes() if is_data else list(value.flat)
        return value.shape, value.dtype, content
    if type(value) in values.STATEFUL:
        return values.state_of(value)
    return type(value)(value)


def differs(before: Any, after: Any) -> bool:
    """Whether `after` no longer is in the state `before`."""
    if isinstance(after, np.ndarray):
        if before[0] != after.shape or before[1] != after.dtype:
            return True
        if after.dtype.kind != "O":
            return before[2] != after.tobytes()
        return differs(before[2], list(after.flat))
    if type(after) is np.random.Generator:
        return repr(before) != repr(state(after))
    if type(after) in values.STATEFUL:
        after = state(after)
    if len(before) != len(after):
        return True
    if isinstance(before, dict):
        pairs = zip(before.items(), after.items(), strict=True)
        return any(a is not c or b is not d for (a, b), (c, d) in pairs)
    return any(a is not b for a, b in zip(before, after, strict=True))


def update(mine: Any, after: Any) -> None:
    """Repeat in `mine` a change that was made in a copy of it over there."""
    if isinstance(mine, np.ndarray):
        if not isinstance(after, np.ndarray) or mine.shape != after.shape:
            raise WireError("an array came back with another shape")
        mine[...] = after
    elif type(mine) in values.STATEFUL:
        values.set_state(mine, after)
    elif isinstance(mine, list):
        mine[:] = list(after)
    elif isinstance(mine, (dict, set)):
        after = type(mine)(after)
        mine.clear()
        mine.update(after)
    else:
        raise WireError("an argument that cannot change came back changed")


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


# --- objects of the other process -------------------------------------------------


class Handle(Operators):
    """An object that stays in the student's process.

    Attributes, items, calls, `len` and iteration work there and give data or handles.
    What it says about equality, truth or its class is not believed: these raise, but
    for what an exercise asks for (see `Operators`).
    Its length must be one number until it is called or given to a call.
    """

    __slots__ = (
        "_remote_ask",
        "_remote_base",
        "_remote_made",
        "_remote_reference",
        "_remote_root",
        "_remote_size",
    )

    def __init__(
        self, ask: Callable[..., Any], reference: Reference, base: Any = None
    ) -> None:
        start = (ask, base, None, reference, None, None)
        for name, value in zip(self.__slots__, start, strict=True):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__") and not self._remote_may(name):
            raise AttributeError(name)
        found = self._remote_ask("getattr", self, name)
        if type(found) is Handle:  # a method, which may change this object
            object.__setattr__(found, "_remote_root", self)
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        self._remote_ask("setattr", self, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        found = self._remote_ask("call", self, args, kwargs)
        if self._remote_made == "class" and type(found) is Handle:
            object.__setattr__(found, "_remote_made", "object")
        return found

    def __getitem__(self, key: Any) -> Any:
        return self._remote_ask("getitem", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._remote_ask("setitem", self, key, value)

    def __len__(self) -> int:
        return self._remote_sized(self._remote_ask("len", self))

    def __iter__(self) -> Iterator[Any]:
        iterator = self._remote_ask("iter", self)
        count, end = 0, object()
        while (item := self._remote_ask("next", iterator, end)) is not end:
            count += 1
            yield item
        is_its_own = (
            type(iterator) is Handle
            and iterator._remote_reference.number == self._remote_reference.number
        )
        # a generator has no length
        if not is_its_own or self._remote_size is not None:
            self._remote_sized(count)

    def __next__(self) -> Any:
        end = object()
        if (item := self._remote_ask("next", self, end)) is end:
            raise StopIteration
        return item

    def _remote_sized(self, size: int) -> int:
        if self._remote_size not in (None, size):
            raise ValueError(
                f"{self._remote_told()} has {size} items now,"
                f" and had {self._remote_size}"
            )
        object.__setattr__(self, "_remote_size", size)
        return size

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self._remote_ask("array", self), dtype=dtype)

    def __float__(self) -> float:
        return self._remote_ask("float", self)

    def __int__(self) -> int:
        return self._remote_ask("int", self)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """A class of a set-up cell that its own is derived from; else its own."""
        return self._remote_base or self._remote_ask("getattr", self, "__class__")

    async def _remote_wait(self) -> Any:
        """Stands for a coroutine."""
        return self._remote_ask("await", self)

    def _remote_mark(self) -> None:
        """What it makes when the judge calls it was made for a test."""
        object.__setattr__(self, "_remote_made", "class")

    def _remote_came_back(self) -> None:
        """It is an answer now, which is not taken at its word any more."""
        if self._remote_made == "object":
            object.__setattr__(self, "_remote_made", None)

    def __copy__(self) -> Any:
        return self._remote_ask("copy", self)

    def __deepcopy__(self, _: Any) -> Any:
        return self._remote_ask("deepcopy", self)

    def _remote_told(self) -> str:
        kind = str(self._remote_reference.about.get("type", "object"))[:80]
        return f"<an object of type {kind} in the student's process>"


def sending(handle: Handle) -> Generator[Any, Any, None]:
    """Stands for a generator."""
    given = None
    while item := handle._remote_ask("send", handle, given):
        given = yield item[0]


def may_have_changed(handle: Handle | None) -> None:
    """Forget the length of an object that a call could change."""
    while handle is not None:
        object.__setattr__(handle, "_remote_size", None)
        handle = object.__getattribute__(handle, "_remote_root")


def remote_function(
    ask: Callable[..., Any], reference: Reference
) -> Callable[..., Any]:
    """A function here that calls the one over there, and looks like it."""

    def function(*args: Any, **kwargs: Any) -> Any:
        return ask("call", function, args, kwargs)

    about = reference.about
    function.__name__ = function.__qualname__ = str(about.get("name", "function"))
    function.__doc__ = about.get("doc")
    vars(function)["__signature__"] = _rebuild_signature(about.get("signature"))
    return function


def describe_signature(function: Callable[..., Any]) -> list[list[Any]]:
    """`[name, kind, default as text or None, [scalar default]]` of all parameters."""
    try:
        parameters = inspect.signature(function).parameters.values()
        return [
            [
                p.name,
                int(p.kind),
                None if p.default is p.empty else repr(p.default)[:99],
                [p.default] if type(p.default) in SCALARS else [],
            ]
            for p in parameters
        ]
    except Exception:
        return []


class _Shown:
    """A default value of which only the text is known."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _rebuild_signature(described: Any) -> inspect.Signature | None:
    kinds = list(inspect._ParameterKind)
    try:
        return inspect.Signature(
            [
                inspect.Parameter(name, kinds[kind], default=_default(text, value))
                for name, kind, text, value in described
            ]
        )
    except Exception:
        return None


def _default(text: str | None, value: Any) -> Any:
    if text is None:
        return inspect.Parameter.empty
    return value[0] if value and type(value[0]) in SCALARS else _Shown(text)


def is_function(value: Any) -> bool:
    """Whether a reference to `value` shall be a function on the other side."""
    kinds = (types.FunctionType, types.BuiltinFunctionType, functools.partial)
    return isinstance(value, kinds)
