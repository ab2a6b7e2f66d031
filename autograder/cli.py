"""The command line: its grammar, and what becomes of errors."""

from __future__ import annotations

import argparse
import errno
import re
import sys
import traceback
from collections.abc import Callable
from difflib import get_close_matches
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import argcomplete

from autograder import PACKAGE, commands

NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)
BARRED = (
    "{0.filename} can't be written or read: check its permissions, or work in a copy"
    " of the course."
)
STATUS = """\
exit status: 0 all went well; 1 something could not be done, and a line says what;
2 the command line was wrong. autograder COMMAND --help shows examples."""
EXAMPLES = {
    "new": "autograder new my_first",
    "check-course": """\
autograder check-course my_first --fix
autograder check-course --quick""",
    "release": "autograder release rnn_lstm",
    "grade": """\
autograder grade rnn_lstm                      # what is new or changed
autograder grade rnn_lstm --student ada --force
autograder grade rnn_lstm --feedback --json > rnn_lstm.json
autograder grade rnn_lstm --scheduler tls://head.example:8786""",
    "collect": """\
autograder collect EXPORT.zip
autograder collect EXPORT.zip --assignment rnn_lstm --update""",
    "feedback": "autograder feedback rnn_lstm --student ada",
    "bundle": "autograder bundle gradescope rnn_lstm --into rnn_lstm.zip",
    "report": """\
autograder report rnn_lstm                     # reports/rnn_lstm.html
autograder report rnn_lstm --csv --into rnn_lstm.csv""",
    "demo": "autograder demo",
    "adopt": "autograder --course FOLDER adopt",
    "audit": """\
autograder audit rnn_lstm --quick
autograder audit rnn_lstm --exercise lstm_backward --page audit.html""",
    "doctor": "autograder doctor --json",
}
Command = Callable[..., int]


