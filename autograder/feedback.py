"""Keeps hidden tests out of feedback pages, and their messages in."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests
from traitlets import List

from autograder.engine.wire.errors import LIBRARY, WAY
from autograder.notebook import marked_lines

LONGEST_LINE, MOST_LINES = 1000, 1000
LONGEST_TEXT = 20_000  # characters: pages take time by the square of it
CUT = " [cut]"
IN_THE_CELL = re.compile(r'File "<[^/>]*>", line (\d+)')
OWN_LINE = re.compile(r'File "your cell", line (\d+), in (.+)\n +(.+)')
HIDDEN_MESSAGE = "A hidden check failed."
NOTE = "# Hidden tests ran here; a message says what failed, if anything did."
WIDTH = 100  # characters that fit a line of the feedback page


class StripHiddenTests(ClearHiddenTests):
    """Strips hidden regions, and tracebacks that quote them, from graded cells."""

    # nbconvert sets it for each step, and nbgrader's base does not know it: a warning
    display_data_priority: List[Any] = List().tag(config=True)

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Leave the visible checks and the last line of each error."""
        source = cell.source = shortened(cell.source)
        if cell.cell_type != "code":
            return cell, resources
        if self._remove_hidden_test_region(cell):
            cell.source = f"{cell.source.rstrip()}\n\n{NOTE}".lstrip()
        if cell.metadata.get("nbgrader", {}).get("grade"):
            marks = self.begin_test_delimeter, self.end_test_delimeter
            hidden = marked_lines(source, *marks)
            for output in cell.outputs:
                if output.output_type == "error":
                    if hidden and tells_values(output, hidden):
                        output.evalue = HIDDEN_MESSAGE
                    output.evalue = output.evalue or _failed_line(
                        output, source, hidden
                    )
                    output.traceback = [_message(output)]
                elif output.get("name") == "stderr":
                    output.text = _without(output.text, source, hidden)
        return cell, resources


def tells_values(error: NotebookNode, hidden: set[int]) -> bool:
    """Whether a library raised in a hidden check: its message holds expected values.

    The judge tells it in the first line; the rest may repeat what an answer returned.
    """
    text = "\n".join(error.traceback)
    way = WAY.fullmatch(text.partition("\n")[0])
    by_library = way[1] != "In" if way else LIBRARY.search(text) is not None
    lines = _lines(error)
    return by_library and (not lines or not hidden.isdisjoint(lines))


def _lines(error: NotebookNode) -> list[int]:
    """Numbers of the cell's lines that an error came through."""
    text = "\n".join(error.traceback)
    way = WAY.fullmatch(text.partition("\n")[0])
    found = way[2].split(", ") if way else IN_THE_CELL.findall(text)
    return [int(number) for number in found if number]


def _failed_line(error: NotebookNode, source: str, hidden: set[int]) -> str:
    """What stands in for a message that a visible check does not have."""
    lines = _lines(error)
    if error.ename != "AssertionError" or not lines:
        return ""
    if not hidden.isdisjoint(lines):
        return HIDDEN_MESSAGE
    text = source.splitlines()
    failed = [text[n - 1].strip() for n in lines if 0 < n <= len(text)]
    return "\n".join(["This failed:", *failed])


def _without(text: str, source: str, hidden: set[int]) -> str:
    """What was shown, without hidden lines: a warning quotes where it came up."""
    secret = {
        line.strip() for n, line in enumerate(source.splitlines(), 1) if n in hidden
    }
    kept = [line for line in text.splitlines(True) if line.strip() not in secret]
    return "".join(kept)


def shortened(text: str) -> str:
    """Text that a page can show: neither very long nor of very long lines."""
    lines = text[:LONGEST_TEXT].split("\n", MOST_LINES)[:MOST_LINES]
    cut = [x if len(x) <= LONGEST_LINE else x[:LONGEST_LINE] + CUT for x in lines]
    shown = "\n".join(cut)
    return shown if len(shown) >= len(text) else shown + CUT


def _message(error: NotebookNode) -> str:
    """The last line of a traceback, and the student's own line that it came from."""
    lines = f"{error.ename}: {error.evalue}".splitlines()
    for number, function, line in OWN_LINE.findall("\n".join(error.traceback))[-1:]:
        lines.append(f"It came up in your {function}, at line {number} of its cell:")
        lines.append(f"    {line}")
    return "\n".join(textwrap.fill(line, WIDTH) for line in lines)
