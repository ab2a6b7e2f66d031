"""What stands in the judge for functions and objects of the student's process."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn
from weakref import WeakValueDictionary

from autograder.engine.wire.values import DoesNotCross, Mine

OPERATORS = """
    getitem setitem delitem bool float int complex index
    array eq ne lt le gt ge add radd sub rsub mul rmul truediv rtruediv floordiv pow
    rpow matmul rmatmul mod rmod divmod rdivmod rfloordiv lshift rlshift rshift rrshift
    neg pos invert abs and rand or ror xor rxor enter exit await round format
    setattr delattr instancecheck subclasscheck
"""


class Handle:
    """An object that stays in the student's process.

    It can be handed back to the student's functions and to probes. What it would say
    about itself is not asked: attributes, items, operators and truth raise. It does
    not seem to be callable or iterable, so calls and loops raise by themselves.
    """

    __slots__ = ("__weakref__", "_call", "_number")

    def __init__(self, found: Mine, call: Callable[..., Any]) -> None:
        object.__setattr__(self, "_number", found.number)
        object.__setattr__(self, "_call", call)

    def __getattr__(self, name: str) -> NoReturn:
        _refuse(self)

    __hash__ = object.__hash__


def _refuse(self: Handle, *_: Any, **__: Any) -> NoReturn:
    raise DoesNotCross(f"an object of type {type(self).__name__}")


for _name in OPERATORS.split():
    setattr(Handle, f"__{_name}__", _refuse)


class CallableHandle(Handle):
    """A handle that can be called, as the object over there."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(self, args, kwargs)


@lru_cache(maxsize=1024)
def _kind_of_handle(name: str, base: type[Handle]) -> type[Any]:
    """A type of that name, for messages of tests."""
    return type(name, (base,), {"__slots__": ()})


class Function:
    """A function of the student's: it can be called, and has a name and a docstring.

    What it is made of (`__code__`, own attributes) is not here: no rule about it may
    pass because it looked at something else.
    """

    def __init__(self, found: Mine, call: Callable[..., Any]) -> None:
        name = str(found.name)[:200]
        vars(self).update(
            __name__=name, __qualname__=name, __doc__=found.doc, _call=call,
            _number=found.number,
        )  # fmt: skip

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return vars(self)["_call"](self, args, kwargs)

    def __getattr__(self, name: str) -> NoReturn:
        raise DoesNotCross(f"{name} of a function")

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise DoesNotCross(f"{name} of a function")


def stand_in(found: Mine, call: Callable[..., Any]) -> Any:
    """A function that calls the one over there, or a handle."""
    if found.name:
        return Function(found, call)
    base = Handle if found.name is None else CallableHandle
    return _kind_of_handle(found.kind[:80], base)(found, call)


class StandIns:
    """The stand-ins that tests still hold, by the numbers of what they stand for."""

    def __init__(self) -> None:
        self._alive: WeakValueDictionary[int, Any] = WeakValueDictionary()
        self._given: set[int] = set()  # that may have to be told of

    def of(self, found: Mine, call: Callable[..., Any]) -> Any:
        """The one that stands for this object."""
        made = self._alive.get(found.number)
        if made is None:
            made = self._alive[found.number] = stand_in(found, call)
            self._given.add(found.number)
        return made

    def alive(self) -> list[Any]:
        """All of them."""
        return list(self._alive.values())

    def number(self, value: Any) -> int | None:
        """What `value` stands for, if it is one of these."""
        if not {Handle, Function} & {*type(value).__mro__}:
            return None
        number: int = value._number
        return number if self._alive.get(number) is value else None

    def take_released(self) -> list[int]:
        """The numbers of those that nobody holds any more; each is told once."""
        gone = self._given.difference(self._alive)
        self._given -= gone
        return sorted(gone)