class _Parser(argparse.ArgumentParser):
    """One that knows what was meant by a name that is nearly right."""

    def error(self, message: str) -> NoReturn:
        found = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        if found:
            near = get_close_matches(found[1], re.findall(r"[\w-]+", found[2]), 1)
            message = f"there is no '{found[1]}'."
            message += f" Did you mean '{near[0]}'?" if near else ""
            message += f" It can be: {found[2]}"
        super().error(message)


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = _Parser(
        prog="autograder",
        description="Build, grade and check a course of notebooks.",
        epilog=STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument(
        "--course", type=Path, help="the course's folder (default: this folder)"
    )
    top.add_argument("--version", action="version", version=version(PACKAGE))
    known = top.add_subparsers(required=True, metavar="COMMAND", dest="command")

    def command(run: Command, assignments: str = "") -> argparse.ArgumentParser:
        name = run.__name__.replace("_", "-")
        examples = EXAMPLES[name].replace("\n", "\n  ")
        sub = known.add_parser(
            name,
            help=run.__doc__,
            description=run.__doc__,
            epilog=f"examples:\n  {examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.set_defaults(run=run)
        if assignments:
            text = "default: all" if assignments == "*" else None
            nargs = assignments if assignments == "*" else None
            named = sub.add_argument("assignment", nargs=nargs, help=text)
            named.completer = _assignments  # type: ignore[attr-defined]
        return sub

    def some_students(sub: argparse.ArgumentParser) -> None:
        named = sub.add_argument(
            "--student", action="append", help="only this one (repeatable)"
        )
        named.completer = _students  # type: ignore[attr-defined]

    def one_form(sub: argparse.ArgumentParser) -> None:
        form = sub.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="all, for a machine")
        form.add_argument("--csv", action="store_true", help="a line for each student")

    command(commands.new).add_argument("name", metavar="NAME")
    checking = command(commands.check_course, "*")
    checking.add_argument("--fix", action="store_true", help="mend what can be mended")
    checking.add_argument("--quick", action="store_true", help="run no solution")
    checking.add_argument("--json", action="store_true", help="for a machine")
    command(commands.release, "*")
    grading = command(commands.grade, "1")
    some_students(grading)
    grading.add_argument(
        "--workers", type=int, help="processes that grade (default: one a core)"
    )
    grading.add_argument(
        "--scheduler", default="", help="address of a Dask cluster (tls://host:port)"
    )
    grading.add_argument(
        "--force", action="store_true", help="grade again what has not changed"
    )
    grading.add_argument("--feedback", action="store_true", help="write feedback pages")
    grading.add_argument("--all", action="store_true", help="show all of a large class")
    one_form(grading)
    grading.add_argument(
        "--require-sandbox",
        action="store_true",
        help="refuse to grade when a layer of the sandbox is missing",
    )
    collecting = command(commands.collect)
    collecting.add_argument("export", type=Path, metavar="FOLDER|ZIP")
    collecting.add_argument("--assignment", help="only this one's notebooks")
    collecting.add_argument(
        "--update", action="store_true", help="replace submissions by newer ones"
    )
    collecting.add_argument(
        "--force", action="store_true", help="replace submissions whatever their time"
    )
    pages = command(commands.feedback, "1")
    some_students(pages)
    pages.add_argument("--force", action="store_true", help="write all pages anew")
    pages.add_argument(
        "--overview", action="store_true", help="also a page of all assignments"
    )
    bundling = command(commands.bundle)
    bundling.add_argument("service", choices=["gradescope"])
    named = bundling.add_argument("assignment")
    named.completer = _assignments  # type: ignore[attr-defined]
    bundling.add_argument("--into", type=Path, metavar="ZIP", help="the file to write")
    reporting = command(commands.report, "1")
    one_form(reporting)
    reporting.add_argument(
        "--into", type=Path, metavar="FILE", help="default: reports/ASSIGNMENT.html"
    )
    command(commands.demo)
    command(commands.adopt, "*")
    auditing = command(commands.audit, "*")
    auditing.add_argument(
        "--exercise", action="append", help="only this one (repeatable)"
    )
    auditing.add_argument(
        "--quick", action="store_true", help="a few mistakes and mutants per exercise"
    )
    auditing.add_argument(
        "--repeat",
        type=int,
        default=0,
        metavar="N",
        help="grade the same answers N times, in other orders and surroundings",
    )
    auditing.add_argument(
        "--keep", action="store_true", help="hold later audits to what tests notice now"
    )
    auditing.add_argument("--json", type=Path, help="write all that was found here")
    auditing.add_argument("--page", type=Path, help="write a page of HTML here")
    auditing.add_argument(
        "--into",
        type=Path,
        help="put the tables into this page, at its end",
    )
    command(commands.doctor).add_argument(
        "--json", action="store_true", help="for a machine"
    )
    return top


def _assignments(parsed_args: argparse.Namespace, **_: object) -> list[str]:
    source = (parsed_args.course or Path()) / "source"
    return [path.name for path in source.iterdir()]


def _students(parsed_args: argparse.Namespace, **_: object) -> list[str]:
    submitted = (parsed_args.course or Path()) / "submitted"
    return [path.name for path in submitted.iterdir()]


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when all went well, 1 when something could not be done."""
    grammar = parser()
    argcomplete.autocomplete(grammar)
    args = grammar.parse_args(arguments)

    from sqlalchemy.exc import OperationalError

    from autograder.course import CourseError, gradebook_fault

    try:
        return _run(args)
    except CourseError as problem:
        told = str(problem)
    except OperationalError as problem:
        told = gradebook_fault(problem)
    except KeyboardInterrupt:
        told = "interrupted. What was done is kept: the same command goes on."
    except BrokenPipeError:  # whoever read has seen enough
        return 1
    except Exception as problem:
        barred = getattr(problem, "errno", None) in NOT_ALLOWED
        told = BARRED.format(problem) if barred else _unexpected(problem)
    print(f"autograder: {told}", file=sys.stderr)
    return 1


def _run(args: argparse.Namespace) -> int:
    from rich.console import Console

    from autograder.course import CONFIG_FILE, Course

    course = None
    if args.run is not commands.doctor or args.course or Path(CONFIG_FILE).is_file():
        any_course = (commands.adopt, commands.audit, commands.check_course)
        begun = args.run is not commands.new
        course = Course.here(args.course, args.run not in any_course, begun)
    result: int = args.run(course, args, Console())
    return result


def _unexpected(problem: Exception) -> str:
    """One line of what nobody has foreseen; all of it stands in the log."""
    from autograder.engine.grading import log_file

    with log_file().open("a") as log:
        log.writelines(traceback.format_exception(problem))
    return (
        f"a fault of the autograder itself ({type(problem).__name__}: {problem})."
        f" Nothing that was written is lost. Please report the end of {log_file()}."
    )
