"""What tables and reports take from a graded notebook, read without validating it.

A notebook graded by stock nbgrader holds whatever its student wrote into it: nothing
here relies on more than the form that is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec


class Cell(msgspec.Struct):
    """A cell of any kind."""

    cell_type: str = ""
    source: str | list[str] = ""
    metadata: dict[str, Any] = {}
    outputs: list[dict[str, Any]] = []

    @property
    def text(self) -> str:
        """Its source."""
        return self.source if isinstance(self.source, str) else "".join(self.source)

    @property
    def name(self) -> str | None:
        """The grade_id, if it has one."""
        return _part(self.metadata, "nbgrader", str, "grade_id")

    @property
    def is_answer(self) -> bool:
        """Whether students write it."""
        locked = _part(self.metadata, "nbgrader", bool, "locked")
        answer = _part(self.metadata, "nbgrader", bool, "solution")
        return bool(answer or (self.name is None and not locked))

    def errors(self) -> Iterator[tuple[str, str]]:
        """Type and message of each exception that it shows."""
        for output in self.outputs:
            if output.get("output_type") == "error":
                yield str(output.get("ename", "")), str(output.get("evalue", ""))


class Work(msgspec.Struct):
    """A graded notebook."""

    cells: list[Cell] = []
    metadata: dict[str, Any] = {}

    def remarks(self) -> list[str]:
        """What our engine remarked on it."""
        found = _part(self.metadata, "autograder", list, "remarks") or []
        return [text for text in found if isinstance(text, str)]

    def seconds(self) -> float | None:
        """How long its cells ran: by our engine's count, or by nbclient's clock."""
        counted = _part(self.metadata, "autograder", dict, "seconds")
        if counted is not None:
            return sum(n for n in counted.values() if isinstance(n, (int, float)))
        times = [time for cell in self.cells for time in _times(cell)]
        return (max(times) - min(times)).total_seconds() if times else None


def read_work(path: Path) -> Work:
    """A graded notebook; an empty one in place of what is none."""
    try:
        content = path.read_bytes()
        try:
            return msgspec.json.decode(content, type=Work)
        except msgspec.MsgspecError:  # numbers that are no JSON, halves of characters
            return msgspec.convert(json.loads(content), Work)
    except (OSError, ValueError, RecursionError):
        return Work()


def _part(metadata: dict[str, Any], key: str, kind: type, name: str) -> Any:
    """What stands in a part of the metadata, if it is of that kind."""
    part = metadata.get(key)
    value = part.get(name) if isinstance(part, dict) else None
    return value if isinstance(value, kind) else None


def _times(cell: Cell) -> Iterator[datetime]:
    times = cell.metadata.get("execution")
    for time in times.values() if isinstance(times, dict) else ():
        with suppress(TypeError, ValueError):
            made = datetime.fromisoformat(time)
            if made.tzinfo:
                yield made
