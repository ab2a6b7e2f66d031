"""Where things are in a course folder, and nbgrader's converters set up for it."""

from __future__ import annotations

import logging
import os
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, chdir, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache, partial
from glob import glob
from pathlib import Path
from typing import Any, TypeVar

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps import NbGrader
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import OperationalError
from traitlets.config import Config

CONFIG_FILE = "nbgrader_config.py"
PATIENCE = 60.0
"""Seconds that a gradebook may be away."""
Converter = TypeVar("Converter", bound=BaseConverter)
Result = TypeVar("Result")


class CourseError(Exception):
    """Something that the person at the keyboard can mend; the text says how."""


@dataclass(frozen=True)
class Course:
    """A folder with nbgrader_config.py, source/ and what nbgrader makes of them."""

    root: Path
    settings: Config = field(default_factory=Config, compare=False)
    """What the command line sets beyond nbgrader_config.py."""

    @classmethod
    def here(
        cls, root: Path | None = None, configured: bool = True, begun: bool = True
    ) -> Course:
        """The course in `root` (default: the working folder), with what it must have.

        Raises:
            CourseError: when there is no course there.
        """
        root = (root or Path.cwd()).resolve()
        needed = [CONFIG_FILE] * configured + ["source/"] * begun
        if not all((root / name).exists() for name in needed):
            raise CourseError(
                f"{root} is no course folder: it needs {' and '.join(needed)}."
                " Go to the course's folder, or name it with --course."
            )
        return cls(root)

    def assignments(self) -> list[str]:
        """Names of all assignments, sorted."""
        return self._names("source", ".", "*", "*.ipynb")

    def source(self, assignment: str) -> Path:
        """Folder of the assignment's master.

        Raises:
            CourseError: for an unknown assignment.
        """
        if assignment not in self.assignments():
            known = ", ".join(self.assignments()) or "none yet"
            near = get_close_matches(assignment, self.assignments(), 1)
            meant = f" Did you mean '{near[0]}'?" if near else ""
            raise CourseError(
                f"There is no assignment '{assignment}' in {self.root / 'source'}."
                f"{meant} Assignments: {known}."
            )
        return self.folder("source", ".", assignment)

    def masters(self, assignment: str) -> list[Path]:
        """The instructor's notebooks of the assignment."""
        return sorted(self.source(assignment).glob("*.ipynb"))

    def master(self, assignment: str) -> Path:
        """The instructor's notebook of an assignment that has one."""
        notebooks = self.masters(assignment)
        if len(notebooks) != 1:
            raise CourseError(
                f"source/{assignment} should hold exactly one notebook, but holds"
                f" {len(notebooks)}: move the others away."
            )
        return notebooks[0]

    def release(self, assignment: str) -> Path:
        """Folder of the assignment's student version."""
        return self.folder("release", ".", assignment)

    def submitted(self, student: str, assignment: str) -> Path:
        """Folder in which nbgrader looks for a student's submission."""
        return self.folder("submitted", student, assignment)

    def students(self, assignment: str) -> list[str]:
        """Everybody who handed in something for the assignment, sorted.

        Whose folder cannot be looked into, too: who grades is told so.
        """
        directory = self.directory()
        path = directory.format_path(directory.submitted_directory, "*", assignment)
        every = filter(os.path.isdir, glob(path.partition("*")[0] + "*"))
        closed = (Path(p).name for p in every if not os.access(p, os.X_OK))
        found = {*self._names("submitted", "*", assignment), *closed}
        return sorted(found.difference(directory.student_id_exclude.split(",")))

    def misnamed(self, assignment: str) -> list[Path]:
        """Folders with submissions of no assignment, and nearly this one's name."""
        place, known = self.submitted("*", assignment), set(self.assignments())
        if place.name != assignment:  # the folders are sorted otherwise
            return []
        found = map(Path, glob(f"{place.parent}/*/"))
        other = sorted(path for path in found if path.name not in known)
        names = {path.name.lower() for path in other}
        near = get_close_matches(assignment.lower(), names, len(names) or 1)
        return [path for path in other if path.name.lower() in near]

    def autograded(self, student: str, assignment: str) -> Path:
        """The student's graded notebook."""
        folder = self.folder("autograded", student, assignment)
        return folder / self.master(assignment).name

    def feedback(self, student: str, assignment: str) -> Path:
        """The student's feedback page."""
        name = self.master(assignment).stem + ".html"
        return self.folder("feedback", student, assignment) / name

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """Where nbgrader has the files of a step: "submitted", "autograded", …"""
        return place_of(self.directory(), step, student, assignment)

    def _names(
        self, step: str, student: str, assignment: str, inside: str = ""
    ) -> list[str]:
        """What stands for the "*" in the paths that there are."""
        directory = self.directory()
        name = getattr(directory, f"{step}_directory")
        wanted = (
            "([^/]+)" if p == "*" else re.escape(p) for p in (student, assignment)
        )
        form = re.compile(directory.format_path(name, *wanted, escape=True))
        paths = glob(directory.format_path(name, student, assignment) + f"/{inside}")
        matches = (form.fullmatch(os.path.dirname(path)) for path in paths)
        return sorted({match[1] for match in matches if match})

    def directory(self) -> CourseDirectory:
        """nbgrader's own idea of where things are."""
        return CourseDirectory(config=self.config(), root=str(self.root))

    def config(self) -> Config:
        """As nbgrader's commands read it, run in the course's folder.

        That is, from the system's and the user's folders and from the course; what the
        command line adds comes last. Modules of the course's folder can be imported.
        """
        files = filter(os.path.isfile, _config_files(self.root))
        changed = tuple(map(os.path.getmtime, files))
        config = deepcopy(_read_config(self.root, changed))
        config.merge(self.settings)
        return config

    def converter(
        self,
        kind: type[Converter],
        assignment: str,
        student: str = "*",
        **settings: Any,
    ) -> Converter:
        """One of nbgrader's converters, set up as nbgrader's own commands do."""
        directory = self.directory()
        directory.assignment_id = assignment
        directory.student_id = student
        converter = kind(coursedir=directory, config=self.config())
        converter.force = True
        for name, value in settings.items():
            setattr(converter, name, value)
        return converter

    def open_gradebook(self) -> Gradebook:
        """The course's gradebook; close it.

        Raises:
            CourseError: when it can't be opened for a while.
        """
        directory = self.directory()
        return patiently(partial(Gradebook, directory.db_url, directory.course_id))

    @contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """The course's gradebook, closed at the end."""
        with self.open_gradebook() as gradebook:
            yield gradebook


