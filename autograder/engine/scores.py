"""Scores in nbgrader's gradebook, by the judge's own record."""

from __future__ import annotations

from typing import Any

import msgspec
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry, Notebook, SubmittedNotebook
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution, is_task

from autograder.engine.wire.messages import Verdict
from autograder.notebook import EMPTY, NO_RESPONSE, grade_id, is_autograded

Result = tuple[NotebookNode, ResourcesDict]


class Outcome(msgspec.Struct):
    """What grading a notebook by itself comes to, by the names of its cells."""

    scores: dict[str, float | None]
    """Of graded cells; None where people give the points."""
    comments: dict[str, str | None]


def outcome(
    notebook: NotebookNode, verdicts: dict[str, Verdict], log: Any = None
) -> Outcome:
    """Points by the judge's own record; what has no record scores 0."""
    named = {name: c for c in notebook.cells if (name := grade_id(c))}
    answers = {n: c for n, c in named.items() if is_solution(c) or is_task(c)}
    remarks = notebook.metadata.get("autograder", {}).get("remarks", [])
    return Outcome(
        {n: points(c, verdicts.get(n), log) for n, c in named.items() if is_grade(c)},
        {n: _comment(c, remarks) for n, c in answers.items()},
    )


def record(submitted: SubmittedNotebook, found: Outcome) -> None:
    """Enter it in nbgrader's gradebook; what people have entered stays."""
    notebook = submitted.notebook
    cells = (*notebook.grade_cells, *notebook.solution_cells, *notebook.task_cells)
    names = {cell.id: cell.name for cell in cells}
    for grade in submitted.grades:
        if names[grade.cell_id] in found.scores:
            grade.auto_score = found.scores[names[grade.cell_id]]
            by_hand = grade.manual_score is not None or grade.auto_score is None
            grade.needs_manual_grade = by_hand
    for text in submitted.comments:
        if names[text.cell_id] in found.comments:
            text.auto_comment = found.comments[names[text.cell_id]]


class SaveVerdicts(NbGraderPreprocessor):
    """Does what `SaveAutoGrades` does by the judge's record, in one transaction."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Result:
        """Write the scores of all graded cells into the gradebook."""
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            submitted = gradebook.find_submission_notebook(
                about["notebook"], about["assignment"], about["student"]
            )
            record(submitted, outcome(nb, about.get("verdicts", {}), self.log))
            gradebook.db.commit()
        return nb, resources


def known_notebooks(gradebook: Gradebook, assignment: str) -> dict[str, Notebook]:
    """What the gradebook knows of an assignment, by name."""
    try:
        return {n.name: n for n in gradebook.find_assignment(assignment).notebooks}
    except MissingEntry:
        return {}


def misfit(
    assignment: str, known: dict[str, Notebook], stubs: dict[str, NotebookNode]
) -> str:
    """Why points by these masters can't be entered, and what to do; else nothing."""
    if not known:
        return (
            f"The gradebook does not know '{assignment}' yet:"
            f" run `autograder release {assignment}`."
        )
    if not stubs:
        return (
            f"source/{assignment} has no notebook, and the gradebook knows the"
            " assignment: give its folder the old name back."
        )
    wrong = [
        f"{name} is only in {'source/' if name in stubs else 'the gradebook'}"
        for name in sorted(known.keys() ^ stubs.keys())
    ]
    for name in sorted(known.keys() & stubs.keys()):
        wrong += _differing_points(stubs[name], known[name])
    if not wrong:
        return ""
    return (
        f"source/{assignment} and the gradebook do not fit: {'; '.join(wrong[:5])}."
        f" Run `autograder release {assignment}`, then grade again."
    )


def _differing_points(stubs: NotebookNode, known: Notebook) -> list[str]:
    cells = (*known.grade_cells, *known.task_cells)
    there = {cell.name: float(cell.max_score) for cell in cells}
    here = {
        str(grade_id(cell)): float(cell.metadata.nbgrader.points)
        for cell in stubs.cells
        if utils.is_grade(cell) or is_task(cell)
    }
    return [
        f"{name} has {_points(here.get(name))} in the notebook and"
        f" {_points(there.get(name))} in the gradebook"
        for name in sorted(there.keys() | here.keys())
        if here.get(name) != there.get(name)
    ]


def _points(number: float | None) -> str:
    return "no points" if number is None else f"{number:g} points"


def set_aside(gradebook: Gradebook, assignment: str, student: str) -> None:
    """Have people look at a submission that could not be graded.

    Old scores stay, marked; a submission without any is none as long as it has none.
    """
    try:
        found = gradebook.find_submission(assignment, student)
    except MissingEntry:
        return
    grades = [grade for notebook in found.notebooks for grade in notebook.grades]
    if all(grade.auto_score is grade.manual_score is None for grade in grades):
        gradebook.remove_submission(assignment, student)
        return
    for grade in grades:
        grade.needs_manual_grade = True
    gradebook.db.commit()


def _comment(cell: NotebookNode, remarks: list[str]) -> str | None:
    """In place of nbgrader's "No response.": why there is none, if that is known."""
    untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
    why = next((r for r in remarks if r.startswith(EMPTY)), NO_RESPONSE)
    return why if untouched and not is_task(cell) else None


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
