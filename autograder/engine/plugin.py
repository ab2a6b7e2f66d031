"""What plugs the engine into `nbgrader autograde` and the formgrader's button.

Three lines of nbgrader_config.py are enough for any course:

    from autograder.engine import AUTOGRADE
    c = get_config()
    c.Autograde.update(AUTOGRADE)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader import api, utils
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import IgnorePattern, LimitOutput, OverwriteCells
from traitlets.config import Config

from autograder.engine import aside
from autograder.engine.execute import IsolatedExecute, master_of
from autograder.engine.grading import MachineFault, log_file
from autograder.engine.processes import disk
from autograder.engine.scores import (
    SaveVerdicts,
    known_notebooks,
    misfit,
    set_aside,
)
from autograder.notebook import grade_id, rebuild_file, versions

TIMESTAMP = "timestamp.txt"
LONGEST_TIME = 100  # characters


class SomeUnreadable(NbGraderException):
    """All are graded, but some as if they were empty."""


class GradedNotebook(NotebookExporter):
    """Writes graded notebooks, and makes nbgrader's converter one of ours."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(self.parent, Autograde):
            # nbgrader has a setting for nearly every class, not for its converter's;
            # the exporter is the first thing of ours that a converter makes
            self.parent.__class__ = IsolatedAutograde

    def _validate_preprocessor(self, nbc: NotebookNode, preprocessor: Any) -> None:
        """Not after steps that leave the form of the notebook as it is."""
        if not isinstance(preprocessor, (IgnorePattern, LimitOutput, SaveVerdicts)):
            super()._validate_preprocessor(nbc, preprocessor)


class IsolatedAutograde(Autograde):
    """nbgrader's converter; graded is the master with the student's answers.

    A file that is no notebook counts as one without answers, so that it stops neither
    its batch nor itself; the command then ends with an error status. Of the files
    beside it, nbgrader sees regular ones only, and not too many.
    """

    def convert_notebooks(self) -> None:
        """Grade all; complain at the end about what could not be read."""
        self.execute = IsolatedExecute(parent=self.exporter)
        self.execute.check_sandbox()
        self.execute.check_preload()
        self.unreadable: list[str] = []
        self._views: dict[tuple[str, str], disk.View] = {}
        self._after_each = ExitStack()
        try:
            with _one_engine_a_database(), self._after_each:
                self._check_fit()
                super().convert_notebooks()
        finally:
            self.log.info("log of the processes: %s", log_file())
        if self.unreadable:
            self.log.error("%s", "; ".join(self.unreadable))
            raise SomeUnreadable("some submissions could not be read")

    def _check_fit(self) -> None:
        """Refuse, before anything is touched, what would lose grades."""
        form = self._format_source("(?P<assignment>.*)", "(?P<student>.*)", escape=True)
        matches = (re.match(form, path) for path in self.assignments)
        for name in sorted({match["assignment"] for match in matches if match}):
            source = self._source(name)
            with Gradebook(self.coursedir.db_url) as gradebook:
                known = known_notebooks(gradebook, name)
                paths = (source / f"{notebook}.ipynb" for notebook in known)
                problem = misfit(name, known, {
                    path.stem: _versions(path.resolve(), self.config)[0]
                    for path in paths if path.is_file()
                })  # fmt: skip
            if problem:
                self.log.error("%s What was graded before stays.", problem)
                raise NbGraderException(problem)

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Look through a submission before nbgrader copies any of it."""
        self._after_each.close()
        self._views.clear()
        submitted = Path(super()._format_source(assignment_id, student_id))
        folder = Path(self._format_dest(assignment_id, student_id))
        files = [folder / Path(name).name for name in self.notebooks]
        whole = self.coursedir.notebook_id == "*"
        places = [folder] if whole else files
        for place in places:
            self._after_each.callback(aside.settle, place)
        try:
            with self._faults_of_the_machine(assignment_id, student_id):
                view = look_through(submitted, self.execute.disk_bytes)
        except NbGraderException:
            aside.put_aside(*places)
            raise
        self._views[assignment_id, student_id] = view
        self._after_each.callback(view.close)
        aside.drop_halves(files, folder if whole else None)
        if self.force or self._is_newer(assignment_id, student_id):
            aside.put_aside(*places)
        wanted = super().init_destination(assignment_id, student_id)
        if not wanted:
            self._tell_outdated(assignment_id, files)
        return wanted

    def _is_newer(self, assignment_id: str, student_id: str) -> bool:
        """Whether nbgrader would replace what was graded by its time."""
        time = self.coursedir.get_existing_timestamp
        new = time(self._format_source(assignment_id, student_id))
        old = time(self._format_dest(assignment_id, student_id))
        return None not in (new, old) and new > old

    def _tell_outdated(self, assignment: str, graded: list[Path]) -> None:
        """Say of what nbgrader passes over that another master graded it."""
        told = "%s was graded by another version of %s: --force, or"
        told += " `autograder grade %s`, grades it again"
        for file in graded:
            master = self._source(assignment) / file.name
            if aside.is_outdated(file, master):
                self.log.warning(told, file, master, assignment)

    def _format_source(
        self, assignment_id: str, student_id: str, escape: bool = False
    ) -> str:
        raw = super()._format_source(assignment_id, student_id, escape=escape)
        view = self._views.get((assignment_id, student_id))
        return str(view.folder) if view and self._sanitizing else raw

    def _init_preprocessors(self) -> None:
        super()._init_preprocessors()
        self.exporter._preprocessors = [
            self.execute if isinstance(step, IsolatedExecute) else step
            for step in self.exporter._preprocessors
        ]

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Rebuild, judge and write one notebook, in one pass."""
        path = Path(notebook_filename)
        resources = self.init_single_notebook_resources(notebook_filename)
        resources["metadata"] = ResourcesDict(name=path.stem, path=str(path.parent))
        about = resources["nbgrader"]
        with self._faults_of_the_machine(about["assignment"], about["student"]):
            self.execute.begin(*self._places(resources), resources)
            try:
                notebook = self._rebuild(path, resources)
                self._sanitizing = False
                self._init_preprocessors()
                graded = self.exporter.from_notebook_node(notebook, resources=resources)
                self.write_single_notebook(*graded)
            finally:
                self._sanitizing = True
                self.execute.end()

    @contextmanager
    def _faults_of_the_machine(self, assignment: str, student: str) -> Iterator[None]:
        """Such a fault stops this submission, and makes no grade of it."""
        try:
            yield
        except (MachineFault, OSError) as fault:
            with Gradebook(self.coursedir.db_url) as gradebook:
                set_aside(gradebook, assignment, student)
            raise NbGraderException(
                f"{student} is not graded, as the machine failed: {fault}. An old grade"
                " stays; see to the machine and grade again"
            ) from None

    def _places(self, resources: dict[str, Any]) -> tuple[Path, Path]:
        """The folder of the submission's copy, and the master."""
        about = resources["nbgrader"]
        folder = Path(self._format_dest(about["assignment"], about["student"]))
        folder.mkdir(parents=True, exist_ok=True)
        master = self._source(about["assignment"]) / f"{about['notebook']}.ipynb"
        if not master.is_file():
            raise NbGraderException(f"{master} is missing: grading needs the master")
        return folder.resolve(), master.resolve()

    def _source(self, assignment: str) -> Path:
        directory = self.coursedir
        path = directory.format_path(directory.source_directory, ".", assignment)
        return Path(path)

    def _rebuild(self, path: Path, resources: Any) -> NotebookNode:
        master = self._places(resources)[1]
        stubs, released = _versions(master, self.config)
        notebook, remarks, readable = rebuild_file(stubs, released, path)
        if not readable:
            self.unreadable.append(f"{path}: {remarks[0]}")
        about = resources["nbgrader"]
        remarks += self._views[about["assignment"], about["student"]].left_out()
        self._restore_autotests(stubs, notebook, resources)
        for remark in remarks:
            self.log.warning("%s: %s", path, remark)
        notebook.metadata["autograder"] = {"remarks": remarks}
        return notebook

    def _restore_autotests(
        self, stubs: NotebookNode, notebook: NotebookNode, resources: Any
    ) -> None:
        """Tests that nbgrader computed at release time are in the gradebook only."""
        locked = (c for c in stubs.cells if utils.is_locked(c))
        names = {grade_id(cell) for cell in locked if "AUTOTEST" in cell.source}
        if not names:
            return
        restored, _ = OverwriteCells(parent=self).preprocess(notebook.copy(), resources)
        sources = {grade_id(cell): cell.source for cell in restored.cells}
        for cell in notebook.cells:
            if grade_id(cell) in names:
                cell.source = sources[grade_id(cell)]


