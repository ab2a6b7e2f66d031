"""What a page says of each exercise."""

from __future__ import annotations

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.exercises import NO_MESSAGE, exercises_of, remarks_of, title_of
from autograder.feedback import NOTE, StripHiddenTests
from tests.engine.small_course import cell, grade, solution


def text(source: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(source)


COURSE = [
    text("# All\n\n## 1 Numbers"),
    text("### Exercise 1: `f` and $x^2$\nWrite it.\n```\n# no heading\n```"),
    solution("f", "def f(x): return x * 2"),
    cell("test", "test_f_shape", "# Check: one number (1 point)\nassert f(2) == 4"),
    cell(
        "test",
        "test_f_values",
        "### BEGIN HIDDEN TESTS\nassert f(3) == 9, 'Threes are wrong.'\n"
        "### END HIDDEN TESTS",
    ),
    solution("g", "def g(x): return [][x]"),
    cell("test", "correct_g", '"""Check that g is right"""\nassert g(1) == 1'),
    cell("manual", "essay", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"),
]  # fmt: skip


@pytest.fixture(scope="module")
def graded() -> NotebookNode:
    """The course graded by the engine, as a page gets it."""
    made = grade([c for c in COURSE if c.cell_type == "code"])
    cells = iter(made.notebook.cells)
    notebook = made.notebook.copy()
    notebook.cells = [c if c.cell_type == "markdown" else next(cells) for c in COURSE]
    for found in notebook.cells:
        grader = found.metadata.get("nbgrader", {})
        if grader.get("grade"):
            failed = any(x.output_type == "error" for x in found.get("outputs", []))
            grader["score"] = 0.0 if failed else 1.0
    return StripHiddenTests().preprocess(notebook, {})[0]


def test_points_stand_by_exercise_and_property(graded: NotebookNode) -> None:
    f, g, essay = exercises_of(graded)
    assert (f.title, f.score, f.points) == ("Exercise 1: f and x2", 1, 2)
    checks = [(c.title, c.score, c.points) for c in f.checks]
    assert checks == [("one number", 1, 1), ("values", 0, 1)]
    assert (g.title, [c.title for c in g.checks]) == ("g", ["Check that g is right"])
    assert (essay.title, [c.title for c in essay.checks]) == ("essay", ["your answer"])


def test_a_failed_property_says_what_failed_in_plain_words(
    graded: NotebookNode,
) -> None:
    f, g, essay = exercises_of(graded)
    assert [c.message for c in f.checks] == ["", "Threes are wrong."]
    (lost,) = g.lost
    assert lost.message.startswith("IndexError: list index out of range\nIt came up in")
    assert essay.lost[0].message == ""


def test_where_to_read_is_the_exercise_and_its_section(graded: NotebookNode) -> None:
    f, *_ = exercises_of(graded)
    assert [heading.text for heading in f.read] == ["Exercise 1: f and x2", "1 Numbers"]
    assert f.read[1].anchor == "of-1-Numbers"


def test_a_check_that_did_not_run_is_told() -> None:
    test = cell("test", "test_f", "assert f(2) == 4")
    test.metadata.nbgrader["score"] = 0.0
    notebook = nbformat.v4.new_notebook(cells=[solution("f", ""), test])
    (exercise,) = exercises_of(notebook)
    assert exercise.lost[0].message == NO_MESSAGE


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("# Check: a, b (and c) (2.5 points)\nx", "a, b (and c)"),
        ("# one line", "one line"),
        (NOTE, "f edges"),
        ("assert f(1)", "f edges"),
        ("", "f edges"),
    ],
)
def test_a_check_has_a_title_in_any_course(source: str, title: str) -> None:
    assert title_of(cell("test", "test_f_edges", source)) == title


def test_comments_are_led_to_and_an_automatic_one_is_not() -> None:
    answer, test = solution("f", ""), cell("test", "test_f", "assert f(2) == 4")
    notebook = nbformat.v4.new_notebook(cells=[answer, test])
    found = {}
    for comment in ("Well reasoned.", "No response.", None):
        answer.metadata.nbgrader["comment"] = comment
        found[comment] = exercises_of(notebook)[0].commented
    assert found == {"Well reasoned.": ["f"], "No response.": [], None: []}


def test_remarks_tell_what_could_not_be_read() -> None:
    notebook = nbformat.v4.new_notebook()
    assert remarks_of(notebook) == ([], "")
    notebook.metadata.autograder = {"remarks": ["graded as empty: no", "cell a: cut"]}
    assert remarks_of(notebook) == (["cell a: cut"], "no")


def test_what_a_person_has_yet_to_grade_is_not_lost() -> None:
    essay = cell("manual", "essay", "words")
    essay.metadata.nbgrader.update(score=0.0, open=True)
    notebook = nbformat.v4.new_notebook(cells=[essay])
    (exercise,) = exercises_of(notebook)
    assert exercise.open and not exercise.lost
    essay.metadata.nbgrader.update(open=False)
    (exercise,) = exercises_of(notebook)
    assert not exercise.open and exercise.lost
