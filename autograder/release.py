"""Builds release/ from source/, and proves that nothing secret is in it."""

from __future__ import annotations

import ast
import html
import re
import shutil
from pathlib import Path

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearSolutions, NbGraderPreprocessor

from autograder.course import Course, CourseError, quiet_log
from autograder.engine.scores import known_notebooks
from autograder.notebook import grade_id

NEW = ".new"  # a build stands here until it is known to be good
SECRET_REGIONS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
MARKER = re.compile(
    r"#\s*(BEGIN|END)\s+(SOLUTION|HIDDEN[ _]?TEST|MARK[ _]?SCHEME)S?", re.IGNORECASE
)
"""What begins or ends a region, or was meant to."""
PROSE = (".md", ".txt", ".rst", ".html")
SHORTEST_SECRET = 12  # shorter lines ("else:") tell nothing
ADDED = "because there are submissions associated with it"  # nbgrader's words
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


class RefuseLeaks(NbGraderPreprocessor):
    """Stops a release that would give a secret away, by whichever command it is made.

    The files beside the notebook are those of its master, which nbgrader copies.
    """

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Compare with the master; raises `CourseError`."""
        if "unique_key" in resources:  # the notebook's name; none while grading
            folder, name = Path(resources["metadata"]["path"]), resources["unique_key"]
            master = nbformat.read(folder / f"{name}.ipynb", as_version=4)
            secrets = secret_lines(master)
            found = [f"{name}.ipynb: {leak}" for leak in told_by(nb, secrets)]
            for path in shipped(folder, CourseDirectory(config=self.config).ignore):
                found += [f"{path.name}: {leak}" for leak in told(path, secrets)]
            if found:
                raise CourseError("it would give away: " + "; ".join(found[:5]))
        return nb, resources


def shipped(folder: Path, ignored: list[str]) -> list[Path]:
    """The files beside a master that nbgrader hands out."""
    found = utils.find_all_files(str(folder), [*ignored, "*.ipynb"])
    return sorted(map(Path, found))


class KeepOriginal(NbGraderPreprocessor):
    """Lays a copy of the student version beside it, to take lost cells from."""

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Let the converter write the notebook into `original/` too."""
        if "unique_key" in resources:  # the notebook's name; none while grading
            name = f"original/{resources['unique_key']}.ipynb"
            text = nbformat.writes(nb) + "\n"
            resources.setdefault("outputs", {})[name] = text.encode()
        return nb, resources


def build_release(course: Course, assignment: str) -> Path:
    """Make the student version of `assignment`; the old one stays until it is good.

    Raises:
        CourseError: when nbgrader refuses the master, a secret would leak, or the
            folder can't be written.
    """
    course.source(assignment)
    try:
        built = _generate(course, assignment)
        masters = course.masters(assignment)
        found = [leak for master in masters for leak in leaks(master, built)]
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
            if any(ADDED in line for line in (*log, str(problem))):
                raise CourseError(_way_out(course, assignment)) from None
            if "readonly database" in reason:
                gradebook = str(course.root / "gradebook.db")
                raise PermissionError(13, reason, gradebook) from None
            raise CourseError(
                f"nbgrader can't build '{assignment}': {reason} Mend the notebook"
                f" in source/{assignment} and run `autograder release` again."
            ) from None
    return folder / NEW / assignment


def _way_out(course: Course, assignment: str) -> str:
    """What can be done when cells or notebooks come or go after hand-in."""
    with course.gradebook() as gradebook:
        known = known_notebooks(gradebook, assignment)
        there = {
            f"{cell.name} ({name})"
            for name, notebook in known.items()
            for cell in notebook.source_cells
        }
    here = {
        f"{name} ({path.stem})"
        for path in course.masters(assignment)
        for cell in nbformat.read(path, as_version=4).cells
        if (name := grade_id(cell))
    }
    changed = ", ".join(sorted(there ^ here)[:5])
    return (
        f"release/{assignment} is not built: work is graded already, and cells were"
        f" added, removed or renamed since: {changed}. Give them their old names back"
        " (a test can be emptied and be worth 0 points, another one can stand in a cell"
        " that is there). Or give up all points and comments of this assignment, those"
        f" by hand too: `nbgrader db assignment remove {assignment} --force`, then"
        f" `autograder release {assignment}` and grade again."
    )


