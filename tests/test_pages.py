"""Feedback pages: what they show, and how fast they are made."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import GetGrades

from autograder import harmless, pages
from autograder.course import Course
from autograder.notebook import grade_id
from autograder.pages import (
    HarmlessPage,
    Marks,
    Pages,
    _put_given,
    fingerprint,
    read_marks,
)
from tests.classroom.test_demo import kept_from_students
from tests.engine.small_class import make_course, nbgrader, submit

COURSE = Course(Path(__file__).resolve().parent.parent)
PIXEL = "iVBORw0KGgoAAAANSUhEUg=="  # goes through as it is


def outputs(student: str) -> list[NotebookNode]:
    """One of each kind that a graded cell shows."""
    new = nbformat.v4.new_output
    return [
        new(
            "stream", name="stdout", text=f"<b>{student}</b> & 'so' \x1b[31mon\x1b[0m\n"
        ),
        new("display_data", {"image/png": PIXEL, "text/plain": "<Figure>"}),
        new(
            "display_data", {"text/html": "<table><tr><td>1<td>2</table><img src='x'>"}
        ),
        new("display_data", {"text/markdown": "*so* <p>open", "text/latex": "$x<y$"}),
        new("execute_result", {"text/plain": "array([[1, 2],\n [3, 4]])"}),
        new("error", ename="ValueError", evalue="no <p>", traceback=["a\n\x1b[1mb"]),
    ]


def graded(assignment: str, student: str) -> NotebookNode:
    """The master as a graded notebook, with outputs and answers of the student's."""
    notebook = nbformat.read(COURSE.master(assignment), as_version=4)
    for number, cell in enumerate(notebook.cells):
        if utils.is_solution(cell):
            cell.source += f'\n# {student}\'s < "answer" &amp; more'
        if cell.cell_type == "code" and number % 5 == 0:
            cell.execution_count = number
            cell.outputs = outputs(student)
    return notebook


def marks(notebook: NotebookNode, score: float = 1.0) -> Marks:
    names = [c for c in notebook.cells if utils.is_grade(c) or utils.is_solution(c)]
    cells = {
        grade_id(c): {"score": score, "points": 2.0, "comment": f"**{score}** <i>so"}
        for c in names
    }
    return Marks(score, 100.0, 0.5, cells)


def stock_page(name: str, notebook: NotebookNode, given: Marks) -> str:
    """The page by nbconvert's own exporter, after the same steps."""
    converter = GenerateFeedback(config=COURSE.config())
    exporter = HTMLExporter(config=converter.config)
    exporter.register_preprocessor(_put_given)
    for step in converter.preprocessors[1:]:
        exporter.register_preprocessor(step)
    about = {"notebook": name, "marks": given}
    resources = ResourcesDict(nbgrader=about, metadata=ResourcesDict(name=name))
    page: str = exporter.from_notebook_node(notebook, resources)[0]
    return page


