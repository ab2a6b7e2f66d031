"""What crosses between two processes, and as what: one registry, and no pickle.

Data crosses as a copy: scalars, text, containers, NumPy arrays. A function or any
other object stays where it is; a reference crosses. Each kind is a `Struct`, which
msgspec checks on arrival and which knows how it is read; `@crosses` registers who
writes it.
"""

from __future__ import annotations

import builtins
import re
import sys
import types
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any

import msgspec
import numpy as np

MAX_DEPTH = 150
MAX_NODES = 2_000_000
MOST_BITS = 1 << 16  # of a fraction: to reduce it takes time
HANDLE_NODES = 32  # what stands for an object of the other side is no small thing
PLAIN_DTYPES = "biufcSUmM?"
PLAIN_DTYPE = re.compile(rf"[<>|=]?[{PLAIN_DTYPES}]\d*(\[([1-9]\d*)?[A-Za-zμ]+\])?")
DATA_TYPES = (
    object, type(None), bool, int, float, complex, str, bytes, list, tuple, dict, set,
    frozenset,
)  # fmt: skip
NONSENSE = (
    TypeError, ValueError, LookupError, AttributeError, RecursionError, ArithmeticError,
    MemoryError, SyntaxError,
)  # fmt: skip
"""What reading a forged message can raise."""


class WireError(Exception):
    """A message that makes no sense, or a value that is too large to cross."""


class DoesNotCross(TypeError, AttributeError):
    """Raised for what a test asks of an object that is not data."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} does not cross between the test and the answer: give or take data,"
            " or, in the test, use a probe, or tag this graded cell 'together'"
        )


# --- the kinds --------------------------------------------------------------------


class Kind(msgspec.Struct, array_like=True):
    """Base of everything that is not a plain scalar; references are read by `Peer`s."""

    def read(self, decoder: Decoder) -> Any:
        """The value that this stands for."""
        return decoder.resolve(self)


class Mine(Kind, tag=0):
    """An object that stays with the sender; a function has a name.

    That of any other object that can be called is empty.
    """

    number: int
    kind: str
    name: str | None = None
    doc: str | None = None

    def read(self, decoder: Decoder) -> Any:
        decoder.weigh(HANDLE_NODES)
        return decoder.resolve(self)


class Yours(Kind, tag=1):
    """An object of the receiver's, which sent a `Mine` for it before."""

    number: int


class Given(Kind, tag=2):
    """In an answer: an argument of the request, by its number there."""

    number: int


class Again(Kind, tag=3):
    """The container or array that was the `number`-th to be complete."""

    number: int

    def read(self, decoder: Decoder) -> Any:
        return decoder.again(self.number)


class Items(Kind, tag=4):
    """A container by its parts: of a dictionary, keys and values in turn.

    Of an array of objects, the shape and they.
    """

    kind: str
    items: list[Value]

    def read(self, decoder: Decoder) -> Any:
        make, read, before = _CONTAINERS[self.kind], decoder.read, decoder.weight
        return decoder.complete(make([read(item) for item in self.items]), before)


class Array(Kind, tag=5):
    """A NumPy array of plain numbers or text; without a shape a scalar, or bytes."""

    dtype: str
    data: bytes
    shape: tuple[Annotated[int, msgspec.Meta(ge=0)], ...] | None = None  # for NumPy
    fortran: bool = False
    locked: bool = False

    def read(self, decoder: Decoder) -> Any:
        if self.dtype == "bytes":
            return self.data
        dtype, shape, order = _dtype(self.dtype), self.shape, "CF"[self.fortran]
        if dtype.kind == "U" and self.data:
            codes = np.frombuffer(self.data, f"{dtype.str[0]}u4")
            if codes.max() > sys.maxunicode:  # CPython does not survive such a text
                raise ValueError("no character")
        seen: Any = np.ndarray(shape or (), dtype, self.data, 0, None, order)  # type: ignore[arg-type]
        if shape is None:
            return seen[()]
        if seen.size > len(self.data):  # items of no bytes, as many as one likes
            raise ValueError("an array of nothing")
        array = seen.copy("K")
        if self.locked:
            array.flags.writeable = False
        return decoder.complete(array, decoder.weight)


class Tool(Kind, tag=7):
    """A ufunc or `numpy.ndarray`: the judge gives them, and takes none, as they would
    write into its arrays there, or tell what its memory held.
    """

    name: str


