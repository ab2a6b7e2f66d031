"""`nbgrader export` beside nbgrader's own table."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from tests.engine.small_class import BOUND_BY_PERMISSIONS, make_course, nbgrader, submit

EXPORTER = "--exporter=autograder.grades.GradesCsv"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with graded work, ungraded work and a student who handed in nothing."""
    root = make_course(tmp_path_factory.mktemp("course"))
    submit(root, "ada", {"f": "def f(x): return x + x"})
    submit(root, "bob", {"f": "def f(x): return 3"})
    assert nbgrader(root, "autograde", "ps1") == 0
    submit(root, "cy", {"f": "def f(x): return x + x"})
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.add_student("cy", last_name="Young", first_name="Cy")
        gradebook.add_student("dee", last_name="O'Dee, Jr", email="d@x.org")
    return root


def table(root: Path, *options: str) -> list[dict[str, str]]:
    assert nbgrader(root, "export", "--to=out.csv", *options) == 0
    with (root / "out.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_graded_rows_are_nbgraders(root: Path) -> None:
    stock, ours = table(root)[:2], table(root, EXPORTER)[:2]
    assert ours == stock and {row["student_id"] for row in ours} == {"ada", "bob"}
    assert [float(row["score"]) for row in ours] == [1.0, 0.0]


def test_work_that_is_not_graded_has_no_score(root: Path) -> None:
    scores = {row["student_id"]: row["score"] for row in table(root, EXPORTER)}
    assert scores["cy"] == "" and scores["dee"] == "0.0"


def test_where_nobody_may_look_is_no_score(root: Path) -> None:
    folder = root / "submitted" / "dee"
    folder.mkdir(mode=0)
    words = ("export", "--to=out.csv", EXPORTER)
    assert nbgrader(root, *words, before=BOUND_BY_PERMISSIONS) == 0
    with (root / "out.csv").open(newline="") as file:
        scores = {row["student_id"]: row["score"] for row in csv.DictReader(file)}
    folder.rmdir()
    assert scores["dee"] == ""


def test_positive_control_nbgraders_own_export_calls_it_0(root: Path) -> None:
    scores = {row["student_id"]: row["score"] for row in table(root)}
    assert scores["cy"] == "0.0"


def test_a_name_with_a_comma_stays_in_its_column(root: Path) -> None:
    (dee,) = table(root, EXPORTER, '--ExportPlugin.student=["dee"]')
    assert dee["last_name"] == "O'Dee, Jr" and dee["email"] == "d@x.org"
    assert table(root, EXPORTER, '--ExportPlugin.assignment=["none"]') == []


# --- platforms --------------------------------------------------------------------

CANVAS = """
c.CanvasCsv.columns = {"ps1": "Problem set 1 (4711)"}
"""


def rows_of(root: Path, exporter: str, *options: str) -> list[list[str]]:
    words = [f"--exporter=autograder.grades.{exporter}", "--to=out.csv", *options]
    assert nbgrader(root, "export", *words) == 0
    with (root / "out.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def scores_of(root: Path) -> dict[str, str]:
    return {row["student_id"]: row["score"] for row in table(root, EXPORTER)}


def test_canvas_imports_it(root: Path) -> None:
    """Its guide: these columns, in this order, then assignments; points below."""
    with (root / "nbgrader_config.py").open("a") as config:
        config.write(CANVAS)
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.update_or_create_student("bob", lms_user_id="815", first_name="Bo")
    head, points, *students = rows_of(root, "CanvasCsv")
    assert head == [
        "Student", "ID", "SIS User ID", "SIS Login ID", "Section",
        "Problem set 1 (4711)",
    ]  # fmt: skip
    assert points == ["    Points Possible", "", "", "", "", "3.0"]
    expected = scores_of(root)
    found = {row[1] or row[3]: row for row in students}
    assert found.keys() == {"ada", "815", "cy", "dee"}, "each by one key"
    assert found["815"][:4] == ["Bo", "815", "", ""]
    assert found["cy"][0] == "Young, Cy"
    found["bob"] = found.pop("815")
    assert {student: row[5] for student, row in found.items()} == expected
    assert expected["cy"] == "", "Canvas leaves what is empty"


def test_moodle_imports_it(root: Path) -> None:
    """Its page maps columns of any names: one that tells who, others with grades."""
    head, *students = rows_of(root, "MoodleCsv", '--ExportPlugin.student=["dee","ada"]')
    assert head == [
        "First name", "Last name", "Username", "ID number", "Email address", "ps1",
    ]  # fmt: skip
    assert students == [
        ["", "", "ada", "", "", "1.0"],
        ["", "O'Dee, Jr", "dee", "", "d@x.org", "0.0"],
    ]


def test_late_work_goes_out_with_its_penalty(root: Path) -> None:
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        found = gradebook.find_submission_notebook("p1", "ps1", "ada")
        found.late_submission_penalty = 0.25
        gradebook.update_or_create_assignment("ps1", duedate="2026-01-01")
        gradebook.update_or_create_submission("ps1", "ada", timestamp="2026-01-02")
        gradebook.db.commit()
    rows = rows_of(root, "MoodleCsv")
    assert {row[2]: row[5] for row in rows}["ada"] == "0.75" == scores_of(root)["ada"]
