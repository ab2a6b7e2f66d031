"""What plugs the engine into `nbgrader autograde` and the formgrader's button.

`RebuiltNotebook` reads submissions, `IsolatedExecute` replaces `Execute`, and
`SaveVerdicts` replaces `SaveAutoGrades`; nbgrader_config.py names all three.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader import api, utils
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import (
    IgnorePattern,
    LimitOutput,
    NbGraderPreprocessor,
    OverwriteCells,
)
from traitlets import Bool, Dict, Float, Integer, List, Unicode
from traitlets.config import Config

from autograder.engine import disk, kernel, sandbox
from autograder.engine.session import (
    Limits,
    Settings,
    Started,
    Verdict,
    judge_notebook,
)
from autograder.notebook import (
    grade_id,
    is_autograded,
    read_master,
    rebuild_file,
    versions,
)

Result = tuple[NotebookNode, ResourcesDict]
MOST_REMARKS = 10

# nbgrader opens its gradebook seven times a submission; with an engine of its own for
# each, SQLAlchemy would compile every query anew.
api.create_engine = lru_cache(maxsize=8)(api.create_engine)


AUTOGRADE = {
    "exporter_class": "autograder.engine.preprocessors.RebuiltNotebook",
    "sanitize_preprocessors": [],  # every cell's metadata is the master's
    "autograde_preprocessors": [
        "autograder.engine.preprocessors.IsolatedExecute",
        "nbgrader.preprocessors.IgnorePattern",
        "nbgrader.preprocessors.LimitOutput",
        "autograder.engine.preprocessors.SaveVerdicts",
        "nbgrader.preprocessors.AssignLatePenalties",
    ],
}
"""What nbgrader_config.py sets: `c.Autograde.update(AUTOGRADE)`."""


class RebuiltNotebook(NotebookExporter):
    """Reads a submission as the master's cells with the student's answers.

    A file that is no notebook counts as one without answers, so that it stops neither
    its batch nor itself; `nbgrader autograde` then ends with an error status. Files
    beside it are taken from a clean copy: regular ones only, and not too much.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unreadable: list[str] = []
        self._clean: dict[tuple[str, str], Path] = {}
        self._left_out: list[str] = []
        self._started: Started | None = None
        if isinstance(self.parent, Autograde):
            self._wrap(self.parent)

    def _wrap(self, converter: Any) -> None:
        """Step between nbgrader and what students handed in."""
        convert, begin = converter.convert_notebooks, converter.init_destination
        source = converter._format_source

        def init_destination(assignment: str, student: str) -> bool:
            self._take(assignment, student, Path(source(assignment, student)))
            return begin(assignment, student)

        def format_source(assignment: str, student: str, escape: bool = False) -> str:
            raw = source(assignment, student, escape=escape)
            return str(self._clean.get((assignment, student), raw))

        converter.convert_notebooks = lambda: self._then_complain(convert)
        converter.init_destination = init_destination
        converter._format_source = format_source

    def _take(self, assignment: str, student: str, submitted: Path) -> None:
        """Make the clean copy of a submission's files, before nbgrader copies any."""
        self._forget()
        clean = disk.claim()
        self._clean[assignment, student] = clean
        most_bytes = IsolatedExecute(parent=self).disk_bytes
        left_out = disk.copy(submitted, clean, most_bytes)
        self._left_out = left_out[:MOST_REMARKS]
        if len(left_out) > MOST_REMARKS:
            self._left_out.append(f"left out in all: {len(left_out)} files or folders")
        timestamp = clean / "timestamp.txt"
        try:
            timestamp.exists() and utils.parse_utc(timestamp.read_text()[:100].strip())
        except (ValueError, OverflowError):
            timestamp.unlink()
            self._left_out.append("timestamp.txt holds no time: ignored")

    def _forget(self) -> None:
        for clean in self._clean.values():
            disk.remove(clean)
        self._clean.clear()
        if started := self.take_started():
            started.close()

    def _then_complain(self, convert: Callable[[], None]) -> None:
        try:
            convert()
        finally:
            self._forget()
        if self.unreadable:
            self.log.error("%s", "; ".join(self.unreadable))
            raise NbGraderException("some submissions could not be read")

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> Result:
        """Rebuild what students handed in; read what this course made as it is."""
        converter: Any = self.parent
        if not converter._sanitizing:
            return super().from_filename(filename, resources=resources, **kw)  # type: ignore[return-value]
        resources = resources or {}
        path = Path(filename)
        resources["metadata"] = ResourcesDict(name=path.stem, path=str(path.parent))
        self._start(resources)
        notebook = self._rebuild(path, resources)
        return self.from_notebook_node(notebook, resources=resources, **kw)

    def _start(self, resources: dict[str, Any]) -> None:
        """Let kernels start while the notebook is being prepared."""
        step = IsolatedExecute(parent=self)
        step.check_sandbox()
        self._started = Started(*step.places(resources), step.settings(resources))

    def take_started(self) -> Started | None:
        """What `_start` has started, for one user."""
        started, self._started = self._started, None
        return started

    def _validate_preprocessor(self, nbc: NotebookNode, preprocessor: Any) -> None:
        """Not after steps that leave the form of the notebook as it is."""
        if not isinstance(preprocessor, (IgnorePattern, LimitOutput, SaveVerdicts)):
            super()._validate_preprocessor(nbc, preprocessor)

    def _rebuild(self, path: Path, resources: Any) -> NotebookNode:
        master = master_path(self.parent, resources)
        stubs, released = _versions(master, master.stat().st_mtime_ns, self.config)
        notebook, remarks, readable = rebuild_file(stubs, released, path)
        if not readable:
            self.unreadable.append(f"{path}: {remarks[0]}")
        remarks += self._left_out
        if any("AUTOTEST" in cell.source for cell in notebook.cells):
            # tests that nbgrader computed at release time stand in the gradebook only
            notebook, _ = OverwriteCells(parent=self).preprocess(notebook, resources)
        for remark in remarks:
            self.log.warning("%s: %s", path, remark)
        notebook.metadata["autograder"] = {"remarks": remarks}
        return notebook