class Word(Kind, tag=6):
    """What is known by a word: a type of data, a dtype, an odd scalar."""

    kind: str
    text: str

    def read(self, decoder: Decoder) -> Any:
        return _WORDS[self.kind](self.text)


Value = (
    None | bool | int | float | str
    | Mine | Yours | Given | Again | Items | Array | Tool | Word
)  # fmt: skip


# --- reading ----------------------------------------------------------------------


class Decoder:
    """Builds the values of one message; each is a fresh object of an exact type.

    `resolve` gives what stands for references. Few nodes can share so much that a walk
    through them never ends: what they weigh when written out is limited.
    """

    def __init__(self, resolve: Callable[[Kind], Any]) -> None:
        self.made: list[Any] = []  # containers and arrays, in the order of completion
        self.resolve = resolve
        self.weight = 0  # of what was made until now
        self._weights: list[int] = []

    def decode(self, node: Value) -> Any:
        """The value that `node` stands for; `WireError` for what no encoder writes."""
        try:
            return self.read(node)
        except DoesNotCross:
            raise
        except NONSENSE as error:
            raise WireError(f"{type(error).__name__}: {error}") from None

    def read(self, node: Value) -> Any:
        """As `decode`, for parts: errors are whatever comes."""
        self.weight += 1
        if self.weight > MAX_NODES:
            self.weigh(0)
        return node.read(self) if isinstance(node, Kind) else node

    def complete(self, value: Any, before: int) -> Any:
        """Note a container or an array, with what it adds to the weight `before` it."""
        self._weights.append(self.weight - before + 1)
        self.made.append(value)
        return value

    def again(self, number: int) -> Any:
        """What is complete already."""
        if number < 0:
            raise LookupError(number)
        self.weigh(self._weights[number])
        return self.made[number]

    def weigh(self, more: int) -> None:
        """Count what is made; `WireError` when it is too much."""
        self.weight += more
        if self.weight > MAX_NODES:
            raise WireError("the value is too large to be handed over")


@lru_cache(maxsize=64)
def _dtype(name: str) -> np.dtype:
    if not PLAIN_DTYPE.fullmatch(name):  # NumPy does not survive `m8[s/0]`
        raise WireError(f"arrays of type {name[:50]!r} do not cross")
    return np.dtype(name)


def _named(place: Any) -> Callable[[str], Any]:
    def find(name: str) -> Any:
        found = getattr(place, name)
        if not is_named(found):
            raise WireError(f"{name} does not cross")
        return found

    return find


def is_named(value: Any) -> bool:
    """Whether something is a type of plain data or an exception."""
    if type(value) is not type:
        return False
    return value in DATA_TYPES or issubclass(value, (np.generic, BaseException))


def _objects(parts: list[Any]) -> np.ndarray:
    shape, *items = parts
    flat = np.empty(len(items), dtype=object)
    for number, item in enumerate(items):
        flat[number] = item
    return flat.reshape(shape)


def _range(parts: list[Any]) -> range:
    made = range(*parts)
    if len(made) > MAX_NODES:  # a loop over it would not end
        raise WireError("the range is too long to be handed over")
    return made


def _fraction(parts: list[Any]) -> Fraction:
    above, below = parts
    if above.bit_length() + below.bit_length() > MOST_BITS:
        raise WireError("the fraction is too large to be handed over")
    return Fraction(above, below)


def _set(parts: list[Any]) -> set[Any]:
    """One by one: keys that collide on purpose take time, which must be seen to end."""
    made = set()
    for part in parts:
        made.add(part)
    return made


def _dict(parts: list[Any]) -> dict[Any, Any]:
    """One by one, as for a set."""
    made = {}
    for key, value in zip(parts[::2], parts[1::2], strict=True):
        made[key] = value
    return made


PLACES = {"builtins": builtins, "types": types, "numpy": np}
_CONTAINERS: dict[str, Callable[[list[Any]], Any]] = {
    **{kind.__name__: kind for kind in (tuple, deque)},
    "set": _set,
    "frozenset": lambda items: frozenset(_set(items)),
    "list": lambda items: items,
    "ndarray": _objects,
    "range": _range,
    "Fraction": _fraction,
    "dict": _dict,
}
_WORDS: dict[str, Callable[[str], Any]] = {
    **{name: _named(place) for name, place in PLACES.items()},
    "dtype": _dtype,
    "int": lambda text: int(text, 16),
    "complex": complex,
    "text": lambda text: bytes.fromhex(text).decode("utf-8", "surrogatepass"),
}
