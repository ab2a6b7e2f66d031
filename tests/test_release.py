"""release/ is a faithful, complete rebuild of source/ and tells no secret."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.apps.api import NbGraderAPI

from autograder.classroom.demo import fresh_copy
from autograder.course import Course, CourseError
from autograder.new_assignment import new_assignment
from autograder.release import build_release, leaks, secret_lines

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT)


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    course = fresh_copy(COURSE, tmp_path_factory.mktemp("rebuild") / "course")
    for assignment in course.assignments():
        build_release(course, assignment)
    return course


def files(folder):
    found = (
        p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts
    )
    return sorted(
        str(p.relative_to(folder)) for p in found if ".ipynb_checkpoints" not in p.parts
    )


@pytest.mark.parametrize("assignment", COURSE.assignments())
def test_committed_release_equals_a_rebuild(rebuilt, assignment):
    ours, again = COURSE.release(assignment), rebuilt.release(assignment)
    assert files(ours) == files(again)
    _, different, broken = filecmp.cmpfiles(ours, again, files(ours), shallow=False)
    assert (different, broken) == ([], []), "run `make release` and commit release/"


@pytest.mark.parametrize("assignment", COURSE.assignments())
def test_release_is_self_contained(assignment):
    folder = COURSE.release(assignment)
    assert "requirements.txt" in files(folder)
    for path in folder.rglob("*"):
        assert not path.is_symlink(), path
        if path.suffix in (".py", ".ipynb"):
            assert not re.search(r"(import|from) autograder", path.read_text("utf-8"))


@pytest.mark.parametrize("assignment", COURSE.assignments())
def test_release_tells_no_secret(assignment):
    master = COURSE.master(assignment)
    assert secret_lines(nbformat.read(master, as_version=4))
    assert leaks(master, COURSE.release(assignment)) == []


@pytest.mark.parametrize("assignment", COURSE.assignments())
def test_the_stubs_fail_by_name(assignment):
    released = COURSE.release(assignment) / COURSE.master(assignment).name
    for cell in nbformat.read(released, as_version=4).cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            wanted = f'raise NotImplementedError("{cell.id} is not written yet")'
            assert wanted in cell.source


@pytest.mark.parametrize("where", ["a module", "the notebook's prose", "an output"])
def test_a_planted_secret_is_found(rebuilt, tmp_path, where):
    assignment = rebuilt.assignments()[0]
    master = rebuilt.master(assignment)
    secret = max(secret_lines(nbformat.read(master, as_version=4)), key=len)
    folder = tmp_path / "release"
    shutil.copytree(rebuilt.release(assignment), folder)
    if where == "a module":
        (folder / "helper.py").write_text(f"def f():\n    {secret}\n")
    else:
        path = folder / master.name
        notebook = nbformat.read(path, as_version=4)
        if where == "an output":
            code = next(c for c in notebook.cells if c.cell_type == "code")
            code.outputs = [nbformat.v4.new_output("stream", text="### BEGIN SOLUTION")]
        else:
            notebook.cells[0].source += f"\n{secret}"
        nbformat.write(notebook, path)
    assert leaks(master, folder)


def test_a_secret_in_a_side_file_stops_the_build_and_keeps_the_old_release(tmp_path):
    course = fresh_copy(COURSE, tmp_path / "course")
    assignment = course.assignments()[0]
    build_release(course, assignment)
    before = files(course.release(assignment))
    secrets = secret_lines(nbformat.read(course.master(assignment), as_version=4))
    (course.source(assignment) / "leaky.py").write_text(max(secrets, key=len) + "\n")
    with pytest.raises(CourseError, match=r"would give away: leaky\.py"):
        build_release(course, assignment)
    assert files(course.release(assignment)) == before


def small_course(root):
    """The example alone, in a course with this course's configuration."""
    root.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", root)
    course = Course(root)
    new_assignment(course, "small")
    return course


SECRET = "scaled = scores / temperature"


def give_away(course, where):
    if where == "a file":
        (course.source("small") / "notes.txt").write_text(f"Try {SECRET}, then.")
    if where == "a sentence":
        path = course.master("small")
        notebook = nbformat.read(path, as_version=4)
        secret = SECRET.replace("= scores", "=\nscores")
        notebook.cells[0].source += f"\n\nWrite `{secret}` first."
        nbformat.write(notebook, path)


@pytest.mark.parametrize("where", ["a sentence", "a file", "nothing"])
@pytest.mark.parametrize("by", ["autograder", "nbgrader", "the formgrader"])
def test_no_command_releases_what_would_give_a_secret_away(tmp_path, by, where):
    course = small_course(tmp_path / "course")
    give_away(course, where)
    good, said = release_by(course, by)
    told = f"it would give away: {'notes.txt' if where == 'a file' else 'small.ipynb'}"
    assert good == (where == "nothing"), said
    assert (told in said) != good
    assert course.release("small").joinpath("small.ipynb").is_file() == good


def release_by(course, by):
    """Whether it was released, and what was said."""
    if by == "autograder":
        try:
            return bool(build_release(course, "small")), ""
        except CourseError as problem:
            return False, str(problem)
    if by == "nbgrader":
        command = [sys.executable, "-m", "nbgrader", "generate_assignment", "small"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=course.root, env=environment, capture_output=True, text=True
        )
        return done.returncode == 0, done.stderr
    api = NbGraderAPI(course.directory(), config=course.config())
    done = api.generate_assignment("small")  # what its button calls
    return done["success"], done.get("log", "")


def test_a_broken_master_is_named_with_the_reason(tmp_path):
    course = fresh_copy(COURSE, tmp_path / "course")
    assignment = course.assignments()[0]
    path = course.master(assignment)
    notebook = nbformat.read(path, as_version=4)
    solution = next(c for c in notebook.cells if "### END SOLUTION" in c.source)
    solution.source = solution.source.replace("### END SOLUTION", "")
    nbformat.write(notebook, path)
    with pytest.raises(CourseError, match="no end solution statement"):
        build_release(course, assignment)
    assert not (course.root / "release" / ".new").exists()


@pytest.fixture
def unprivileged():
    """Root may write anywhere: be nobody for the length of a test."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    yield
    os.seteuid(before)


def test_a_read_only_folder_is_named(tmp_path, request):
    course = fresh_copy(COURSE, tmp_path / "course")
    (course.root / "release").mkdir(mode=0o555)
    for folder in (tmp_path, *tmp_path.parents):
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    request.getfixturevalue("unprivileged")
    with pytest.raises(CourseError, match=r"release/\.new can't be written"):
        build_release(course, course.assignments()[0])
