"""What a student may read on a feedback page."""

from __future__ import annotations

from copy import deepcopy

import nbformat
import pytest

from autograder.feedback import CUT, NOTE, StripHiddenTests, shortened
from tests.engine.small_course import cell, grade, solution

SECRET = "assert answer(7) == 49"
SOURCE = f"""assert answer(1) == 1
### BEGIN HIDDEN TESTS
{SECRET}
### END HIDDEN TESTS"""


def graded(source, message="Wrong for sevens.", grade=True):
    error = nbformat.v4.new_output(
        "error", ename="AssertionError", evalue=message, traceback=[SOURCE, message]
    )
    cell = nbformat.v4.new_code_cell(source, outputs=[error])
    cell.metadata["nbgrader"] = {"grade": grade, "grade_id": "test_answer"}
    return StripHiddenTests().preprocess_cell(cell, {}, 0)[0]


def test_hidden_lines_go_and_the_message_stays():
    cell = graded(SOURCE)
    assert SECRET not in str(cell)
    assert cell.source == f"assert answer(1) == 1\n\n{NOTE}"
    assert "Wrong for sevens." in cell.outputs[0].traceback[0]


def test_a_cell_of_hidden_tests_only_says_so():
    hidden = "\n".join(SOURCE.splitlines()[1:])
    assert graded(hidden).source == NOTE


def test_the_students_own_traceback_stays_whole():
    cell = graded("answer(1)", grade=False)
    assert cell.outputs[0].traceback == [SOURCE, "Wrong for sevens."]


@pytest.mark.parametrize("message", ["", "one\ntwo", "word " * 60])
def test_messages_of_any_length_fit_the_page(message):
    (text,) = graded(SOURCE, message).outputs[0].traceback
    assert "AssertionError" in text
    assert max(map(len, text.splitlines())) <= 100
    assert text.split()[1:] == message.split()


def page_message(answer: str) -> str:
    """The message on the page of a test that calls `f(3)`, in a hidden region."""
    hidden = "### BEGIN HIDDEN TESTS\nassert f(3) == 4711\n### END HIDDEN TESTS"
    cells = [solution("f", answer), cell("test", "test_f", hidden)]
    found = grade(cells).notebook.cells[1]
    stripped, _ = StripHiddenTests().preprocess_cell(found, {}, 0)
    return "".join(stripped.outputs[0].traceback)


def test_the_students_own_line_that_raised_is_named():
    helper = "def g(x):\n    y = [1]\n    return y[x]\n"
    shown = page_message(helper + "def f(x): return g(x)")
    assert "IndexError: list index out of range" in shown
    assert "in your g" in shown and "return y[x]" in shown and "4711" not in shown


def test_the_file_that_is_not_there_is_named():
    shown = page_message("def f(x): return open('/no/such.txt')")
    assert "'/no/such.txt'" in shown and "in your f" in shown


def test_positive_control_a_wrong_value_has_no_line_of_its_own():
    assert "in your" not in page_message("def f(x): return 3")


HIDDEN = """import numpy as np
np.testing.assert_allclose({visible}, 42)
### BEGIN HIDDEN TESTS
np.testing.assert_allclose({hidden}, 4711)
### END HIDDEN TESTS"""


def judged(visible: int, hidden: int) -> str:
    """The message on the page, of a cell that the engine has judged."""
    source = HIDDEN.format(visible=visible, hidden=hidden)
    found = grade([cell("test", "test_f", source)]).notebook.cells[0]
    stripped, _ = StripHiddenTests().preprocess_cell(found, {}, 0)
    return "".join(stripped.outputs[0].traceback)


def test_a_librarys_message_tells_no_expected_value_of_a_hidden_check():
    assert "4711" not in judged(42, 7) and "hidden check failed" in judged(42, 7)


def test_positive_control_of_a_visible_check_it_does():
    assert "42" in judged(41, 4711)


@pytest.mark.parametrize("text", ["a." * 25_000, "a.\n" * 25_000, "\\begin{a}" * 5000])
def test_what_a_page_shows_is_bounded(text):
    shown = shortened(text)
    assert len(shown) < 21_000 and max(map(len, shown.split("\n"))) < 1100
    assert shown.endswith(CUT) and shortened("short\n\nlines\n") == "short\n\nlines\n"


