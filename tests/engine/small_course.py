"""A course of a few cells, graded by the engine without a gradebook."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.engine.preprocessors import points
from autograder.engine.session import Limits, Settings, Verdict, judge_notebook
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
    settings: Settings | None = None,
    **limits: Any,
) -> Graded:
    """Grade the master `cells` with `answers` put in (default: the solutions)."""
    master = nbformat.v4.new_notebook(cells=cells)
    settings = settings or Settings()
    settings = replace(settings, limits=replace(Limits(), **limits))
    with tempfile.TemporaryDirectory() as folder:
        source, work = Path(folder, "source"), Path(folder, "work")
        source.mkdir()
        work.mkdir()
        for name, text in (files or {}).items():
            source.joinpath(name).write_text(text)
            work.joinpath(name).write_text(text)
        path = work / "notebook.ipynb"
        path.write_text(submission if submission is not None else nbformat.writes(_handed_in(master, answers)))
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
