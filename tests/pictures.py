"""The pictures of the guides, made anew: `make pictures`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from autograder import cli
from autograder.classroom.demo import SAMPLES, fresh_copy
from autograder.classroom.sample_class import hand_in, read_answers
from autograder.course import Course
from tests.jupyter import CHROMIUM, NO_NEWS, QUIET, formgrader, open_notebook, running

COURSE = Course(Path(__file__).resolve().parent.parent)
IMAGES = COURSE.root / "docs" / "images"
ASSIGNMENT, STUDENT = "rnn_lstm", "fatima"


def graded_class(root: Path) -> Course:
    """A copy of the course, in which the sample class has its grades and pages."""
    course = fresh_copy(COURSE, root)
    run = ["--course", str(root)]
    cli.main([*run, "release", ASSIGNMENT])
    for path in sorted((COURSE.root / SAMPLES / ASSIGNMENT).glob("*.py")):
        hand_in(course, ASSIGNMENT, read_answers(path))
    with course.gradebook() as gradebook:
        for name in course.students(ASSIGNMENT):
            names = {"first_name": name.capitalize(), "last_name": "Doe"}
            gradebook.update_or_create_student(name, **names)
    cli.main([*run, "grade", ASSIGNMENT, "--feedback"])
    cli.main([*run, "report", ASSIGNMENT, "--into", str(root / "report.html")])
    return course


def take(page: Any, name: str) -> None:
    """A picture of what is seen, small enough for a repository."""
    page.wait_for_timeout(2000)
    page.screenshot(path=IMAGES / f"{name}.png", scale="css")
    print(f"docs/images/{name}.png")


def notebook(page: Any, folder: Path) -> None:
    """A released notebook in JupyterLab, its first demonstration run."""
    shutil.copytree(COURSE.root / "release", folder)
    with running("jupyterlab", folder, *NO_NEWS) as lab:
        open_notebook(page, lab, COURSE, ASSIGNMENT)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        panel = page.locator(".jp-NotebookPanel:visible .jp-WindowedPanel-outer")
        figure = page.locator(".jp-RenderedMarkdown img").first
        for _ in range(60):
            if figure.count() and figure.evaluate("it => it.naturalWidth > 0"):
                break
            panel.evaluate("it => it.scrollBy(0, 300)")
            page.wait_for_timeout(500)
        figure.scroll_into_view_if_needed()
        page.get_by_role("button", name="No", exact=True).click()  # news
        take(page, "notebook")


def main() -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        course = graded_class(Path(place) / "course")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport={"width": 1100, "height": 780})
        page.set_default_timeout(60_000)
        own = course.folder("feedback", STUDENT, ASSIGNMENT)
        (feedback,) = own.glob("*.html")
        for name, path in (("feedback", feedback), ("report", "report.html")):
            page.goto((course.root / path).as_uri())
            take(page, name)
        with formgrader(course.root) as address:
            page.goto(f"{address}/manage_submissions/{ASSIGNMENT}")
            page.locator("tbody tr", has_text=STUDENT).wait_for()
            take(page, "formgrader")
        notebook(page, Path(place) / "release")
        browser.close()


if __name__ == "__main__":
    main()
