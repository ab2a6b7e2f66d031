"""What people and machines read of a run."""

from __future__ import annotations

import csv
import io
import json
import os
import re

import pytest
from rich.console import Console

from autograder.classroom.grading import State, Step
from autograder.classroom.results import Result
from autograder.classroom.table import (
    MOST_ROWS,
    as_json,
    show_results,
    show_summary,
    with_progress,
    write_csv,
)

EXERCISES = [f"exercise_{n}" for n in range(1, 9)]


def result(student: str, points: float = 10.0, **about: object) -> Result:
    made = Result("ps1", student, graded=True)
    made.points = dict.fromkeys(EXERCISES, points)
    made.out_of = dict.fromkeys(EXERCISES, 12.5)
    made.total = 8 * points
    for name, value in about.items():
        setattr(made, name, value)
    return made


def shown(
    results: list[Result], width: int, terminal: bool, everybody: bool = False
) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=terminal, no_color=True)
    show_results(console, "ps1", results, everybody)
    return re.sub(r"\x1b\[[\d;]*m", "", file.getvalue())


ADDRESS = "maximiliana.featherstonehaugh@students.university.example"


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("width", [60, 80, 200])
def test_points_never_vanish(width: int, terminal: bool) -> None:
    results = [result(ADDRESS, 9.25), result("bo", 3.5, is_late=True, penalty=2.5)]
    text = shown(results, width, terminal)
    assert "74" in text and "25.5" in text and "late −2.5" in " ".join(text.split())
    assert "…" not in text and "bo" in text
    if terminal:
        assert max(map(len, text.splitlines())) <= width
    if width == 200 or not terminal:
        assert text.count("9.25") == len(EXERCISES)
        assert ADDRESS in text and "8 exercise_8" in text


def test_everybody_has_a_row_and_what_is_to_be_known_stands_in_it() -> None:
    absent = Result("ps1", "cem", handed_in=False)
    failed = result("dora", graded=False, remarks=["not graded: the disk is full"])
    text = shown([result("ann", needs_look=True), absent, failed], 100, True)
    rows = {line.split()[1]: line for line in text.splitlines() if line.startswith("│")}
    assert "needs a look" in rows["ann"] and "not handed in" in rows["cem"]
    assert "old points" in rows["dora"] and "–" in rows["cem"]
    assert "dora: not graded: the disk is full" in text


def test_of_a_large_class_those_are_shown_that_need_a_look() -> None:
    results = [result(f"s{n:03}", needs_look=n == 7) for n in range(MOST_ROWS + 40)]
    text = shown(results, 80, True)
    assert "s007" in text and "s008" not in text
    assert f"{MOST_ROWS + 39} more, with nothing to look at: --all" in text
    assert "s008" in shown(results, 80, True, everybody=True)


def test_machines_get_everything() -> None:
    results = [
        result("ann", is_late=True, penalty=1.0),
        Result("ps1", "bo", handed_in=False),
    ]
    ann, bo = json.loads(as_json(results))
    assert (ann["final"], ann["total"], ann["penalty"]) == (79.0, 80.0, 1.0)
    assert bo["marks"] == ["not handed in"] and bo["points"] == {}
    assert bo["final"] is bo["total"] is bo["penalty"] is None
    file = io.StringIO()
    write_csv(results, file)
    first, second = csv.DictReader(io.StringIO(file.getvalue()))
    assert (first["exercise_3"], first["final"]) == ("10.0", "79.0")
    assert (second["exercise_3"], second["final"]) == ("", "")


def test_odd_names_in_remarks_stop_no_table() -> None:
    remarks = [f"is it {os.fsdecode(odd)}?" for odd in (b"\xff.ipynb", b"\x1b[1m")]
    file = io.StringIO()
    write_csv([result("ann", remarks=remarks)], file)
    for text in (file.getvalue(), shown([result("ann", remarks=remarks)], 80, True)):
        assert "is it ?.ipynb?" in text and text.encode() and "\x1b[1m" not in text


def test_progress_counts_in_lines_where_no_terminal_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("autograder.classroom.table.EVERY_SECONDS", -1)
    file = io.StringIO()
    steps = [Step("ann", State.GRADED), Step("bo", State.FAILED, "why")]
    assert list(with_progress(Console(file=file), "Grading", steps, 2)) == steps
    assert "Grading: 2 of 2" in file.getvalue() and "1 failed" in file.getvalue()


def test_the_summary_tells_whose_points_changed() -> None:
    file = io.StringIO()
    steps = [Step("ann", State.GRADED), Step("bo", State.UNCHANGED)]
    before = {"ann": 72.0, "bo": 80.0}
    show_summary(
        Console(file=file, width=99), steps, [result("ann"), result("bo")], before
    )
    text = file.getvalue()
    assert "1 graded, 1 unchanged" in text
    assert "Points changed: ann 72 → 80" in text and "bo 80" not in text
