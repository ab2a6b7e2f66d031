"""Where things are in a course folder, and nbgrader's converters set up for it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

CONFIG_FILE = "nbgrader_config.py"
Converter = TypeVar("Converter", bound=BaseConverter)


class CourseError(Exception):
    """Something that the person at the keyboard can mend; the text says how."""


@dataclass(frozen=True)
class Course:
    """A folder with nbgrader_config.py, source/ and what nbgrader makes of them."""

    root: Path
    settings: Config = field(default_factory=Config, compare=False)
    """What the command line sets beyond nbgrader_config.py."""

    @classmethod
    def here(cls, root: Path | None = None) -> Course:
        """The course in `root` (default: the working folder).

        Raises:
            CourseError: when there is no course there.
        """
        root = (root or Path.cwd()).resolve()
        if not (root / CONFIG_FILE).is_file() or not (root / "source").is_dir():
            raise CourseError(
                f"{root} is no course folder: it needs {CONFIG_FILE} and source/."
                " Go to the course's folder, or name it with --course."
            )
        return cls(root)

    def assignments(self) -> list[str]:
        """Names of all assignments, sorted."""
        return sorted(p.parent.name for p in self.root.glob("source/*/*.ipynb"))

    def source(self, assignment: str) -> Path:
        """Folder of the assignment's master.

        Raises:
            CourseError: for an unknown assignment.
        """
        if assignment not in self.assignments():
            known = ", ".join(self.assignments()) or "none yet"
            raise CourseError(
                f"There is no assignment '{assignment}' in {self.root / 'source'}."
                f" Assignments: {known}."
            )
        return self.root / "source" / assignment

    def master(self, assignment: str) -> Path:
        """The instructor's notebook of the assignment."""
        notebooks = sorted(self.source(assignment).glob("*.ipynb"))
        if len(notebooks) != 1:
            raise CourseError(
                f"source/{assignment} should hold exactly one notebook, but holds"
                f" {len(notebooks)}: move the others away."
            )
        return notebooks[0]

    def release(self, assignment: str) -> Path:
        """Folder of the assignment's student version."""
        return self.root / "release" / assignment

    def submitted(self, student: str, assignment: str) -> Path:
        """Folder in which nbgrader looks for a student's submission."""
        return self.root / "submitted" / student / assignment

    def students(self, assignment: str) -> list[str]:
        """Everybody who handed in something for the assignment, sorted."""
        folders = self.root.glob(f"submitted/*/{assignment}")
        return sorted(p.parent.name for p in folders if p.is_dir())

    def autograded(self, student: str, assignment: str) -> Path:
        """The student's graded notebook."""
        folder = self.root / "autograded" / student / assignment
        return folder / self.master(assignment).name

    def feedback(self, student: str, assignment: str) -> Path:
        """The student's feedback page."""
        name = self.master(assignment).stem + ".html"
        return self.root / "feedback" / student / assignment / name

    def config(self) -> Config:
        """What nbgrader_config.py says, and what the command line adds."""
        config = PyFileConfigLoader(CONFIG_FILE, path=str(self.root)).load_config()
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
        config = self.config()
        directory = CourseDirectory(config=config)
        directory.root = str(self.root)
        directory.assignment_id = assignment
        directory.student_id = student
        converter = kind(coursedir=directory, config=config)
        converter.force = True
        for name, value in settings.items():
            setattr(converter, name, value)
        return converter

    @contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """The course's gradebook, closed at the end."""
        config = self.config()
        directory = CourseDirectory(config=config)
        directory.root = str(self.root)
        with Gradebook(directory.db_url, directory.course_id) as gradebook:
            yield gradebook


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

    logger = logging.getLogger("traitlets")
    keeper = Keeper(level)
    before = logger.handlers[:], logger.propagate, logger.level
    logger.handlers, logger.propagate = [keeper], False
    logger.setLevel(level)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLAlchemy's, about nbgrader's sessions
            yield lines
    finally:
        logger.handlers, logger.propagate = before[0], before[1]
        logger.setLevel(before[2])
