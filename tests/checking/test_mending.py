"""`check-course --fix` mends what has one right form, and what it mends is accepted."""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader import utils

from autograder.cli import main
from autograder.course import Course
from tests.checking.test_rules import (
    ANY,
    HOUSE,
    HOUSE_FAULTS,
    NAME,
    Change,
    change,
    course,
    found,
    fresh,
)

__all__ = ["course", "fresh"]  # fixtures


def show_outputs(cells: dict[str, NotebookNode], _: NotebookNode) -> None:
    cells["demo_surprise"].execution_count = 3
    cells["demo_surprise"].outputs = [nbformat.v4.new_output("stream", text="1.386")]


MENDED: dict[str, Change] = {
    "outputs": show_outputs,
    "a file that something else wrote": lambda cells, notebook: None,
    **{
        name: HOUSE_FAULTS[name][0]
        for name in (
            "metadata of its own",
            "an id that is another name",
            "a tag that is missing",
            "a test that is open",
            "a check that is not folded",
        )
    },
}


@pytest.mark.parametrize("fault", MENDED)
def test_a_fault_is_mended_and_nothing_else_changes(course: Course, fault: str) -> None:
    path = course.master(NAME)
    before = path.read_text("utf-8")
    change(course, MENDED[fault])
    if fault.startswith("a file"):
        path.write_text(json.dumps(json.loads(before)))
    told = found(course)
    assert told
    done = found(course, fix=True)
    assert done == [f"{line.rpartition('; ')[0]}; mended" for line in told]
    assert path.read_text("utf-8") == before
    assert found(course) == []


def as_create_assignment_makes_it(
    cells: dict[str, NotebookNode], notebook: NotebookNode
) -> None:
    """What JupyterLab and nbgrader's extension write when nobody types a name."""
    for cell in notebook.cells:
        cell.id = str(uuid.uuid4())
        cell.metadata.pop("tags", None)
        cell.metadata.pop("jupyter", None)
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.grade_id = f"cell-{uuid.uuid4().hex[:16]}"


def test_cells_of_create_assignment_get_names(course: Course) -> None:
    change(course, as_create_assignment_makes_it)
    assert len(found(course)) > 20
    assert all(line.endswith("; mended") for line in found(course, fix=True))
    assert found(course, quick=False) == []
    cells = nbformat.read(course.master(NAME), as_version=4).cells
    named = [cell.id for cell in cells]
    for name in (
        "letter_pairs_what",
        "setup_what_the_notebook",
        "softmax",
        "test_softmax_rows_of_probabilities",
        "pair_loss",
        "demo_another_letter_other",
    ):
        assert name in named, named


def test_names_that_students_have_stay(course: Course) -> None:
    """Grades hang on them."""
    change(course, as_create_assignment_makes_it)
    released = course.release(NAME)
    released.mkdir(parents=True)
    shutil.copy(course.master(NAME), released)
    before = names(course.master(NAME))
    found(course, fix=True)
    assert names(course.master(NAME)) == before


def names(path: Path) -> list[str]:
    cells = nbformat.read(path, as_version=4).cells
    return [c.metadata.nbgrader.grade_id for c in cells if "nbgrader" in c.metadata]


def test_tags_of_ones_own_stay(course: Course) -> None:
    tagged = ["demo", "mine"]
    change(course, lambda cells, _: cells["setup_text"].metadata.update(tags=tagged))
    assert len(found(course)) == 2
    done, left = found(course, fix=True)
    assert done.endswith("; mended") and "it has other tags: mine" in left
    cells = nbformat.read(course.master(NAME), as_version=4).cells
    assert [c.metadata.tags for c in cells if c.id == "setup_text"] == [
        ["setup", "mine"]
    ]


def test_two_answers_of_one_name_are_left_to_people(course: Course) -> None:
    def twice(cells: dict[str, NotebookNode], _: NotebookNode) -> None:
        cells["pair_loss"].metadata.nbgrader.grade_id = "softmax"

    change(course, twice)
    assert any("2 cells have this name" in line for line in found(course, fix=True))


def test_in_any_course_cells_get_ids_and_keep_their_names(course: Course) -> None:
    def old(cells: dict[str, NotebookNode], notebook: NotebookNode) -> None:
        notebook.nbformat_minor = 4
        for cell in notebook.cells:
            del cell["id"]
            cell.metadata.pop("tags", None)

    change(course, old)
    (line,) = found(course, ANY)
    assert "its cells have no ids" in line
    (line,) = found(course, ANY, fix=True)
    assert line.endswith("mended")
    assert found(course, ANY) == []
    cells = nbformat.read(course.master(NAME), as_version=4).cells
    answers = [cell.id for cell in cells if utils.is_solution(cell)]
    assert answers == ["softmax", "pair_loss"]
    assert not any("tags" in cell.metadata for cell in cells)


def test_ids_that_two_cells_have_are_mended(course: Course) -> None:
    change(course, lambda cells, _: cells["title"].update(id="part_remember"))
    assert len(found(course, ANY)) == 1
    assert found(course, ANY, fix=True)[0].endswith("mended")
    assert found(course, ANY) == []


def test_the_command_says_each_in_a_line_and_by_its_exit_status(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    course.root.joinpath("nbgrader_config.py").write_text(HOUSE)
    command = ["--course", str(course.root), "check-course", "--quick"]
    change(course, show_outputs)
    assert main(command) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"source/{NAME}/{NAME}.ipynb: demo_surprise: it holds an")
    assert last == f"{NAME}: 1 to be done"
    assert main([*command, NAME, "--json"]) == 1
    (told,) = json.loads(capsys.readouterr().out)
    assert told["cell"] == "demo_surprise" and not told["mended"]
    assert main([*command, "--fix"]) == 0
    assert "; mended" in capsys.readouterr().out
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
