"""What an object of the student's does under `+`, `==`, `in`, `str()` and the like.

An object that can say what it likes about being equal to a test's expected value would
pass every test. So its operators are asked only where the exercise is about them: where
a class in the master's solutions defines the operator. The other operand must be the
student's as well; one of the test's own meets only an object that the test has made by
calling such a class. What gives no more than text or a number is asked of any object.
"""

from __future__ import annotations

import ast
import dis
from collections.abc import Callable
from functools import lru_cache
from types import TracebackType
from typing import Any

BINARY = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or",
    "xor", "lshift", "rshift",
)  # fmt: skip
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
UNARY = ("neg", "pos", "abs", "invert")


@lru_cache(maxsize=4096)
def protocols(source: str) -> frozenset[str]:
    """The special methods that classes in a solution have, by their short names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            text = " ".join(map(ast.unparse, [*node.decorator_list, *node.bases]))
            if "dataclass" in text or "Enum" in text or "Flag" in text:
                found |= {"eq", "repr", "hash"}
            if "total_ordering" in text or "order=True" in text or "Int" in text:
                found |= {*COMPARISONS}
            found |= {name[2:-2] for name in _bound(node) if name.startswith("__")}
    return frozenset(found)


def _bound(node: ast.ClassDef) -> set[str]:
    made = {n.name for n in node.body if isinstance(n, ast.FunctionDef)}
    targets = [t for n in node.body if isinstance(n, ast.Assign) for t in n.targets]
    return made | {t.id for t in targets if isinstance(t, ast.Name)}


@lru_cache(maxsize=4096)
def classes(source: str) -> frozenset[str]:
    """The classes that a solution makes."""
    body = ast.parse(source).body
    return frozenset(node.name for node in body if isinstance(node, ast.ClassDef))


class Operators:
    """The special methods of a handle; each asks, or refuses."""

    __slots__ = ()
    _remote_ask: Callable[..., Any]
    _remote_made: str | None

    def _remote_told(self) -> str:
        raise NotImplementedError

    def _remote_kernel(self) -> Any:
        return getattr(self._remote_ask, "__self__", None)

    def _remote_has(self, *names: str) -> bool:
        known = getattr(self._remote_kernel(), "protocols", ())
        return any(name in known for name in names)

    def _remote_may(self, name: str) -> bool:
        return name in ("__name__", "__dict__", "__bases__") or self._remote_has(
            name[2:-2]
        )

    def _remote_refuse(self, *_: Any) -> Any:
        raise TypeError(
            f"{self._remote_told()} cannot be compared or tested for truth or type"
            " here: look at its numbers instead"
        )

    def _remote_operate(self, name: str, other: Any, reverse: bool = False) -> Any:
        """Ask for the result of an operator, if the exercise is about it."""
        asked = self._remote_has(name, f"r{name}", name.removeprefix("i"))
        if not asked or not (
            isinstance_of_student(other) or self._remote_made == "object"
        ):
            return self._remote_refuse()
        return self._remote_ask("operate", name, self, other, reverse)

    def _remote_compare(self, name: str, other: Any) -> Any:
        if other is None and name in ("eq", "ne"):
            return name == "ne"
        family = ("eq", "ne") if name in ("eq", "ne") else ("lt", "le", "gt", "ge")
        if isinstance_of_student(other) and not self._remote_has(*family):
            if name in ("eq", "ne"):  # as objects without such a method compare
                return (self is other) == (name == "eq")
        elif self._remote_has(*family) and (
            isinstance_of_student(other) or self._remote_made == "object"
        ):
            return self._remote_ask("operate", name, self, other, False)
        return self._remote_refuse()

    def __hash__(self) -> int:
        if self._remote_has("hash"):
            return int(self._remote_ask("hash", self))
        return object.__hash__(self)

    def __bool__(self) -> bool:
        if self._remote_has("bool", "len"):
            return self._remote_ask("bool", self) is True
        kind = self._remote_reference.about.get("type")  # type: ignore[attr-defined]
        if kind in getattr(self._remote_kernel(), "classes", ()):
            return True  # as any object without such a method
        return self._remote_refuse()

    def __contains__(self, item: Any) -> bool:
        if self._remote_has("contains") and (
            isinstance_of_student(item) or self._remote_made == "object"
        ):
            return self._remote_ask("operate", "contains", self, item, False) is True
        return any(found is item or found == item for found in iter(self))  # type: ignore[call-overload]

    def __repr__(self) -> str:
        if self._remote_has("repr"):
            try:
                return str(self._remote_ask("repr", self))
            except Exception:
                return self._remote_told()
        return self._remote_told()

    def __str__(self) -> str:
        return (
            str(self._remote_ask("str", self))
            if self._remote_has("str", "repr")
            else self._remote_told()
        )

    def __format__(self, spec: str) -> str:
        if self._remote_has("format", "str", "repr"):
            return str(self._remote_ask("format", self, spec))
        return format(self._remote_told(), spec)

    def __delitem__(self, key: Any) -> None:
        self._remote_ask("delitem", self, key)

    def __delattr__(self, name: str) -> None:
        self._remote_ask("delattr", self, name)

    def __round__(self, digits: int | None = None) -> Any:
        return self._remote_ask("round", self, digits)

    def __complex__(self) -> complex:
        return complex(self._remote_ask("complex", self))

    def __reversed__(self) -> Any:
        return iter(self._remote_ask("reversed", self))

    def __enter__(self) -> Any:
        return self._remote_ask("enter", self)

    def __exit__(
        self, kind: Any, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """Only what the test itself raises on purpose can be swallowed over there."""
        hides = self._remote_ask("exit", self, kind and kind.__name__, str(error or ""))
        return bool(hides is True and self._remote_has("exit") and _is_raised(error))

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance_of_student(instance) and (
            self._remote_ask("isinstance", instance, self) is True
        )

    def __subclasscheck__(self, kind: Any) -> bool:
        return isinstance_of_student(kind) and (
            self._remote_ask("issubclass", kind, self) is True
        )

    __index__ = _remote_refuse


def isinstance_of_student(value: Any) -> bool:
    """Whether `value` is a handle."""
    return Operators in type(value).__mro__


def _is_raised(error: BaseException | None) -> bool:
    """Whether a `raise` statement of the very cell that has the `with` raised it."""
    place = error.__traceback__ if error else None
    if place is None or isinstance(error, AssertionError) or place.tb_next:
        return False
    code = place.tb_frame.f_code.co_code
    return dis.opname[code[place.tb_lasti]] == "RAISE_VARARGS"


def _binary(name: str, reverse: bool = False) -> Callable[[Any, Any], Any]:
    return lambda self, other: self._remote_operate(name, other, reverse)


def _comparison(name: str) -> Callable[[Any, Any], Any]:
    return lambda self, other: self._remote_compare(name, other)


def _unary(name: str) -> Callable[[Any], Any]:
    return lambda self: self._remote_ask("unary", name, self)


for _name in BINARY:
    setattr(Operators, f"__{_name}__", _binary(_name))
    setattr(Operators, f"__r{_name}__", _binary(_name, reverse=True))
    setattr(Operators, f"__i{_name}__", _binary(f"i{_name}"))
for _name in COMPARISONS:
    setattr(Operators, f"__{_name}__", _comparison(_name))
for _name in UNARY:
    setattr(Operators, f"__{_name}__", _unary(_name))
