"""The step of nbgrader that runs a notebook: here, apart from its tests."""

from __future__ import annotations

import importlib.util
import re
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Dict, Float, Integer, List, TraitType, Unicode, Union

from autograder.engine.grading import Settings, Started, judge_notebook
from autograder.engine.limits import Limits
from autograder.engine.processes import layers
from autograder.engine.wire.messages import Verdict
from autograder.notebook import digest_of, grade_id, is_autograded, read_master

ODD = re.compile(r"-[\d.e+-]+|-inf|nan|np\.float\d+\(.*\)")
ODDLY = "the last value is no number from 0 to these points, which counts in full"
DEFAULT_PRELOAD = ("numpy", "matplotlib.pyplot")
Result = tuple[NotebookNode, ResourcesDict]


def _limit_traits() -> dict[str, TraitType[Any, Any]]:
    """A trait for each limit, with its default and what it means."""
    kinds = {int: Integer, float: Float}
    hints = get_type_hints(Limits, include_extras=True)
    return {
        field.name: kinds[hints[field.name].__origin__](
            field.default, help=hints[field.name].__metadata__[0].description
        ).tag(config=True)
        for field in msgspec.structs.fields(Limits)
    }


_WithLimits: Any = type("_WithLimits", (NbGraderPreprocessor,), _limit_traits())


class IsolatedExecute(_WithLimits):
    """Runs the student's code in a confined process, the tests out of its reach."""

    preload = List(
        Unicode(), list(DEFAULT_PRELOAD),
        help="modules that warm processes have imported already",
    ).tag(config=True)  # fmt: skip
    preload_for = Dict(
        help="assignment name: list of modules, instead of `preload`"
    ).tag(config=True)
    environment = Dict(help="environment variables of processes").tag(config=True)
    together = Union(
        [Bool(), List(Unicode())], default_value=False,
        help="graded cells, by grade_id, that run in the student's process as in stock"
        " nbgrader (True: all of them): neither secret nor safe from tampering",
    ).tag(config=True)  # fmt: skip
    require_sandbox = Bool(
        False, help="refuse to grade when a layer of the sandbox is missing"
    ).tag(config=True)
    _started: Started | None = None
    _master: Path

    def limits(self) -> Limits:
        """The limits as the course has set them."""
        fields = msgspec.structs.fields(Limits)
        return Limits(**{field.name: getattr(self, field.name) for field in fields})

    def settings(self, assignment: str) -> Settings:
        """The traits as the engine takes them."""
        return Settings(
            preload=tuple(self.preload_for.get(assignment, self.preload)),
            environment=dict(self.environment),
            limits=self.limits(),
            together=self.together,
        )

    def begin(self, folder: Path, master: Path, resources: dict[str, Any]) -> None:
        """Let processes start while the notebook is being prepared."""
        settings = self.settings(resources["nbgrader"]["assignment"])
        self._folder, self._master = folder, master
        self._started = Started(folder, master.parent, settings)

    def end(self) -> None:
        """End what was begun."""
        if self._started:
            self._started.close()
        self._started = None

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Result:
        """Judge the notebook; verdicts go to `resources`, outputs into the cells."""
        started, self._started = self._started, None
        if started is None:
            raise NbGraderException(
                "IsolatedExecute needs all of c.Autograde.update(AUTOGRADE)"
            )
        about = resources["nbgrader"]
        verdicts = about["verdicts"] = judge_notebook(
            nb, master_of(self._master), self._folder, self._master.parent,
            self.settings(about["assignment"]), started,
        )  # fmt: skip
        self._note(nb, verdicts)
        nb.metadata.autograder.master = digest_of(self._master)
        return nb, resources

    def check_sandbox(self) -> None:
        """Refuse, or say, that a layer is missing."""
        missing = ", ".join(layers.missing())
        if missing and self.require_sandbox:
            raise NbGraderException(f"the sandbox lacks {missing}")
        if missing:
            self.log.warning("the sandbox lacks %s", missing)

    def check_preload(self) -> None:
        """Say which modules that the course wants imported are not there."""
        wanted = {*self.preload, *(n for m in self.preload_for.values() for n in m)}
        for name in sorted(wanted - set(DEFAULT_PRELOAD)):
            if importlib.util.find_spec(name.partition(".")[0]) is None:
                self.log.warning("preload: there is no module %s here", name)

    def _note(self, nb: NotebookNode, verdicts: dict[str, Verdict]) -> None:
        """Tell in the notebook what went wrong besides failed checks."""
        about = nb.metadata.setdefault("autograder", NotebookNode(remarks=[]))
        cells: dict[str, list[str]] = {}
        for name, verdict in verdicts.items():
            if verdict.trouble:
                cells.setdefault(verdict.trouble, []).append(name)
        for name in filter(None, map(grade_id, filter(_ends_oddly, nb.cells))):
            if name in verdicts and verdicts[name].passed:
                cells.setdefault(ODDLY, []).append(name)
        for trouble, names in cells.items():
            about.remarks.append(f"{trouble}: {', '.join(names)}")
            self.log.warning("%s: %s", trouble, ", ".join(names))
        about.seconds = {n: round(v.seconds, 3) for n, v in verdicts.items()}
        if about.remarks:
            nb.cells.insert(0, _shown(about.remarks))


def _ends_oddly(cell: NotebookNode) -> bool:
    """Whether nbgrader gives full points for a value that was to be a part of them."""
    if not is_autograded(cell):
        return False
    results = [o for o in cell.outputs if o.output_type == "execute_result"]
    return any(ODD.fullmatch(o.data.get("text/plain", "")) for o in results[:1])


def _shown(remarks: list[str]) -> NotebookNode:
    """A cell that shows them wherever the notebook is shown; as plain text."""
    lines = (escape(" ".join(remark.split())) for remark in remarks)
    source = "**Remarks of the grader**\n\n<pre>{}</pre>".format("\n".join(lines))
    return nbformat.v4.new_markdown_cell(source, id="autograder-remarks")


def master_of(path: Path) -> NotebookNode:
    """The instructor's notebook: read once, to be read only."""
    return _master_of(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _master_of(path: Path, changed: int) -> NotebookNode:
    return read_master(path)
