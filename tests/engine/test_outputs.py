"""Whatever a process says was shown becomes outputs of valid form."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.engine.outputs import fill

TEXT = st.text(st.characters(exclude_categories=()), max_size=9)
ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.binary()),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
    ),
    max_leaves=9,
)
KINDS = ["stream", "display_data", "execute_result", "error", "update_display_data"]
OUTPUT = st.fixed_dictionaries(
    {"output_type": st.sampled_from([*KINDS, "clear_output", "odd"]) | ANY},
    optional={
        "name": st.sampled_from(["stdout", "stderr"]) | ANY, "text": TEXT | ANY,
        "data": st.dictionaries(st.sampled_from(["text/plain", "application/json", "x"]), ANY) | ANY,
        "metadata": ANY, "transient": st.just({"display_id": "a"}) | ANY,
        "ename": ANY, "evalue": ANY, "traceback": ANY, "execution_count": ANY,
    },
)  # fmt: skip


def filled(*outputs: Any) -> Any:
    """The outputs of a cell that these were told of."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x")])
    fill(notebook, {0: list(outputs)})
    nbformat.validate(notebook)
    written = nbformat.writes(notebook).encode()
    json.loads(written, parse_constant=lambda name: pytest.fail(name))
    return notebook.cells[0].outputs


@given(st.lists(OUTPUT | ANY, max_size=5))
@settings(max_examples=300, deadline=None)
def test_anything_makes_a_notebook_that_can_be_written(outputs: list[Any]) -> None:
    filled(*outputs)


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def display(text: str, kind: str = "display_data", place: str = "a") -> dict[str, Any]:
    about = {
        "data": {"text/plain": text},
        "metadata": {},
        "transient": {"display_id": place},
    }
    return {"output_type": kind, **about}


def test_pieces_of_a_stream_are_one() -> None:
    found = filled(stream("a"), stream("b"), stream("c", "stderr"), stream("d"))
    assert [(o.name, o.text) for o in found] == [
        ("stdout", "ab"),
        ("stderr", "c"),
        ("stdout", "d"),
    ]


def test_a_display_is_updated_where_it_stands() -> None:
    found = filled(
        display("1"), display("2", place="b"), display("3", "update_display_data")
    )
    assert [o.data["text/plain"] for o in found] == ["3", "2"]
    assert filled(display("3", "update_display_data")) == []


def test_cleared_outputs_are_gone() -> None:
    assert len(filled(stream("a"), {"output_type": "clear_output"}, stream("b"))) == 1


def test_cells_that_ran_are_counted() -> None:
    cells = [nbformat.v4.new_code_cell(x) for x in ("a", " ", "b", "c")]
    cells.insert(1, nbformat.v4.new_markdown_cell("text"))
    notebook = nbformat.v4.new_notebook(cells=cells)
    fill(notebook, {0: [], 2: [], 3: [stream("x")]})
    counts = [c.get("execution_count") for c in notebook.cells]
    assert counts == [1, None, None, 2, None] and len(notebook.cells[3].outputs) == 1
