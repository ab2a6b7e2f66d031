"""Stand-ins here for objects and functions that stay in the student's process."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np

from autograder.engine.operators import Operators
from autograder.engine.wire import SCALARS, Reference


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