def look_through(submitted: Path, most_bytes: int) -> disk.View:
    """What is fit to be seen of a submission besides its notebooks."""
    view = disk.View(submitted, most_bytes)
    timestamp = view.folder / TIMESTAMP
    try:
        timestamp.exists() and read_time(timestamp.read_text())
    except (ValueError, OverflowError, OSError):
        view.hide(timestamp, "timestamp.txt holds no time: ignored")
    return view


def read_time(text: str) -> datetime:
    """When something was handed in, by the text of its timestamp.txt."""
    if len(text) > LONGEST_TIME:
        raise ValueError("that is no time")
    return cast(datetime, utils.parse_utc(text.strip()))


@contextmanager
def _one_engine_a_database() -> Iterator[None]:
    """Let nbgrader, which opens its gradebook seven times a submission, keep engines.

    With an engine of its own for each, SQLAlchemy compiles every query anew. nbgrader
    has no setting for it and takes the function from its own module.
    """
    make, api.create_engine = api.create_engine, _kept_engine
    try:
        yield
    finally:
        api.create_engine = make


_kept_engine = lru_cache(maxsize=8)(api.create_engine)


_configs: dict[str, Config] = {}


def _versions(path: Path, config: Config) -> tuple[NotebookNode, ...]:
    """The master as students got it, with and without hidden tests; made once."""
    key = repr(sorted(config.get("GenerateAssignment", {}).items()))
    _configs[key] = config
    return _versions_of(path, path.stat().st_mtime_ns, key)


@lru_cache(maxsize=8)
def _versions_of(path: Path, changed: int, config: str) -> tuple[NotebookNode, ...]:
    return versions(master_of(path), _configs[config])
