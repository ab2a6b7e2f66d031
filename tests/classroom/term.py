"""A small course in its term: two notebooks, late work, points by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Base
from nbgrader.converters import Autograde, GenerateAssignment
from sqlalchemy import create_engine, select

from autograder.course import Course, quiet_log
from tests.engine.small_course import cell, solution

ASSIGNMENT = "ps1"
CONFIG = """
from autograder.engine import AUTOGRADE
c = get_config()
c.Autograde.update(AUTOGRADE)
c.Autograde.exclude_overwriting = {"ps1": ["kept.txt"]}
c.AssignLatePenalties.plugin_class = "lateness.HalfAPoint"
c.IsolatedExecute.call_seconds = 2
c.CourseDirectory.course_id = "small"
"""
PLUGIN = """
from nbgrader.plugins import BasePlugin
class HalfAPoint(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0.5 * min(2, score) if student_id != "forgiven" else None
"""
FIRST = [
    solution("double", "def double(x):\n    return 2 * x"),
    cell("test", "test_double", "assert double(3) == 6"),
    cell("test", "test_double_text", "assert double('a') == 'aa'"),
    cell("manual", "words", "### BEGIN SOLUTION\n# free words\n### END SOLUTION"),
]
SECOND = [
    solution("size", "def size(name):\n    return len(open(name).read())"),
    cell("test", "test_size", "assert size('given.txt') == 5"),
    cell("test", "test_size_kept", "assert size('kept.txt') == 4"),
]
ANSWERS: dict[str, dict[str, str]] = {
    "right": {},
    "wrong": {"double": "def double(x):\n    return x + 3"},
    "empty": {"double": "pass", "size": "pass"},
    "late": {"size": "def size(name):\n    return 5"},
    "forgiven": {},
    "early": {"words": "# my own words"},
    "hangs": {"double": "def double(x):\n    while True: pass"},
}
LATE = "2026-11-03 12:00:00 UTC"


def make_course(root: Path) -> Course:
    """Released, and handed in by all; `broken` and `partly` as their names say."""
    source = root / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    for name, text in {"nbgrader_config.py": CONFIG, "lateness.py": PLUGIN}.items():
        root.joinpath(name).write_text(text)
    source.joinpath("given.txt").write_text("12345")
    source.joinpath("kept.txt").write_text("123456789")
    for name, cells in {"first": FIRST, "second": SECOND}.items():
        nbformat.write(_master(cells), source / f"{name}.ipynb")
    course = Course(root)
    for student, answers in ANSWERS.items():
        hand_in(course, student, answers)
    (course.submitted("late", ASSIGNMENT) / "timestamp.txt").write_text(LATE)
    (course.submitted("forgiven", ASSIGNMENT) / "timestamp.txt").write_text(LATE)
    early = course.submitted("early", ASSIGNMENT) / "timestamp.txt"
    early.write_text("2026-10-01 10:00:00 UTC\n")
    hand_in(course, "partly", {}, ["first"])
    hand_in(course, "broken", {})
    (course.submitted("broken", ASSIGNMENT) / "first.ipynb").write_text("{")
    release(course)
    return course


def _master(cells: list[NotebookNode]) -> NotebookNode:
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})


def hand_in(
    course: Course,
    student: str,
    answers: dict[str, str],
    names: Any = ("first", "second"),
) -> None:
    """Solutions but for these answers, and files of the student's own."""
    folder = course.submitted(student, ASSIGNMENT)
    (folder / "own").mkdir(parents=True, exist_ok=True)
    for name, text in {
        "given.txt": "mine",
        "kept.txt": "mine",
        "own/x": student,
    }.items():
        folder.joinpath(name).write_text(text)
    for name in names:
        path = course.source(ASSIGNMENT) / f"{name}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        for found in notebook.cells:
            lines = [x for x in found.source.split("\n") if not x.startswith("###")]
            found.source = answers.get(found.id, "\n".join(lines))
        nbformat.write(notebook, folder / f"{name}.ipynb")


def release(course: Course) -> None:
    """Make the assignment known to the gradebook, due on the first of November."""
    with quiet_log():
        course.converter(GenerateAssignment, ASSIGNMENT, ".").start()
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate="2026-11-01")


def by_nbgrader(course: Course, student: str = "*") -> None:
    """Grade by nbgrader's own command."""
    with quiet_log():
        try:
            course.converter(Autograde, ASSIGNMENT, student).start()
        except Exception as problem:
            assert "could not be read" in str(problem)


def by_hand(course: Course) -> None:
    """What people enter in the formgrader."""
    with course.gradebook() as gradebook:
        for student, points in {"right": 1.5, "wrong": 0.0}.items():
            grade = gradebook.find_grade("words", "first", ASSIGNMENT, student)
            grade.manual_score, grade.needs_manual_grade = points, False
            grade.extra_credit = 0.25
            text = gradebook.find_comment("words", "first", ASSIGNMENT, student)
            text.manual_comment = f"well, {student}"
        gradebook.db.commit()


def tables(course: Course) -> dict[str, list[Any]]:
    """All rows of all tables; what only tells one row from another by its order."""
    engine = create_engine(course.directory().db_url)
    with engine.connect() as connection:
        rows = {
            name: [dict(row._mapping) for row in connection.execute(select(table))]
            for name, table in Base.metadata.tables.items()
        }
    engine.dispose()
    every = [row for found in rows.values() for row in found if "id" in row]
    given = {row["id"]: row["name"] for row in every if row.get("name")}
    names: dict[str, str] = {}
    for _ in range(4):  # a name tells of what it belongs to
        for row in every:
            if len(str(row["id"])) == 32:
                of = {k: names.get(v, v) for k, v in row.items() if k.endswith("_id")}
                of = {k: v for k, v in of.items() if len(str(v)) != 32}
                own = given.get(row["id"], "")
                names[row["id"]] = "/".join([*map(str, of.values()), own])

    def plain(row: dict[str, Any]) -> str:
        named = {key: names.get(value, value) for key, value in row.items()}
        return json.dumps(named, default=str, sort_keys=True)

    return {name: sorted(map(plain, found)) for name, found in rows.items()}


def files(course: Course) -> dict[str, Any]:
    """All that is in autograded/, but for how long it took, and permissions."""
    root = course.root / "autograded"
    found: dict[str, Any] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if not path.is_file() or any(
            part.startswith(".") for part in path.parts[len(root.parts) :]
        ):
            continue
        text = path.read_text()
        if path.suffix == ".ipynb":
            notebook = json.loads(text)
            notebook["metadata"]["autograder"].pop("seconds", None)
            text = json.dumps(notebook)
        found[name] = oct(path.stat().st_mode), text
    return found
