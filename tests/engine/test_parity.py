"""Other people's courses have the scores that stock nbgrader gives."""

from __future__ import annotations

import importlib.resources
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from traitlets.config import Config

from autograder.adopt import adopt
from autograder.course import Course, quiet_log
from autograder.engine import AUTOGRADE
from tests.engine.parity_courses import GROUPS
from tests.engine.parity_courses import Course as Cells
from tests.engine.small_course import cell, solution

pytestmark = pytest.mark.slow
GUIDE = Path(str(importlib.resources.files("nbgrader"))) / "docs/source/user_guide"
FIXTURES = Path(str(importlib.resources.files("nbgrader"))) / "tests/apps/files"
Scores = dict[str, tuple[Any, ...]]


def converter(course: Course, kind: Any, student: str, isolated: bool) -> Any:
    """A converter with stock nbgrader's steps or with ours, each with its gradebook."""
    made = course.converter(kind, "ps1", student)
    made.coursedir.db_url = f"sqlite:///{course.root}/{isolated}.db"
    for name, ours in AUTOGRADE.items() if kind is Autograde else ():
        trait = Autograde.class_traits()[name]
        stock = trait.default_value if name == "exporter_class" else trait.default()
        value = ours if isolated else stock
        if name == "exporter_class":
            value = made.traits()[name].validate(made, value)
        setattr(made, name, value)
    return made


def grade(course: Course, student: str, isolated: bool) -> Scores:
    """Score, maximum and whether people must look, of each graded cell."""
    with quiet_log():
        if not (course.root / f"{isolated}.db").exists():
            converter(course, GenerateAssignment, student, isolated).start()
        converter(course, Autograde, student, isolated).start()
    with Gradebook(f"sqlite:///{course.root}/{isolated}.db") as gradebook:
        return {
            f"{notebook.name} {grade.name}": (
                grade.auto_score, grade.max_score, grade.needs_manual_grade,
            )
            for notebook in gradebook.find_submission("ps1", student).notebooks
            for grade in notebook.grades
        }  # fmt: skip


def adopted(course: Course) -> Course:
    """The course with those cells tagged `together` that need it."""
    course.root.joinpath("nbgrader_config.py").touch()
    names = [n for found in adopt(course, ["ps1"]) for n in found.together]
    settings = Config(IsolatedExecute={"together": names})
    return Course(course.root, settings=settings)


def compare(course: Course) -> dict[str, Scores]:
    """Grade everybody by both; complain about each difference."""
    course = adopted(course)
    found = {}
    for student in course.students("ps1"):
        stock = grade(course, student, isolated=False)
        ours = found[student] = grade(course, student, isolated=True)
        differences = {n: (stock[n], ours[n]) for n in stock if stock[n] != ours[n]}
        assert stock.keys() == ours.keys() and not differences, student
    assert found
    return found


def build(root: Path, cases: dict[str, Cells]) -> None:
    """A course of one notebook; those who answer right and those who do not."""
    cells: list[NotebookNode] = []
    wrong: dict[str, list[str]] = {}
    for name, case in cases.items():
        for number, (kind, source) in enumerate(case):
            key = f"{name} {number}".replace(" ", "_")
            if kind == "wrong":
                wrong.setdefault(cells[-1].id, []).append(source)
            elif kind == "solution":
                cells.append(solution(key, source))
            else:
                cells.append(cell("test" if kind == "half" else kind, key, source))
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    master = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    folder = root / "source" / "ps1"
    folder.mkdir(parents=True)
    nbformat.write(master, folder / "p1.ipynb")
    hand_in(master, root / "submitted" / "right", {})
    for number in range(max(map(len, wrong.values()))):
        answers = {k: w[number] for k, w in wrong.items() if len(w) > number}
        hand_in(master, root / "submitted" / f"wrong{number}", answers)


def hand_in(master: NotebookNode, folder: Path, answers: dict[str, str]) -> None:
    """A submission with the master's solutions, but for `answers`."""
    made = nbformat.reads(nbformat.writes(master), as_version=4)
    for found in made.cells:
        lines = [x for x in found.source.split("\n") if not x.startswith("### ")]
        found.source = answers.get(found.id, "\n".join(lines))
    (folder / "ps1").mkdir(parents=True)
    nbformat.write(made, folder / "ps1" / "p1.ipynb")


@pytest.mark.parametrize("group", GROUPS)
def test_generic_courses(group: str, tmp_path: Path) -> None:
    build(tmp_path, GROUPS[group])
    scores = compare(Course(tmp_path))
    earned = {who: sum(s[0] or 0 for s in row.values()) for who, row in scores.items()}
    assert earned["right"] > 0.9 * len(scores["right"]) > 2 * earned["wrong0"]


@pytest.mark.skipif(not GUIDE.is_dir(), reason="nbgrader came without its guide")
def test_nbgraders_documentation_course(tmp_path: Path) -> None:
    """Its guide states 1.5 points for bitdiddle and 3 for hacker."""
    for folder in ("source/ps1", "submitted"):
        shutil.copytree(GUIDE / folder, tmp_path / folder)
    scores = compare(Course(tmp_path))
    earned = {who: sum(s[0] or 0 for s in row.values()) for who, row in scores.items()}
    assert earned == {"bitdiddle": 1.5, "hacker": 3}


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="nbgrader came without its tests")
@pytest.mark.parametrize(
    ("master", "pattern"),
    [
        ("submitted-unchanged", "submitted-*"), ("test", "test"),
        ("test-hidden-tests", "test-hidden-tests"),
        *((f"autotest-{k}", f"autotest-{k}-*") for k in ("hashed", "hidden", "multi")),
    ],
)  # fmt: skip
def test_nbgraders_own_fixtures(master: str, pattern: str, tmp_path: Path) -> None:
    source = tmp_path / "source" / "ps1"
    source.mkdir(parents=True)
    shutil.copy(FIXTURES / f"{master}.ipynb", source / "p1.ipynb")
    shutil.copy(FIXTURES / "autotests.yml", tmp_path)
    for path in FIXTURES.glob(f"{pattern}.ipynb"):
        folder = tmp_path / "submitted" / path.stem / "ps1"
        folder.mkdir(parents=True)
        shutil.copy(path, folder / "p1.ipynb")
    compare(Course(tmp_path))
