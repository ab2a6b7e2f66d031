"""Which graded cells of a course run apart as they stand, and which do not.

The master's own solutions are judged both ways: as stock nbgrader does it, every graded
cell in the student's process, and apart. A cell with another score apart asks for
something that does not cross, and is to be tagged `together`.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.preprocessors import InstantiateTests
from traitlets.config import Config

from autograder.course import Course, CourseError
from autograder.engine.execute import IsolatedExecute
from autograder.engine.grading import Settings, judge_notebook
from autograder.engine.plan import global_names
from autograder.engine.scores import points
from autograder.notebook import grade_id, is_autograded, read_master

MARKER = re.compile(r"(BEGIN|END) SOLUTION")
Scores = dict[str, float | None]


@dataclass
class Adoption:
    """What came out for one notebook: grade_ids, and why."""

    path: Path
    apart: list[str] = field(default_factory=list)
    together: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    """Cells that fail, or that the master's own solution gets not all points of."""


def adopt(course: Course, assignments: Iterable[str]) -> Iterator[Adoption]:
    """Try every notebook of these assignments."""
    config = course.config()
    for assignment in assignments:
        settings = IsolatedExecute(config=config).settings(assignment)
        for path in sorted(course.source(assignment).glob("*.ipynb")):
            yield _Trial(path, settings, config, course.root).adoption()


def configuration(found: Iterable[Adoption]) -> list[str]:
    """The lines that nbgrader_config.py needs."""
    names = sorted({name for adoption in found for name in adoption.together})
    lines = [
        "from autograder.engine import AUTOGRADE",
        "c = get_config()",
        "c.Autograde.update(AUTOGRADE)",
    ]
    return lines + [f"c.IsolatedExecute.together = {names!r}"] * bool(names)


class _Trial:
    """One notebook with its own solutions, judged in several ways."""

    def __init__(
        self, path: Path, settings: Settings, config: Config, root: Path
    ) -> None:
        self.path, self.settings = path, settings
        self.master = read_master(path)
        if any("AUTOTEST" in cell.source for cell in self.master.cells):
            self.master = _with_tests(self.master, config, root)
        for cell in self.master.cells:  # as somebody would hand it in
            lines = cell.source.splitlines(keepends=True)
            cell.source = "".join(x for x in lines if not MARKER.search(x))
        graded = filter(is_autograded, self.master.cells)
        self.graded = {str(grade_id(cell)): cell for cell in graded}

    def adoption(self) -> Adoption:
        """Move cells together until every cell has stock nbgrader's score."""
        stock, errors = self._scores(together=True)
        found = Adoption(self.path)
        for name, score in stock.items():
            most = self.graded[name].metadata.nbgrader.points
            if score != most:
                found.wrong[name] = f"{score:g} of {most:g} points: {errors[name]}"
        if found.wrong:  # perhaps for want of what another cell should have made
            found.wrong = {n: errors[n] for n in errors if n not in stock} | found.wrong
        while True:
            ours, errors = self._scores(together=list(found.together))
            differ = {n: errors[n] for n in stock if ours[n] != stock[n]}
            new = {n: why for n, why in differ.items() if n not in found.together}
            if differ and not new:
                new = self._relatives(differ, found)
            if not new:
                break
            found.together |= new
        found.apart = [name for name in stock if name not in found.together]
        return found

    def _relatives(self, differ: Iterable[str], found: Adoption) -> dict[str, str]:
        """Cells apart that bind names which others need over there; else all."""
        needed = {n for name in differ for n in global_names(self._source(name))[0]}
        rest = [name for name in self.graded if name not in found.together]
        near = [n for n in rest if global_names(self._source(n))[1] & needed]
        return dict.fromkeys(near or rest, "a cell that runs together needs its names")

    def _source(self, name: str) -> str:
        return str(self.graded[name].source)

    def _scores(self, together: bool | list[str]) -> tuple[Scores, dict[str, str]]:
        notebook = NotebookNode(self.master | {"cells": [*self.master.cells]})
        notebook.cells = [NotebookNode(cell) for cell in notebook.cells]
        settings = replace(self.settings, together=together)
        with tempfile.TemporaryDirectory() as work:
            course = self.path.parent.resolve()
            skip = shutil.ignore_patterns("*.ipynb", ".ipynb_checkpoints")
            shutil.copytree(course, work, ignore=skip, dirs_exist_ok=True)
            verdicts = judge_notebook(
                notebook, self.master, Path(work), course, settings
            )
        cells = {str(grade_id(cell)): cell for cell in notebook.cells}
        scores = {n: points(cells[n], verdicts.get(n)) for n in self.graded}
        told = {n: v for n, v in verdicts.items() if v.error or n in self.graded}
        return scores, {n: _reason(cells[n], v.trouble) for n, v in told.items()}


def _with_tests(master: NotebookNode, config: Config, root: Path) -> NotebookNode:
    """The master with the tests that nbgrader makes of its AUTOTEST lines."""
    try:
        step = InstantiateTests(config=config)
        return step.preprocess(master, {"metadata": {"path": str(root)}})[0]
    except FileNotFoundError:
        raise CourseError(
            f"AUTOTEST lines need {root / 'autotests.yml'}: copy it from nbgrader's"
            " documentation, or remove these lines."
        ) from None
    except ValueError as problem:
        raise CourseError(f"AUTOTEST lines make no tests: {problem}") from None


def _reason(cell: NotebookNode, trouble: str) -> str:
    """One line on what went wrong."""
    errors = [o for o in cell.outputs if o.output_type == "error"]
    told = f"{errors[-1].ename}: {errors[-1].evalue}" if errors else trouble
    return (told or "another score").splitlines()[0]
