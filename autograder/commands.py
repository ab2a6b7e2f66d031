"""What each command of `autograder` does; each calls one room of the package.

Nothing heavy is imported before a command runs: help and completion are at once there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.classroom.exports import File
    from autograder.classroom.grading import Step
    from autograder.course import Course

TOGETHER = (
    "Cells that run together with the answers are confined and limited, but student"
    " code can read them and tamper with them."
)


def new(course: Course, args: argparse.Namespace, console: Console) -> int:
    """Make an assignment of one's own from a small, complete example."""
    from autograder.new_assignment import new_assignment

    for path in new_assignment(course, args.name):
        console.print(f"made {path.relative_to(course.root)}")
    return 0


def check_course(course: Course, args: argparse.Namespace, console: Console) -> int:
    """Look for faults in masters: names, points, leaks, texts, failing solutions."""
    from autograder.checking.check import as_json, check

    assignments = args.assignment or course.assignments()
    found = [f for a in assignments for f in check(course, a, args.fix, args.quick)]
    left = sum(not finding.mended for finding in found)
    if args.json:
        console.out(as_json(found), highlight=False)
    else:
        for finding in found:
            console.print(escape(str(finding)), soft_wrap=True, highlight=False)
        console.print(f"{', '.join(assignments)}: {left or 'nothing'} to be done")
    return 1 if left else 0


def release(course: Course, args: argparse.Namespace, console: Console) -> int:
    """Build the student version of the named assignments (default: all)."""
    from autograder.release import build_release

    for assignment in args.assignment or course.assignments():
        path = build_release(course, assignment)
        console.print(f"built {path.relative_to(course.root)}")
    return 0


def grade(course: Course, args: argparse.Namespace, console: Console) -> int:
    """Autograde what is new of an assignment's submissions, and print a table."""
    from rich.console import Console
    from traitlets.config import Config

    from autograder.classroom import table
    from autograder.classroom.bundle import make_bundle
    from autograder.classroom.feedback import renew_feedback, show_pages
    from autograder.classroom.files import printable
    from autograder.classroom.grading import How, State, cores, grade_class
    from autograder.classroom.results import read_results, read_totals
    from autograder.course import CourseError
    from autograder.engine.grading import log_file

    course.source(args.assignment)
    if args.require_sandbox:
        settings = Config(IsolatedExecute={"require_sandbox": True})
        course = replace(course, settings=settings)
    news = Console(stderr=True) if args.json or args.csv else console
    for folder in course.misnamed(args.assignment)[: table.MOST_SHOWN]:
        said = f"{folder} is no assignment: rename it, if {args.assignment} is meant"
        news.print(escape(f"Note: {printable(said)}"), soft_wrap=True)
    students = args.student or course.students(args.assignment)
    if not students:
        raise CourseError(
            f"Nobody has handed in '{args.assignment}': submissions are looked for in"
            f" {course.submitted('<student>', args.assignment)}."
        )
    workers = args.workers or min(cores(), len(students))
    how = How(workers, args.scheduler, args.force)
    before = read_totals(course, args.assignment)
    bundle = make_bundle(course, args.assignment)
    for note in bundle.notes:
        news.print(escape(f"Note: {note}"), soft_wrap=True)
    what = f"Grading {args.assignment}"
    steps: list[Step] = []
    running = grade_class(course, bundle, students, how)
    try:
        for step in table.with_progress(news, what, running, len(students)):
            steps.append(step)
    except KeyboardInterrupt as pressed:
        with suppress(KeyboardInterrupt):
            steps.append(running.throw(pressed))  # where it was not raised in there
            steps.extend(running)
        rest = "--force begins anew" if args.force else "the next run does the rest"
        told = f"Interrupted. What was graded is kept; {rest}"
        news.print(f"{told} ({len(steps)} of {len(students)} done).", soft_wrap=True)
    finally:
        running.close()
    results = read_results(course, args.assignment, steps, bundle.digest)
    outdated = sum(result.is_outdated for result in results)
    if args.student:
        results = [result for result in results if result.student in students]
    pages_failed = False
    if args.feedback:
        graded = [result.student for result in results if result.points]
        rows = renew_feedback(course, args.assignment, graded)
        pages_failed = show_pages(news, args.assignment, rows, len(graded))
    if args.json:
        console.out(table.as_json(results), highlight=False)
    elif args.csv:
        table.write_csv(results, sys.stdout)
    else:
        table.show_results(console, args.assignment, results, args.all)
    table.show_summary(news, steps, results, before)
    if outdated:
        news.print(
            f"{outdated} graded by tests or settings that have changed since:"
            f" `autograder grade {args.assignment}` grades them again.",
            soft_wrap=True,
        )
    news.print(f"Log of the processes: {log_file()}", soft_wrap=True)
    done = len(steps) == len(students) and not pages_failed
    done = done and all(step.state is not State.FAILED for step in steps)
    return 0 if done and not any(r.needs_attention for r in results) else 1


