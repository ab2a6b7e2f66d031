"""A class of invented students, built from the master and short answer files.

An answer file `<student>.py` starts with header lines and goes on with cells:

    # remark: what this student did
    # loses: clip, sample               (exercises; or: nothing, everything)
    # rest: stub                        (cells not given here; default: solution)
    # damage: deleted test_clip_bounds  (done to the notebook at the end)
    # %% clip
    def clip(gradients, maxValue): ...
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import Course, CourseError

HEADER = re.compile(r"# (remark|loses|rest|damage): (.*)")


@dataclass
class Answers:
    """What one invented student hands in."""

    student: str
    remark: str = ""
    loses: str = "nothing"
    rest: str = "solution"
    damages: list[str] = field(default_factory=list)
    cells: dict[str, str] = field(default_factory=dict)


def read_answers(path: Path) -> Answers:
    """Parse an answer file.

    Raises:
        CourseError: for a header that is not known.
    """
    head, *sections = re.split(r"^# %% ", path.read_text("utf-8"), flags=re.M)
    answers = Answers(path.stem)
    for line in filter(None, head.splitlines()):
        match = HEADER.fullmatch(line)
        if match is None:
            raise CourseError(f"{path.name}: can't read the header line {line!r}.")
        key, value = match.groups()
        if key == "damage":
            answers.damages.append(value)
        else:
            setattr(answers, key, value)
    for section in sections:
        name, _, source = section.partition("\n")
        answers.cells[name.strip()] = source.strip("\n")
    return answers


def hand_in(course: Course, assignment: str, answers: Answers) -> Path:
    """Write the student's submission for `assignment` into submitted/."""
    master = nbformat.read(course.master(assignment), as_version=4)
    released = course.release(assignment) / course.master(assignment).name
    notebook = nbformat.read(released, as_version=4)
    solutions = {
        c.id: c.source
        for c in master.cells
        if c.metadata.get("nbgrader", {}).get("solution")
    }
    unknown = set(answers.cells) - set(solutions)
    if unknown:
        raise CourseError(f"{answers.student}: no cell is called {sorted(unknown)}.")
    for cell in notebook.cells:
        if cell.id in answers.cells:
            cell.source = answers.cells[cell.id]
        elif cell.id in solutions and answers.rest == "solution":
            cell.source = solutions[cell.id]
    folder = course.submitted(answers.student, assignment)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / released.name
    text = nbformat.writes(notebook)
    for damage in answers.damages:
        kind, _, cell_id = damage.partition(" ")
        if kind == "corrupt":
            text = text[: len(text) // 2]
        else:
            DAMAGES[kind](notebook, cell_id)
            text = nbformat.writes(notebook)
    path.write_text(text + "\n", "utf-8")
    return path


def _position(notebook: NotebookNode, cell_id: str) -> int:
    ids = [c.id for c in notebook.cells]
    if cell_id not in ids:
        raise CourseError(f"no cell is called '{cell_id}': nothing to damage.")
    return ids.index(cell_id)


def _deleted(notebook: NotebookNode, cell_id: str) -> None:
    del notebook.cells[_position(notebook, cell_id)]


def _duplicated(notebook: NotebookNode, cell_id: str) -> None:
    """As copy and paste does it: the same nbgrader name, another cell id."""
    at = _position(notebook, cell_id)
    twin = copy.deepcopy(notebook.cells[at])
    twin.id = f"{cell_id}_copy"
    notebook.cells.insert(at + 1, twin)


def _edited(notebook: NotebookNode, cell_id: str) -> None:
    notebook.cells[_position(notebook, cell_id)].source = "pass"


def _skipped(notebook: NotebookNode, cell_id: str) -> None:
    cell = notebook.cells[_position(notebook, cell_id)]
    cell.metadata["tags"] = ["skip-execution"]


DAMAGES: dict[str, Callable[[NotebookNode, str], None]] = {
    "deleted": _deleted,
    "duplicated": _duplicated,
    "edited": _edited,
    "skipped": _skipped,
}
