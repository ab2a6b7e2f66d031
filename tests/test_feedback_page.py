"""The page that a student gets back, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from autograder.pages import Pages
from tests.test_pages import COURSE, graded, marks

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE, SCREEN = {"width": 375, "height": 700}, {"width": 1280, "height": 900}


@pytest.fixture(params=COURSE.assignments())
def shown(request: Any, page: Any, tmp_path: Path) -> Any:
    """The page of a graded notebook; what it asks for besides is an error."""
    notebook = graded(request.param, "ada")
    folder = COURSE.source(request.param)
    html = Pages(COURSE.config()).page("nb", notebook, marks(notebook), folder)
    tmp_path.joinpath("nb.html").write_text(html, "utf-8")
    asked: list[str] = []
    page.on("request", lambda it: asked.append(it.url))
    page.set_viewport_size(PHONE)
    page.goto(f"file://{tmp_path}/nb.html")
    assert [url for url in asked if not url.startswith("data:")] == [page.url]
    return page


def serious(page: Any) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], one["nodes"][0]["html"][:200])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_a_page_is_open_to_all_on_a_phone_on_a_screen_and_on_paper(shown: Any) -> None:
    width = "document.documentElement.scrollWidth"
    assert shown.evaluate(width) == PHONE["width"]
    broken = "[...document.images].filter(it => !it.naturalWidth && it.src.length > 90)"
    assert shown.evaluate(f"{broken}.map(it => it.alt)") == []
    shown.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
    assert shown.evaluate(width) == PHONE["width"] and serious(shown) == []
    shown.set_viewport_size(SCREEN)
    assert shown.evaluate(width) == SCREEN["width"]
    shown.emulate_media(media="print")
    cut = "[...document.querySelectorAll('.box pre')].filter(it =>"
    assert shown.evaluate(f"{cut} it.scrollWidth > it.clientWidth + 1).length") == 0


def test_links_of_the_summary_lead_somewhere(shown: Any) -> None:
    dead = """[...document.querySelectorAll("a[href^='#']")].map(it => it.hash.slice(1))
    .filter(it => !document.getElementById(decodeURIComponent(it)))"""
    assert shown.evaluate(dead) == []
    assert shown.locator("h2", has_text="Your points").count() == 1


def test_positive_control_a_picture_without_a_text_is_found(page: Any) -> None:
    page.set_content("<html lang=en><title>x</title><img src='data:,'>")
    assert [name for name, _ in serious(page)] == ["image-alt"]
