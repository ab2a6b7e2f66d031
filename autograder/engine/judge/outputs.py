"""Outputs of a cell, as far as there is room for them."""

from __future__ import annotations

from contextlib import suppress
from traceback import format_exception

from autograder.engine.interpreter import CUT, Output, size_of

MAX_MESSAGE = 20_000  # characters of an error


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
    with suppress(Exception):  # what a stranger raised may not be fit to be shown
        text = str(error)
        lines = format_exception(type(error), error, traceback or error.__traceback__)
    output = error_output(type(error).__name__, text)
    return {**output, "traceback": "".join(lines)[-MAX_MESSAGE:].splitlines()}


def error_output(name: str, text: str) -> Output:
    """The output of a cell that ended with an error."""
    text = text[:MAX_MESSAGE]
    return {
        "output_type": "error", "ename": name, "evalue": text,
        "traceback": [f"{name}: {text}"],
    }  # fmt: skip
