"""How an exception crosses: its types by name, plain arguments, text, and where."""

from __future__ import annotations

import re
import sys
import traceback
from contextlib import suppress
from typing import Any

from autograder.engine.wire.messages import Failed

CELL_FILE = "ipykernel_cell_"  # how the interpreter names the code of cells
CAME_OVER = "_came_over"
MOST_TEXT = 2000
LIBRARY = re.compile(r"(site|dist)-packages|/unittest/|/python3[^/]*/")
"""What a traceback shows of files that are nobody's here."""
WAY = re.compile(r"(By a library in|In) lines \[([\d, ]*)\] of the cell")
"""The judge's own first line of a traceback; the rest may be a student's text."""
SIMPLE = (bool, int, float, str, type(None))


def described(error: BaseException, origin: int | None = None) -> Failed:
    """What is told of an error of this process."""
    try:
        text = str(error)[:MOST_TEXT]
    except Exception:
        text = ""
    types = [(t.__module__, t.__qualname__) for t in type(error).__mro__[:-1]]
    return Failed(types[:10], _arguments(error, text), text, _own_lines(error), origin)


def rebuilt(failed: Failed) -> Exception:
    """An exception like the one over there, of the nearest type known here."""
    error = _nearest(failed)
    error.__dict__[CAME_OVER] = True
    if failed.where:
        error.add_note(failed.where)
    return error


def own_number(error: BaseException) -> int | None:
    """The `errno` of a failed system call of this process.

    None for one that came over, or that was raised from or amid one that told it.
    """
    number = getattr(error, "errno", None)
    chain: list[BaseException] = [error]
    for found in chain:
        if CAME_OVER in found.__dict__ and number in (found.args or (number,)):
            return None
        links = (found.__cause__, found.__context__)
        chain += [e for e in links if e and all(e is not known for known in chain)]
    return number


def _nearest(failed: Failed) -> Exception:
    for kind in (_known_type(*place) for place in failed.types):
        for arguments in (failed.arguments, [failed.text]) if kind else ():
            with suppress(Exception):
                made = kind(*arguments)
                # with arguments of strangers, to show it can raise
                traceback.format_exception_only(made)
                return made
    return RuntimeError(failed.text)


def _arguments(error: BaseException, text: str) -> list[Any]:
    arguments = list(error.args)
    if isinstance(error, OSError) and type(error.filename) is str:
        arguments = [error.errno, error.strerror, error.filename]
    simple = all(type(a) in SIMPLE for a in arguments)
    short = simple and sum(len(str(a)) for a in arguments) < MOST_TEXT
    return arguments if short else [text]


def _known_type(module: str, name: str) -> Any:
    """An exception type of Python's or NumPy's, but for those that end things."""
    if module != "builtins" and module.split(".")[0] != "numpy":
        return None
    found = getattr(sys.modules.get(module), name, None)
    is_error = type(found) is type and issubclass(found, Exception)
    own = is_error and found.__module__.split(".")[0] in ("builtins", "numpy")
    return found if own and found is not StopIteration else None


def _own_lines(error: BaseException) -> str:
    """The part of the traceback that lies in notebook cells, for people to read."""
    frames = traceback.extract_tb(error.__traceback__, limit=-50)
    own = [f for f in frames if CELL_FILE in f.filename]
    for frame in own:
        frame.filename = "your cell"
    return "".join(traceback.format_list(own[-5:]))[: 2 * MOST_TEXT]
