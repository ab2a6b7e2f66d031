"""What `autograder adopt` says of a course that exists already."""

from __future__ import annotations

import importlib.resources
import shutil
from pathlib import Path

import nbformat
import pytest

from autograder import cli
from autograder.adopt import adopt
from autograder.course import Course
from tests.engine.small_course import cell, solution

ROOT = Path(__file__).parents[1]
GUIDE = Path(str(importlib.resources.files("nbgrader"))) / "docs/source/user_guide"


def course(root: Path, *cells: nbformat.NotebookNode) -> Course:
    """A course of one notebook, without any configuration."""
    folder = root / "source" / "ps1"
    folder.mkdir(parents=True)
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    nbformat.write(made, folder / "p1.ipynb")
    return Course.here(root, configured=False)


def test_tells_cells_apart(tmp_path: Path) -> None:
    (found,) = adopt(
        course(
            tmp_path,
            solution("f", "def f(x):\n    x.append(1)\nclass A: n = 3"),
            cell("test", "data", "assert f([]) is None"),
            cell("test", "in_place", "x = []\nf(x)\nassert x == [1]"),
            cell("test", "object", "assert A().n == 3"),
            cell("test", "wrong", "assert f([]) == 1"),
        ),
        ["ps1"],
    )
    assert found.apart == ["data", "wrong"]
    assert list(found.together) == ["in_place", "object"]
    assert (
        "does not cross" in found.together["object"]
        or "TypeError" in (found.together["object"])
    )
    assert list(found.wrong) == ["wrong"]


def test_a_set_up_cell_that_fails_is_named_before_what_it_fails(tmp_path: Path) -> None:
    (found,) = adopt(
        course(
            tmp_path,
            cell("setup", "tools", "from gone_tools import double"),
            solution("f", "def f(x): return double(x)"),
            cell("test", "test_f", "assert f(2) == 4"),
        ),
        ["ps1"],
    )
    assert list(found.wrong) == ["tools", "test_f"]
    assert "No module named 'gone_tools'" in found.wrong["tools"]


def test_a_cell_that_gives_names_to_one_that_runs_together_goes_with_it(
    tmp_path: Path,
) -> None:
    (found,) = adopt(
        course(
            tmp_path,
            solution("A", "class A: n = 3"),
            cell("test", "gives", "expected = 3\nassert expected"),
            cell("test", "takes", "assert A().n == expected"),
            cell("test", "alone", "assert True"),
        ),
        ["ps1"],
    )
    assert set(found.together) == {"gives", "takes"} and found.apart == ["alone"]


def test_nbgraders_documentation_course(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The screen is the one that docs/existing-course.md shows."""
    shutil.copytree(GUIDE / "source" / "ps1", tmp_path / "source" / "ps1")
    assert cli.main(["--course", str(tmp_path), "adopt"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    told = ROOT.joinpath("docs/existing-course.md").read_text("utf-8")
    screen = told[told.index("source/ps1/problem1") : told.index("That is nbgrader's")]
    for line in filter(None, map(str.strip, screen.splitlines())):
        assert " ".join(line.split()) in said, line


def test_our_own_course_runs_apart() -> None:
    for found in adopt(Course(ROOT), ["dinosaur_names", "rnn_lstm"]):
        assert found.apart and not found.together and not found.wrong


def test_tests_that_nbgrader_makes_need_their_templates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [solution("f", "f = 1"), cell("test", "t", "### AUTOTEST f")]
    course(tmp_path, *cells)
    assert cli.main(["--course", str(tmp_path), "adopt"]) == 1
    assert "copy it from nbgrader's" in capsys.readouterr().err