def _last_line(log: list[str]) -> str:
    """The line of a log that tells the error, out of its tracebacks."""
    lines = [line for entry in log for line in entry.strip().splitlines()]
    errors = [line for line in lines if "Error:" in line or "Exception:" in line]
    return re.sub(r"^[\w.]+: ", "", errors[-1]) if errors else ""


# --- secrets ----------------------------------------------------------------------


def leaks(master: Path, released: Path) -> list[str]:
    """Secret lines of `master` that stand in a file of `released`: what and where."""
    secrets = secret_lines(nbformat.read(master, as_version=4))
    files = sorted(p for p in released.rglob("*") if p.is_file())
    return [f"{path.name}: {leak}" for path in files for leak in told(path, secrets)]


def told(path: Path, secrets: set[str]) -> list[str]:
    """What a file gives away."""
    if path.suffix == ".ipynb":
        return told_by(nbformat.read(path, as_version=4), secrets)
    text = path.read_bytes().decode("utf-8", errors="replace")
    return _found(text, text if path.suffix in PROSE else "", secrets)


def told_by(notebook: NotebookNode, secrets: set[str]) -> list[str]:
    """What the cells of a notebook and their outputs give away."""
    cells = notebook.cells
    prose = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    text = [c.source for c in cells] + [str(c.get("outputs", "")) for c in cells]
    return _found("\n".join(text), prose, secrets)


def _found(text: str, prose: str, secrets: set[str]) -> list[str]:
    """Secrets that are a line of the text, or stand within a sentence of its prose."""
    shown = secrets & {line.strip() for line in text.splitlines()}
    sentences = _plain(prose)
    shown |= {s for s in secrets if _tells(s) and _plain(s) in sentences}
    markers = {f"{m[1]} {m[2]}".upper() for m in MARKER.finditer(text)}
    return [repr(line) for line in sorted(shown)] + [
        f"a region marker ({marker})" for marker in sorted(markers)
    ]


def _plain(text: str) -> str:
    """Without marks of code, and with single spaces."""
    return " ".join(html.unescape(re.sub(r"</?code>|`", "", text)).split())


def _tells(line: str) -> bool:
    """Whether a line says something in a sentence: a call or a `for` may be a hint."""
    if line.endswith(":"):
        return False
    try:
        statement = ast.parse(line).body[0]
    except (SyntaxError, IndexError):  # a part of a statement, or a comment
        return True
    call = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    return not call


def secret_lines(notebook: NotebookNode) -> set[str]:
    """Lines that only the instructor may see and that no open cell of code has."""
    secret: set[str] = set()
    public: set[str] = set()
    for cell in notebook.cells:
        hidden, shown = _divided(cell)
        secret |= hidden
        public |= shown if cell.cell_type == "code" else set()
    return {
        line
        for line in secret - public
        if len(line) >= SHORTEST_SECRET and not line.startswith(TELLS_NOTHING)
    }


def _divided(cell: NotebookNode) -> tuple[set[str], set[str]]:
    """Lines of a cell within its regions, and the others."""
    hidden: set[str] = set()
    shown: set[str] = set()
    inside = marked = False
    for line in map(str.strip, cell.source.splitlines()):
        if any(f"BEGIN {region}" in line for region in SECRET_REGIONS):
            inside = marked = True
        elif any(f"END {region}" in line for region in SECRET_REGIONS):
            inside = False
        else:
            (hidden if inside else shown).add(line)
    if utils.is_solution(cell) and not marked:  # nbgrader replaces all of it
        return shown, set()
    return hidden, shown
