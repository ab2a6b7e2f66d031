"""A master as rules see it, and what they find."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from traitlets import Bool, Float, Integer
from traitlets.config import Configurable

from autograder.audit.judging import Assignment, tests_of
from autograder.course import Course, exercises
from autograder.engine.plan import parsed, plain_python
from autograder.notebook import grade_id, is_autograded, is_manual

FENCE = re.compile(r"```.*?```", re.DOTALL)


class Fault(NamedTuple):
    """What a rule finds."""

    cell: NotebookNode | None
    """None for the notebook as a whole."""
    what: str
    advice: str


Faults = Iterator[Fault]


class CheckCourse(Configurable):
    """What nbgrader_config.py says of rules beyond those of any course."""

    house_rules = Bool(
        False, help="names, tags, titles and texts as docs/adding-an-assignment.md says"
    ).tag(config=True)
    points = Float(
        0, help="by the house rules, what an assignment is worth (0: anything)"
    ).tag(config=True)
    most_words = Integer(
        0, help="by the house rules, the most words of a notebook (0: any number)"
    ).tag(config=True)


@dataclass(frozen=True)
class Finding:
    """A fault and where it is."""

    file: str
    cell: str
    what: str
    advice: str
    mended: bool = False

    def __str__(self) -> str:
        """One line."""
        place = f"{self.file}: {self.cell}: " if self.cell else f"{self.file}: "
        done = "mended" if self.mended else self.advice
        return " ".join(f"{place}{self.what}; {done}".split())


class Master:
    """A master notebook: its cells by kind, and what they are worth."""

    def __init__(self, course: Course, assignment: str, path: Path) -> None:
        """Read it.

        Raises:
            ValueError: for a file that is no notebook.
        """
        self.course, self.assignment, self.path = course, assignment, path
        self.config = course.config()
        self.rules = CheckCourse(config=self.config)
        self.text = path.read_text("utf-8")
        self.notebook = _as_it_is(self.text)
        self.cells: list[NotebookNode] = self.notebook.cells
        self.code = [c for c in self.cells if c.cell_type == "code"]
        self.prose = [c for c in self.cells if c.cell_type == "markdown"]
        self.graded = [c for c in self.code if is_autograded(c)]
        self.answers = [c for c in self.code if is_answer(c)]

    def name(self, cell: NotebookNode | None) -> str:
        """What people find the cell by."""
        if cell is None:
            return ""
        number = next(n for n, c in enumerate(self.cells, 1) if c is cell)
        return grade_id(cell) or cell.get("id") or f"cell {number}"

    def finding(self, fault: Fault) -> Finding:
        """The fault with its place."""
        file = str(self.path.relative_to(self.course.root))
        return Finding(file, self.name(fault.cell), fault.what, fault.advice)

    def above(self, cell: NotebookNode) -> NotebookNode | None:
        """The text that introduces an answer: the last one since the answer before."""
        found = None
        for other in self.cells:
            if other is cell:
                break
            found = other if other.cell_type == "markdown" else found
            found = None if utils.is_solution(other) else found
        return found

    def worth(self, cell: NotebookNode) -> float:
        """Points for an answer: its own, or those of its tests."""
        if utils.is_grade(cell):
            return float(cell.metadata.nbgrader.get("points") or 0)
        named = {grade_id(test): test for test in self.graded}
        tests = tests_of(self.notebook).get(str(grade_id(cell)), [])
        return sum(float(named[t].metadata.nbgrader.get("points") or 0) for t in tests)

    @property
    def total(self) -> float:
        """What the notebook is worth."""
        graded = filter(utils.is_grade, self.cells)
        return sum(float(c.metadata.nbgrader.get("points") or 0) for c in graded)

    @cached_property
    def built(self) -> Assignment:
        """What nbgrader makes of it, to be graded as the configuration says."""
        steps = self.config.Autograde.get("autograde_preprocessors", [])
        ours = any("IsolatedExecute" in str(step) for step in steps)
        return Assignment(self.course, self.assignment, self.path, not ours)

    @cached_property
    def exercises(self) -> dict[str, list[str]]:
        """Test cells by the answer that their names begin with."""
        return exercises(self.notebook)


def _as_it_is(text: str) -> NotebookNode:
    """A notebook, without the repairs that `nbformat.reads` makes in silence."""
    content = json.loads(text)
    if not isinstance(content, dict) or "nbformat" not in content:
        raise ValueError("no notebook")
    if content["nbformat"] != 4:
        return nbformat.reads(text, as_version=4)
    return nbformat.v4.reads(text)


def is_answer(cell: NotebookNode) -> bool:
    """Whether tests judge what students write here."""
    return utils.is_solution(cell) and not is_manual(cell)


def tree(cell: NotebookNode) -> ast.Module:
    """The code of a cell; nothing, if it cannot be read."""
    return parsed(plain_python(cell.source))


def functions(cell: NotebookNode) -> list[ast.FunctionDef]:
    """The functions that a cell defines."""
    return [node for node in tree(cell).body if isinstance(node, ast.FunctionDef)]
