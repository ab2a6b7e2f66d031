"""Jupyter as people start it, for what a browser is to see."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from autograder.course import Course

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ANYBODY = ["--no-browser", "--allow-root", "--IdentityProvider.token="]
HERE = ["--ServerApp.ip=127.0.0.1", "--port=0"]  # others start servers, too
NO_NEWS = [
    "--LabApp.news_url=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
]


@contextmanager
def running(program: str, folder: Path, *options: str) -> Iterator[str]:
    """A server in a folder, with a configuration of its own; its address."""
    own = folder / ".jupyter"
    own.mkdir(exist_ok=True)
    places = {f"JUPYTER_{n}_DIR": str(own / n) for n in ("CONFIG", "RUNTIME")}
    command = [sys.executable, "-m", program, *ANYBODY, *HERE, *options]
    with (own / "log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log,
            env={**os.environ, **places, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        try:
            yield _address(own / "RUNTIME")
        finally:
            server.terminate()
            server.wait()
            shutil.rmtree(own)


def _address(runtime: Path) -> str:
    for _ in range(240):
        with suppress(OSError, ValueError):  # not there, or not all of it
            (about,) = runtime.glob("jpserver-*.json")
            address = str(json.loads(about.read_text())["url"]).rstrip("/")
            urllib.request.urlopen(f"{address}/api/status")
            return address
        time.sleep(0.5)
    raise AssertionError("Jupyter does not start")


@contextmanager
def formgrader(root: Path, settings: str = "") -> Iterator[str]:
    """The formgrader of a course, with more settings; its address."""
    config = root / "nbgrader_config.py"
    before = config.read_text()
    config.write_text(before + settings)
    try:
        with running("jupyter_server", root) as address:
            yield f"{address}/formgrader"
    finally:
        config.write_text(before)


def open_notebook(page: Any, lab: str, course: Course, assignment: str) -> None:
    """In a workspace of its own: the default one brings back the tabs of others."""
    name = course.master(assignment).name
    page.goto(f"{lab}/lab/workspaces/{assignment}/tree/{assignment}/{name}?reset")
    panel = page.locator(".jp-NotebookPanel:visible")
    expect(panel.locator(".jp-Cell").first).to_be_visible()
    idle = '.jp-Notebook-ExecutionIndicator[data-status="idle"]'  # its kernel is there
    expect(panel.locator(idle)).to_be_visible()
