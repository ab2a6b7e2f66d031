"""The engine alone, as a wheel in an empty environment, grades somebody's course."""

from __future__ import annotations

import importlib.resources
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = Path(str(importlib.resources.files("nbgrader"))) / "docs/source/user_guide"
CONFIG = """
from autograder.engine import AUTOGRADE
c = get_config()
c.Autograde.update(AUTOGRADE)
c.IsolatedExecute.together = ["sum_of_squares_uses_squares"]
"""
SCORES = """
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as gradebook:
    for who in ("bitdiddle", "hacker"):
        print(who, gradebook.find_submission("ps1", who).score)
"""
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with nothing but the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("autograder", "LICENSES"):
        shutil.copytree(ROOT / name, source / name)
    run([sys.executable, "-m", "build", "--wheel", "--outdir", folder, source])
    venv.create(folder / "empty", with_pip=True)
    (wheel,) = folder.glob("*.whl")
    python = folder / "empty" / "bin" / "python"
    run([python, "-m", "pip", "install", "--quiet", wheel])
    return python


def run(command: list[object], cwd: Path | None = None) -> str:
    """Output of a command that must succeed, without this environment's paths."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PATH")}
    env = {**kept, "PATH": os.defpath}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def test_nothing_of_the_course_is_pulled_in(python: Path) -> None:
    here = run([python, "-m", "pip", "list", "--format=freeze"]).lower()
    assert "msgspec" in here and "nbgrader" in here
    assert not [n for n in ("tensorflow", "music21", "matplotlib==") if n in here]


def test_starts_an_assignment_of_ones_own(python: Path, tmp_path: Path) -> None:
    """The example is in the wheel, and asks for no more than the engine does."""
    tmp_path.joinpath("nbgrader_config.py").write_text(CONFIG)
    autograder = python.with_name("autograder")
    run([autograder, "new", "first"], tmp_path)
    assert "nothing to be done" in run([autograder, "check-course"], tmp_path)
    audited = run([autograder, "audit", "first", "--quick"], tmp_path)
    assert "All is as it should be" in audited
    run([autograder, "release", "first"], tmp_path)
    assert (tmp_path / "release/first/checks.py").is_file()


def test_grades_nbgraders_documentation_course(python: Path, tmp_path: Path) -> None:
    """Its guide states 1.5 points for bitdiddle and 3 for hacker."""
    for folder in ("source/ps1", "submitted"):
        shutil.copytree(GUIDE / folder, tmp_path / folder)
    for name in ("autotests.yml",):
        shutil.copy(GUIDE / name, tmp_path)
    tmp_path.joinpath("nbgrader_config.py").write_text(CONFIG)
    nbgrader = python.with_name("nbgrader")
    run([nbgrader, "generate_assignment", "ps1"], tmp_path)
    run([nbgrader, "autograde", "ps1"], tmp_path)
    assert run([python, "-c", SCORES], tmp_path).split() == [
        "bitdiddle", "1.5", "hacker", "3.0",
    ]  # fmt: skip
    run([python.with_name("autograder"), "feedback", "ps1"], tmp_path)
    page = (tmp_path / "feedback/bitdiddle/ps1/problem1.html").read_text("utf-8")
    assert "Your points" in page and "BEGIN HIDDEN" not in page
