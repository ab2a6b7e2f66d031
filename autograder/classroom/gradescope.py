"""An assignment for Gradescope: the archive that it unpacks, and what runs in it.

Gradescope unpacks the archive to /autograder/source, runs setup.sh once, and for each
submission run_autograder, which reads /autograder/submission and writes
/autograder/results/results.json. Another folder than /autograder: AUTOGRADER_ROOT; an
environment that is there already: AUTOGRADER_PYTHON.
"""

from __future__ import annotations

import json
import stat
import sys
import tempfile
import zipfile
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import requires
from pathlib import Path
from shlex import quote
from typing import Any

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from traitlets.config import Config

import autograder
from autograder import PACKAGE
from autograder.classroom.bundle import Bundle, make_bundle, read_files
from autograder.classroom.collect import ENOUGH, Master, masters_of
from autograder.classroom.files import write_whole
from autograder.classroom.grader import (
    Failure,
    Graded,
    Grader,
    Submission,
    content_of,
    read_submission,
)
from autograder.course import CONFIG_FILE, Course, CourseError
from autograder.engine.execute import IsolatedExecute
from autograder.feedback import StripHiddenTests
from autograder.notebook import Unreadable, cells_of, is_autograded
from autograder.release import build_release

SETUP = """#!/bin/sh
# Installs the grader, which stands beside this file; Gradescope runs it as root.
set -e
root="${AUTOGRADER_ROOT:-/autograder}"
chmod -R go= "$root/source/course"
if [ -n "$AUTOGRADER_PYTHON" ]; then exit; fi
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y libseccomp2 python3-venv
python=python3
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    apt-get install -y python3.11 python3.11-venv
    python=python3.11
fi
$python -m venv "$root/venv"
"$root/venv/bin/python" -m pip install -r "$root/source/requirements.txt"
"""
RUN = """#!/bin/sh
# Grades what was handed in; writes results.json.
root="${{AUTOGRADER_ROOT:-/autograder}}"
cd "$root/source" || exit
export PYTHONPATH="$root/source"
python="${{AUTOGRADER_PYTHON:-$root/venv/bin/python}}"
export PATH="${{python%/*}}:$PATH"  # nbgrader calls alembic
exec "$python" -m autograder.classroom.gradescope "$root" {assignment}
"""


# --- the archive ------------------------------------------------------------------


def write_archive(course: Course, assignment: str, path: Path) -> None:
    """Pack what Gradescope needs: the grader, the assignment and its configuration.

    It holds solutions and hidden tests, as Gradescope's archives do.

    Raises:
        CourseError: when the assignment is unknown, or the file can't be written.
    """
    contents = _contents(course, assignment)
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in contents.items():
                about = zipfile.ZipInfo(name)
                about.compress_type = zipfile.ZIP_DEFLATED
                mode = 0o755 if content.startswith(b"#!") else 0o644
                about.external_attr = (stat.S_IFREG | mode) << 16
                archive.writestr(about, content)
    except OSError as problem:
        raise CourseError(f"{path} can't be written: {problem.strerror}.") from None


def _contents(course: Course, assignment: str) -> dict[str, bytes]:
    ignored = course.directory().ignore
    source = read_files(course.source(assignment), ignored)
    package = read_files(Path(autograder.__file__).parent, ignored)
    settings = [CONFIG_FILE, *(path.name for path in course.root.glob("*.py"))]
    needed = [line for line in requires(PACKAGE) or [] if "extra ==" not in line]
    if "requirements.txt" in source:
        needed.append(f"-r course/source/{assignment}/requirements.txt")
    return {
        "setup.sh": SETUP.encode(),
        "run_autograder": RUN.format(assignment=quote(assignment)).encode(),
        "requirements.txt": "\n".join([*needed, ""]).encode(),
        **{f"autograder/{name}": content for name, content in package.items()},
        **{f"course/source/{assignment}/{n}": c for n, c in source.items()},
        **{f"course/{name}": (course.root / name).read_bytes() for name in settings},
    }


# --- a submission -----------------------------------------------------------------


