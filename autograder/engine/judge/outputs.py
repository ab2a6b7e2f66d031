"""Outputs of a cell, as far as there is room for them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from traceback import format_exception, walk_tb
from types import TracebackType

from autograder.engine.interpreter import CUT, Output, size_of
from autograder.engine.wire.errors import LIBRARY

MAX_MESSAGE = 20_000  # characters of an error
ENGINE = str(Path(__file__).parents[1])


class Outputs(list[Output]):
    """What a cell showed."""

    def __init__(self, room: float) -> None:
        super().__init__()
        self.room = room

    def add(self, output: Output) -> None:
        """Append; what comes beyond the room is dropped with a note."""
        size = size_of(output)
        if self.room > 0:
            self.append(output if size < self.room else CUT)
            self.room = max(0, self.room - size)


def failure(error: BaseException, name: str) -> Output:
    """The output of a cell that raised, with the traceback from the cell on."""
    traceback = error.__traceback__
    while traceback and traceback.tb_frame.f_code.co_filename != name:
        traceback = traceback.tb_next
    lines = [""]
    text = ""
    traceback = traceback or error.__traceback__
    with suppress(Exception):  # what a stranger raised may not be fit to be shown
        text = str(error)
        lines = format_exception(type(error), error, traceback)
    output = error_output(type(error).__name__, text)
    way = _way(error, traceback, name)
    shown = "".join(lines)[len(way) - MAX_MESSAGE :].splitlines()
    return {**output, "traceback": [way, *shown]}


def _way(error: BaseException, traceback: TracebackType | None, name: str) -> str:
    """What the traceback passes, before all that an error says of itself: a `WAY`."""
    steps = list(walk_tb(traceback))
    chain = [error]
    for found in chain:
        chain += [
            e for e in (found.__cause__, found.__context__)
            if e and all(e is not known for known in chain)
        ]  # fmt: skip
        steps += walk_tb(found.__traceback__ if found is not error else None)
    places = [(frame.f_code.co_filename, line) for frame, line in steps]
    own = sorted({line for file, line in places if file == name})
    through = any(
        LIBRARY.search(file) and not file.startswith(ENGINE) for file, _ in places
    )
    return f"{'By a library in' if through else 'In'} lines {own} of the cell"


def error_output(name: str, text: str) -> Output:
    """The output of a cell that ended with an error."""
    text = text[:MAX_MESSAGE]
    return {
        "output_type": "error", "ename": name, "evalue": text,
        "traceback": [f"{name}: {text}"],
    }  # fmt: skip
