"""Builds release/ from source/, and proves that nothing secret is in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import ClearSolutions

from autograder.course import Course, CourseError, quiet_log

NEW = ".new"  # a build stands here until it is known to be good
SECRET_REGIONS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
SHORTEST_SECRET = 12  # shorter lines ("else:") tell nothing
TELLS_NOTHING = ("import ", "from ")


class NamedStubs(ClearSolutions):
    """Replaces solutions by a line that fails and names the exercise."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Like nbgrader's `ClearSolutions`, with the cell's name in the stub."""
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "this cell")
        stub = f'raise NotImplementedError("{name} is not written yet")'
        self.code_stub = {"python": f"# YOUR CODE HERE\n{stub}"}
        return super().preprocess_cell(cell, resources, cell_index)


def build_release(course: Course, assignment: str) -> Path:
    """Make the student version of `assignment`; the old one stays until it is good.

    Raises:
        CourseError: when nbgrader refuses the master, a secret would leak, or the
            folder can't be written.
    """
    course.source(assignment)
    try:
        built = _generate(course, assignment)
        found = leaks(course.master(assignment), built)
        if found:
            raise CourseError(
                f"release/{assignment} would give away: " + "; ".join(found[:5])
            )
        target = course.release(assignment)
        shutil.rmtree(target, ignore_errors=True)
        built.rename(target)
    except PermissionError as problem:
        raise CourseError(
            f"{problem.filename} can't be written: give yourself write permission"
            " on release/ and gradebook.db, or work in a copy of the course."
        ) from None
    finally:
        shutil.rmtree(course.root / "release" / NEW, ignore_errors=True)
    return target


def _generate(course: Course, assignment: str) -> Path:
    """Run nbgrader's converter into a folder beside the real release."""
    folder = course.root / "release"
    (folder / NEW).mkdir(parents=True, exist_ok=True)
    converter = course.converter(GenerateAssignment, assignment, student=".")
    converter.create_assignment = True
    converter.coursedir.release_directory = f"release/{NEW}"
    with quiet_log() as log:
        try:
            converter.start()
        except NbGraderException as problem:
            reason = _last_line(log) or str(problem)
            if "readonly database" in reason:
                gradebook = str(course.root / "gradebook.db")
                raise PermissionError(13, reason, gradebook) from None
            raise CourseError(
                f"nbgrader can't build '{assignment}': {reason} Mend the notebook"
                f" in source/{assignment} and run `autograder release` again."
            ) from None
    return folder / NEW / assignment


def _last_line(log: list[str]) -> str:
    """The line of a log that names the error, out of its tracebacks."""
    lines = [line for entry in log for line in entry.strip().splitlines()]
    errors = [line for line in lines if "Error:" in line or "Exception:" in line]
    return errors[-1] if errors else ""


def leaks(master: Path, released: Path) -> list[str]:
    """Secret lines of `master` that stand in a file of `released`: what and where."""
    secrets = secret_lines(nbformat.read(master, as_version=4))
    found = []
    for path in sorted(p for p in released.rglob("*") if p.is_file()):
        text = _readable_text(path)
        shown = {line.strip() for line in text.splitlines()}
        found += [f"{path.name}: {line!r}" for line in sorted(secrets & shown)]
        found += [
            f"{path.name}: a region marker (BEGIN {region})"
            for region in SECRET_REGIONS
            if f"### BEGIN {region}" in text
        ]
    return found


def _readable_text(path: Path) -> str:
    """Text of a file; of a notebook, the text of its cells and their outputs."""
    if path.suffix != ".ipynb":
        return path.read_bytes().decode("utf-8", errors="replace")
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join([c.source for c in cells] + [str(c.get("outputs")) for c in cells])


def secret_lines(notebook: NotebookNode) -> set[str]:
    """Lines that only the instructor may see and that stand nowhere in the open."""
    secret: set[str] = set()
    public: set[str] = set()
    for cell in notebook.cells:
        inside = False
        for line in map(str.strip, cell.source.splitlines()):
            marker = any(region in line for region in SECRET_REGIONS)
            if marker and "BEGIN" in line:
                inside = True
            elif marker and "END" in line:
                inside = False
            else:
                (secret if inside else public).add(line)
    return {
        line
        for line in secret - public
        if len(line) >= SHORTEST_SECRET and not line.startswith(TELLS_NOTHING)
    }
