"""Pages of students' work in a real browser: nothing runs, and nothing is asked for."""

from __future__ import annotations

import base64
import functools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from playwright.sync_api import expect
from traitlets.config import Config

from autograder import pages
from autograder.pages import Marks, Pages
from tests import hostile
from tests.engine.small_class import make_course, nbgrader, submit
from tests.engine.small_course import cell, solution
from tests.hostile import Home
from tests.jupyter import formgrader

pytestmark = [pytest.mark.browser, pytest.mark.slow]


CLICK = """[...document.querySelectorAll("a, button")]
.filter(it => ["Read", "Send"].includes(it.textContent)).forEach(it => it.click())"""


class Watch:
    """What a page did: scripts that ran, addresses that were asked for."""

    def __init__(self, page: Any, home: Home) -> None:
        self.page, self.home, self._ran = page, home, list[str]()
        page.on("console", self._heard)
        page.route("**/*", lambda route: route.abort())  # there is no network
        page.route(f"{home.address}/**", lambda route: route.continue_())
        home.asked.clear()

    def _heard(self, message: Any) -> None:
        if message.text.startswith("RAN "):
            self._ran.append(message.text)

    def show(self, html: str) -> None:
        self.home.page = html
        self.page.goto(self.home.address, wait_until="domcontentloaded")

    def did(self) -> list[str]:
        """All of it, after what wants a click has got one."""
        self._touch()
        self.page.wait_for_timeout(2500)
        return self._ran + self.home.asked

    def does_anything(self) -> bool:
        """As `did`, as soon as there is something."""
        self._touch()
        for _ in range(30):
            if self._ran + self.home.asked:
                return True
            self.page.wait_for_timeout(100)
        return False

    def _touch(self) -> None:
        self.page.mouse.move(200, 200)
        self.page.evaluate(CLICK)


@pytest.fixture
def home() -> Iterator[Home]:
    """A server that shows a page, and writes down what else it is asked for."""
    with hostile.listening() as home:
        yield home


@functools.cache
def stock_exporter() -> HTMLExporter:
    """Its template takes a second to be compiled."""
    return HTMLExporter(config=GenerateFeedback(config=Config()).config)


def stock_page(notebook: NotebookNode) -> str:
    """The page by nbgrader's own means."""
    about = {"notebook": "p1", "score": 1, "max_score": 1, "late_penalty": 0}
    page: str = stock_exporter().from_notebook_node(
        notebook, {"nbgrader": about, "metadata": {"name": "p1"}}
    )[0]
    return page


def feedback_page(home: Home) -> str:
    return Pages(Config()).page("p1", hostile.notebook(home.address), Marks(1, 1))


def test_a_feedback_page_runs_and_loads_nothing(page: Any, home: Home) -> None:
    watch = Watch(page, home)
    watch.show(feedback_page(home))
    assert watch.did() == []
    assert page.locator("text=4711").count() == 1


def test_nor_does_it_where_a_browser_heeds_no_policy(page: Any, home: Home) -> None:
    watch = Watch(page, home)
    watch.show(feedback_page(home).replace("Content-Security-Policy", "None"))
    assert watch.did() == []


def test_nor_by_its_policy_alone(page: Any, home: Home, monkeypatch: Any) -> None:
    """But for a refresh, which no policy in a page forbids."""
    monkeypatch.setattr(pages, "clean", lambda html: html)
    monkeypatch.setattr(pages, "markdown", lambda source, _: source)
    monkeypatch.setattr(pages, "_kept", {})
    monkeypatch.delitem(hostile.HTML, "refresh")
    watch = Watch(page, home)
    watch.show(feedback_page(home))
    assert watch.did() == []


def test_positive_control_on_nbgraders_page_forty_of_them_do(
    browser: Any, home: Home
) -> None:
    idle = []
    for name, output in hostile.rich(home.address):
        page = browser.new_page()
        watch = Watch(page, home)
        code = nbformat.v4.new_code_cell(outputs=[output])
        watch.show(stock_page(nbformat.v4.new_notebook(cells=[code])))
        if not watch.does_anything():
            idle.append(name)
        page.close()
    assert len(hostile.HTML) + len(hostile.MARKDOWN) - len(idle) >= 40, idle


# --- the formgrader ---------------------------------------------------------------