CLOSE = (
    "import numpy as np, unittest\ndef close(a, b): np.testing.assert_allclose(a, b)"
)


@pytest.mark.parametrize(
    "check",
    [
        "close(f(1), 4711)",  # a helper of the course between test and library
        "unittest.TestCase().assertEqual(f(2), 4711)",
        "np.testing.assert_array_equal(f(3), ['4711', ''])",
    ],
)
def test_nor_when_an_answer_looks_like_a_traceback(check):
    lie = 'File "<x>", line 1'
    master = [
        cell("setup", "setup", CLOSE),
        solution("f", "pass"),
        cell(
            "test", "test_f", f"### BEGIN HIDDEN TESTS\n{check}\n### END HIDDEN TESTS"
        ),
    ]
    answer = f"def f(x): return [7, {lie!r}, [{lie!r}, '']][x - 1]"
    found = grade(master, {"f": answer}).notebook.cells[-1]
    assert "4711" in found.outputs[0].evalue, "there is something to hide"
    stripped, _ = StripHiddenTests().preprocess_cell(found, {}, 0)
    message = "".join(stripped.outputs[0].traceback)
    assert "4711" not in message and "hidden check failed" in message


def stripped_cell(master, answer):
    found = grade(master, {"f": answer}).notebook.cells[-1]
    return found, StripHiddenTests().preprocess_cell(deepcopy(found), {}, 0)[0]


HELPED = """def check(x, wanted): np.testing.assert_allclose(f(x), wanted)

check(1, 1)
### BEGIN HIDDEN TESTS
check(2, 4711)
### END HIDDEN TESTS"""


def test_nor_when_a_hidden_line_calls_a_visible_helper():
    master = [
        cell("setup", "setup", "import numpy as np"),
        solution("f", "def f(x): return x"),
        cell("test", "test_f", HELPED),
    ]
    found, shown = stripped_cell(master, "def f(x): return 1")
    assert "4711" in found.outputs[0].evalue, "there is something to hide"
    assert "4711" not in str(shown)


WARNS = """y = np.ones(2)
### BEGIN HIDDEN TESTS
assert np.all(f(y) - 4711 < 0), "too large"
### END HIDDEN TESTS"""


def test_a_warning_does_not_quote_a_hidden_line():
    master = [
        cell("setup", "setup", "import numpy as np"),
        solution("f", "def f(x): return x"),
        cell("test", "test_f", WARNS),
    ]
    signalling = "np.frombuffer(np.uint64([0x7ff0000000000001] * 2).tobytes(), 'f8')"
    found, shown = stripped_cell(master, f"def f(x): return {signalling}")
    assert "4711" in str(found.outputs), "there is something to hide"
    assert "4711" not in str(shown) and "RuntimeWarning" in str(shown.outputs)


BARE = """assert f(1) == 1
assert f(2) == 2
### BEGIN HIDDEN TESTS
assert f(3) == 4711
### END HIDDEN TESTS"""


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("def f(x): return 1", "AssertionError: This failed:\nassert f(2) == 2"),
        ("def f(x): return x", "AssertionError: A hidden check failed."),
    ],
)
def test_a_check_without_a_message_shows_its_line_unless_it_is_hidden(answer, message):
    master = [solution("f", "def f(x): return x"), cell("test", "test_f", BARE)]
    _, shown = stripped_cell(master, answer)
    assert shown.outputs[0].traceback == [message]


def test_a_forged_traceback_of_lines_that_are_not_there_stops_nothing():
    way = "In lines [1, 4711] of the cell"
    error = nbformat.v4.new_output(
        "error", ename="AssertionError", evalue="", traceback=[way]
    )
    made = nbformat.v4.new_code_cell("assert x", outputs=[error])
    made.metadata["nbgrader"] = {"grade": True, "grade_id": "test_x"}
    shown, _ = StripHiddenTests().preprocess_cell(made, {}, 0)
    assert shown.outputs[0].evalue == "This failed:\nassert x"
