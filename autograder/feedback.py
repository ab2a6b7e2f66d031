"""Keeps hidden tests out of feedback pages, and their messages in."""

from __future__ import annotations

import textwrap

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests

NOTE = "# Hidden tests ran here; a message below says what failed, if anything did."
WIDTH = 100  # characters that fit a line of the feedback page


class StripHiddenTests(ClearHiddenTests):
    """Strips hidden regions, and tracebacks that quote them, from graded cells."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Leave the visible checks and the last line of each error."""
        if cell.cell_type != "code":
            return cell, resources
        if self._remove_hidden_test_region(cell):
            cell.source = f"{cell.source.rstrip()}\n\n{NOTE}".lstrip()
        if cell.metadata.get("nbgrader", {}).get("grade"):
            for output in cell.outputs:
                if output.output_type == "error":
                    output.traceback = [_message(output)]
        return cell, resources


def _message(error: NotebookNode) -> str:
    """The last line of a traceback, wrapped to the page."""
    lines = f"{error.ename}: {error.evalue}".splitlines()
    return "\n".join(textwrap.fill(line, WIDTH) for line in lines)
