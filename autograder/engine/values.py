"""Values of Python's standard library that cross as data: `take_apart`, `put_together`.

What a message says only chooses among these kinds and gives them plain contents.
"""

from __future__ import annotations

import builtins
import cmath
import collections
import datetime
import decimal
import fractions
import math
import pathlib
import uuid
from functools import lru_cache
from keyword import iskeyword
from types import BuiltinFunctionType
from typing import Any

import numpy as np

COUNTED = {
    kind.__name__: kind
    for kind in (collections.Counter, collections.OrderedDict, collections.deque)
}
"""Containers that are made of one plain container."""

STATED = {
    kind.__name__: kind
    for kind in (
        fractions.Fraction, decimal.Decimal, datetime.date, datetime.datetime,
        datetime.time, datetime.timedelta, uuid.UUID, bytearray,
    )
}  # fmt: skip
CHANGING = (collections.Counter, collections.OrderedDict, collections.defaultdict)
GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
FUNCTIONS = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module, names in (
        (builtins, "abs all any ascii bin chr divmod hash hex len max min oct ord pow"
                   " repr round sorted sum"),
        (math, " ".join(vars(math))),
        (cmath, " ".join(vars(cmath))),
    )
    for name in names.split()
    if type(getattr(module, name)) is BuiltinFunctionType
}  # fmt: skip
NAMES = {id(function): name for name, function in FUNCTIONS.items()}


def take_apart(value: Any) -> tuple[str, list[Any]] | None:
    """The kind of `value` and its contents, if it is one of these."""
    kind = type(value)
    name = kind.__name__
    if COUNTED.get(name) is kind:
        plain = dict(value) if name != "deque" else [list(value), value.maxlen]
        return name, [plain]
    if STATED.get(name) is kind:
        return name, _state(value)
    if kind is collections.defaultdict:
        factory = value.default_factory
        return name, [dict(value), factory if type(factory) is type else None]
    if issubclass(kind, pathlib.PurePath):
        return "Path", [str(value)]
    if kind is np.random.Generator and _bits(value) in GENERATORS:
        return "Generator", [value.bit_generator.state]
    if kind is np.ma.MaskedArray:
        return "masked", [np.asarray(value.data), np.ma.getmaskarray(value)]
    if kind is BuiltinFunctionType and id(value) in NAMES:
        return "function", [NAMES[id(value)]]
    fields = getattr(kind, "_fields", None)
    if kind.__base__ is tuple and type(fields) is tuple:
        return "namedtuple", [name, list(fields), list(value)]
    return None


def _bits(generator: np.random.Generator) -> str:
    return type(generator.bit_generator).__name__


def _state(value: Any) -> list[Any]:
    if isinstance(value, fractions.Fraction):
        return [value.numerator, value.denominator]
    if isinstance(value, datetime.timedelta):
        return [value.days, value.seconds, value.microseconds]
    if isinstance(value, (datetime.date, datetime.time)):
        return [value.isoformat()]
    return [bytes(value)] if type(value) is bytearray else [str(value)]


def put_together(kind: str, contents: list[Any]) -> Any:
    """The value that `take_apart` told of; raises for any other kind."""
    if kind == "deque":
        return collections.deque(*contents[0])
    if kind in COUNTED:
        return COUNTED[kind](contents[0])
    if kind in ("date", "datetime", "time"):
        return getattr(datetime, kind).fromisoformat(contents[0])
    if kind in STATED:
        return STATED[kind](*contents)
    if kind == "defaultdict":
        items, factory = contents
        made = factory if type(factory) is type else None
        return collections.defaultdict(made, items)
    if kind == "Path":
        return pathlib.Path(contents[0])
    if kind == "Generator":
        return _generator(contents[0])
    if kind == "masked":
        return np.ma.array(contents[0], mask=contents[1])
    if kind == "function":
        return FUNCTIONS[contents[0]]
    if kind == "namedtuple":
        name, fields, values = contents
        return _named_tuple(name, tuple(fields))(*values)
    raise ValueError(f"no such kind of value: {kind!r}")


def _generator(state: dict[str, Any]) -> np.random.Generator:
    if state["bit_generator"] not in GENERATORS:
        raise ValueError("no such random generator")
    bits = getattr(np.random, state["bit_generator"])()
    bits.state = state
    return np.random.Generator(bits)


@lru_cache(maxsize=256)
def _named_tuple(name: str, fields: tuple[str, ...]) -> Any:
    valid = all(f.isidentifier() and not iskeyword(f) for f in (name, *fields))
    if not valid or len(fields) > 100:
        raise ValueError("not a named tuple")
    return collections.namedtuple(name, fields)


def state_of(value: Any) -> Any:
    """What a call may change in a value that has to be changed back here, or None."""
    kind = type(value)
    if kind is np.random.Generator:
        return value.bit_generator.state
    if kind in (bytearray, collections.deque):
        return list(value)
    return dict(value) if kind in CHANGING else None


def set_state(value: Any, state: Any) -> None:
    """Repeat a change here."""
    kind = type(value)
    if kind is np.random.Generator:
        value.bit_generator.state = state
    elif kind in (bytearray, collections.deque):
        value.clear()
        value.extend(state)
    elif kind in CHANGING:
        value.clear()
        dict.update(value, state)


STATEFUL = (np.random.Generator, bytearray, collections.deque, *CHANGING)
"""Types of values here that a call may change."""
