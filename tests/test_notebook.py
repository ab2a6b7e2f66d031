"""The graded notebook: what counts as an edit, and whose tests are run."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.preprocessors import ComputeChecksums
from traitlets.config import Config

from autograder.notebook import (
    MAX_CELLS,
    MAX_SOURCE,
    Unreadable,
    cells_of,
    rebuild_file,
    versions,
)
from tests.engine.small_class import make_course, nbgrader, scores
from tests.engine.small_course import cell, solution


def master(test: str) -> NotebookNode:
    cells = [solution("f", "def f(x): return x"), cell("test", "test_f", test)]
    return nbformat.v4.new_notebook(cells=cells)


def remarks(now: str, handed_in: NotebookNode, folder: Path, ends: str = "\n") -> str:
    path = folder / "p.ipynb"
    path.write_text(
        nbformat.writes(handed_in).replace(
            "\\n", ends.encode("unicode_escape").decode()
        )
    )
    return str(rebuild_file(*versions(master(now), Config()), path)[1])


def released(test: str) -> NotebookNode:
    """What students got: with nbgrader's checksums."""
    found = versions(master(test), Config())[1]
    return ComputeChecksums().preprocess(found, {})[0]


def test_nobody_is_an_editor_when_the_release_changed(tmp_path: Path) -> None:
    old = released("assert f(1) == 1")
    assert remarks("assert f(2) == 2", old, tmp_path) == "[]"


def test_positive_control_an_edited_test_is_told(tmp_path: Path) -> None:
    edited = released("assert f(1) == 1")
    edited.cells[1].source = "pass"
    assert "test_f was edited" in remarks("assert f(2) == 2", edited, tmp_path)
    assert "test_f was edited" in remarks("assert f(1) == 1", edited, tmp_path)


def test_ends_of_lines_are_no_edit(tmp_path: Path) -> None:
    test = "assert f(1) == 1\nassert f(2) == 2"
    assert remarks(test, released(test), tmp_path, ends="\r\n") == "[]"
    spaced = released(test)
    spaced.cells[1].source = test.replace("\n", "   \n")
    assert remarks(test, spaced, tmp_path) == "[]"


def test_a_cell_that_is_cut_is_told(tmp_path: Path) -> None:
    long = released("assert f(1) == 1")
    long.cells[0].source = "#" * (MAX_SOURCE + 1)
    assert "longer than 1 MB: cut" in remarks("assert f(1) == 1", long, tmp_path)


def test_a_word_in_an_answer_restores_no_old_tests(tmp_path: Path) -> None:
    root = make_course(tmp_path)
    path = root / "source/ps1/p1.ipynb"
    path.write_text(path.read_text().replace("assert f(2) == 4", "assert f(5) == 10"))
    handed_in = json.loads(root.joinpath("release/ps1/p1.ipynb").read_text())
    right = "def f(x): return {2: 4, 3: 6}.get(x)  # AUTOTEST"
    next(c for c in handed_in["cells"] if c["id"] == "f")["source"] = right
    folder = root / "submitted/clever/ps1"
    folder.mkdir(parents=True)
    folder.joinpath("p1.ipynb").write_text(json.dumps(handed_in))
    assert nbgrader(root, "autograde", "ps1") == 0
    assert scores(root, "clever")["test_f"] == 0


# --- files that become much -------------------------------------------------------

CELLS = '{"cells": [{"cell_type": "code", "source": "x", "outputs": [%s]}]}'
BOMBS = {
    "dictionaries": "{},", "lists": "[],", "pairs": '{"a":0},', "texts": '"ab",',
    "numbers": "1.5,", "quotes": r'"\\",{},', "escaped": r'"\"",{},',
}  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_becomes_much_is_not_read(
    name: str, encoding: str, tmp_path: Path
) -> None:
    part = BOMBS[name]
    path = tmp_path / "p.ipynb"

    def write(size: int) -> None:
        values = (size // len(part)) * part
        path.write_bytes((CELLS % (values + "0")).encode(encoding))

    write(1000)
    assert [cell.source for cell in cells_of(path.read_bytes())] == ["x"], "a control"
    few = CELLS % (part * 10_000 + "0")
    assert peak(lambda: json.loads(few)) * (31 << 20) / len(few) > 240 << 20
    write({"utf-8": 31 << 20, "utf-16": 15 << 20}[encoding])
    assert peak(lambda: refused(path)) < 240 << 20


def refused(path: Path) -> None:
    with pytest.raises(Unreadable, match="values"):
        cells_of(path.read_bytes())


def peak(action: Callable[[], Any]) -> int:
    """The most bytes that it holds at a time."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def old_format(cells: list[dict[str, Any]]) -> bytes:
    """A notebook as it was before 2015."""
    sheets = [{"cells": cells, "metadata": {}}]
    about = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}}
    return json.dumps({**about, "worksheets": sheets}).encode()


def old_cell(source: str, *outputs: Any) -> dict[str, Any]:
    return {
        "cell_type": "code", "input": source, "language": "python", "metadata": {},
        "outputs": list(outputs),
    }  # fmt: skip


def test_outputs_in_an_old_format_are_not_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To check each that is invalid takes milliseconds."""
    seen = []
    convert = nbformat.convert
    monkeypatch.setattr(
        nbformat, "convert", lambda *a: seen.append(a[0]) or convert(*a)
    )
    text = {"cell_type": "markdown", "source": "words", "metadata": {}}
    found = cells_of(old_format([old_cell("x", {"output_type": "?"}), text]))
    assert [cell.source for cell in found] == ["x", "words"]
    assert "?" not in str(seen) and len(seen) == 1


def test_an_old_format_of_too_many_cells_is_not_converted() -> None:
    assert len(cells_of(old_format(MAX_CELLS * [old_cell("x")]))) == MAX_CELLS
    with pytest.raises(Unreadable, match=f"more than {MAX_CELLS} cells"):
        cells_of(old_format((MAX_CELLS + 1) * [old_cell("x")]))


def test_large_outputs_are_no_bomb(tmp_path: Path) -> None:
    """Pictures, tables and quotes in a text are one value."""
    text = json.dumps('{"a": [1, 2], "b\\\\": "\\""},' * 900_000)
    path = tmp_path / "p.ipynb"
    path.write_text(CELLS % text)
    assert path.stat().st_size > 20 << 20
    assert [cell.source for cell in cells_of(path.read_bytes())] == ["x"]


def test_another_assignments_notebook_is_said_to_be_one(tmp_path: Path) -> None:
    other = nbformat.v4.new_notebook(cells=[solution("g", "def g(x): return x")])
    assert "another assignment's notebook" in remarks("assert f(1)", other, tmp_path)
    bare = released("assert f(1)")
    for found in bare.cells:
        found.metadata.clear()
    assert remarks("assert f(1)", bare, tmp_path) == "[]", "found by the cells' ids"
