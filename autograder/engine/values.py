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
        datetime.time, datetime.timedelta,
    )
}  # fmt: skip
CHANGING = (collections.Counter, collections.OrderedDict, collections.defaultdict)
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
    if kind is np.random.Generator and type(value.bit_generator) is np.random.PCG64:
        return "Generator", [value.bit_generator.state]
    if kind is BuiltinFunctionType and id(value) in NAMES:
        return "function", [NAMES[id(value)]]
    if tuple in kind.__mro__ and (fields := fields_of(kind)):
        return "namedtuple", [name, list(fields), list(tuple.__iter__(value))]
    return None


def fields_of(kind: Any) -> tuple[str, ...]:
    """The names in a type of named tuples; nothing for anything else."""
    is_tuple = isinstance(kind, type) and issubclass(kind, tuple)
    found = getattr(kind, "_fields", ()) if is_tuple else ()
    return found if type(found) is tuple else ()


def _state(value: Any) -> list[Any]:
    if isinstance(value, fractions.Fraction):
        return [value.numerator, value.denominator]
    if isinstance(value, datetime.timedelta):
        return [value.days, value.seconds, value.microseconds]
    if isinstance(value, (datetime.date, datetime.time)):
        return [value.isoformat()]
    return [str(value)]


def put_together(kind: str, contents: list[Any]) -> Any:
    """The value that `take_apart` told of; raises for any other kind."""
    if kind == "deque":
        items, size = contents[0]
        return collections.deque(_exact(list, items), size)
    if kind in COUNTED:
        return COUNTED[kind](_exact(dict, contents[0]))
    if kind in ("date", "datetime", "time"):
        return getattr(datetime, kind).fromisoformat(contents[0])
    if kind in STATED:
        return STATED[kind](*contents)
    if kind == "defaultdict":
        items, factory = contents
        made = factory if type(factory) is type else None
        return collections.defaultdict(made, _exact(dict, items))
    if kind == "Path":
        return pathlib.Path(contents[0])
    if kind == "Generator":
        return _generator(contents[0])
    if kind == "function":
        return FUNCTIONS[contents[0]]
    if kind == "namedtuple":
        name, fields, values = contents
        return _named_tuple(name, tuple(fields))(*values)
    raise ValueError(f"no such kind of value: {kind!r}")


def _exact(kind: type, value: Any) -> Any:
    """`value`, if it is just that: what can be endless is not asked for its items."""
    if type(value) is not kind:
        raise ValueError(f"not a {kind.__name__}")
    return value


def _generator(state: dict[str, Any]) -> np.random.Generator:
    bits = np.random.PCG64()  # whose state has no position in a buffer
    bits.state = state  # type: ignore[assignment]
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
    if kind is collections.deque:
        return list(value)
    return dict(value) if kind in CHANGING else None


def set_state(value: Any, state: Any) -> None:
    """Repeat a change here."""
    kind = type(value)
    if kind is np.random.Generator:
        value.bit_generator.state = state
    elif kind is collections.deque:
        value.clear()
        value.extend(_exact(list, state))
    elif kind in CHANGING:
        value.clear()
        dict.update(value, _exact(dict, state))


STATEFUL = (np.random.Generator, collections.deque, *CHANGING)
"""Types of values here that a call may change."""
