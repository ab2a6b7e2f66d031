"""A course of a few cells, graded by the engine without a gradebook."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.engine.grading import Settings, judge_notebook
from autograder.engine.limits import Limits
from autograder.engine.scores import points
from autograder.engine.wire.messages import Verdict
from autograder.notebook import rebuild_file, versions

FLAGS = {
    "setup": {"locked": True},
    "demo": {"locked": True},
    "locked": {"locked": True},
    "solution": {"solution": True},
    "test": {"locked": True, "grade": True, "points": 1},
    "manual": {"solution": True, "grade": True, "points": 2},
}


def cell(kind: str, name: str, source: str) -> NotebookNode:
    """A cell of a master; `kind` is a key of FLAGS, or "plain"."""
    made = nbformat.v4.new_code_cell(source, id=name)
    if kind != "plain":
        flags = {"grade": False, "solution": False, "locked": False, "task": False}
        made.metadata["nbgrader"] = {
            **flags, **FLAGS[kind], "grade_id": name, "schema_version": 3,
        }  # fmt: skip
    if kind in ("setup", "demo"):
        made.metadata["tags"] = [kind]
    return made


def solution(name: str, source: str) -> NotebookNode:
    """A solution cell whose whole text is the solution."""
    return cell("solution", name, f"### BEGIN SOLUTION\n{source}\n### END SOLUTION")


@dataclass
class Graded:
    """What came out."""

    notebook: NotebookNode
    verdicts: dict[str, Verdict]
    remarks: list[str]
    points: dict[str, float | None] = field(default_factory=dict)

    def output(self, name: str) -> str:
        """Everything that a cell showed, as text."""
        found = next(c for c in self.notebook.cells if c.id == name)
        return "".join(str(o) for o in found.outputs)


def grade(
    cells: list[NotebookNode],
    answers: dict[str, str] | None = None,
    files: dict[str, str] | None = None,
    submission: Any = None,
    handed_in: dict[str, str] | None = None,
    settings: Settings | None = None,
    **limits: Any,
) -> Graded:
    """Grade the master `cells` with `answers` put in (default: the solutions).

    `files` come with the assignment, those of `handed_in` with the submission.
    """
    master = nbformat.v4.new_notebook(cells=cells)
    settings = settings or Settings()
    settings = replace(settings, limits=Limits(**limits))
    with tempfile.TemporaryDirectory() as folder:
        source, work = Path(folder, "source"), Path(folder, "work")
        source.mkdir()
        work.mkdir()
        for name, text in (files or {}).items():
            source.joinpath(name).write_text(text)
            work.joinpath(name).write_text(text)
        for name, text in (handed_in or {}).items():
            work.joinpath(name).write_text(text)
        path = work / "notebook.ipynb"
        path.write_text(
            submission
            if submission is not None
            else nbformat.writes(_handed_in(master, answers))
        )
        stubs, released = versions(master, Config())
        notebook, remarks, _ = rebuild_file(stubs, released, path)
        verdicts = judge_notebook(notebook, master, work, source, settings)
    scores = {
        c.metadata.nbgrader.grade_id: points(c, verdicts.get(c.metadata.nbgrader.grade_id))
        for c in notebook.cells
        if c.metadata.get("nbgrader", {}).get("grade")
    }  # fmt: skip
    return Graded(notebook, verdicts, remarks, scores)


def _handed_in(master: NotebookNode, answers: dict[str, str] | None) -> NotebookNode:
    handed_in = nbformat.from_dict(master)
    handed_in = nbformat.reads(nbformat.writes(handed_in), as_version=4)
    for found in handed_in.cells:
        found.source = (answers or {}).get(found.id, found.source)
    return handed_in


def tagged(made: NotebookNode, *tags: str) -> NotebookNode:
    """The cell with further tags."""
    made.metadata["tags"] = [*made.metadata.get("tags", []), *tags]
    return made


IMPORTS = cell("setup", "imports", "import numpy as np\nimport sys")


def exercise(
    answer: str,
    test: str,
    *others: NotebookNode,
    binds: str = "f = None",
    together: bool = False,
    **limits: Any,
) -> tuple[float | None, str]:
    """Grade one exercise `f` by one test; points and the test cell's output.

    `binds` is the master's own answer.
    """
    graded_cell = tagged(cell("test", "test_f", test), *["together"] * together)
    cells = [IMPORTS, *others, solution("f", binds), graded_cell]
    graded = grade(cells, {"f": answer}, **limits)
    return graded.points["test_f"], graded.output("test_f")
