"""A course folder with one released assignment, graded by nbgrader's own commands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from autograder.engine import AUTOGRADE
from tests.engine.small_course import cell, solution

ROOT = Path(__file__).parents[2]
_BOUND = "-dac_override,-dac_read_search"
BOUND_BY_PERMISSIONS = (
    () if os.getuid() else ("setpriv", "--bounding-set", _BOUND, "--inh-caps", _BOUND)
)
"""So begins a command that reads what its user may: without this, root reads all."""
MASTER = [
    cell("setup", "setup", "import numpy as np"),
    solution("f", "def f(x): return x * 2"),
    cell("test", "test_f", "assert f(2) == 4\n### BEGIN HIDDEN TESTS\nassert f(3) == 6\n### END HIDDEN TESTS"),
    cell("manual", "essay", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"),
]  # fmt: skip


def make_course(
    root: Path, cells: Sequence[NotebookNode] = MASTER, released: bool = True
) -> Path:
    """A course with one assignment."""
    lines = ["c = get_config()", f"c.Autograde.update({AUTOGRADE!r})"]
    root.joinpath("nbgrader_config.py").write_text("\n".join(lines))
    root.joinpath("source/ps1").mkdir(parents=True)
    kernel = {"name": "python3", "display_name": "x", "language": "python"}
    metadata = {"kernelspec": kernel}
    master = nbformat.v4.new_notebook(cells=list(cells), metadata=metadata)
    nbformat.write(master, root / "source/ps1/p1.ipynb")
    assert not released or nbgrader(root, "generate_assignment", "ps1") == 0
    return root


def submit(root: Path, student: str, answers: dict[str, str]) -> None:
    """Hand in what was released, with some answers."""
    notebook = nbformat.read(root / "release/ps1/p1.ipynb", as_version=4)
    for found in notebook.cells:
        name = found.metadata.get("nbgrader", {}).get("grade_id")
        found.source = answers.get(name, found.source)
    folder = root / "submitted" / student / "ps1"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "p1.ipynb")


def nbgrader(root: Path, *arguments: str, before: Sequence[str] = ()) -> int:
    """Exit status of an nbgrader command in the course."""
    return _start(root, *arguments, before=before).wait()


def autograde(root: Path) -> subprocess.Popen[bytes]:
    """The running command that grades the assignment."""
    return _start(root, "autograde", "ps1")


def _start(
    root: Path, *arguments: str, before: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    command = [*before, sys.executable, "-m", "nbgrader", *arguments]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}  # for `alembic`; us
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=root, stdout=quiet, stderr=quiet, env=env)


def scores(root: Path, student: str) -> dict[str, float | None]:
    """Automatic scores in the gradebook."""
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        found = gradebook.find_submission_notebook("p1", "ps1", student)
        return {grade.name: grade.auto_score for grade in found.grades}
