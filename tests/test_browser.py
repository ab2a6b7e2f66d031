"""What people see: notebooks in JupyterLab and feedback pages, in a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from autograder.course import Course

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 60_000  # milliseconds

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        if "CI" in os.environ:
            pytest.fail("CI must install chromium")
        pytest.skip("no chromium: install it to run the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE)
    yield page
    page.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a copy of release/, as a student would start it."""
    folder = tmp_path_factory.mktemp("student")
    shutil.copytree(COURSE.root / "release", folder / "release")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [
        f"--port={port}",
        "--IdentityProvider.token=",
        "--ServerApp.ip=127.0.0.1",
    ]
    command += [
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(folder / "config")}
    log = (folder / "lab.log").open("w")
    server = subprocess.Popen(
        command, cwd=folder / "release", env=environment, stdout=log, stderr=log
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/api/status")
            break
        except OSError:
            time.sleep(0.5)
    yield address
    server.terminate()
    server.wait()


def open_notebook(page: Page, lab: str, assignment: str) -> None:
    name = COURSE.master(assignment).name
    # A workspace of its own: the default one would bring back the tabs of other tests.
    page.goto(f"{lab}/lab/workspaces/{assignment}/tree/{assignment}/{name}?reset")
    expect(page.locator(".jp-NotebookPanel:visible .jp-Cell").first).to_be_visible()


@pytest.mark.parametrize("assignment", COURSE.assignments())
def test_a_released_notebook_opens_with_all_its_figures(page, lab, assignment):
    open_notebook(page, lab, assignment)
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
    assert len(seen) == wanted > 0


def test_running_an_empty_exercise_says_which_one_is_missing(page, lab):
    open_notebook(page, lab, "rnn_lstm")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    message = page.locator(".jp-RenderedText", has_text="is not written yet").first
    expect(message).to_be_visible()
    expect(message).to_contain_text("rnn_cell_forward is not written yet")
