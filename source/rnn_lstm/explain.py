"""Says in one paragraph why a check did not pass: what, where, and what to look at."""

from __future__ import annotations

import linecache
import sys
import textwrap
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

WIDTH = 88
broken: dict[str, str] = {}
"""Functions whose cell could not be read when it was last run, and why."""


def paragraph(error: BaseException, given: Collection[str]) -> str:
    """Why `error` came; `given` are the cells that the course wrote.

    What a check says stands as it is. Another error, or one that a check raises its
    own from, gets the line of the student's own code that it came from, and the shapes
    of the arrays there.
    """
    place = own_line(error, given)
    if isinstance(error, (AssertionError, NotImplementedError)) and place is None:
        said = str(error) or "A check without a message did not hold."
        origin = error.__cause__ and own_line(error.__cause__, given)
        return f"{said}\n{_stopped(origin)}.{_shapes(origin)}" if origin else said
    if isinstance(error, NotImplementedError):
        return str(error) or "This exercise is not written yet."
    if place is None and isinstance(error, NameError):
        why = "run the cell that makes it, and look at the name behind `def`"
        return f"`{error.name}` is not there: {broken.get(error.name, why)}."
    if place is None:
        return f"The check could not use what your function returned: {_meaning(error)}"
    return f"{_stopped(place)}: {_meaning(error)}{_shapes(place)}"


def wrapped(text: str) -> list[str]:
    """Lines of a paragraph, short enough to be read."""
    return [part for line in text.splitlines() for part in textwrap.wrap(line, WIDTH)]


def own_line(error: BaseException, given: Collection[str]) -> TracebackType | None:
    """Where the error came up: the innermost line that the student wrote.

    None where there is none, and where a check says that something does not hold.
    """
    found, step = None, None
    for step in _steps(error.__traceback__):
        name = step.tb_frame.f_code.co_filename
        cell = "" if Path(name).exists() else "".join(linecache.getlines(name)).strip()
        found = step if cell and cell not in given else found
    if isinstance(error, AssertionError) and found is not step:
        return None
    return found


def _steps(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _stopped(place: TracebackType) -> str:
    code, number = place.tb_frame.f_code, place.tb_lineno
    name = getattr(code, "co_qualname", code.co_name).split(".<")[0]
    where = "Your cell" if name.startswith("<") else f"Your {name}"
    line = linecache.getline(code.co_filename, number).strip()
    return f"{where} stopped at line {number} of its cell, `{line}`"


def _meaning(error: BaseException) -> str:
    if isinstance(error, UnboundLocalError):
        return f"{error}. It is used before it gets a value."
    if isinstance(error, NameError):
        if error.name in sys.stdlib_module_names:
            return (
                f"`{error.name}` is not imported in this notebook. Write"
                f" `import {error.name}` at the top of your cell."
            )
        return (
            f"nothing is called `{error.name}` there: it is no argument, the function"
            " does not make it, and no cell has made it yet."
        )
    if isinstance(error, KeyError):
        return f"there is no key {error}."
    if isinstance(error, KeyboardInterrupt):
        return "it was interrupted there: does a loop go on for ever?"
    if isinstance(error, RecursionError):
        return "the function calls itself without end."
    return f"{error} ({type(error).__name__})."


def _shapes(place: TracebackType) -> str:
    """The shapes of the arrays that the line names."""
    with suppress(Exception):
        import stack_data  # comes with IPython

        piece = stack_data.FrameInfo(place).variables_in_executing_piece
        shapes = {v.name: _shape(v.value) for v in piece if _shape(v.value) is not None}
        if shapes:
            named = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
            return f"\nShapes there: {named}."
    return ""


def _shape(value: Any) -> tuple[int, ...] | None:
    shape = getattr(value, "shape", None)
    return tuple(shape) if isinstance(shape, tuple) else None
