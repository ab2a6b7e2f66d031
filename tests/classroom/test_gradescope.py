"""The archive, unpacked and run as Gradescope does it, in an empty folder.

Its documentation: setup.sh and run_autograder at the top; the archive in source/, what
was handed in in submission/, and results/results.json with points and messages.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from packaging.requirements import Requirement

from autograder.classroom.gradescope import grade_submission
from autograder.cli import main
from autograder.course import Course
from tests.classroom.term import make_course as make_two
from tests.engine.small_class import make_course

pytestmark = pytest.mark.slow
KEYS = {"score", "tests", "output", "execution_time", "stdout_visibility"}
TEST_KEYS = {"name", "score", "max_score", "status", "output", "visibility"}
RIGHT = "def f(x): return x + x"
WRONG = "def f(x): return x + 2"  # which only the hidden part finds


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def image(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that Gradescope calls /autograder, set up."""
    root = tmp_path_factory.mktemp("autograder")
    path = root / "source.zip"
    words = ["bundle", "gradescope", "ps1", "--into", str(path)]
    assert main(["--course", str(course), *words]) == 0
    with zipfile.ZipFile(path) as archive:
        archive.extractall(root / "source")
        for about in archive.infolist():
            (root / "source" / about.filename).chmod(about.external_attr >> 16 & 0o777)
    path.unlink()
    shutil.copy(root / "source" / "run_autograder", root)
    call(root, root / "source" / "setup.sh")
    where = [sys.executable, "-c", "import autograder; print(autograder.__file__)"]
    env = {"PYTHONPATH": str(root / "source")}
    told = subprocess.run(where, cwd=root, env=env, stdout=subprocess.PIPE, check=True)
    assert told.stdout.startswith(bytes(root)), "what is carried runs"
    return root


def call(root: Path, program: Path) -> None:
    env = {
        "PATH": os.defpath, "HOME": str(root),
        "AUTOGRADER_ROOT": str(root), "AUTOGRADER_PYTHON": sys.executable,
    }  # fmt: skip
    done = subprocess.run(
        [program], cwd=root, env=env, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.fixture
def results(image: Path, course: Path) -> Any:
    """Hands in files, by name: an answer, or text that is no notebook."""

    def run(**files: str) -> dict[str, Any]:
        for name in ("submission", "results"):
            shutil.rmtree(image / name, ignore_errors=True)
            image.joinpath(name).mkdir()
        for name, answer in files.items():
            path = image / "submission" / f"{name}.ipynb"
            path.write_text(notebook(course, answer) if "def" in answer else answer)
        call(image, image / "run_autograder")
        text = image.joinpath("results", "results.json").read_text()
        found = json.loads(text)
        assert found.keys() <= KEYS and "HIDDEN" not in text and "f(3)" not in text
        for test in found["tests"]:
            assert test.keys() == TEST_KEYS and test["visibility"] == "visible"
        assert found["score"] == sum(test["score"] for test in found["tests"])
        return found

    return run


def notebook(course: Path, answer: str) -> str:
    made = nbformat.read(course / "release/ps1/p1.ipynb", as_version=4)
    next(cell for cell in made.cells if cell.id == "f").source = answer
    return nbformat.writes(made)


def only(found: dict[str, Any]) -> dict[str, Any]:
    (test,) = found["tests"]  # points by hand are given on Gradescope
    assert (test["name"], test["max_score"]) == ("test_f", 1)
    return test


def test_a_right_answer(results: Any) -> None:
    found = results(p1=RIGHT)
    assert found["score"] == 1 and found["output"] == ""
    assert only(found)["status"] == "passed"


def test_a_wrong_answer_gets_the_message_and_not_the_test(results: Any) -> None:
    test = only(results(p1=WRONG))
    assert (test["score"], test["status"]) == (0, "failed")
    assert test["output"].startswith("AssertionError")
    raises = only(results(p1="def f(x):\n    return x + no_such_name"))["output"]
    assert "no_such_name" in raises and "at line 2 of its cell" in raises


def test_nothing_handed_in(results: Any) -> None:
    found = results()
    assert found["score"] == 0 and "Hand in p1.ipynb" in found["output"]


def test_a_broken_file(results: Any) -> None:
    found = results(p1="{")
    assert found["score"] == 0 and only(found)["status"] == "failed"
    assert "graded as empty: the file is no notebook" in found["output"]


def test_another_name(results: Any) -> None:
    assert results(homework=RIGHT)["score"] == 1


def test_two_notebooks(results: Any) -> None:
    found = results(p1=RIGHT, draft=WRONG)
    assert found["score"] == 1 and "draft.ipynb is not graded" in found["output"]
    found = results(first=RIGHT, second=WRONG)
    assert found["score"] == 0 and "first.ipynb, second.ipynb" in found["output"]
    other = nbformat.writes(nbformat.v4.new_notebook())
    assert results(notes=other, homework=RIGHT)["score"] == 1


def test_an_assignment_of_two_notebooks(tmp_path: Path) -> None:
    course = make_two(tmp_path / "course")
    folder = course.submitted("right", "ps1")
    folder.joinpath("first.ipynb").unlink()
    with course.gradebook() as gradebook:
        gradebook.remove_assignment("ps1")
    found = grade_submission(course, "ps1", folder)
    assert {test["name"]: test["score"] for test in found["tests"]} == {
        "test_double": 0, "test_double_text": 0, "test_size": 1, "test_size_kept": 1,
    }  # fmt: skip
    told = {test["output"] for test in found["tests"] if not test["score"]}
    assert told == {"first.ipynb is missing."}


def test_what_the_image_installs(image: Path) -> None:
    lines = (image / "source" / "requirements.txt").read_text().splitlines()
    assert {"nbgrader", "numpy"} <= {Requirement(line).name for line in lines}
    setup = (image / "source" / "setup.sh").read_text()
    assert '-m pip install -r "$root/source/requirements.txt"' in setup
    assert (image / "source" / "course").stat().st_mode & 0o77 == 0


def test_an_unknown_assignment_is_one_line(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["bundle", "gradescope", "ps9", "--into", str(tmp_path / "x.zip")]
    assert main(["--course", str(course), *words]) == 1
    assert "Did you mean 'ps1'?" in capsys.readouterr().err
    assert not (tmp_path / "x.zip").exists()


def test_the_courses_own_assignment(tmp_path: Path) -> None:
    """Its archive holds the modules and data that its tests need."""
    path = tmp_path / "x.zip"
    root = Path(__file__).parents[2]
    words = ["bundle", "gradescope", "rnn_lstm", "--into", str(path)]
    assert main(["--course", str(root), *words]) == 0
    names = set(zipfile.ZipFile(path).namelist())
    source = {
        f"course/source/rnn_lstm/{p.name}" for p in Course(root).masters("rnn_lstm")
    }
    assert source | {"course/source/rnn_lstm/checks.py", "setup.sh"} <= names
    assert not [name for name in names if "__pycache__" in name]
