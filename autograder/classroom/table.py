"""Results for people and machines: progress while they come, a table at the end."""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from statistics import mean
from typing import IO

from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from autograder.classroom.files import printable
from autograder.classroom.grading import State, Step
from autograder.classroom.results import Result

MOST_ROWS = 60  # of larger classes only those are shown that need a look
MOST_SHOWN = 20  # remarks and changes below a table
ENDLESS = 10_000  # columns
EVERY_SECONDS = 10.0
SUMS = ("total", "penalty", "final")
MARKS = {
    "handed_in": "not handed in",
    "is_ungraded": "not graded",
    "is_old": "old points",
    "is_outdated": "out of date",
    "is_late": "late",
    "needs_look": "needs a look",
}


def with_progress(
    console: Console, what: str, steps: Iterable[Step], total: int
) -> Iterator[Step]:
    """The steps as they come, counted by a bar; where no terminal is, by lines."""
    failed = 0
    start = shown = time.monotonic()
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"), TimeRemainingColumn(),
        console=console, disable=not console.is_terminal, transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task(what, total=total, note="")
        for number, step in enumerate(steps, start=1):
            yield step
            failed += step.state is State.FAILED
            now = time.monotonic()
            note = f"{60 * number / max(now - start, 0.01):.0f} a minute"
            note += f", {failed} failed" if failed else ""
            bar.update(task, advance=1, note=note)
            if not console.is_terminal and now - shown > EVERY_SECONDS:
                console.print(f"{what}: {number} of {total}, {note}", soft_wrap=True)
                shown = now


def show_results(
    console: Console, assignment: str, results: list[Result], everybody: bool = False
) -> None:
    """One row a student: points per exercise, total, what is to be known.

    Exercises are numbered in the heads of the columns and named in a line below; where
    the terminal is too narrow for them, totals are shown only.
    """
    short = len(results) > MOST_ROWS and not everybody
    shown = [r for r in results if not short or _marks(r)]
    out_of = next((r.out_of for r in results if r.points), {})
    table = _table(assignment, shown, out_of)
    at_once = console.options.update(width=ENDLESS)
    width = Measurement.get(console, at_once, table).maximum
    if console.is_terminal and width > console.width:
        table = _table(assignment, shown, {})
    else:
        names = (f"{n} {exercise}" for n, exercise in enumerate(out_of, start=1))
        table.caption, table.caption_justify = "Exercises: " + ", ".join(names), "left"
    if console.is_terminal:
        console.print(table)
    else:  # in a pipe or file, nothing is cut to a width that nobody has
        wide = max(width, console.width)
        Console(file=console.file, width=wide, color_system=None).print(table)
    if short:
        console.print(
            f"{len(results) - len(shown)} more, with nothing to look at: --all"
        )
    remarked = [r for r in shown if r.remarks]
    for result in remarked[:MOST_SHOWN]:
        line = printable(f"{result.student}: {'; '.join(result.remarks)}")
        console.print(escape(line), soft_wrap=not console.is_terminal)
    if len(remarked) > MOST_SHOWN:
        console.print(f"… and {len(remarked) - MOST_SHOWN} more with remarks: --json")


def _table(title: str, results: list[Result], out_of: dict[str, float]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("student", overflow="fold")
    for number, points in enumerate(out_of.values(), start=1):
        table.add_column(f"{number}\n/ {points:g}", justify="right", no_wrap=True)
    most = next((sum(r.out_of.values()) for r in results if r.points), 0)
    table.add_column(f"total\n/ {most:g}", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for result in results:
        numbers = [result.points.get(exercise, 0.0) for exercise in out_of]
        shown = [f"{n:g}" if result.points else "–" for n in [*numbers, final(result)]]
        table.add_row(
            escape(printable(result.student)), *shown, ", ".join(_marks(result))
        )
    return table


def final(result: Result) -> float:
    """The points that count, as nbgrader's export has them."""
    return max(0.0, result.total - result.penalty)


def _marks(result: Result) -> list[str]:
    marks = dict(MARKS) if result.handed_in else {"handed_in": MARKS["handed_in"]}
    absent = marks.pop("handed_in")
    if result.penalty:
        marks["is_late"] += f" −{result.penalty:g}"
    found = [text for name, text in marks.items() if getattr(result, name)]
    return found if result.handed_in else [absent, *found]


def show_summary(
    console: Console, steps: list[Step], results: list[Result], before: dict[str, float]
) -> None:
    """What a run did, and whose points have changed by it."""
    counts = Counter(step.state for step in steps)
    parts = [f"{counts[state]} {state}" for state in State if counts[state]]
    absent = sum(not result.handed_in for result in results)
    parts += [f"{absent} not handed in"] if absent else []
    totals = [final(result) for result in results if result.graded]
    parts += [f"mean {mean(totals):.1f}"] if totals else []
    console.print(", ".join(parts) or "nothing to grade")
    changes = [
        f"{r.student} {before[r.student]:g} → {r.total:g}"
        for r in results
        if before.get(r.student, r.total) != r.total
    ]
    more = f" and {len(changes) - MOST_SHOWN} more" if len(changes) > MOST_SHOWN else ""
    if changes:
        shown = ", ".join(changes[:MOST_SHOWN]) + more
        console.print(escape(f"Points changed: {shown}"), soft_wrap=True)


def as_json(results: list[Result]) -> str:
    """Everything that is known, for a machine."""
    rows = [{**asdict(r), **sums(r), "marks": _marks(r)} for r in results]
    return json.dumps(rows, indent=1)


def sums(result: Result) -> dict[str, float | None]:
    """Total, penalty and what counts, for a machine: None where no points are."""
    known = (result.total, result.penalty, final(result))
    return dict(zip(SUMS, known if result.points else (None,) * 3, strict=True))


def write_csv(results: list[Result], file: IO[str]) -> None:
    """A line for each student, a column for each exercise."""
    out_of = next((r.out_of for r in results if r.points), {})
    writer = csv.writer(file)
    writer.writerow(["student", *out_of, *SUMS, "marks", "remarks"])
    for r in results:
        row: list[object] = [r.points.get(exercise, "") for exercise in out_of]
        row += sums(r).values()
        row += [", ".join(_marks(r)), printable("; ".join(r.remarks))]
        writer.writerow([printable(r.student), *row])
