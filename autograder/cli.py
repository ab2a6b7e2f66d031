"""The commands of `autograder`; each calls one room of the package."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table
from traitlets.config import Config

from autograder.course import Course, CourseError


def release(course: Course, args: argparse.Namespace, console: Console) -> int:
    """Build the student version of the named assignments (default: all)."""
    from autograder.release import build_release

    for assignment in args.assignment or course.assignments():
        path = build_release(course, assignment)
        console.print(f"built {path.relative_to(course.root)}")
    return 0


def grade(course: Course, args: argparse.Namespace, console: Console) -> int:
    """Autograde all submissions of an assignment and print a table."""
    from autograder.classroom.grading import grade_class, write_feedback
    from autograder.classroom.table import show_results, with_progress

    course.source(args.assignment)
    if args.require_sandbox:
        settings = Config(IsolatedExecute={"require_sandbox": True})
        course = replace(course, settings=settings)
    students = args.student or course.students(args.assignment)
    if not students:
        raise CourseError(
            f"Nobody has handed in '{args.assignment}': submissions are looked for in"
            f" {course.submitted('<student>', args.assignment)}."
        )
    graded = grade_class(course, args.assignment, students)
    results = with_progress(console, f"Grading {args.assignment}", graded, students)
    if args.feedback:
        for result in results:
            if result.points:
                write_feedback(course, args.assignment, result.student)
    show_results(console, args.assignment, results)
    return 0 if all(result.graded for result in results) else 1


def doctor(course: Course | None, args: argparse.Namespace, console: Console) -> int:
    """Show what this machine offers to keep student code apart, and the limits."""
    from autograder.doctor import doctor_report

    rows, missing = doctor_report()
    table = Table("layer or limit", "here")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    console.print(f"Missing: {', '.join(missing)}" if missing else "Nothing is missing.")
    return 1 if missing else 0


def demo(course: Course, args: argparse.Namespace, console: Console) -> int:
    """Grade a sample class from start to end in the folder demo/."""
    from autograder.classroom.demo import run_demo

    return 0 if run_demo(course, console) else 1


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(
        prog="autograder", description="Build, grade and check a course of notebooks."
    )
    top.add_argument(
        "--course", type=Path, help="the course's folder (default: this folder)"
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(run: object) -> argparse.ArgumentParser:
        about = run.__doc__
        name = run.__name__  # type: ignore[attr-defined]
        sub = commands.add_parser(name, help=about, description=about)
        sub.set_defaults(run=run)
        return sub

    command(release).add_argument("assignment", nargs="*", help="default: all")
    grading = command(grade)
    grading.add_argument("assignment")
    grading.add_argument(
        "--student", action="append", help="only this one (repeatable)"
    )
    grading.add_argument("--feedback", action="store_true", help="write feedback pages")
    grading.add_argument(
        "--require-sandbox",
        action="store_true",
        help="refuse to grade when a layer of the sandbox is missing",
    )
    command(demo)
    command(doctor)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when all went well, 1 when something could not be done."""
    args = parser().parse_args(arguments)
    try:
        course = None if args.run is doctor else Course.here(args.course)
        result: int = args.run(course, args, Console())
        return result
    except CourseError as problem:
        print(f"autograder: {problem}", file=sys.stderr)
        return 1
    except PermissionError as problem:
        print(
            f"autograder: {problem.filename} can't be written or read: check its"
            " permissions, or work in a copy of the course.",
            file=sys.stderr,
        )
        return 1
