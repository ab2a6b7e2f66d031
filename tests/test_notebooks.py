"""Every master notebook is in order, runs, and finds its files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.checking.any_course import IMAGE
from autograder.checking.check import check
from autograder.checking.house import words
from autograder.course import Course
from tests.answers import COMPLETE

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT)
CELL_SECONDS = 300  # the budget is 20 on a quiet machine; this only ends a hang


@pytest.fixture(params=COURSE.assignments())
def assignment(request):
    return request.param


@pytest.fixture
def path(assignment):
    return COURSE.master(assignment)


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def test_is_in_order(assignment):
    """By all rules of `autograder check-course`; other tests run the solutions."""
    assert list(map(str, check(COURSE, assignment, quick=True))) == []


@pytest.mark.parametrize("assignment", COMPLETE)
def test_a_complete_assignment_has_texts_and_pictures(assignment, notebook):
    prose = [c.source for c in notebook.cells if c.cell_type == "markdown"]
    assert sum(len(words(text)) for text in prose) >= 1500
    assert any(IMAGE.search(text) for text in prose)


@pytest.mark.slow
def test_runs_from_start_to_end_in_a_fresh_kernel(path, notebook):
    client = NotebookClient(
        notebook, timeout=CELL_SECONDS, resources={"metadata": {"path": path.parent}}
    )
    client.execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", (cell.id, output.text)


def first_cell(notebook, folder, **where):
    """What the first cell prints when it runs in `folder`, then where it works."""
    source = next(c.source for c in notebook.cells if c.cell_type == "code")
    code = f"{source}\nprint(os.getcwd(), sys.path[0])"
    names = where.pop("names", {})
    script = f"exec({code!r}, {names!r})"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**os.environ, **where},
        capture_output=True,
        text=True,
    )
    return ran.stdout.split() or ran.stderr.splitlines()[-1:]


def test_the_files_are_found_wherever_the_notebook_is_opened(
    notebook, assignment, tmp_path
):
    home = COURSE.release(assignment).resolve()
    file = str(home / COURSE.master(assignment).name)
    there = [str(home), str(home)]
    assert first_cell(notebook, home) == there
    assert first_cell(notebook, home.parent) == there
    assert first_cell(notebook, tmp_path, JPY_SESSION_NAME=file) == there
    names = {"__vsc_ipynb_file__": file}
    assert first_cell(notebook, tmp_path, names=names) == there


def test_a_notebook_alone_says_which_files_it_needs(notebook, assignment, tmp_path):
    (line,) = first_cell(notebook, tmp_path)
    assert "Put these beside the notebook" in line and "checks.py" in line
    needed = {
        file.name
        for file in COURSE.release(assignment).iterdir()
        if file.suffix not in (".ipynb", ".md")
        and file.name not in ("original", "nbgrader_config.py", "requirements.txt")
    }
    assert set(line.rpartition(": ")[2].rstrip(".").split(", ")) == needed