def collect(course: Course, args: argparse.Namespace, console: Console) -> int:
    """Take what a learning platform exports (folder or zip) into submitted/."""
    from rich.progress import track

    from autograder.classroom.collect import Outcome, collect_export, show_report

    def watch(files: list[File]) -> Iterable[File]:
        shown = console.is_terminal
        return track(files, "Reading", console=console, disable=not shown)

    rows = collect_export(
        course, args.export, args.assignment, args.update, args.force, watch
    )
    show_report(console, rows)
    return 1 if any(row.outcome is Outcome.REFUSED for row in rows) else 0


def feedback(course: Course, args: argparse.Namespace, console: Console) -> int:
    """Write the feedback pages whose grades, comments or notebooks changed."""
    from autograder.classroom.feedback import (
        renew_feedback,
        show_pages,
        write_overviews,
    )

    course.source(args.assignment)
    students = args.student or course.students(args.assignment)
    rows = renew_feedback(course, args.assignment, students, args.force)
    failed = show_pages(console, args.assignment, rows, len(students))
    if args.overview:
        write_overviews(course, args.assignment, students)
    return 1 if failed or not students else 0


def report(course: Course, args: argparse.Namespace, console: Console) -> int:
    """Write a page on a class: points, failing tests, who needs a look and why."""
    from autograder.classroom import report
    from autograder.classroom.files import write_whole
    from autograder.course import CourseError

    made = report.make_report(course, args.assignment)
    show = (
        report.as_json if args.json else report.as_csv if args.csv else report.as_page
    )
    text, path = show(made), args.into
    if path is None and (args.json or args.csv):
        sys.stdout.write(text)
        return 0
    path = path or course.root / "reports" / f"{args.assignment}.html"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode("utf-8", "replace"))
    except (OSError, ValueError) as problem:
        raise CourseError(
            f"The report can't be written: {problem}. Name another file by --into."
        ) from None
    console.print(f"wrote {path}", soft_wrap=True, markup=False, highlight=False)
    return 0


def adopt(course: Course, args: argparse.Namespace, console: Console) -> int:
    """Try an existing course: which graded cells can run apart from the answers."""
    from autograder.adopt import adopt, configuration

    found = []
    for notebook in adopt(course, args.assignment or course.assignments()):
        found.append(notebook)
        name = notebook.path.relative_to(course.root)
        console.print(f"{name}: {len(notebook.apart)} graded cells run apart")
        for cell, why in notebook.together.items():
            console.print(escape(f"  together: {cell} ({why})"))
        for cell, why in notebook.wrong.items():
            console.print(
                escape(f"  {cell} fails with the master's own answers ({why})")
            )
    console.print("\nLines for nbgrader_config.py:\n")
    for line in configuration(found):
        console.print(escape(line), soft_wrap=True)
    if any(notebook.together for notebook in found):
        console.print(f"\n{TOGETHER}")
    return 0


def audit(course: Course, args: argparse.Namespace, console: Console) -> int:
    """Prove that tests accept right answers and refuse wrong ones."""
    from autograder.audit import report
    from autograder.audit.audit import audit, bank

    found = []
    for assignment in args.assignment or course.assignments():
        with report.progress(console, assignment) as step:
            made = audit(
                course, assignment, args.quick, args.repeat, args.exercise or (), step
            )
        for notebook in made:
            report.show(console, notebook)
        found += made
        if args.keep and not args.quick:
            rows = [row for notebook in made for row in notebook.rows]
            bank(course, assignment).keep({row.exercise: row.parts for row in rows})
    writers = {args.json: report.as_json, args.page: report.as_page}
    for path, make in writers.items():
        if path:
            path.write_text(make(found), "utf-8")
    if args.into:
        report.put_into(args.into, found)
    return 0 if all(notebook.passed for notebook in found) else 1


def doctor(course: Course | None, args: argparse.Namespace, console: Console) -> int:
    """Show what this machine offers to keep student code apart, and the limits."""
    from autograder.doctor import doctor_report
    from autograder.engine.execute import IsolatedExecute

    limits = IsolatedExecute(config=course.config()).limits() if course else None
    rows, missing = doctor_report(limits)
    if args.json:
        console.out(json.dumps({"here": dict(rows), "missing": missing}, indent=1))
        return 1 if missing else 0
    table = Table("layer or limit", "here")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    console.print(f"Missing: {', '.join(missing) or 'nothing'}")
    return 1 if missing else 0


def bundle(course: Course, args: argparse.Namespace, console: Console) -> int:
    """Pack an assignment for another service that grades it by this engine."""
    from pathlib import Path

    from autograder.classroom.gradescope import write_archive

    path = args.into or Path(f"{args.assignment}.zip")
    write_archive(course, args.assignment, path)
    console.print(
        f"packed {path}: it holds solutions and hidden tests, so give it to"
        " Gradescope and to nobody else",
        soft_wrap=True,
    )
    return 0


def demo(course: Course, args: argparse.Namespace, console: Console) -> int:
    """Grade a sample class from start to end in the folder demo/."""
    from autograder.classroom.demo import run_demo

    return 0 if run_demo(course, console) else 1
