"""What is shown, and how much of it."""

from __future__ import annotations

import copy
import json

import nbformat
import pytest

from autograder.engine.interpreter import size_of
from autograder.engine.judge.outputs import MAX_MESSAGE, Outputs, failure
from tests.engine.small_course import IMPORTS, cell, exercise, grade, solution


def text(size: int) -> dict[str, str]:
    return {"output_type": "stream", "name": "stdout", "text": "x" * size}


def test_what_fits_is_kept_and_the_rest_is_told_once() -> None:
    outputs = Outputs(2000)
    for _ in range(100):
        outputs.add(text(300))
    assert 1500 < size_of(list(outputs)) < 2500
    assert "cut off" in str(outputs[-1]) and str(outputs).count("cut off") == 1
    outputs = Outputs(1000)
    outputs.add(text(5000))
    outputs.add(text(1))
    assert len(outputs) == 1 and "cut off" in str(outputs)


def test_no_room_at_all() -> None:
    outputs = Outputs(0)
    outputs.add(text(1))
    assert outputs == []


class Unspeakable(ValueError):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    "error", [ValueError("x" * 10**6), Unspeakable("x"), KeyError()]
)
def test_a_failure_is_told_in_short(error: Exception) -> None:
    try:
        raise error
    except Exception as caught:
        output = failure(caught, "<cell>")
    assert (
        output["ename"] == type(error).__name__ and len(output["evalue"]) <= MAX_MESSAGE
    )
    assert len("".join(output["traceback"])) <= MAX_MESSAGE


def test_tracebacks_begin_at_the_test() -> None:
    _, output = exercise("def f(): return 1", "value = f()\nassert value == 2, 'look'")
    assert (
        "assert value == 2" in output and "look" in output and "cells.py" not in output
    )


def test_rich_outputs_appear() -> None:
    student = """
import matplotlib.pyplot as plt
from IPython.display import HTML, display
plt.plot([1, 2])
h = display(HTML("<b>1</b>"), display_id=True)
h.update(HTML("<b>2</b>"))
def f(): pass
f
"""
    graded = grade([IMPORTS, solution("f", student), cell("test", "test_f", "f()")])
    shown = graded.output("f")
    assert "image/png" in shown and "<b>2</b>" in shown and "<b>1</b>" not in shown
    assert "function" in shown


OUTPUTS = {
    "bytes": "{'application/json': {'a': b'x'}}",
    "keys of bytes": "{'application/json': {b'a': 1}}",
    "numbers as keys": "{'application/json': {1: [2, None, 1.5, True]}}",
    "surrogates": "{'application/json': {chr(0xd800): chr(0xd800)}, 'text/plain': chr(0xd800)}",
    "nested": "{'application/json': deep(200)}",
    "nested deeply": "{'application/json': deep(5000)}",
    "no number": "{'application/json': float('nan')}",
    "other types": "{'application/json': [msgpack.Timestamp(5, 5), msgpack.ExtType(5, b'')]}",
    "types for text": "{'text/html': msgpack.Timestamp(5, 5), 'image/png': {'a': [b'x']}}",
    "large": "{'application/json': 2**63}",
    "larger": "{'application/json': [2**200, -2**70]}",
    "objects": "{'application/json': object(), 'text/plain': object}",
}  # fmt: skip


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_notebook_with_any_outputs_can_be_written(name: str) -> None:
    student = f"""
import msgpack
from IPython.display import publish_display_data
def deep(n):
    made = []
    for _ in range(n): made = [made]
    return made
publish_display_data({OUTPUTS[name]})
def f(): pass
"""
    graded = grade([solution("f", student), cell("test", "test_f", "f()")])
    written = nbformat.writes(copy.deepcopy(graded.notebook)).encode()
    json.loads(written, parse_constant=lambda name: pytest.fail(name))
    if "deeply" not in name:
        assert graded.points["test_f"] == 1
        assert not any(v.trouble for v in graded.verdicts.values())


ODD = [
    "chr(0xd800)",
    "'x' * 10**6",
    "{'a': chr(0xdfff)}",
    "2**5000",
    "[chr(0xd800)] * 99",
]


@pytest.mark.parametrize("value", ODD)
def test_a_test_may_show_whatever_an_answer_gives(value: str) -> None:
    cells = [
        IMPORTS,
        solution("f", "def f(): return 1"),
        cell(
            "test", "shown", "x = f()\nprint(x)\nprint(x, file=sys.stderr)\nx = repr(x)"
        ),
        cell("test", "failed", "assert f() == 2, f()"),
        cell("test", "last", "x = {'value': f()}\ndisplay(x)"),
    ]
    graded = grade(cells, {"f": f"def f(): return {value}"})
    assert graded.points == {"shown": 1, "failed": 0, "last": 1}
    assert graded.verdicts["failed"].error == "AssertionError"
    assert not any(v.trouble for v in graded.verdicts.values())
    nbformat.writes(graded.notebook).encode()


def test_a_notebook_shows_so_much_and_no_more() -> None:
    show = "from IPython.display import HTML\nHTML('x' * 900_000)\n"
    cells = []
    for k in range(20):
        code = f"{show}\ndef f{k}(): return 'x' * 900_000\nHTML('x' * 900_000)"
        cells += [solution(f"f{k}", code), cell("test", f"test_{k}", f"print(f{k}())")]
    graded = grade(cells, output_bytes=1 << 20)
    assert 1 << 20 < len(nbformat.writes(graded.notebook)) < 5 << 20
    assert "cut off" in str(graded.notebook.cells)
    assert set(graded.points.values()) == {1}
