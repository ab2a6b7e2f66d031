"""The engine inside nbgrader: by configuration alone, with its gradebook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder import bench
from autograder.course import Course
from autograder.engine.preprocessors import AUTOGRADE
from tests.engine.small_course import cell, solution

ROOT = Path(__file__).parents[2]
MASTER = [
    cell("setup", "setup", "import numpy as np"),
    solution("f", "def f(x): return x * 2"),
    cell("test", "test_f", "assert f(2) == 4\n### BEGIN HIDDEN TESTS\nassert f(3) == 6\n### END HIDDEN TESTS"),
    cell("manual", "essay", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"),
]  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of three: right, wrong and broken, graded by `nbgrader autograde`."""
    root = make_course(tmp_path_factory.mktemp("course"))
    released = root.joinpath("release/ps1/p1.ipynb").read_text()
    answered = json.loads(released)
    next(c for c in answered["cells"] if c["id"] == "f")["source"] = [
        "def f(x): return x + x"
    ]
    right = json.dumps(answered)
    for student, text in {
        "right": right, "wrong": released, "broken": released[:300],
        "doubled": json.dumps(doubled(json.loads(right))),
    }.items():  # fmt: skip
        folder = root / "submitted" / student / "ps1"
        folder.mkdir(parents=True)
        folder.joinpath("p1.ipynb").write_text(text)
    assert nbgrader(root, "autograde", "ps1") == 1, "a broken file ends in an error"
    return root


def make_course(root: Path) -> Path:
    """A course with one released assignment."""
    lines = ["c = get_config()", f"c.Autograde.update({AUTOGRADE!r})"]
    root.joinpath("nbgrader_config.py").write_text("\n".join(lines))
    root.joinpath("source/ps1").mkdir(parents=True)
    kernel = {"name": "python3", "display_name": "x", "language": "python"}
    master = nbformat.v4.new_notebook(cells=MASTER, metadata={"kernelspec": kernel})
    nbformat.write(master, root / "source/ps1/p1.ipynb")
    assert nbgrader(root, "generate_assignment", "ps1") == 0
    return root


def doubled(notebook: dict) -> dict:
    """The same notebook with every cell copied, as copy and paste does it."""
    notebook["cells"] = [dict(c) for c in notebook["cells"] for _ in range(2)]
    return notebook


def nbgrader(root: Path, *arguments: str) -> int:
    """Exit status of an nbgrader command in the course."""
    command = [sys.executable, "-m", "nbgrader", *arguments]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}  # for `alembic`; us
    return subprocess.run(command, cwd=root, capture_output=True, env=env).returncode


def scores(root: Path, student: str) -> dict[str, float | None]:
    """Automatic scores in the gradebook."""
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        found = gradebook.find_submission_notebook("p1", "ps1", student)
        return {grade.name: grade.auto_score for grade in found.grades}


def test_everybody_has_scores(course: Path) -> None:
    assert scores(course, "right") == {"test_f": 1, "essay": 0}
    assert scores(course, "wrong") == {"test_f": 0, "essay": 0}
    assert scores(course, "broken") == {"test_f": 0, "essay": 0}
    assert scores(course, "doubled")["test_f"] == 1


def test_remarks_stand_in_the_graded_notebook(course: Path) -> None:
    def remarks(student: str) -> str:
        path = course / "autograded" / student / "ps1" / "p1.ipynb"
        return str(nbformat.read(path, as_version=4).metadata.autograder.remarks)

    assert remarks("right") == "[]"
    assert "no notebook" in remarks("broken")
    assert "test_f appears twice" in remarks("doubled")


def test_manual_scores_survive(course: Path) -> None:
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("essay", "p1", "ps1", "right")
        grade.manual_score = 1.5
        gradebook.db.commit()
    assert nbgrader(course, "autograde", "ps1", "--student", "right", "--force") == 0
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("essay", "p1", "ps1", "right")
        assert grade.manual_score == grade.score == 1.5 and grade.needs_manual_grade


@pytest.mark.slow
@pytest.mark.parametrize("assignment", Course(ROOT).assignments())
def test_same_scores_as_stock_nbgrader(assignment: str) -> None:
    with bench.sample_course(Course(ROOT), assignment) as (course, students):
        for student in students:
            if not bench.plain(course, assignment, student):
                continue
            stock = bench.grade(course, assignment, student, isolated=False)
            if None not in stock.values():  # where stock could grade it at all
                assert bench.grade(course, assignment, student, isolated=True) == stock
