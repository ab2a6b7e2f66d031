"""Values of this process as they cross: `values` has the kinds, and reads them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar

import numpy as np

from autograder.engine.wire.values import (
    MAX_DEPTH,
    PLACES,
    PLAIN_DTYPES,
    Again,
    Array,
    DoesNotCross,
    Given,
    Items,
    Value,
    WireError,
    Word,
    is_named,
)

Writer = TypeVar("Writer", bound=Callable[..., Value])
_writers: dict[type, Callable[[Encoder, Any], Value]] = {}


def crosses(*kinds: type) -> Callable[[Writer], Writer]:
    """Register how values of these types, and of types below them, are written."""

    def register(writer: Writer) -> Writer:
        _writers.update(dict.fromkeys(kinds, writer))
        return writer

    return register


class Encoder:
    """Writes the values of one message; what is shared within it is written once.

    `refer` makes the reference to an object that is no data; `given` numbers the
    objects that the other side has sent with its request.
    """

    def __init__(
        self,
        refer: Callable[[Any], Value],
        room: int,
        given: dict[int, int] | None = None,
    ) -> None:
        self.written: list[Any] = []  # containers and arrays; alive, so ids stay theirs
        self.refer = refer
        self._room, self._given = room, given or {}
        self._numbers: dict[int, int] = {}
        self._depth = 0

    def encode(self, value: Any) -> Value:
        """`value` as it crosses.

        Raises:
            DoesNotCross: for an object that `refer` refuses, or that holds itself.
            WireError: when it is too large or nested too deeply.
        """
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        return (_writers.get(kind) or _nearest(kind))(self, value)  # type: ignore[arg-type]

    def spend(self, size: int) -> None:
        """Count the bytes of a message, which are limited."""
        self._room -= size
        if self._room < 0:
            raise WireError("the value is too large to be handed over")

    def known(self, value: Any) -> Value:
        """Where a container or an array stands already; None if nowhere."""
        number = self._numbers.get(id(value))
        if number is None:
            given = self._given.get(id(value))
            return None if given is None else Given(given)
        if number < 0:
            raise DoesNotCross("a container that holds itself")
        return Again(number)

    def parts(self, value: Any, parts: list[Any]) -> list[Value]:
        """What a container holds, as it crosses; it is no part of itself."""
        self.spend(16 + 16 * len(parts))
        self._numbers[id(value)] = -1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise WireError("the value is nested too deeply to be handed over")
        encode = self.encode
        made = [encode(part) for part in parts]
        self._depth -= 1
        return made

    def complete(self, value: Any) -> None:
        """Note a container or an array that was written."""
        self._numbers[id(value)] = len(self.written)
        self.written.append(value)


@lru_cache(maxsize=1024)
def _nearest(kind: Any) -> Callable[[Encoder, Any], Value]:
    return next((_writers[k] for k in kind.__mro__ if k in _writers), _write_object)


def _write_object(encoder: Encoder, value: Any) -> Value:
    return encoder.refer(value)


@crosses(float)
def _write_float(_: Encoder, value: float) -> Value:
    return float(value)


@crosses(int)
def _write_int(_: Encoder, value: int) -> Value:
    number = int(value)
    return number if -(2**63) <= number < 2**63 else Word("int", hex(number))


@crosses(complex)
def _write_complex(_: Encoder, value: complex) -> Value:
    return Word("complex", str(complex(value)))


@crosses(str)
def _write_str(encoder: Encoder, value: str) -> Value:
    text = value if type(value) is str else str.__str__(value)
    encoder.spend(len(text))
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError:  # half a character
        return Word("text", text.encode("utf-8", "surrogatepass").hex())
    return text


@crosses(bytes)
def _write_bytes(encoder: Encoder, value: bytes) -> Value:
    encoder.spend(len(value))
    return Array("bytes", bytes(value))


_PARTS: dict[type, Callable[[Any], Iterable[Any]]] = {
    **{kind: kind.__iter__ for kind in (list, tuple, set, frozenset, deque)},
    dict: lambda value: chain.from_iterable(dict.items(value)),
    range: lambda value: (value.start, value.stop, value.step),
    Fraction: Fraction.as_integer_ratio,
}


@crosses(*_PARTS)
def _write_items(encoder: Encoder, value: Any) -> Value:
    own: Any = type(value)
    kind = _plain_kind(own)
    return _items(encoder, value, kind.__name__, [*_PARTS[kind](value)])


@lru_cache(maxsize=1024)
def _plain_kind(kind: Any) -> type:
    return next(k for k in kind.__mro__ if k in _PARTS)


def _items(encoder: Encoder, value: Any, kind: str, parts: list[Any]) -> Value:
    known = encoder.known(value)
    if known is None:
        known = Items(kind, encoder.parts(value, parts))
        encoder.complete(value)
    return known


@crosses(np.ndarray)
def _write_array(encoder: Encoder, value: np.ndarray) -> Value:
    array = value if type(value) is np.ndarray else value.view(np.ndarray)
    dtype, flags = array.dtype, array.flags
    if dtype.kind == "O":
        return _items(encoder, value, "ndarray", [array.shape, *array.ravel()])
    if dtype.kind not in PLAIN_DTYPES:
        return encoder.refer(value)
    known = encoder.known(value)
    if known is None:
        encoder.spend(16 + array.nbytes)
        fortran = flags.fnc
        data = array.tobytes("F" if fortran else "C")
        known = Array(dtype.str, data, array.shape, fortran, not flags.writeable)
        encoder.complete(value)
    return known


@crosses(np.generic, np.str_, np.bytes_)
def _write_scalar(encoder: Encoder, value: np.generic) -> Value:
    if value.dtype.kind not in PLAIN_DTYPES:
        return encoder.refer(value)
    return Array(value.dtype.str, value.tobytes())


@crosses(np.dtype)
def _write_dtype(encoder: Encoder, value: np.dtype) -> Value:
    plain = value.kind in PLAIN_DTYPES
    return Word("dtype", value.str) if plain else encoder.refer(value)


@crosses(type, np.ufunc)
def _write_named(encoder: Encoder, value: Any) -> Value:
    name = str(value.__name__)
    for module, place in PLACES.items():
        if is_named(value) and getattr(place, name, None) is value:
            return Word(module, name)
    return encoder.refer(value)


def is_tool(value: Any) -> bool:
    """Whether something is a ufunc of NumPy's, or its type of arrays."""
    if type(value) is not np.ufunc and value is not np.ndarray:
        return False
    return getattr(np, value.__name__, None) is value
