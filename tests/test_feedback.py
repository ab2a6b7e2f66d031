"""What a student may read on a feedback page."""

from __future__ import annotations

import nbformat
import pytest

from autograder.feedback import NOTE, StripHiddenTests

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
