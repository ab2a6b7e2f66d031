"""Results for the terminal: a progress bar while they come, a table at the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from autograder.classroom.grading import Result

Item = TypeVar("Item")
WIDE = 120  # columns; narrower terminals get the remarks below the points


def with_progress(
    console: Console, what: str, items: Iterable[Item], students: list[str]
) -> list[Item]:
    """All items, with a bar that counts them as they come."""
    return list(track(items, what, total=len(students), console=console))


def show_results(console: Console, assignment: str, results: list[Result]) -> None:
    """Print one row a student: points per exercise, total, remarks.

    Exercises are numbered in the heads of the columns and named in a line below.
    """
    out_of = next((r.out_of for r in results if r.points), {})
    wide = console.width >= WIDE
    table = Table(title=assignment, title_justify="left")
    table.add_column("student", no_wrap=True)
    for number, points in enumerate(out_of.values(), start=1):
        table.add_column(f"{number}\n/ {points:g}", justify="right")
    table.add_column(f"total\n/ {sum(out_of.values()):g}", justify="right")
    if wide:
        table.add_column("remarks")
    for result in results:
        remarks = [escape("; ".join(result.remarks))] if wide else []
        table.add_row(result.student, *_points(result, list(out_of)), *remarks)
    console.print(table)
    names = (f"{n} {exercise}" for n, exercise in enumerate(out_of, start=1))
    console.print("Exercises: " + ", ".join(names))
    if not wide:
        for result in results:
            if result.remarks:
                console.print(escape(f"{result.student}: {'; '.join(result.remarks)}"))


def _points(result: Result, exercises: list[str]) -> list[str]:
    """Points per exercise and in total; dashes where nothing could be graded."""
    if not result.points:
        return ["–"] * (len(exercises) + 1)
    return [f"{result.points[e]:g}" for e in exercises] + [f"{result.total:g}"]
