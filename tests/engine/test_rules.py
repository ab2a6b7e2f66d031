"""Static rules: a test reads the student's cell as a syntax tree."""

from __future__ import annotations

from pathlib import Path

from tests.engine.small_course import cell, grade, solution

CHECKS = Path(__file__).parents[2] / "source" / "rnn_lstm" / "checks.py"
SETUP = cell("setup", "setup", "import numpy as np\nfrom checks import forbid")
TEST = "forbid('f', ['tensorflow', 'sorted'], 'Sort by hand, please.')"


def points(answer: str) -> tuple[float | None, str]:
    """Score and output of an exercise whose answer must not use some names."""
    cells = [SETUP, solution("f", "def f(x): return x"), cell("test", "test_f", TEST)]
    graded = grade(cells, {"f": answer}, files={"checks.py": CHECKS.read_text()})
    return graded.points["test_f"], graded.output("test_f")


def test_a_cell_without_the_names_passes() -> None:
    assert points("%time None\ndef f(x):\n    # sorted\n    return 'sorted'")[0] == 1


def test_a_call_an_import_and_a_helper_are_found() -> None:
    for answer in (
        "def f(x): return sorted(x)",
        "import tensorflow.nothing as t\ndef f(x): return x",
        "def helper(x): return sorted(x)\ndef f(x): return helper(x)",
        "if True:\n    def f(x): return sorted(x)",
        "def helper(x): return sorted(x)\nf = helper",
        "f = sorted",
        "f = lambda x: sorted(x)",
        "import functools\n@functools.wraps(sorted)\ndef f(x): return x",
        "%%time\ndef f(x): return sorted(x)",
    ):
        score, output = points(answer)
        assert score == 0 and "Sort by hand" in output


def test_without_the_names_any_way_to_make_it_passes() -> None:
    for answer in (
        "if True:\n    def f(x): return x",
        "def helper(x): return x\nf = helper",
        "f = lambda x: x",
        "import functools\n@functools.cache\ndef f(x): return x",
    ):
        assert points(answer)[0] == 1


def test_what_no_cell_makes_by_name_fails_closed() -> None:
    assert points("exec('def f(x): return x')")[0] == 0
    assert points("def f(x:")[0] == 0
