"""Feedback pages of a class: those whose grades, comments or notebooks changed."""

from __future__ import annotations

import filecmp
import multiprocessing
import os
import secrets
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateFeedback
from nbgrader.utils import find_all_files
from rich.console import Console
from rich.markup import escape
from rich.progress import track

from autograder.classroom.files import write_whole
from autograder.classroom.grading import cores
from autograder.course import Course, CourseError, quiet_log
from autograder.pages import NOTHING_RUNS, Pages, fingerprint, read_marks

SHARE = 25
"""Pages of so many students are a task for a process: it takes a second to begin."""


class Outcome(StrEnum):
    """What became of a student's pages."""

    WRITTEN = "written"
    SAME = "as before"
    FAILED = "failed"


@dataclass(frozen=True)
class Row:
    """A line of the report."""

    student: str
    outcome: Outcome
    why: str = ""


def renew_feedback(
    course: Course, assignment: str, students: list[str], force: bool = False
) -> Generator[Row]:
    """Write the students' pages that are out of date (or all, by `force`).

    Many are written by as many processes as there are cores.

    Raises:
        CourseError: when one of these processes is gone.
    """
    renew = partial(_renewed, course, assignment, force)
    shares = [students[at : at + SHARE] for at in range(0, len(students), SHARE)]
    if len(shares) < 2 or cores() < 2:
        yield from renew(students)
        return
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(cores(), len(shares)), spawned, _be_deaf) as pool:
        try:
            for rows in pool.map(partial(_listed, renew), shares):
                yield from rows
        except BrokenProcessPool:
            raise CourseError(
                "A process that writes pages was ended by somebody else. Those that are"
                " written stay: give the command again."
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _be_deaf() -> None:
    """Who began this process is interrupted, and ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _listed(
    renew: Callable[[list[str]], Iterator[Row]], students: list[str]
) -> list[Row]:
    return list(renew(students))


def _renewed(
    course: Course, assignment: str, force: bool, students: list[str]
) -> Iterator[Row]:
    converter = course.converter(GenerateFeedback, assignment)
    pages = Pages(converter.config)
    with quiet_log(), course.gradebook() as gradebook:
        for student in students:
            try:
                yield _renew(converter, pages, gradebook, student, force)
            except MissingEntry:
                why = f"not graded yet: run `autograder grade {assignment}`"
                yield Row(student, Outcome.FAILED, why)
            except Exception as error:  # whatever it is, the others get their pages
                why = f"{type(error).__name__}: {error}".splitlines()[0]
                yield Row(student, Outcome.FAILED, why)


def write_overviews(course: Course, assignment: str, students: list[str]) -> None:
    """Beside each student's folders of pages, one that leads to all of them."""
    text = files("autograder").joinpath("overview.html.j2").read_text("utf-8")
    template = jinja2.Environment(autoescape=True).from_string(text)
    with quiet_log(), course.gradebook() as gradebook:
        for student in students:
            folder = course.folder("feedback", student, assignment).parent
            if folder.is_dir():
                rows = _all_of(course, gradebook, student, folder)
                html = template.render(student=student, rows=rows, policy=NOTHING_RUNS)
                write_whole(folder / "overview.html", html.encode("utf-8", "replace"))


def _all_of(
    course: Course, gradebook: Gradebook, student: str, folder: Path
) -> list[dict[str, Any]]:
    """Scores and pages of all that a student handed in, by assignment."""
    rows = []
    for found in gradebook.student_submissions(student):
        pages = course.folder("feedback", student, found.name).glob("*.html")
        names = {Path(notebook.name).stem for notebook in found.notebooks}
        own = sorted(page for page in pages if page.stem in names)
        penalty = found.late_submission_penalty or 0
        score = found.score - penalty
        links = [Path(os.path.relpath(page, folder)).as_posix() for page in own]
        rows.append(
            {"assignment": found.name, "score": score, "most": found.max_score,
             "penalty": penalty, "pages": links}
        )  # fmt: skip
    return sorted(rows, key=lambda row: str(row["assignment"]))


def show_pages(
    console: Console, assignment: str, rows: Iterable[Row], total: int
) -> bool:
    """Tell of the pages as they are written; whether one failed."""
    counts = Counter[str]()
    shown = console.is_terminal
    title = f"Feedback for {assignment}"
    for row in track(rows, title, total, console=console, disable=not shown):
        counts[row.outcome] += 1
        if row.outcome is Outcome.FAILED:
            console.print(escape(f"{row.student}: {row.why}"), soft_wrap=True)
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome)
    console.print(f"Feedback pages: {told}", highlight=False)
    return bool(counts[Outcome.FAILED])


def _renew(
    converter: GenerateFeedback,
    pages: Pages,
    gradebook: Gradebook,
    student: str,
    force: bool,
) -> Row:
    assignment = converter.coursedir.assignment_id
    graded = Path(converter._format_source(assignment, student))
    folder = Path(converter._format_dest(assignment, student))
    notebooks = sorted(graded.glob("*.ipynb"))
    if not notebooks:
        raise MissingEntry
    outcome = Outcome.SAME
    gradebook.db.rollback()  # what was read before may have changed, or failed
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        marks = read_marks(gradebook, path.stem, assignment, student)
        page = folder / f"{path.stem}.html"
        if force or not _ends_with(page, fingerprint(notebook, marks)):
            html = pages.page(path.stem, notebook, marks, graded)
            _copy_files(graded, folder, converter.coursedir.ignore)
            _make_releasable(folder)
            write_whole(page, html.encode("utf-8", "replace"))
            outcome = Outcome.WRITTEN
    if outcome is Outcome.WRITTEN:
        converter.set_permissions(assignment, student)
    return Row(student, outcome)


def _make_releasable(folder: Path) -> None:
    """What nbgrader's exchange asks for, of work that did not come by it.

    Without, `nbgrader release_feedback` ends at this student, and others go without.
    """
    for name, text in (
        ("timestamp.txt", ""),
        ("submission_secret.txt", secrets.token_hex(32)),
    ):
        path = folder / name
        if not path.exists():
            path.write_text(text)


def _ends_with(page: Path, text: str) -> bool:
    if not page.is_file():
        return False
    with page.open("rb") as file:
        file.seek(max(0, page.stat().st_size - len(text)))
        return file.read() == text.encode()


def _copy_files(source: Path, target: Path, ignore: list[str]) -> None:
    """What a page shows beside its notebook, as nbgrader does."""
    target.mkdir(parents=True, exist_ok=True)
    for name in find_all_files(str(source), [*ignore, "*.ipynb"]):
        copy = target / os.path.relpath(name, source)
        if not (copy.is_file() and filecmp.cmp(name, copy)):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, copy)
