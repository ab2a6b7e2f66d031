"""Results for the terminal: a progress bar while they come, a table at the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from rich.console import Console
from rich.progress import track
from rich.table import Table

from autograder.classroom.grading import Result

Item = TypeVar("Item")


def with_progress(
    console: Console, what: str, items: Iterable[Item], students: list[str]
) -> list[Item]:
    """All items, with a bar that counts them as they come."""
    return list(track(items, what, total=len(students), console=console))


def results_table(assignment: str, results: list[Result]) -> Table:
    """One row a student: points per exercise, total, remarks."""
    out_of = next((r.out_of for r in results if r.points), {})
    table = Table(title=assignment, title_justify="left")
    table.add_column("student", no_wrap=True)
    for exercise, points in out_of.items():
        table.add_column(f"{exercise}\n/ {points:g}", justify="right")
    table.add_column(f"total\n/ {sum(out_of.values()):g}", justify="right")
    table.add_column("remarks", overflow="fold")
    for result in results:
        cells = [
            f"{result.points[e]:g}" if result.points else "–" for e in out_of
        ]
        total = f"{result.total:g}" if result.points else "–"
        table.add_row(result.student, *cells, total, "; ".join(result.remarks))
    return table
