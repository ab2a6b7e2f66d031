"""Submitted folders that try to have the grader read, fill or break something."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from autograder.engine.processes import disk
from tests.engine.small_class import make_course, nbgrader, scores

SECRET = "SECRET_41C7"


def links(folder: Path) -> None:
    folder.joinpath("gradebook.txt").symlink_to("../../../gradebook.db")
    folder.joinpath("master.txt").symlink_to("../../../source/ps1/p1.ipynb")
    folder.joinpath("secret.txt").symlink_to("../../../secret.txt")
    folder.joinpath("all").symlink_to("../../../source")
    folder.joinpath("zero.bin").symlink_to("/dev/zero")
    folder.joinpath("timestamp.txt").symlink_to("/dev/zero")


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    os.mkfifo(folder / "timestamp.txt")


def deep(folder: Path) -> None:
    here = os.getcwd()
    os.chdir(folder)
    try:
        for _ in range(1500):
            os.mkdir("d")
            os.chdir("d")
        Path("f").write_text("x")
    finally:
        os.chdir(here)


def sparse(folder: Path) -> None:
    with open(folder / "sparse.bin", "wb") as file:
        file.truncate(1 << 40)


def odd_names(folder: Path) -> None:
    Path(os.fsdecode(bytes(folder) + b"/\xff\xfe")).symlink_to("x")
    folder.joinpath("two\nlines").symlink_to("x")
    folder.joinpath("timestamp.txt").write_bytes(b"\xff never")


FOLDERS = {
    "links": (links, "'secret.txt' was left out"),
    "pipe": (pipe, "'pipe' was left out"),
    "deep": (deep, "nested too deep"),
    "sparse": (sparse, "too large"),
    "odd_names": (odd_names, "timestamp.txt holds no time"),
}
LOOK = """
import os
for place, _, names in os.walk("."):
    for name in names:
        print(name, open(os.path.join(place, name), errors="replace").read(300))
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A class in which everybody's answer is right, and most folders are not."""
    root = make_course(tmp_path_factory.mktemp("course"))
    root.joinpath("secret.txt").write_text(SECRET)
    right = json.loads(root.joinpath("release/ps1/p1.ipynb").read_text())
    next(c for c in right["cells"] if c["id"] == "f")["source"] = "def f(x): return 2*x"
    look = nbformat.v4.new_code_cell(LOOK, id="look")
    right["cells"].append(dict(look))
    for student, (make, _) in FOLDERS.items():
        folder = submitted(root, student)
        folder.joinpath("p1.ipynb").write_text(json.dumps(right))
        folder.joinpath("data.csv").write_text("1,2")
        make(folder)
    master = "../../../source/ps1/p1.ipynb"
    submitted(root, "link_to_master").joinpath("p1.ipynb").symlink_to(master)
    submitted(root, "link_to_nothing").joinpath("p1.ipynb").symlink_to("nothing")
    os.mkfifo(submitted(root, "notebook_pipe") / "p1.ipynb")
    submitted(root, "notebook_folder").joinpath("p1.ipynb").mkdir()
    right["cells"][1]["source"] += "\n# half a character: \ud800"
    right["cells"][-1]["source"] += "\n# \ud800"
    submitted(root, "surrogate").joinpath("p1.ipynb").write_text(json.dumps(right))
    assert nbgrader(root, "autograde", "ps1") == 1, "some notebooks cannot be read"
    yield root
    disk.empty(root)  # pytest cannot remove folders nested that deep


def submitted(root: Path, student: str) -> Path:
    folder = root / "submitted" / student / "ps1"
    folder.mkdir(parents=True)
    return folder


