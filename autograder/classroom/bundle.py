"""All that a worker needs to grade an assignment, in one piece and with a hash."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from autograder.course import Course, CourseError
from autograder.engine import AUTOGRADE
from autograder.engine.execute import IsolatedExecute
from autograder.engine.processes import layers
from autograder.engine.scores import SaveVerdicts, known_notebooks, misfit
from autograder.notebook import grade_id, read_master, versions

Files = dict[str, bytes]
"""What files hold, by their paths within a folder."""


@dataclass(frozen=True)
class Master:
    """An instructor's notebook as students got it, with and without hidden tests."""

    stubs: NotebookNode
    released: NotebookNode
    autotests: dict[str, str]
    """Sources of cells that nbgrader computed at the release (AUTOTEST), by name."""


@dataclass(frozen=True)
class Bundle:
    """An assignment as workers get it."""

    assignment: str
    files: Files
    """All of the source folder."""
    kept: tuple[str, ...]
    """Files of which the student's version counts."""
    masters: dict[str, Master]
    steps: tuple[str, ...]
    """nbgrader's steps between judging and saving."""
    config: Config
    digest: str
    """Changes with whatever a grade depends on, besides the submission."""
    notes: tuple[str, ...] = ()
    """What whoever grades should know."""


def make_bundle(course: Course, assignment: str) -> Bundle:
    """Read the assignment, and compare it with what the gradebook knows of it.

    Raises:
        CourseError: when they do not fit, the notebooks are not Python, or a layer of
            the sandbox is missing that the course requires.
    """
    config, ignored = course.config(), course.directory().ignore
    source = course.source(assignment)
    missing = _missing_layers(config)
    masters = {path.stem: read_master(path) for path in course.masters(assignment)}
    for name, master in masters.items():
        _check_language(name, master)
    steps = _steps(config)
    about = _sections(config, [IsolatedExecute, *steps])
    with course.gradebook() as gradebook:
        found, notes = _compared(gradebook, assignment, masters, config)
        due = gradebook.find_assignment(assignment).duedate
    files = read_files(source, ignored)
    late = AssignLatePenalties(config=config).plugin_class
    parts = (
        engine_digest(), assignment, sorted(files.items()), due,
        sorted(_sections(config, [AssignLatePenalties, late]).items()), late.__name__,
        sorted(about.items()), [step.__name__ for step in steps],
        [(n, nbformat.writes(m.stubs), m.autotests) for n, m in sorted(found.items())],
    )  # fmt: skip
    return Bundle(
        assignment, files,
        tuple(Autograde(config=config).exclude_overwriting.get(assignment, ())),
        found, tuple(f"{s.__module__}.{s.__name__}" for s in steps), about,
        hashlib.sha256(_plain(parts)).hexdigest(), (*missing, *notes),
    )  # fmt: skip


def read_files(folder: Path, ignored: Iterable[str]) -> Files:
    """All below a folder, but for what nbgrader ignores by these patterns."""

    def wanted(name: str) -> bool:  # as a shell would match it
        found = (p for p in ignored if fnmatch(name, p))
        return not any(p.startswith(".") or not name.startswith(".") for p in found)

    files = {}
    for place, folders, names in os.walk(folder):
        folders[:] = filter(wanted, folders)
        for path in (Path(place, name) for name in names if wanted(name)):
            files[str(path.relative_to(folder))] = path.read_bytes()
    return dict(sorted(files.items()))


def _missing_layers(config: Config) -> list[str]:
    missing = ", ".join(layers.missing())
    if missing and IsolatedExecute(config=config).require_sandbox:
        raise CourseError(f"Not graded: the sandbox lacks {missing}.")
    return [f"the sandbox lacks {missing}"] if missing else []


@cache
def engine_digest() -> bytes:
    """Of the code that makes a grade of an answer."""
    root = Path(__file__).resolve().parents[1]
    paths = [*sorted((root / "engine").rglob("*.py")), root / "notebook.py"]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).digest()


def _plain(parts: object) -> bytes:
    """As text in which objects do not tell where in memory they are."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(parts)).encode()


def _check_language(name: str, master: NotebookNode) -> None:
    about = master.metadata
    language = about.get("kernelspec", {}).get("language") or about.get(
        "language_info", {}
    ).get("name", "python")
    if language.lower() not in ("python", "ipython"):
        raise CourseError(f"{name}.ipynb is written in {language}: Python only.")


def _steps(config: Config) -> list[type[Any]]:
    """What the course does between judging and saving, besides what it does always."""
    named = Autograde(config=config).autograde_preprocessors
    steps = [import_item(step) if isinstance(step, str) else step for step in named]
    if IsolatedExecute not in steps:  # a course that has no line about this engine
        steps = [import_item(step) for step in AUTOGRADE["autograde_preprocessors"]]
    saving = steps.index(SaveVerdicts) if SaveVerdicts in steps else len(steps)
    return [step for step in steps[:saving] if step is not IsolatedExecute]


def _sections(config: Config, classes: Iterable[type[Any]]) -> Config:
    names = {kind.__name__ for one in classes for kind in one.__mro__}
    return Config({name: config[name] for name in sorted(names) if name in config})


# --- the gradebook's idea of it ---------------------------------------------------


def _compared(
    gradebook: Gradebook, assignment: str, masters: dict[str, NotebookNode], config: Any
) -> tuple[dict[str, Master], list[str]]:
    """The masters, and what changed since the release without doing harm."""
    known = known_notebooks(gradebook, assignment)
    made = {name: versions(master, config) for name, master in masters.items()}
    problem = misfit(assignment, known, {name: both[0] for name, both in made.items()})
    if problem:
        raise CourseError(problem)
    found, notes = {}, []
    for name, (stubs, released) in made.items():
        sources = {cell.name: cell.source for cell in known[name].source_cells}
        computed = {
            cell_name: sources[cell_name]
            for cell in stubs.cells
            if (cell_name := str(grade_id(cell))) in sources
            and "AUTOTEST" in cell.source
        }
        found[name] = Master(stubs, released, computed)
        notes += [
            f"{grade_id(cell)} has changed since the release"
            for cell in stubs.cells
            if utils.is_locked(cell)
            and sources.get(grade_id(cell), cell.source) != cell.source
            and grade_id(cell) not in computed
        ]
    return found, notes