def master_path(converter: Autograde, resources: ResourcesDict) -> Path:
    """The instructor's notebook of the submission at hand."""
    directory = converter.coursedir
    about = resources["nbgrader"]
    folder = directory.format_path(directory.source_directory, ".", about["assignment"])
    path = Path(folder) / f"{about['notebook']}.ipynb"
    if not path.is_file():
        raise NbGraderException(f"{path} is missing: grading needs the master")
    return path


def _master(path: Path) -> NotebookNode:
    """The instructor's notebook: read once, to be read only."""
    return _master_of(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _master_of(path: Path, changed: int) -> NotebookNode:
    return read_master(path)


@lru_cache(maxsize=8)
def _versions_of(path: Path, changed: int, config: str) -> tuple[NotebookNode, ...]:
    return versions(read_master(path), _configs[config])


_configs: dict[str, Config] = {}


def _versions(path: Path, changed: int, config: Config) -> tuple[NotebookNode, ...]:
    key = repr(sorted(config.get("GenerateAssignment", {}).items()))
    _configs[key] = config
    return _versions_of(path, changed, key)


class IsolatedExecute(NbGraderPreprocessor):
    """Runs the student's code in a confined kernel and the tests out of its reach."""

    cell_seconds = Float(30, help="seconds that one cell may take").tag(config=True)
    call_seconds = Float(
        10, help="seconds that one call of a student's function may take in a test"
    ).tag(config=True)
    submission_seconds = Integer(
        300, help="seconds that one notebook may take, of time and of CPU time"
    ).tag(config=True)
    memory_bytes = Integer(4 << 30, help="memory of all processes").tag(config=True)
    processes = Integer(256, help="processes and threads").tag(config=True)
    open_files = Integer(256, help="open files of a process").tag(config=True)
    file_bytes = Integer(256 << 20, help="size of one file").tag(config=True)
    disk_bytes = Integer(1 << 30, help="size of all files").tag(config=True)
    output_bytes = Integer(
        8 << 20, help="shown output of a cell; a notebook's may be four times as large"
    ).tag(config=True)
    message_bytes = Integer(
        256 << 20, help="size of the arguments or the result of one call"
    ).tag(config=True)
    preload = List(
        Unicode(), ["numpy", "matplotlib.pyplot"],
        help="modules that warm kernels have imported already",
    ).tag(config=True)  # fmt: skip
    preload_for = Dict(
        help="assignment name: list of modules, instead of `preload`"
    ).tag(config=True)
    environment = Dict(help="environment variables of kernels").tag(config=True)
    require_sandbox = Bool(
        False, help="refuse to grade when a layer of the sandbox is missing"
    ).tag(config=True)

    def settings(self, resources: Any) -> Settings:
        """The traits as the engine takes them."""
        assignment = resources["nbgrader"]["assignment"]
        limits = {name: getattr(self, name) for name in vars(Limits())}
        return Settings(
            preload=tuple(self.preload_for.get(assignment, self.preload)),
            environment=dict(self.environment),
            limits=replace(Limits(), **limits),
        )

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Result:
        """Judge the notebook; verdicts go to `resources`, outputs into the cells."""
        if not isinstance(self.parent, RebuiltNotebook):
            raise NbGraderException(
                "IsolatedExecute needs c.Autograde.exporter_class ="
                " 'autograder.engine.preprocessors.RebuiltNotebook'"
            )
        self.check_sandbox()
        folder, trusted = self.places(resources)
        verdicts = judge_notebook(
            nb,
            _master(master_path(self.parent.parent, resources)),
            folder=folder,
            trusted=trusted,
            settings=self.settings(resources),
            started=self.parent.take_started(),
        )
        resources["nbgrader"]["verdicts"] = verdicts
        self._note(nb, verdicts)
        return nb, resources

    def places(self, resources: Any) -> tuple[Path, Path]:
        """The folders of the submission's files and of the course's own."""
        converter, about = self.parent.parent, resources["nbgrader"]
        made = converter._format_dest(about["assignment"], about["student"])
        folder = Path(made).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        return folder, master_path(converter, resources).parent.resolve()

    def check_sandbox(self) -> None:
        """Refuse, or say once, that a layer is missing."""
        missing = sandbox.missing_layers()
        if not kernel.can_fork():
            missing.append("warm kernels (fork)")
        if missing and self.require_sandbox:
            raise NbGraderException(f"the sandbox lacks {', '.join(missing)}")
        if missing:
            say_once(self.log, f"the sandbox lacks {', '.join(missing)}")

    def _note(self, nb: NotebookNode, verdicts: dict[str, Verdict]) -> None:
        """Tell in the notebook what went wrong besides failed checks."""
        about = nb.metadata.setdefault("autograder", NotebookNode(remarks=[]))
        cells: dict[str, list[str]] = {}
        for name, verdict in verdicts.items():
            if verdict.trouble:
                cells.setdefault(verdict.trouble, []).append(name)
        for trouble, names in cells.items():
            about.remarks.append(f"{trouble}: {', '.join(names)}")
            self.log.warning("%s: %s", trouble, ", ".join(names))
        about.seconds = {n: round(v.seconds, 3) for n, v in verdicts.items()}


_said: set[str] = set()


def say_once(log: Any, line: str) -> None:
    """Warn at the start of a run, not for each submission."""
    if line not in _said:
        _said.add(line)
        log.warning(line)


class SaveVerdicts(NbGraderPreprocessor):
    """Saves scores by the judge's own record; what has no record scores 0.

    Otherwise as `SaveAutoGrades`, in one transaction: manual scores stay.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Result:
        """Write the scores of all graded cells into the gradebook."""
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            submission = gradebook.find_submission_notebook(
                about["notebook"], about["assignment"], about["student"]
            )
            found = submission.notebook
            cells = (*found.grade_cells, *found.solution_cells, *found.task_cells)
            names = {cell.id: cell.name for cell in cells}
            grades = {names[grade.cell_id]: grade for grade in submission.grades}
            comments = {names[text.cell_id]: text for text in submission.comments}
            for cell in nb.cells:
                name = grade_id(cell)
                if name in grades and utils.is_grade(cell):
                    verdict = about.get("verdicts", {}).get(name)
                    self._score(grades[name], cell, verdict)
                if name in comments:
                    comments[name].auto_comment = _comment(cell)
            gradebook.db.commit()
        return nb, resources

    def _score(self, grade: Any, cell: NotebookNode, verdict: Verdict | None) -> None:
        grade.auto_score = points(cell, verdict, self.log)
        by_hand = grade.manual_score is not None or grade.auto_score is None
        grade.needs_manual_grade = by_hand


def _comment(cell: NotebookNode) -> str | None:
    untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
    return "No response." if untouched and not utils.is_task(cell) else None


def points(
    cell: NotebookNode, verdict: Verdict | None, log: Any = None
) -> float | None:
    """The automatic score of a graded cell; None where people give it."""
    if is_autograded(cell) and not (verdict and verdict.passed):
        return 0.0
    if cell.cell_type == "code":  # a warning is no failure: it stands in the verdict
        shown = [o for o in cell.outputs if o.get("name") != "stderr"]
        cell = NotebookNode({**cell, "outputs": shown})
    try:
        return utils.determine_grade(cell, log)[0]
    except (ValueError, KeyError):  # a test that gives more than its points
        return 0.0