def grade_submission(course: Course, assignment: str, folder: Path) -> dict[str, Any]:
    """Grade what lies in a folder; what results.json says of it.

    Raises:
        CourseError: when the machine could not grade it.
    """
    build_release(course, assignment)  # which makes the gradebook
    bundle = make_bundle(course, assignment)
    for note in bundle.notes:
        print(f"Note: {note}")
    try:
        found = _notebooks(course, bundle, folder)
    except Unreadable as problem:
        return {"score": 0, "output": str(problem), "tests": []}
    grader = Grader(bundle)
    try:
        graded = grader.grade(_read(course, bundle, folder, found))
    finally:
        grader.close()
    if isinstance(graded, Failure):
        raise CourseError(f"Not graded: {graded.reason}. Run it again.")
    tests = [
        test
        for name, master in bundle.masters.items()
        for test in _tests(name, master.released, graded)
    ]
    others = sorted({*folder.glob("*.ipynb")} - {*found.values()})
    remarks = [*graded.remarks, *(f"{path.name} is not graded" for path in others)]
    return {
        "score": sum(test["score"] for test in tests),
        "tests": tests,
        "output": "\n".join(remarks),
        "execution_time": round(graded.seconds),
        "stdout_visibility": "hidden",
    }


def _notebooks(course: Course, bundle: Bundle, folder: Path) -> dict[str, Path]:
    """Which file is meant to be which notebook.

    Raises:
        Unreadable: when that can't be told, or there is none.
    """
    alone = len(bundle.masters) == 1
    found = {
        Path(master.file).stem: path
        for master in masters_of(course, bundle.assignment)
        if (path := _which(folder, master, alone))
    }
    if not found:
        names = ", ".join(f"{name}.ipynb" for name in bundle.masters)
        raise Unreadable(f"No notebook was handed in. Hand in {names}.")
    return found


def _which(folder: Path, master: Master, alone: bool) -> Path | None:
    """By its name, or else by its cells."""
    paths = sorted(folder.glob("*.ipynb"))
    named = [path for path in paths if path.name == master.file]
    alike = [path for path in paths if _share(path, master) >= ENOUGH]
    fits = named or alike or (paths if alone else [])
    if len(fits) > 1:
        names = ", ".join(path.name for path in fits)
        raise Unreadable(f"Hand in one notebook, {master.file}; there are {names}.")
    return next(iter(fits), None)


def _read(
    course: Course, bundle: Bundle, folder: Path, notebooks: dict[str, Path]
) -> Submission:
    ignored = course.directory().ignore
    most = IsolatedExecute(config=bundle.config).disk_bytes
    submission = read_submission(folder, "student", (), ignored, most)
    contents = {name: content_of(path) for name, path in notebooks.items()}
    return replace(submission, notebooks=contents)


def _share(path: Path, master: Master) -> float:
    content = content_of(path)
    with suppress(Unreadable):
        cells = cells_of(content) if isinstance(content, bytes) else []
        return max(master.shares(cells))
    return 0.0


def _tests(name: str, released: NotebookNode, graded: Graded) -> list[dict[str, Any]]:
    """Points and messages of the tests of a notebook; those by hand are no tests."""
    content = graded.notebooks.get(name)
    cells = nbformat.reads(content.decode(), 4).cells if content else released.cells
    scores = graded.outcomes[name].scores if content else {}
    found = []
    for cell in filter(is_autograded, cells):
        test, points = cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.points
        score = scores.get(test, 0.0)
        if points:  # others are helpers
            found.append({
                "name": test, "score": score, "max_score": points,
                "status": "passed" if score == points else "failed",
                "output": _shown(cell) if content else f"{name}.ipynb is missing.",
                "visibility": "visible",
            })  # fmt: skip
    return found


def _shown(cell: NotebookNode) -> str:
    """What a feedback page shows below a test: nothing of its hidden part."""
    cell, _ = StripHiddenTests().preprocess_cell(cell, ResourcesDict(), 0)
    parts = []
    for output in cell.outputs:
        if output.output_type == "error":
            parts += output.traceback
        else:
            parts.append(output.get("text") or output.get("data", {}).get("text/plain"))
    return strip_ansi("\n".join(part.strip() for part in parts if part))


def main(root: Path, assignment: str) -> int:
    """What run_autograder does; 0 when results.json is there."""
    with tempfile.TemporaryDirectory() as folder:
        book = {"db_url": f"sqlite:///{folder}/gradebook.db"}
        course = Course(root / "source" / "course", Config(CourseDirectory=book))
        try:
            found = grade_submission(course, assignment, root / "submission")
        except CourseError as problem:
            print(problem)
            return 1
    (root / "results").mkdir(exist_ok=True)
    write_whole(root / "results" / "results.json", json.dumps(found, indent=1).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
