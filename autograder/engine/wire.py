"""How values cross between two processes: plain data in, plain data out, no pickle.

A value is a table of nodes (numbers, text, bytes, containers, NumPy arrays), in which
shared and circular parts stand once. What is not data crosses as a reference.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np

from autograder.engine import values

MAX_DEPTH = 200
MAX_NODES = 2_000_000
PLAIN_KINDS = "biufcSUmM?"
SCALARS = (int, float, str, bool, type(None))
DATA_TYPES = (
    object, type(None), bool, int, float, complex, str, bytes, list, tuple, dict, set,
    frozenset, range, slice, np.ndarray,
)  # fmt: skip
MUTABLE = (list, dict, set, np.ndarray, *values.STATEFUL)
_COMMON = {np.dtype(code): np.dtype(code).str for code in "?bhilqBHILQefdFD"}
"""How the usual types of numbers are called in messages."""


class WireError(Exception):
    """A value that cannot cross, or a message that makes no sense."""


class Reference:
    """Stands for an object of the other process; `about` is what it says of it."""

    __slots__ = ("about", "number")

    def __init__(self, number: int, about: dict[str, Any]) -> None:
        self.number, self.about = number, about


class Packer:
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


class Unpacker:
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


def packb(value: Any) -> bytes:
    """A table of nodes as bytes."""
    return msgpack.packb(value, unicode_errors="surrogatepass")


def unpackb(data: bytes | bytearray) -> Any:
    """The table again; raises `WireError` for anything else."""
    try:
        return msgpack.unpackb(
            data, unicode_errors="surrogatepass", strict_map_key=False
        )
    except Exception as error:
        raise WireError(f"not a message: {error}") from None


# --- what a call has changed ------------------------------------------------------


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
