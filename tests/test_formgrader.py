"""A term by clicking: nbgrader's formgrader, with our engine behind its buttons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.engine.small_class import make_course, submit
from tests.jupyter import formgrader
from tests.test_hostile_pages import MASTER, PROTECTED, grade_of, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GENERATE, GRADE, FEEDBACK = "education", "flash", "comment"


def press(page: Any, row: str, sign: str) -> None:
    """Click a row's button, and wait until nbgrader says that it is done."""
    icon = page.locator("tbody tr", has_text=row).locator(f".glyphicon-{sign}").first
    icon.click()
    said = page.locator(".modal.in")
    expect(said).to_contain_text("Success")
    said.get_by_role("button", name="OK").click()
    expect(said).to_have_count(0)


def read(page: Any, address: str, student: str) -> None:
    """Open somebody's work from the list, as whoever grades by hand does."""
    page.goto(f"{address}/gradebook/ps1/p1")
    page.get_by_role("button", name="Show All Names").click()
    page.locator("tbody tr", has_text=student).locator("a:visible").first.click()
    page.wait_for_load_state("networkidle")  # grades and comments have come


def test_a_term_is_generated_graded_read_regraded_and_given_back(
    page: Any, tmp_path: Path
) -> None:
    root = make_course(tmp_path, MASTER, released=False)
    with formgrader(root, PROTECTED) as address:
        page.goto(address)
        press(page, "ps1", GENERATE)
        assert (root / "release/ps1/p1.ipynb").is_file()

        submit(root, "ada", {"f": "def f(x): return x + x"})
        submit(root, "bob", {"f": "def f(x): return x"})
        page.goto(f"{address}/manage_submissions/ps1")
        for student in ("ada", "bob"):
            press(page, student, GRADE)

        read(page, address, "bob")
        page.locator("#essay").fill("1.5")
        page.locator("#essay").press("Tab")
        page.locator("#essay-comment").fill("Nearly.")
        page.locator("#essay-comment").press("Escape")
        wait_for(lambda: grade_of(root, "bob") == (1.5, "Nearly."))
        named = page.locator(".nbgrader-label")
        told = [label.inner_text() for label in named.all()]
        assert told == ["Student's answer: f", "test_f", "Student's answer: essay"]

        page.goto(f"{address}/manage_submissions/ps1")
        press(page, "bob", GRADE)
        assert grade_of(root, "bob") == (1.5, "Nearly.")
        press(page, "bob", FEEDBACK)
        told = (root / "feedback/bob/ps1/p1.html").read_text("utf-8")
        assert "Nearly." in told and "1.5" in told
        row = page.locator("tbody tr", has_text="bob")
        expect(row.locator(".score")).to_contain_text("1.5")
