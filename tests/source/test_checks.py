"""The helpers of the test cells refuse what they should, in words for a student."""

from __future__ import annotations

import importlib.util
import sys
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
    with pytest.raises(AssertionError, match=r"2 values \(a, y\).*NoneType"):
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
