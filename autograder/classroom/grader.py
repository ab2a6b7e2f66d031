"""Grades one submission in whichever process: bytes come in, and bytes go out."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from traitlets.utils.importstring import import_item

from autograder.classroom.bundle import Bundle, Files, read_files
from autograder.engine.execute import IsolatedExecute
from autograder.engine.grading import MachineFault
from autograder.engine.plugin import TIMESTAMP, look_through, read_time
from autograder.engine.processes import disk
from autograder.engine.scores import Outcome, outcome
from autograder.engine.wire.messages import Cause
from autograder.notebook import EMPTY, Unreadable, grade_id, read_bytes, rebuild_from

MOST_BYTES = 256 << 20
"""Files of a submission, which pass through memory; what is beyond is left out."""


@dataclass(frozen=True)
class Submission:
    """What a student handed in, as it was read."""

    student: str
    notebooks: dict[str, bytes | Unreadable] = field(default_factory=dict)
    files: Files = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    digest: str = ""
    missing: list[str] = field(default_factory=list)
    """What is said of the assignment's notebooks that are not there."""

    @property
    def timestamp(self) -> datetime | None:
        """When it was handed in, if that is known."""
        text = self.files.get(TIMESTAMP, b"").decode()
        return read_time(text) if text.strip() else None

    def without_files(self) -> Submission:
        """What is still of use when all is written."""
        kept = {name: self.files[name] for name in self.files if name == TIMESTAMP}
        return replace(self, notebooks={}, files=kept)


@dataclass
class Graded:
    """What became of a submission."""

    remarks: list[str]
    notebooks: dict[str, bytes] = field(default_factory=dict)
    """The graded notebooks, as they are written to files."""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    in_doubt: bool = False
    """Whether it counts as one without answers, or the course's own code failed."""
    seconds: float = 0.0


@dataclass(frozen=True)
class Failure:
    """Why there is no grade, which is no fault of the answers."""

    reason: str


def read_submission(
    folder: Path, student: str, names: Iterable[str], ignored: list[str], most: int
) -> Submission:
    """The notebooks of these names, and what else lies in a folder, `most` bytes."""
    view = look_through(folder, min(most, MOST_BYTES))
    try:
        files = read_files(view.folder, ignored)  # of notebooks there is none
        remarks = view.left_out()
    finally:
        view.close()
    notebooks = {
        name: content_of(folder / f"{name}.ipynb")
        for name in sorted(names)
        if _is_there(folder / f"{name}.ipynb")
    }
    missing = [
        f"{name}.ipynb is missing{instead(folder, names)}"
        for name in sorted(set(names) - notebooks.keys())
    ]
    parts = (sorted(notebooks.items()), sorted(files.items()), remarks + missing)
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()
    return Submission(student, notebooks, files, remarks, digest, missing)


def instead(folder: Path, names: Iterable[str]) -> str:
    """Notebooks that may be meant to be one of these."""
    others = sorted(p.name for p in folder.glob("*.ipynb") if p.stem not in names)
    return f": is it {', '.join(others[:3])}? Then rename it" if others else ""


def _is_there(path: Path) -> bool:
    """Whether something has this name; raises `OSError` where nobody may look."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def content_of(path: Path) -> bytes | Unreadable:
    """What a notebook's file holds, or why that is none.

    Raises:
        OSError: when it is not the file's fault, such as for want of permission.
    """
    try:
        return read_bytes(path)
    except Unreadable as problem:
        return problem


class Grader:
    """Grades submissions of one assignment, whose files it keeps in a folder."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._source = disk.claim()
        place(self._source, bundle.files)
        self._execute = IsolatedExecute(config=bundle.config)
        self._steps = [import_item(s)(config=bundle.config) for s in bundle.steps]

    def close(self) -> None:
        """Remove the files."""
        disk.remove(self._source)

    def grade(self, submission: Submission) -> Graded | Failure:
        """Judge all notebooks of a submission; whatever happens, nothing is raised."""
        start = time.monotonic()
        graded = Graded([*submission.missing, *submission.remarks])
        try:
            folder = disk.claim()
            try:
                place(folder, laid_out(self._bundle, submission))
                for name in submission.notebooks:
                    self._judge(name, submission, folder, graded)
            finally:
                disk.remove(folder)
        except (MachineFault, OSError) as fault:
            return Failure(f"the machine failed: {fault}")
        except Exception as error:  # it stops nobody else's grading
            return Failure(f"{type(error).__name__}: {error}".splitlines()[0])
        graded.seconds = round(time.monotonic() - start, 3)
        return graded

    def _judge(
        self, name: str, submission: Submission, folder: Path, graded: Graded
    ) -> None:
        about = {"assignment": self._bundle.assignment, "student": submission.student}
        resources = ResourcesDict(nbgrader={**about, "notebook": name})
        master = self._bundle.masters[name]
        self._execute.begin(folder, self._source / f"{name}.ipynb", resources)
        try:
            notebook, remarks, readable = rebuild_from(
                master.stubs, master.released, partial(_read, submission, name)
            )
            for cell in notebook.cells:
                cell.source = master.autotests.get(str(grade_id(cell)), cell.source)
            remarks += submission.remarks
            notebook.metadata["autograder"] = NotebookNode(remarks=remarks)
            notebook, resources = self._execute(notebook, resources)
        finally:
            self._execute.end()
        for step in self._steps:
            notebook, resources = step(notebook, resources)
        verdicts = resources["nbgrader"]["verdicts"]
        graded.outcomes[name] = outcome(notebook, verdicts)
        graded.notebooks[name] = f"{nbformat.writes(notebook, version=4)}\n".encode()
        known = notebook.metadata.autograder.remarks
        graded.remarks += [remark for remark in known if remark not in graded.remarks]
        empty = not readable or any(remark.startswith(EMPTY) for remark in known)
        graded.in_doubt |= empty or any(
            verdict.cause is Cause.TEST for verdict in verdicts.values()
        )


def _read(submission: Submission, name: str) -> bytes:
    content = submission.notebooks[name]
    if isinstance(content, Unreadable):
        raise content
    return content


def laid_out(bundle: Bundle, submission: Submission) -> Files:
    """A student's files, and the course's own, which take their place.

    What would be a folder where these need a file, or a file for a folder, is left out.
    """
    given = {
        path: content
        for path, content in bundle.files.items()
        if not path.endswith(".ipynb") and path not in bundle.kept
    }
    taken = {*given, *(f"{name}.ipynb" for name in bundle.masters)}
    folders = {str(folder) for path in taken for folder in Path(path).parents}
    own = {
        path: content
        for path, content in submission.files.items()
        if path not in folders and not taken.intersection(map(str, Path(path).parents))
    }
    return own | given


def place(folder: Path, files: Files) -> None:
    """Write files into a folder; what is there under their names is replaced."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