@pytest.mark.parametrize("assignment", COURSE.assignments())
def test_what_is_remembered_changes_no_page(
    assignment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student, score in (("ada", 1.0), ("bob", 0.25)):
        notebook = graded(assignment, student)
        given = marks(notebook, score)
        page = Pages(COURSE.config()).page("nb", notebook, given)
        assert f"{student}'s" in page and page.endswith(fingerprint(notebook, given))
        with monkeypatch.context() as patch:
            patch.setattr(pages, "_kept", {})
            assert page == Pages(COURSE.config()).page("nb", notebook, given)


def test_the_graded_notebook_is_left_as_it_is() -> None:
    notebook = graded("rnn_lstm", "ada")
    before = nbformat.writes(notebook)
    Pages(COURSE.config()).page("nb", notebook, marks(notebook))
    assert nbformat.writes(notebook) == before


@pytest.mark.parametrize("assignment", COURSE.assignments())
def test_hidden_tests_stay_hidden(assignment: str) -> None:
    notebook = graded(assignment, "ada")
    page = Pages(COURSE.config()).page("nb", notebook, marks(notebook))
    shown = BeautifulSoup(page, "html.parser").text
    secrets = kept_from_students(assignment)
    assert secrets and not [line for line in secrets if line in shown]
    assert "HIDDEN TESTS" not in shown and "Hidden tests ran here" in shown
    sources = "".join(cell.source for cell in notebook.cells)
    assert all(line in sources for line in secrets)


@pytest.mark.parametrize(
    "text", ["<!-- ", "<div><div><table>", "</div>" * 9, "<pre><p>"]
)
def test_what_a_student_leaves_open_ends_with_its_cell(text: str) -> None:
    cells = [nbformat.v4.new_markdown_cell(t) for t in (f"# One\n\n{text}", "# Two")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    page = Pages(COURSE.config()).page("nb", notebook, Marks(0, 0))
    soup = BeautifulSoup(page, "html.parser")
    one, two = soup.select("main > div.cell")
    assert "One" in one.text and "Two" in two.text and "Two" not in one.text


def test_no_page_steers_a_terminal() -> None:
    notebook = graded("rnn_lstm", "ada\x1b[2J\x07")
    page = Pages(COURSE.config()).page("nb", notebook, marks(notebook))
    assert "ada" in page and not {"\x1b", "\x07"} & set(page)


def test_a_cell_without_a_score_is_told() -> None:
    notebook = graded("rnn_lstm", "ada")
    with pytest.raises(ValueError, match=r"test_\w+ has no score: grade"):
        Pages(COURSE.config()).page("nb", notebook, Marks(0, 0))


def test_any_change_changes_the_fingerprint() -> None:
    notebook = graded("rnn_lstm", "ada")
    first = fingerprint(notebook, marks(notebook))
    assert fingerprint(graded("rnn_lstm", "ada"), marks(notebook)) == first
    assert fingerprint(graded("rnn_lstm", "bob"), marks(notebook)) != first
    assert fingerprint(notebook, marks(notebook, 3.0)) != first


# --- the gradebook ----------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graded course, in which a person gave points and comments, too."""
    root = make_course(tmp_path_factory.mktemp("course"))
    submit(root, "ada", {"f": "def f(x): return x + x", "manual": "y = 1"})
    assert nbgrader(root, "autograde", "ps1") == 0
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.find_grade("essay", "p1", "ps1", "ada").manual_score = 1.5
        gradebook.find_grade("test_f", "p1", "ps1", "ada").extra_credit = 0.25
        gradebook.find_comment("f", "p1", "ps1", "ada").manual_comment = "Nice."
        found = gradebook.find_submission_notebook("p1", "ps1", "ada")
        found.late_submission_penalty = 0.5
        gradebook.db.commit()
    return root


def test_marks_are_those_that_get_grades_shows(small: Path) -> None:
    path = small / "autograded/ada/ps1/p1.ipynb"
    url = f"sqlite:///{small}/gradebook.db"
    theirs, ours = (nbformat.read(path, as_version=4) for _ in range(2))
    about = {"notebook": "p1", "assignment": "ps1", "student": "ada", "db_url": url}
    _, resources = GetGrades().preprocess(theirs, {"nbgrader": dict(about)})
    with Gradebook(url) as gradebook:
        found = read_marks(gradebook, "p1", "ps1", "ada")
    found.put_into(ours, about)
    assert about == resources["nbgrader"] and about["score"] == 1.5 + 1.25 - 0.5
    for mine, stock in zip(ours.cells, theirs.cells, strict=True):
        shown = {
            k: v for k, v in mine.metadata.get("nbgrader", {}).items() if v is not None
        }
        wanted = stock.metadata.get("nbgrader", {}).items()
        assert shown.items() >= {k: v for k, v in wanted if v is not None}.items()
    assert "Nice." in str(ours)


def test_points_that_a_person_has_yet_to_give_are_not_told_as_lost(
    small: Path,
) -> None:
    submit(small, "bob", {"f": "def f(x): return x + x", "essay": "x = 2"})
    assert nbgrader(small, "autograde", "ps1") == 0
    graded = nbformat.read(small / "autograded/bob/ps1/p1.ipynb", as_version=4)
    config = Course(small).config()
    with Gradebook(f"sqlite:///{small}/gradebook.db") as gradebook:
        waits = read_marks(gradebook, "p1", "ps1", "bob")
        gradebook.find_grade("essay", "p1", "ps1", "bob").manual_score = 0.5
        gradebook.find_grade("essay", "p1", "ps1", "bob").needs_manual_grade = False
        gradebook.db.commit()
        given = read_marks(gradebook, "p1", "ps1", "bob")
    page = Pages(config).page("p1", deepcopy(graded), waits)
    assert "not graded yet" in page and "What to look at" not in page
    page = Pages(config).page("p1", graded, given)
    assert "not graded yet" not in page and "What to look at" in page


def test_figures_of_a_page_have_a_limit(tmp_path: Path) -> None:
    tmp_path.joinpath("pic.png").write_bytes(bytes(3 << 20))
    source = "![](pic.png)\n" * 25
    cells = [nbformat.v4.new_markdown_cell(source) for _ in range(4)]
    page, _ = HarmlessPage().from_notebook_node(
        nbformat.v4.new_notebook(cells=cells), {"metadata": {"path": str(tmp_path)}}
    )
    assert page.count("<img") == 100
    assert (40 << 20) < len(page) < (44 << 20), "ten of them, in base64"


@pytest.mark.parametrize("many", [False, True])
def test_many_colours_are_left_out_and_some_are_not(many: bool) -> None:
    text = "\x1b[31mred\x1b[0m" * (10_000 if many else 100)
    given = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                outputs=[
                    nbformat.v4.new_output("stream", text=text),
                    nbformat.v4.new_output("error", traceback=["one", text]),
                    nbformat.v4.new_output("display_data", data={"text/plain": text}),
                ]
            )
        ]
    )
    for output in harmless.shown_of(given).cells[0].outputs:
        assert ("\x1b" not in str(dict(output)).replace("\\x1b", "\x1b")) is many


