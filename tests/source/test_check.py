"""What a student is told before handing in: `check.py`, `progress.py`, `explain.py`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from autograder.classroom.sample_class import read_answers
from autograder.course import Course, exercises
from tests.engine.small_course import grade

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "source/rnn_lstm"
MODULES = ("check.py", "checks.py", "explain.py", "progress.py")
SETUP = """import numpy as np
from checks import expect, expect_close
from progress import show_progress, watch

watch()"""
STUB = """def double(x):
    raise NotImplementedError("double is not written yet")
    return y"""
WRONG_SIZES = "def double(x):\n    w = np.ones((5, 4))\n    return w @ x"
RIGHT = "def double(x):\n    y = 2 * x\n    return y"
VALUES = """# Check: values (3 points)
def _check():
    expect_close(double(np.ones(3)), 2 * np.ones(3), "Twice one is two.", reveal=True)


_check()
print("passed: values (3 points)")"""
SHAPE = """# Check: shape (1 point)
expect(double(np.ones((2, 3))).shape == (2, 3), "The shape should be that of x.")
print("passed: shape (1 point)")"""


def cell(name: str, source: str, **about: object) -> NotebookNode:
    made = nbformat.v4.new_code_cell(source, id=name)
    flags = {"grade": False, "solution": False, "locked": True, "schema_version": 3}
    made.metadata["nbgrader"] = {**flags, "grade_id": name, **about}
    return made


def notebook() -> NotebookNode:
    demo = nbformat.v4.new_code_cell("show_progress()", id="demo_progress")
    return nbformat.v4.new_notebook(
        cells=[
            cell("setup_imports", SETUP),
            cell("double", STUB, solution=True, locked=False),
            cell("test_double_values", VALUES, grade=True, points=3),
            cell("test_double_shape", SHAPE, grade=True, points=1),
            demo,
        ]
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in MODULES:
        shutil.copy(SOURCE / name, tmp_path)
    (tmp_path / "original").mkdir()
    nbformat.write(notebook(), tmp_path / "original/doubling.ipynb")
    nbformat.write(notebook(), tmp_path / "doubling.ipynb")
    return tmp_path


def change(folder: Path, answer: str = "", name: str = "doubling.ipynb") -> Path:
    made = notebook()
    made.cells[1].source = answer or STUB
    nbformat.write(made, folder / name)
    return folder / name


def check(folder: Path, *arguments: str) -> tuple[int, str]:
    """The exit status and what the command printed."""
    command = [sys.executable, "check.py", *arguments]
    ran = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_what_is_open_is_told_and_the_status_says_so(folder: Path) -> None:
    status, text = check(folder)
    assert status == 1
    assert "double 0 of 2 checks 0 of 4 points" in " ".join(text.split())
    assert text.count("double is not written yet") == 1


def test_a_finished_notebook_has_status_0(folder: Path) -> None:
    change(folder, RIGHT)
    status, text = check(folder)
    assert status == 0, text
    assert "together 2 of 2 checks 4 of 4 points" in " ".join(text.split())


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            "def double(x):\n    return np.ones((2, 4)) @ x",
            "Your double stopped at line 2 of its cell, `return np.ones((2, 4)) @ x`",
        ),
        (
            WRONG_SIZES,
            "Shapes there: w (5, 4)",
        ),
        (
            "def double(x):\n    return functools.reduce(x)",
            "`functools` is not imported",
        ),
        ("def double(x):\n    return y", "nothing is called `y` there"),
        ("def double(x):\n    y += x\n    return y", "used before it gets a value"),
        ("def double(x):\n    return {}['W']", "there is no key 'W'"),
        ("def double(x):\n    return None", "found None: was it computed"),
        ("def double(x):\n    return [1, 2][:, 0]", "list indices must be integers"),
        ("def double(x):\n    return double(x)", "calls itself without end"),
        (
            "def double(x):\n    assert x.size > 9, 'mine'\n    return x",
            "Your double stopped",
        ),
        ("def double(x):\n    return 3 * x", "Twice one is two. (first difference"),
        ("def double(x:\n    return 2 * x", "its cell has a syntax error in line 1"),
        ("def duoble(x):\n    return 2 * x", "look at the name behind `def`"),
        (
            "def double(x):\n    return np.random.choice(3, p=x)",
            "Your double stopped at line 2 of its cell",
        ),
    ],
)
def test_a_failed_check_is_a_short_paragraph(folder, answer, told):
    path = change(folder, answer)
    made = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(made, allow_errors=True, resources=resources).execute()
    error = next(o for o in made.cells[2].outputs if o.output_type == "error")
    lines = "\n".join(error.traceback).splitlines()
    assert told in " ".join(lines), lines
    assert len(lines) <= 6 and max(map(len, lines)) <= 88
    (table,) = made.cells[-1].outputs  # the list at the end says it too
    assert told.partition("Shapes")[0][:40] in " ".join(
        table.data["text/plain"].split()
    )
    assert "<table>" in table.data["text/html"]


def test_what_a_check_says_of_an_error_names_its_line_too(folder: Path) -> None:
    made = nbformat.read(change(folder, WRONG_SIZES), as_version=4)
    made.cells[2].source = (
        "# Check: values (3 points)\n"
        "try:\n    double(np.ones(3))\nexcept ValueError as problem:\n"
        "    raise AssertionError('Think of columns.') from problem"
    )
    nbformat.write(made, folder / "original/doubling.ipynb")  # it is the course's check
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(made, allow_errors=True, resources=resources).execute()
    error = next(o for o in made.cells[2].outputs if o.output_type == "error")
    told = " ".join("\n".join(error.traceback).split())
    assert "Think of columns. Your double stopped at line 3 of its cell, `re" in told
    assert "Shapes there: w (5, 4), x (3,)" in told


def test_positive_control_without_watching_it_is_a_long_traceback(folder: Path) -> None:
    made = nbformat.read(change(folder, "def double(x):\n    return y"), as_version=4)
    made.cells[0].source = SETUP.replace("watch()", "")
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(made, allow_errors=True, resources=resources).execute()
    error = next(o for o in made.cells[2].outputs if o.output_type == "error")
    assert len("\n".join(error.traceback).splitlines()) > 15


def told_of(
    folder: Path, cells: list[NotebookNode], name: str = "doubling.ipynb"
) -> str:
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / name)
    status, text = check(folder, name)
    assert status == 1
    return text


def test_cells_that_are_gone_doubled_edited_or_misplaced_are_told(folder: Path) -> None:
    change(folder, RIGHT)
    good = nbformat.read(folder / "doubling.ipynb", as_version=4).cells
    assert "test_double_shape is missing" in told_of(folder, good[:3])
    twin = nbformat.from_dict(dict(good[1], id="twin"))
    assert "double is there 2 times: keep one" in told_of(folder, [*good, twin])
    edited = [nbformat.from_dict(dict(c)) for c in good]
    edited[2].source = "print('passed')"
    text = told_of(folder, edited)
    assert "test_double_values was edited" in text and "1 of   4 points" in text
    late = nbformat.v4.new_code_cell("factor = 2", id="late")
    early = nbformat.v4.new_code_cell("twice = factor * 3", id="early")
    text = told_of(folder, [early, *good, late])
    assert "early uses `factor`, which the cell late makes further down" in text
    helped = [nbformat.from_dict(dict(c)) for c in good]
    helped[1].source = "def double(x):\n    return factor * x"
    text = told_of(folder, [*helped, late])
    assert "double uses `factor`, which the cell late makes further down" in text
    (folder / "doubling.ipynb").unlink()
    assert "hand it in as doubling.ipynb" in told_of(folder, good, "doubling (1).ipynb")


def test_a_loop_without_end_costs_its_own_checks(folder: Path) -> None:
    endless = "def double(x):\n    while x.ndim == 1:\n        pass\n    return 2 * x"
    change(folder, endless)
    status, text = check(folder, "--seconds=4")
    assert status == 1
    assert "double 1 of 2 checks 1 of 4 points" in " ".join(text.split())
    assert "does a loop go on for ever" in text


def test_a_cell_comes_back_and_nothing_is_lost(folder: Path) -> None:
    path = change(folder, RIGHT)
    status, text = check(folder, "--restore", "double")
    assert status == 0 and "as it was handed out" in text
    assert nbformat.read(path, as_version=4).cells[1].source == STUB
    assert "Your answer is in doubling.before-1.ipynb" in text
    assert RIGHT.splitlines()[1] in (folder / "doubling.before-1.ipynb").read_text()
    content = json.loads(path.read_text())
    del content["cells"][2]
    path.write_text(json.dumps(content))
    assert check(folder, "--restore", "test_double_values")[0] == 0
    assert nbformat.read(path, as_version=4).cells[2].source == VALUES
    assert "No cell is called nonsense" in check(folder, "--restore", "nonsense")[1]


def test_bad_files_are_told_in_a_line(folder: Path) -> None:
    (folder / "doubling.ipynb").write_text("{")
    status, text = check(folder)
    assert status == 1 and "no notebook, or a damaged one" in text
    assert "There is no file gone.ipynb" in check(folder, "gone.ipynb")[1]
    told = check(folder, "--restore", "double")[1]
    assert "damaged one" in told and "Traceback" not in text + told


def test_an_old_version_is_not_checked_after_a_syntax_error(folder: Path) -> None:
    made = nbformat.read(change(folder, RIGHT), as_version=4)
    again = nbformat.v4.new_code_cell("def double(x:\n    return 2 * x", id="again")
    made.cells.insert(2, again)
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(made, allow_errors=True, resources=resources).execute()
    error = next(o for o in made.cells[3].outputs if o.output_type == "error")
    assert "syntax error in line 1" in " ".join(error.traceback)


def test_a_kernel_that_ends_is_told_and_nothing_counts_after_it(folder: Path) -> None:
    change(folder, f"{RIGHT}\nimport os\nos._exit(0)")
    status, text = check(folder)
    assert status == 1 and "the kernel ended in the cell double" in text
    assert "0 of 2 checks" in " ".join(text.split()) and "Traceback" not in text


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ["rnn_lstm", "dinosaur_names"])
def test_the_list_agrees_with_grading_of_the_visible_checks(
    assignment: str, tmp_path: Path
) -> None:
    """On the mistakes of the sample class, all in one notebook."""
    course = Course(ROOT)
    release = tmp_path / assignment
    shutil.copytree(course.release(assignment), release)
    master = nbformat.read(course.master(assignment), as_version=4)
    answers = {c.id: c.source for c in master.cells if c.id in exercises(master)}
    for file in sorted((ROOT / "tests/sample_class" / assignment).glob("*.py")):
        if file.stem != "mona":  # whose loop never ends
            answers |= read_answers(file).cells
    path = release / course.master(assignment).name
    made = nbformat.read(path, as_version=4)
    texts = {p.name: p.read_text() for p in release.glob("*.[pt]*") if p.is_file()}
    graded = grade(made.cells, answers=answers, files=texts).points
    for found in made.cells:
        found.source = answers.get(found.id, found.source)
    nbformat.write(made, path)
    _, text = check(release)
    row = r"^(\w+) +\d+ of +\d+ checks +([\d.]+) of +[\d.]+ points$"
    told = {name: float(points) for name, points in re.findall(row, text, re.M)}
    for exercise, tests in exercises(made).items():
        assert told[exercise] == sum(graded[test] for test in tests), exercise
    assert 0 < told["together"] < 100