def graded(course: Path, student: str) -> nbformat.NotebookNode:
    path = course / "autograded" / student / "ps1" / "p1.ipynb"
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("student", FOLDERS)
def test_folder_is_graded_without_what_does_not_belong(course, student) -> None:
    assert scores(course, student)["test_f"] == 1
    notebook = graded(course, student)
    assert FOLDERS[student][1] in str(notebook.metadata.autograder.remarks)
    shown = str([c.get("outputs") for c in notebook.cells])
    assert "data.csv 1,2" in shown
    assert SECRET not in shown and "HIDDEN" not in shown and "SQLite" not in shown
    made = course / "autograded" / student / "ps1"
    assert {p.name for p in made.iterdir()} <= {"p1.ipynb", "data.csv", "d"}
    assert course.joinpath("submitted", student, "ps1", "data.csv").exists()


@pytest.mark.parametrize(
    "student",
    ["link_to_master", "link_to_nothing", "notebook_pipe", "notebook_folder"],
)
def test_what_is_no_file_counts_as_empty(course, student) -> None:
    assert scores(course, student)["test_f"] == 0
    assert "graded as empty" in str(graded(course, student).metadata.autograder)


def test_half_a_character_stops_nobody(course) -> None:
    assert scores(course, "surrogate")["test_f"] == 1


def test_odd_names_and_folders_cost_nobody_a_point(tmp_path: Path) -> None:
    root = make_course(tmp_path)
    right = json.loads(root.joinpath("release/ps1/p1.ipynb").read_text())
    next(c for c in right["cells"] if c["id"] == "f")["source"] = "def f(x): return 2*x"
    for student in ("stamp", "full_stamp", "lines"):
        submitted(root, student).joinpath("p1.ipynb").write_text(json.dumps(right))
    (root / "submitted/stamp/ps1/timestamp.txt").mkdir()
    (root / "submitted/full_stamp/ps1/timestamp.txt").mkdir()
    (root / "submitted/full_stamp/ps1/timestamp.txt/x").touch()
    (root / "submitted/lines/ps1/a\nb\x1b[31m.txt").touch()
    assert nbgrader(root, "autograde", "ps1") == 0
    for student in ("stamp", "full_stamp", "lines"):
        assert scores(root, student)["test_f"] == 1


def test_a_notebook_of_ones_own_makes_nobody_graded_again(tmp_path: Path) -> None:
    root = make_course(tmp_path)
    folder = submitted(root, "extra")
    text = root.joinpath("release/ps1/p1.ipynb").read_text()
    for name in ("p1.ipynb", "scratch.ipynb"):
        folder.joinpath(name).write_text(text)
    assert nbgrader(root, "autograde", "ps1") == 0
    graded = root / "autograded/extra/ps1/p1.ipynb"
    before = graded.stat().st_mtime_ns
    assert nbgrader(root, "autograde", "ps1") == 0
    assert graded.stat().st_mtime_ns == before
    graded.unlink()
    assert nbgrader(root, "autograde", "ps1") == 0 and graded.exists()


HALVES = {"cut off": lambda text: text[: len(text) // 2], "empty": lambda text: ""}


@pytest.mark.parametrize("name", HALVES)
@pytest.mark.parametrize("more", [[], ["--notebook", "p1"]], ids=["all", "one"])
def test_half_a_graded_notebook_is_graded_again(
    name: str, more: list[str], tmp_path: Path
) -> None:
    """The grader was killed, or the machine stopped, while it was being written."""
    root = make_course(tmp_path)
    folder = submitted(root, "half")
    folder.joinpath("p1.ipynb").write_text(
        root.joinpath("release/ps1/p1.ipynb").read_text()
    )
    assert nbgrader(root, "autograde", "ps1") == 0
    path = root / "autograded/half/ps1/p1.ipynb"
    text, before = path.read_text(), path.stat().st_mtime_ns
    assert nbgrader(root, "autograde", "ps1", *more) == 0
    assert path.stat().st_mtime_ns == before, "a control: a whole one stays"
    path.chmod(0o644)
    path.write_text(HALVES[name](text))
    assert nbgrader(root, "autograde", "ps1", *more) == 0
    assert graded(root, "half").cells and scores(root, "half")["test_f"] == 0
