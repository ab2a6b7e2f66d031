"""Whose each global name of the judge is, and what stands for those of the answers."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from autograder.engine.judge.stand_ins import Handle


class Names:
    """The names of one submission.

    `plan` reads the master's cells. What they bind by `import *` or a magic shows here
    only; it is the judge's, too. After a set-up cell has failed, nobody knows all that
    it would have bound: then only names of the master's answers are asked for.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._preset = {*namespace, *vars(builtins), "display", "_", "__", "___"}
        self._answers: set[str] = set()  # that answers have bound
        self._own: set[str] = set()  # that cells have bound here, in any way
        self._shown: dict[str, Any] = {}  # what stands for those of answers
        self._failed: dict[str, str] = {}  # names whose cell failed, and how
        self.all_known = True

    def answered(self, names: Iterable[str], failure: str) -> None:
        """An answer has bound these, or should have, but for its `failure`."""
        self._answers.update(names)
        self._own.difference_update(names)
        self._failed.update(dict.fromkeys(names, failure))

    def explain(self, error: BaseException) -> None:
        """Let it tell why an answer's name is missing, if one is."""
        name = error.name if isinstance(error, NameError) else None
        if failure := self._failed.get(str(name)):
            error.args = (f"{error}: its cell ended with {failure}",)

    @contextmanager
    def bound_here(self) -> Iterator[None]:
        """Note what is bound meanwhile."""
        before = dict(self._namespace)
        try:
            yield
        finally:
            changed = (n for n, v in self._namespace.items() if before.get(n) is not v)
            self._own.update(n for n in changed if n not in self._answers)

    def show(
        self,
        asks: Iterable[str],
        imports: dict[str, str],
        look: Callable[[list[str]], dict[str, Any]],
    ) -> None:
        """Let the names that a cell `asks` for stand for what the answers define."""
        wanted = [name for name in asks if self._is_asked(name)]
        for name in wanted:
            self._namespace.pop(name, None)
            self._shown.pop(name, None)
        for name in (name for name in wanted if name in imports):
            with suppress(Exception):
                exec(imports[name], self._namespace)
        asked = [name for name in wanted if name not in self._namespace]
        with suppress(Exception):
            found = look(asked)
            honest = {n: v for n, v in found.items() if not _hides_failures(v)}
            self._shown.update(honest)
            self._namespace.update(honest)

    def unbound(self, names: Iterable[str]) -> None:
        """A cell that failed may not have bound these: no student's value stays."""
        for name in {*names} - self._answers:
            if name in self._shown and self._namespace.get(name) is self._shown[name]:
                del self._namespace[name], self._shown[name]

    def substitutes(self) -> dict[str, Any]:
        """Functions that a test has put in the place of answers."""
        found = {name: self._namespace.get(name) for name in self._answers}
        return {n: v for n, v in found.items() if self._is_substitute(n, v)}

    def _is_asked(self, name: str) -> bool:
        if name in self._preset or name in self._own:
            return False
        return self.all_known or name in self._answers

    def _is_substitute(self, name: str, value: Any) -> bool:
        if value is self._shown.get(name) or not callable(value):
            return False
        return not isinstance(value, type) and Handle not in type(value).__mro__


def _hides_failures(value: Any) -> bool:
    """Whether `except value` in a test would catch the failures of its own checks."""
    if type(value) is not type or not issubclass(value, BaseException):
        return False
    return issubclass(value, AssertionError) or issubclass(AssertionError, value)
