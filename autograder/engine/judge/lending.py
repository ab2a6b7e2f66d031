"""What the student's code may call back: the one policy about it.

A function that a request hands over can be called until that request is answered, and
at no other time: not in a later cell, not by another exercise, not after a call that
was nested in another. What a request gives back is never one of the judge's functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from traceback import clear_frames
from typing import Any

from autograder.engine.wire.values import DoesNotCross, Mine, WireError


class Lending:
    """The functions that requests under way have handed over, and errors of theirs."""

    def __init__(self) -> None:
        self._frames: list[dict[int, Any]] = []
        self._count = 0

    @contextmanager
    def request(self) -> Iterator[None]:
        """What is lent within ends with it."""
        self._frames.append({})
        try:
            yield
        finally:
            self._frames.pop()

    def lend(self, value: Any) -> Mine:
        """Hand over a function; the student learns its name and nothing else."""
        if not callable(value) or isinstance(value, type):
            raise DoesNotCross(f"an object of type {type(value).__name__}")
        name = getattr(value, "__name__", None)
        return Mine(self._keep(value), "function", str(name or "given"))

    def function(self, number: int | str) -> Callable[..., Any]:
        """The function that the student's code calls, if it may."""
        found = self._found(number)
        if isinstance(found, BaseException) or not callable(found):
            raise WireError("only functions that were handed over can be called")
        return found

    def note(self, error: BaseException) -> int:
        """The number of an error that goes through the student's code.

        What its frames hold, such as large arguments, does not stay with it.
        """
        clear_frames(error.__traceback__)
        return self._keep(error)

    def error(self, number: int) -> BaseException | None:
        """The error that comes back."""
        try:
            found = self._found(number)
        except WireError:
            return None
        return found if isinstance(found, BaseException) else None

    def _keep(self, value: Any) -> int:
        self._count += 1
        self._frames[-1][self._count] = value
        return self._count

    def _found(self, number: int | str) -> Any:
        for frame in self._frames:
            if number in frame:
                return frame[number]
        raise WireError("what an earlier call handed over cannot be used any more")