def patiently(attempt: Callable[[], Result]) -> Result:
    """What it returns, tried again while a database is away or busy."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return attempt()
        except OperationalError as problem:
            if not _passes(problem) or time.monotonic() > end:
                raise CourseError(gradebook_fault(problem)) from None
        time.sleep(0.5)


def gradebook_fault(problem: OperationalError) -> str:
    """In one line."""
    reason = " ".join(str(problem.orig).split())
    return f"The gradebook can't be used: {reason}. What was entered before is kept."


def _passes(problem: OperationalError) -> bool:
    """Whether it may pass by itself: SQLite's faults do not, unless it is busy."""
    return "sqlite" not in type(problem.orig).__module__ or "locked" in str(problem)


def place_of(
    directory: CourseDirectory, step: str, student: str, assignment: str
) -> Path:
    """The same, for many: reading the configuration takes its time."""
    name = getattr(directory, f"{step}_directory")
    return Path(directory.format_path(name, student, assignment))


def _config_files(root: Path) -> list[Path]:
    """All that nbgrader would read, there or not."""
    folders = [*NbGrader().config_file_paths, root]
    names = ("jupyter_config.py", "jupyter_config.json", CONFIG_FILE)
    return [Path(folder, name) for folder in folders for name in names]


@lru_cache(maxsize=8)
def _read_config(root: Path, changed: tuple[float, ...]) -> Config:
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    app = NbGrader(log_level=logging.CRITICAL)
    app.raise_config_file_errors = True
    with chdir(root):
        try:
            app.load_config_file()
        except Exception as problem:
            raise CourseError(
                f"The configuration can't be read: {type(problem).__name__}: {problem}."
                f" Mend {CONFIG_FILE} in {root} or in your Jupyter folders."
            ) from problem
    return app.config


def exercises(master: nbformat.NotebookNode) -> dict[str, list[str]]:
    """Test cells by the exercise they judge: `{"clip": ["test_clip_bounds", …]}`.

    A test belongs to the longest solution cell name that its own name starts with.
    """
    cells = [c.metadata.get("nbgrader", {}) for c in master.cells]
    found: dict[str, list[str]] = {c.grade_id: [] for c in cells if c.get("solution")}
    for cell in cells:
        if not cell.get("grade"):
            continue
        name = cell["grade_id"]
        fits = [e for e in found if f"{name}_".startswith((f"test_{e}_", f"{e}_"))]
        if fits:
            found[max(fits, key=len)].append(name)
    return {exercise: tests for exercise, tests in found.items() if tests}


@contextmanager
def quiet_log(level: int = logging.ERROR) -> Iterator[list[str]]:
    """Catch nbgrader's log lines of at least `level` instead of printing them."""
    lines: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    with ExitStack() as stack:
        for name in ("traitlets", "tornado.application"):
            stack.enter_context(_handled(logging.getLogger(name), Keeper(level)))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # SQLAlchemy's, about nbgrader's sessions
        yield lines


@contextmanager
def _handled(logger: logging.Logger, by: logging.Handler) -> Iterator[None]:
    before = logger.handlers[:], logger.propagate, logger.level
    logger.handlers, logger.propagate = [by], False
    logger.setLevel(by.level)
    try:
        yield
    finally:
        logger.handlers, logger.propagate = before[0], before[1]
        logger.setLevel(before[2])