MASTER = [
    cell("setup", "setup", "import numpy as np"),
    solution("f", "def f(x): return x * 2"),
    cell("test", "test_f", "assert f(2) == 4"),
    cell("manual", "essay", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"),
]
PROTECTED = "\nfrom autograder.formgrader import protect\nprotect()\n"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two graded submissions, and a person who signs as she likes."""
    root = make_course(tmp_path_factory.mktemp("course"), MASTER)
    for student in ("ada", "bob"):
        submit(root, student, {"f": "def f(x): return x + x"})
    assert nbgrader(root, "autograde", "ps1") == 0
    return root


@pytest.fixture
def work(course: Path, home: Home) -> Path:
    """The folder of her graded work, in which all of it is hostile."""
    folder = course / "autograded/ada/ps1"
    graded = nbformat.read(folder / "p1.ipynb", as_version=4)
    bad = hostile.notebook(home.address)
    bad.cells = [*bad.cells, *[c for c in graded.cells if c.metadata.get("nbgrader")]]
    folder.joinpath("p1.ipynb").chmod(0o644)
    nbformat.write(bad, folder / "p1.ipynb")
    page = f"<script>{hostile.armed(home.address, 'file')}</script><img src='/api'>"
    folder.joinpath("extra.html").write_text(page)
    svg = hostile.armed(home.address, "picture", hostile.SVG)
    folder.joinpath("extra.svg").write_text(svg)
    folder.joinpath("figures").mkdir(exist_ok=True)
    pixel = base64.b64decode(hostile.PIXEL)
    folder.joinpath("figures/plot.png").write_bytes(pixel)
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        name = hostile.armed(home.address, "name", "<script>JS</script>")
        gradebook.update_or_create_student("ada", first_name=name, last_name="L")
    return folder


def submission(root: Path, student: str) -> str:
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        return str(gradebook.find_submission_notebook("p1", "ps1", student).id)


def grade_of(root: Path, name: str) -> tuple[float | None, str | None]:
    """Points by hand, and the comment."""
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("essay", "p1", "ps1", name)
        comment = gradebook.find_comment("essay", "p1", "ps1", name)
        return grade.manual_score, comment.manual_comment


class ServerWatch(Watch):
    """What a page of the formgrader did beyond its own."""

    def show(self, html: str) -> None:
        self.page.unroute("**/*")
        self.page.goto(html, wait_until="domcontentloaded")


def test_a_submission_in_the_formgrader_runs_nothing_and_is_graded_by_clicking(
    page: Any, home: Home, course: Path, work: Path
) -> None:
    with formgrader(course, PROTECTED) as address:
        watch = ServerWatch(page, home)
        failed: list[str] = []
        page.on("pageerror", lambda error: failed.append(str(error)))
        one = f"{address}/submissions/{submission(course, 'ada')}"
        watch.show(f"{one}/")
        assert watch.did() == [] and failed == []
        assert_honest_work_shows(page)
        page.locator("#essay").fill("1.5")
        page.locator("#essay").press("Tab")
        page.locator("#essay-comment").fill("Well reasoned.")
        page.locator("#essay-comment").press("Escape")
        expect(page.locator("#essay-comment")).not_to_be_focused()
        wait_for(lambda: grade_of(course, "ada") == (1.5, "Well reasoned."))
        page.get_by_role("button", name="Full credit").last.click()
        wait_for(lambda: grade_of(course, "ada")[0] == 2)
        page.locator(".glyphicon-eye-open").click()
        expect(page.locator("a.name-shown")).to_be_visible()
        page.locator(".help").click()
        expect(page.locator("#help-dialog")).to_contain_text("Flag the submission")
        page.get_by_role("button", name="Close").last.click()
        expect(page.locator("#help-dialog")).to_have_count(0)
        here = page.url.split("?")[0]
        page.get_by_role("link", name="Next").or_(
            page.get_by_role("link", name="Prev")
        ).first.click()
        page.wait_for_url(lambda url: not url.startswith(here))
        for name in ("extra.html", "extra.svg"):
            watch.show(f"{one}/{name}")
            assert watch.did() == []


def assert_honest_work_shows(page: Any) -> None:
    """The plot, the table, the sound and the formula, and figures of its folder."""
    assert page.locator("text=4711").count() == 1
    assert page.locator("audio source[src^='data:audio']").count() == 1
    assert page.locator("math msub").first.bounding_box()["width"] > 0
    images = [page.locator(f"img[alt='{text}']") for text in ("plot", "dot")]
    assert [image.evaluate("it => it.naturalWidth") for image in images] == [1, 1]


def wait_for(held: Callable[[], bool]) -> None:
    """Until the server has written it."""
    end = time.monotonic() + 20
    while not held():
        assert time.monotonic() < end
        time.sleep(0.1)


def opens(course: Path, settings: str) -> tuple[int, bool]:
    """What comes of a link to a folder of hers: the status, whether her code ran."""
    folder, ran = course / "submitted/ada/ps1", course / "ran"
    code = f"open({str(ran)!r}, 'w')\nc = get_config()\n"
    folder.joinpath("nbgrader_config.py").write_text(code)
    with formgrader(course, settings) as address:
        try:
            status = urlopen(f"{address}?path={folder}").status
        except HTTPError as refused:
            status = refused.code
    folder.joinpath("nbgrader_config.py").unlink()
    happened = ran.exists()
    ran.unlink(missing_ok=True)
    return status, happened


def test_a_link_opens_no_course_that_was_handed_in(course: Path) -> None:
    assert opens(course, PROTECTED) == (403, False)
    with formgrader(course, PROTECTED) as address:
        for link in (address, f"{address}?path={course}"):
            assert urlopen(link).status == 200


def test_positive_control_without_protection_it_runs_as_a_course(course: Path) -> None:
    assert opens(course, "") == (200, True)


def test_positive_control_without_protection_script_runs_there(
    page: Any, home: Home, course: Path, work: Path
) -> None:
    with formgrader(course) as address:
        watch = ServerWatch(page, home)
        one = f"{address}/submissions/{submission(course, 'ada')}"
        watch.show(f"{one}/")
        assert [x for x in watch.did() if x.startswith("RAN")]
        for name, says in (("extra.html", "RAN file"), ("extra.svg", "RAN picture")):
            watch = ServerWatch(page, home)
            watch.show(f"{one}/{name}")
            assert says in watch.did()
