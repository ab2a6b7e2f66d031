"""The helpers of the test cells refuse what they should, in words for a student."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

PATH = Path(__file__).resolve().parents[2] / "source" / "rnn_lstm" / "checks.py"


@pytest.fixture
def checks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("checks_under_test", PATH)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_results_must_be_as_many_as_named(checks):
    assert checks.expect_results([1, 2], ("a", "y"), "f") == (1, 2)
    with pytest.raises(AssertionError, match=r"2 values \(a, y\).*nothing"):
        checks.expect_results(None, ("a", "y"), "f")
    with pytest.raises(AssertionError, match="returned 3 values"):
        checks.expect_results((1, 2, 3), ("a", "y"), "f")


def test_an_expected_value_is_told_only_when_asked(checks):
    with pytest.raises(AssertionError) as hidden:
        checks.expect_close(np.ones(2), np.full(2, 7.5), "wrong")
    assert "7.5" not in str(hidden.value)
    with pytest.raises(AssertionError, match=r"expected 7\.5, got 1"):
        checks.expect_close(np.ones(2), np.full(2, 7.5), "wrong", reveal=True)


@pytest.mark.parametrize("value", [None, "text", np.full(2, np.nan), np.ones(3)])
def test_what_is_no_close_array_is_refused(checks, value):
    with pytest.raises(AssertionError):
        checks.expect_close(value, np.ones(2), "wrong")


def test_substituted_puts_the_function_back_even_after_an_error(checks):
    main = sys.modules["__main__"]
    main.some_exercise = original = object()
    try:
        with pytest.raises(ZeroDivisionError), checks.substituted("some_exercise", len):
            assert main.some_exercise is len
            raise ZeroDivisionError
        assert main.some_exercise is original
    finally:
        del main.some_exercise


def test_substituted_leaves_no_name_behind(checks):
    with checks.substituted("never_written", len):
        pass
    assert not hasattr(sys.modules["__main__"], "never_written")


def test_a_probe_tells_what_a_call_did_to_its_arguments(checks):
    def spoil(numbers, more, *, by):
        numbers += by
        return more

    result, left = checks.result_and_arguments(spoil, np.zeros(2), "x", by=3)
    assert result == "x" and len(left) == 2
    assert np.array_equal(left[0], [3, 3]) and left[1] == "x"


def test_a_probe_names_the_arguments_of_a_function(checks):
    assert checks.argument_names(lambda a, *b, c=1: None) == ["a", "b", "c"]


def test_helpers_that_ask_about_students_functions_are_probes(checks):
    assert checks.result_and_arguments.probe and checks.argument_names.probe
    assert not hasattr(checks.expect, "probe")


# --- what a student's cell names ---------------------------------------------


@pytest.fixture
def cells(monkeypatch):
    """Sets the sources of the cells that ran, as IPython keeps them."""

    def ran(*sources):
        monkeypatch.setitem(vars(sys.modules["__main__"]), "In", ["", *sources])

    return ran


USES_A_FRAMEWORK = {
    "def": "def f(x): return keras.layers.LSTM(x)",
    "helper": "def helper(x): return keras.ops.tanh(x)\ndef f(x): return helper(x)",
    "inside if": "import keras\nif True:\n    def f(x): return keras.ops.tanh(x)",
    "inside try": "try:\n    def f(x): return keras.x\nexcept OSError: pass",
    "inside for": "for _ in [0]:\n    def f(x): return keras.x",
    "inside with": "with open('x') as y:\n    def f(x): return keras.x",
    "assigned": "def helper(x): return keras.ops.tanh(x)\nf = helper",
    "assigned with others": "g, (f, h) = 1, (keras.ops.tanh, 2)",
    "named in an expression": "print(f := keras.ops.tanh)",
    "lambda": "f = lambda x: keras.ops.tanh(x)",
    "decorated": "@keras.saving.register_keras_serializable()\ndef f(x): return x",
    "decorated by hand": "def f(x): return x\nf = wrap(f, keras)",
    "class": "class f:\n    def __call__(self, x): return keras.x",
    "imported": "from keras.ops import tanh as f",
    "imported part": "import keras.ops as f",
    "global of a function": "def make():\n    global f\n    f = keras.x\nmake()",
    "line magic": "%matplotlib inline\ndef f(x): return keras.x",
    "shell": "!ls\ndef f(x): return keras.x",
    "cell magic": "%%time\ndef f(x): return keras.x",
    "cell magic, kept by IPython":
        "get_ipython().run_cell_magic('capture', 'out', 'f = keras.x')\n",
    "timed line": "%time f = keras.x",
    "await": "await sleep(0)\ndef f(x): return keras.x",
    "with an escape that warns": "def f(x): return keras.x if x is 3 else '\\d'",
}  # fmt: skip


@pytest.mark.parametrize("source", USES_A_FRAMEWORK.values(), ids=USES_A_FRAMEWORK)
def test_a_forbidden_name_is_found_however_the_function_is_made(checks, cells, source):
    cells("import keras", source, "print(f)", "def g(f): return f")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # they would stand below the cell
        with pytest.raises(AssertionError, match="by hand"):
            checks.forbid("f", ["keras"], "by hand")
        with pytest.raises(AssertionError, match="with NumPy alone"):
            checks.expect_numpy_only("f")


ALLOWED = {
    "plain": ["def f(x): return np.tanh(x)  # not keras", "'keras'"],
    "written anew": ["def f(x): return keras.x", "f = np.tanh"],
    "beside it": ["import keras", "def f(x): return x", "def g(x): return keras.x"],
    "a local name": ["def f(x): return x", "def g(f):\n    f = keras.x\n    return f"],
    "an attribute": ["def f(x): return x", "g.f = keras.x\nclass h: f = keras.y"],
    "a loop of its own": ["def f(x): return x", "[f for f in keras.x]"],
    "a cell with an error": ["def f(x): return x", "def f(x): return keras."],
    "another language": ["def f(x): return x", "%%writefile x.py\nf = keras.x"],
}


@pytest.mark.parametrize("sources", ALLOWED.values(), ids=ALLOWED)
def test_only_the_last_cell_that_makes_the_function_counts(checks, cells, sources):
    cells(*sources)
    checks.forbid("f", ["keras"], "by hand")
    checks.expect_numpy_only("f")


@pytest.mark.parametrize(
    "source", ["exec('def f(x): return keras.x')", "def f(x:", "x" + "[0]" * 50_000, ""]
)
def test_a_function_that_no_cell_makes_by_name(checks, cells, source):
    """It fails where a name is forbidden; a right answer in NumPy passes."""
    cells(source)
    with pytest.raises(AssertionError, match="with `def f`"):
        checks.forbid("f", ["keras"], "by hand")
    checks.expect_numpy_only("f")


def test_without_a_history_nothing_is_found(checks):
    with pytest.raises(AssertionError, match="with `def f`"):
        checks.forbid("f", ["keras"], "by hand")


def test_in_a_notebook_ipython_keeps_the_history():
    """The helpers see what IPython's own shell gives them."""
    program = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
sys.modules["__main__"] = shell.user_module
shell.run_cell("from checks import expect_numpy_only, forbid", store_history=True)
for cell in (%r, "forbid('f', ['keras'], 'by hand')"):
    result = shell.run_cell(cell, store_history=True)
print("failed:", result.error_in_exec)
"""
    for source, found in (
        ("%time None\nif True:\n    f = lambda x: keras.x", "by hand"),
        ("%%time\ndef f(x): return x", "None"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", program % source],
            cwd=PATH.parent, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert f"failed: {found}" in done.stdout