HEAVY = {
    "attributes of one tag": "<p " + " ".join(f"a{i}" for i in range(400_000)) + ">",
    "tags that stay open": 8 * ("<p>" + 19_000 * "<div>"),
    "signs": 1_000_000 * "&amp;",
}


@pytest.mark.parametrize("html", HEAVY.values(), ids=HEAVY)
def test_what_would_take_too_long_is_named_in_its_place(html: str) -> None:
    """HTML of some MB, each of which a page took a quarter of a minute for, or more."""
    shown = harmless.shown_of(nbformat.v4.new_notebook(cells=[displaying(html)]))
    (output,) = shown.cells[0].outputs
    assert output.text == harmless.MORE


UNCLOSED = "\n".join([5 * "\\\\["] * 990)  # half a second each, or more


def test_formulas_that_do_not_end_are_not_looked_through_for_hours() -> None:
    kinds = 9 * ["text/markdown", "text/latex"]
    outputs = [displaying(UNCLOSED, kind) for kind in kinds]
    texts = [nbformat.v4.new_markdown_cell(UNCLOSED) for _ in range(9)]
    given = nbformat.v4.new_notebook(cells=[*outputs, *texts])
    shown = harmless.shown_of(given).cells
    heavy = [c.outputs[0].get("text") == harmless.MORE for c in shown[:18]]
    assert sum(heavy) > 15 and not heavy[0]
    assert sum(c.source == harmless.MORE for c in shown[18:]) > 7
    assert shown[18].source == UNCLOSED, "outputs take nothing from the text"


def test_all_that_is_heavy_on_a_page_counts_together() -> None:
    cells = [displaying(49_000 * "&amp;") for _ in range(9)] + [displaying("<p>a</p>")]
    shown = harmless.shown_of(nbformat.v4.new_notebook(cells=cells))
    heavy = [c.outputs[0].get("text") == harmless.MORE for c in shown.cells]
    assert heavy == 6 * [False] + 3 * [True] + [False]


def test_long_texts_and_tables_are_shown_whole() -> None:
    text = 20_000 * "a < b, "
    table = 2000 * "<tr><td>a word &amp; some more</td></tr>"
    cells = [nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("stream")])]
    cells[0].outputs[0].text = text
    cells.append(displaying(f"<table>{table}</table>"))
    cells.append(displaying("<svg>" + 100_000 * "M 1 2 " + "</svg>", "image/svg+xml"))
    given = nbformat.v4.new_notebook(cells=cells)
    assert [c.outputs for c in harmless.shown_of(given).cells] == [
        c.outputs for c in given.cells
    ]


def test_code_is_shown_without_a_thousand_blank_lines() -> None:
    code = "x = 1\n" + 998 * (19 * " " + "\n") + "y = 1\n\n\nz = 2"
    given = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    shown = harmless.shown_of(given).cells[0].source
    assert shown == "x = 1\n[...]\ny = 1\n\n\nz = 2"


def displaying(text: str, kind: str = "text/html") -> NotebookNode:
    output = nbformat.v4.new_output("display_data", data={kind: text})
    return nbformat.v4.new_code_cell(outputs=[output])
