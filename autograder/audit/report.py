"""Shows an audit: a table in the terminal, JSON, and one page of HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from platform import python_version

import jinja2
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from autograder.audit.audit import Report, Row, Step
from autograder.course import CourseError

SHOWN = 10  # lines of a kind in the terminal
HEADINGS = (
    "exercise", "right", "nothing", "mistakes", "seen", "mutants", "seen",
    "aside", "seconds",
)  # fmt: skip
MEANING = (
    "right: right answers that keep full marks; nothing: answers without work that have"
    " no point; mistakes and mutants: wrong answers that lose points; seen: those that"
    " a visible check notices already; aside: mutants that are right answers"
)
LAST = "## The last full result"
"""The heading of a page that shows it."""
GOALS = {"mistakes": 0.95, "mutants": 0.85}
"""What share of wrong answers visible checks should notice."""


@contextmanager
def progress(console: Console, assignment: str) -> Iterator[Step]:
    """A bar that shows what is being judged."""
    about = TextColumn("{task.description}")
    count = TextColumn("{task.completed} of {task.total}")
    columns = about, BarColumn(), count, TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(f"Auditing {assignment}", total=0)

        def step(what: str, done: int, more: int) -> None:
            total = (bar.tasks[0].total or 0) + more
            bar.update(task, advance=done, total=total)
            if what:
                bar.update(task, description=f"{assignment}, {what}")

        yield step


def show(console: Console, report: Report) -> None:
    """The table of a notebook, and what is wrong."""
    title = f"{report.assignment}: {report.notebook}"
    table = Table(*HEADINGS, title=title, box=box.SIMPLE, padding=0, pad_edge=False)
    table.columns[0].no_wrap = True
    for row in (*report.rows, total(report)):
        table.add_row(*cells(row))
    console.print(table)
    for fault in faults(report)[:SHOWN]:
        console.print(escape(f"! {fault}"), soft_wrap=True)
    if len(faults(report)) > SHOWN:
        console.print(f"  and {len(faults(report)) - SHOWN} more: see the page")
    survivors = [(r.exercise, s) for r in report.rows for s in r.survivors]
    for exercise, survivor in survivors[:SHOWN]:
        console.print(f"survives in {exercise}: {survivor.kind}")
        console.print(escape(survivor.diff), soft_wrap=True)
    if len(survivors) > SHOWN:
        console.print(f"  and {len(survivors) - SHOWN} more survivors: see the page")
    for line in short_of_goals(report):
        console.print(line)
    others = [row.exercise for row in report.rows if not row.comparable]
    if others and not report.quick:
        told = "kept.json is of other wrong answers, or of none (--keep): "
        console.print(told + ", ".join(others), soft_wrap=True)
    flagged = sum(bool(told.flags) for row in report.rows for told in row.told)
    console.print(
        f"{flagged} messages are flagged. {report.seconds:.0f} seconds. "
        + ("All is as it should be." if report.passed else "Not all is well.")
    )


def faults(report: Report) -> list[str]:
    """All faults, each with its exercise."""
    own = [f"{row.exercise}: {fault}" for row in report.rows for fault in row.faults]
    return report.faults + own


def cells(row: Row) -> list[str]:
    """A row of the table."""
    pairs = (
        row.right, row.nothing, row.mistakes, (row.mistakes_seen, row.mistakes[1]),
        row.mutants, (row.mutants_seen, row.mutants[1]),
    )  # fmt: skip
    texts = [f"{good}/{all_}" for good, all_ in pairs]
    return [row.exercise, *texts, str(row.equivalent), f"{row.seconds:.0f}"]


def total(report: Report) -> Row:
    """The sum of all rows."""
    made = Row("together", sum(row.points for row in report.rows))
    for name in ("right", "nothing", "mistakes", "mutants"):
        pairs = [getattr(row, name) for row in report.rows]
        setattr(made, name, tuple(sum(pair[n] for pair in pairs) for n in (0, 1)))
    for name in ("mistakes_seen", "mutants_seen", "equivalent"):
        setattr(made, name, sum(getattr(row, name) for row in report.rows))
    made.seconds = report.seconds  # several exercises are judged at once
    return made


def short_of_goals(report: Report) -> list[str]:
    """Lines on visible checks that notice too little."""
    row, found = total(report), []
    for kind, goal in GOALS.items():
        seen, all_ = getattr(row, f"{kind}_seen"), getattr(row, kind)[1]
        if seen < goal * all_:
            share = f"{seen / all_:.0%} of the {kind}, of which {goal:.0%} should be"
            found.append(f"Visible checks notice {share}.")
    return found


def versions() -> dict[str, str]:
    """What the audit ran with."""
    found = {"Python": python_version()}
    for name in ("sequence-models-course", "nbgrader", "numpy", "tensorflow"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def as_json(reports: list[Report]) -> str:
    """All that was found, as plain data."""
    told = [asdict(report) | {"passed": report.passed} for report in reports]
    made = {"date": str(date.today()), "versions": versions(), "reports": told}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def as_page(reports: list[Report]) -> str:
    """One page that needs no other file."""
    text = files("autograder.audit").joinpath("page.html.j2").read_text("utf-8")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(text).render(
        reports=reports, headings=HEADINGS, meaning=MEANING, cells=cells,
        total=total, faults=faults, short_of_goals=short_of_goals,
        versions=versions(), date=date.today(),
    )  # fmt: skip


def put_into(page: Path, reports: list[Report]) -> None:
    """Put the tables below the heading LAST of a Markdown page."""
    text = page.read_text("utf-8") if page.is_file() else f"{LAST}\n"
    head, found, _ = text.partition(f"{LAST}\n")
    if not found:
        raise CourseError(f"{page} has no line '{LAST}' to put the tables below.")
    page.write_text(f"{head}{LAST}\n\n{_as_tables(reports)}", "utf-8")


def _as_tables(reports: list[Report]) -> str:
    made = ", ".join(f"{name} {number}" for name, number in versions().items())
    lines = [f"{date.today()}, {made}."]
    for report in reports:
        lines += ["", f"**{report.assignment}**, {report.seconds:.0f} seconds", ""]
        lines += [f"| {' | '.join(HEADINGS)} |", "|---" * len(HEADINGS) + "|"]
        rows = (*report.rows, total(report))
        lines += [f"| {' | '.join(cells(row))} |" for row in rows]
        lines += [""] + [f"- {fault}" for fault in faults(report)]
    return "\n".join(lines) + "\n"
