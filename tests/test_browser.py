"""What people see: notebooks in JupyterLab and feedback pages, in a real browser."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbconvert import HTMLExporter
from playwright.sync_api import Locator, Page, expect

from autograder.course import Course
from tests.jupyter import NO_NEWS, open_notebook, running

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT)
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a copy of release/, as a student would start it."""
    folder = tmp_path_factory.mktemp("student")
    shutil.copytree(COURSE.root / "release", folder / "release")
    with running("jupyterlab", folder / "release", *NO_NEWS) as address:
        yield address


@pytest.mark.parametrize("assignment", COURSE.assignments())
def test_a_released_notebook_opens_with_all_its_figures(page, lab, assignment):
    open_notebook(page, lab, COURSE, assignment)
    name = COURSE.master(assignment).name
    wanted = (COURSE.release(assignment) / name).read_text("utf-8").count("](figures/")
    panel = page.locator(".jp-NotebookPanel:visible")
    seen = set()
    for _ in range(200):
        figures = panel.locator(".jp-RenderedMarkdown img")
        for figure in figures.all():
            if figure.evaluate("image => image.naturalWidth > 0"):
                assert figure.get_attribute("alt")
                seen.add(figure.get_attribute("alt"))
        if len(seen) >= wanted:
            break
        panel.locator(".jp-WindowedPanel-outer").evaluate("it => it.scrollBy(0, 500)")
        page.wait_for_timeout(150)
    assert len(seen) == wanted


def scroll_to(page: Page, text: str, kind: str = ".jp-CodeCell") -> Locator:
    """What shows `text`, a cell or a part; cells are made as they come into view."""
    panel = page.locator(".jp-NotebookPanel:visible")
    panel.locator(".jp-WindowedPanel-outer").evaluate("it => it.scrollTo(0, 0)")
    cell = panel.locator(kind, has_text=text).first
    for _ in range(200):
        if cell.count():
            cell.scroll_into_view_if_needed()
            return cell
        panel.locator(".jp-WindowedPanel-outer").evaluate("it => it.scrollBy(0, 400)")
        page.wait_for_timeout(100)
    raise AssertionError(f"no cell shows {text}")


def write(page: Page, cell: Locator, text: str) -> None:
    """Type into a cell, in place of what it held."""
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def menu(page: Page, name: str, entry: str) -> None:
    page.get_by_role("menuitem", name=name, exact=True).click()
    page.get_by_role("menuitem", name=entry, exact=True).click()


def test_running_an_empty_exercise_says_which_one_is_missing(page, lab):
    open_notebook(page, lab, COURSE, "rnn_lstm")
    menu(page, "Run", "Run All Cells")
    kernel = page.locator(".jp-NotebookPanel:visible .jp-Notebook-ExecutionIndicator")
    expect(kernel).to_have_attribute("data-status", "idle")
    message = scroll_to(page, "is not written yet", ".jp-RenderedText")
    expect(message).to_have_text("rnn_cell_forward is not written yet")


def test_a_demonstration_is_edited_and_run(page, lab):
    open_notebook(page, lab, COURSE, "rnn_lstm")
    demonstration = scroll_to(page, 'show_one_hot("banana")')
    write(page, demonstration, 'show_one_hot("kiwi")')
    demonstration = page.locator(".jp-NotebookPanel:visible .jp-Cell.jp-mod-active")
    menu(page, "Run", "Run All Above Selected Cell")
    demonstration.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(demonstration.locator(".jp-OutputArea-output")).to_contain_text(
        "letter    k i w i"
    )


def test_a_failing_check_is_short_and_opens_with_a_click(page, lab):
    open_notebook(page, lab, COURSE, "rnn_lstm")
    answer = scroll_to(page, "def rnn_cell_forward(")
    write(page, answer, FORGOT_THE_BIAS)
    menu(page, "Run", "Run All Cells")
    failed = page.locator(".jp-RenderedText", has_text="every column of a_next").first
    expect(failed).to_be_visible()
    assert 1 <= len(failed.text_content().splitlines()) <= 8
    # when all has run, JupyterLab scrolls to the last cell: not while this one clicks
    last = page.locator(".jp-CodeCell.jp-mod-active", has_text="show_progress()")
    expect(last).to_be_visible()
    check = scroll_to(page, "# Check: hidden state")
    expect(check.locator(".cm-content")).to_have_count(0)
    check.locator(".jp-Placeholder").click()
    expect(check.locator(".cm-content")).to_contain_text("def _check")


FORGOT_THE_BIAS = """def rnn_cell_forward(xt, a_prev, parameters):
    a_next = np.tanh(parameters["Wax"] @ xt + parameters["Waa"] @ a_prev)
    yt_pred = softmax(parameters["Wya"] @ a_next + parameters["by"])
    return a_next, yt_pred, (a_next, a_prev, xt, parameters)
"""


def test_a_student_scrolls_through_few_screens(page, lab):
    """As handed out, a third of the 54.67 that they were with all code unfolded."""
    open_notebook(page, lab, COURSE, "rnn_lstm")
    outer = page.locator(".jp-NotebookPanel:visible .jp-WindowedPanel-outer")
    at = 0
    while at < outer.evaluate("it => it.scrollHeight"):
        outer.evaluate(f"it => it.scrollTo(0, {at})")
        page.wait_for_timeout(100)
        at += 600
    # without the empty screen that JupyterLab puts below the last cell
    screens = outer.evaluate("it => it.scrollHeight / it.clientHeight - 1")
    assert 5 < screens < 54.67 / 3


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("assignment", COURSE.assignments())
def test_what_a_notebook_shows_is_open_to_all(page, tmp_path, assignment, theme):
    assert serious(page, tmp_path, COURSE.master(assignment), theme) == []


def test_positive_control_a_link_without_a_text_is_found(page, tmp_path):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell('<a href="#here"></a>')]
    )
    nbformat.write(notebook, tmp_path / "bad.ipynb")
    assert serious(page, tmp_path, tmp_path / "bad.ipynb", "light") == ["link-name"]


def serious(page: Page, folder: Path, notebook: Path, theme: str) -> list[str]:
    """What axe-core finds in texts and outputs of a notebook as nbconvert shows it."""
    html, _ = HTMLExporter(template_name="lab", theme=theme).from_filename(notebook)
    folder.joinpath("page.html").write_text(html, "utf-8")
    page.goto(f"file://{folder}/page.html")
    shown = {"include": [[".jp-RenderedMarkdown"]]}
    found = Axe().run(page, context=shown).response["violations"]
    return [v["id"] for v in found if v["impact"] in ("serious", "critical")]
