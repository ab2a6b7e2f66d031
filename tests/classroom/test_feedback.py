"""Feedback pages of a class: what changed reaches them; a bad one costs itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil
import pytest
from bs4 import BeautifulSoup

from autograder.classroom import feedback
from autograder.classroom.feedback import Outcome, renew_feedback
from autograder.cli import main
from autograder.course import Course, CourseError
from tests.engine.small_class import make_course, nbgrader, submit

OURS = """
c.GenerateFeedback.exporter_class = "autograder.pages.FeedbackPage"
c.GenerateFeedback.preprocessors = [
    "autograder.pages.PutMarks",
    "autograder.feedback.StripHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
"""
STUDENTS = ["ada", "bob", "cy"]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_course(tmp_path_factory.mktemp("graded"))
    with (root / "nbgrader_config.py").open("a") as file:
        file.write(OURS)
    for student in STUDENTS:
        submit(root, student, {"f": "def f(x): return x + x"})
        (root / "submitted" / student / "ps1" / "notes.txt").write_text("mine")
    assert nbgrader(root, "autograde", "ps1") == 0
    return root


@pytest.fixture
def course(graded: Path, tmp_path: Path) -> Course:
    """A course of three students whose work is graded."""
    return Course(Path(shutil.copytree(graded, tmp_path / "course")))


def renewed(course: Course, **options: bool) -> dict[str, Outcome]:
    rows = renew_feedback(course, "ps1", STUDENTS, **options)
    return {row.student: row.outcome for row in rows}


def comment(course: Course, student: str, text: str) -> None:
    """As the formgrader enters it."""
    with course.gradebook() as gradebook:
        gradebook.find_comment("f", "p1", "ps1", student).manual_comment = text
        gradebook.db.commit()


def page(course: Course, student: str) -> str:
    return course.feedback(student, "ps1").read_text("utf-8")


WRITTEN, SAME, FAILED = Outcome.WRITTEN, Outcome.SAME, Outcome.FAILED
ALL = dict.fromkeys(STUDENTS, WRITTEN)
NONE = dict.fromkeys(STUDENTS, SAME)


def test_a_comment_given_afterwards_reaches_its_page_and_renews_no_other(
    course: Course,
) -> None:
    assert renewed(course) == ALL
    comment(course, "bob", "Well reasoned.")
    assert renewed(course) == {**NONE, "bob": WRITTEN}
    assert "Well reasoned." in page(course, "bob")
    assert "Well reasoned." not in page(course, "ada")
    assert renewed(course) == NONE and renewed(course, force=True) == ALL


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes write pages, each one at a time."""
    monkeypatch.setattr(feedback, "SHARE", 1)
    monkeypatch.setattr(feedback, "cores", lambda: 2)


def writers() -> list[psutil.Process]:
    """The processes that write pages for this one."""
    below = psutil.Process().children(recursive=True)
    return [p for p in below if "spawn_main" in " ".join(p.cmdline())]


def test_many_pages_are_written_by_several_processes_and_are_the_same(
    course: Course, several: None
) -> None:
    rows = renew_feedback(course, "ps1", STUDENTS)
    assert next(rows).outcome is WRITTEN and len(writers()) == 2
    assert [row.student for row in rows] == STUDENTS[1:] and not writers()
    pages = [page(course, student) for student in STUDENTS]
    list(renew_feedback(course, "ps1", STUDENTS[:1], force=True))
    assert page(course, "ada") == pages[0]
    assert renewed(course) == NONE


def test_who_writes_pages_may_be_killed(course: Course, several: None) -> None:
    rows = renew_feedback(course, "ps1", STUDENTS * 100, force=True)
    next(rows)
    for process in writers():
        process.kill()
    with pytest.raises(CourseError, match="give the command again"):
        list(rows)
    assert renewed(course, force=True) == ALL


def test_who_has_enough_is_rid_of_all_processes(course: Course, several: None) -> None:
    rows = renew_feedback(course, "ps1", STUDENTS * 100, force=True)
    next(rows)
    rows.close()
    assert not writers()


def test_points_and_notebooks_that_change_renew_the_page(course: Course) -> None:
    renewed(course)
    with course.gradebook() as gradebook:
        gradebook.find_grade("essay", "p1", "ps1", "ada").manual_score = 1.75
        gradebook.db.commit()
    path = course.autograded("bob", "ps1")
    path.chmod(0o644)
    path.write_text(path.read_text().replace("x + x", "x * 2 # new"))
    course.feedback("cy", "ps1").write_text("half a page")
    assert renewed(course) == ALL
    assert "1.75" in text_of(page(course, "ada"))
    assert "x * 2 # new" in text_of(page(course, "bob"))


def test_what_stands_beside_a_notebook_is_given_back_with_it(course: Course) -> None:
    renewed(course)
    folder = course.feedback("ada", "ps1").parent
    assert (folder / "notes.txt").read_text() == "mine"
    for_the_exchange = {"submission_secret.txt", "timestamp.txt"}
    names = {path.name for path in folder.iterdir()}
    assert names == {"notes.txt", "p1.html"} | for_the_exchange


def test_a_page_that_fails_costs_its_own_row_and_keeps_the_old_one(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    renewed(course)
    path = course.autograded("bob", "ps1")
    path.chmod(0o644)
    path.write_text("{")
    before = page(course, "bob")
    for student in STUDENTS:
        comment(course, student, "Look again.")
    assert main(["--course", str(course.root), "feedback", "ps1"]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("bob: ") and page(course, "bob") == before
    assert last == "Feedback pages: 2 written, 0 as before, 1 failed"
    assert "Look again." in page(course, "cy")


def test_one_who_is_not_graded_is_told(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    submit(course.root, "dee", {})
    assert main(["--course", str(course.root), "feedback", "ps1"]) == 1
    assert "dee: not graded yet: run `autograder grade ps1`" in capsys.readouterr().out
    command = ["--course", str(course.root), "feedback", "ps1", "--student", "ada"]
    assert main(command) == 0
    assert (
        capsys.readouterr().out == "Feedback pages: 0 written, 1 as before, 0 failed\n"
    )


def test_hidden_tests_stay_hidden(course: Course) -> None:
    renewed(course)
    assert "assert f(2) == 4" in text_of(page(course, "ada"))
    assert "f(3)" not in text_of(page(course, "ada"))


def test_who_uploaded_a_broken_file_reads_that(course: Course) -> None:
    submit(course.root, "eve", {})
    path = course.submitted("eve", "ps1") / "p1.ipynb"
    path.write_text("half a noteb")
    nbgrader(course.root, "autograde", "ps1", "--student", "eve")
    (row,) = renew_feedback(course, "ps1", ["eve"])
    assert row.outcome is Outcome.WRITTEN
    shown = text_of(page(course, "eve"))
    assert "Your file could not be read: the file is no notebook" in shown
    assert "No response." not in shown and "What to look at" not in shown


def test_positive_control_who_answered_nothing_reads_no_response(
    course: Course,
) -> None:
    submit(course.root, "eve", {})
    nbgrader(course.root, "autograde", "ps1", "--student", "eve")
    list(renew_feedback(course, "ps1", ["eve"]))
    shown = text_of(page(course, "eve"))
    assert "No response." in shown and "What to look at" in shown


def test_an_overview_leads_to_all_pages_of_a_student(course: Course) -> None:
    command = ["--course", str(course.root), "feedback", "ps1", "--overview"]
    assert main([*command, "--student", "ada"]) == 0
    folder = course.root / "feedback" / "ada"
    shown = BeautifulSoup((folder / "overview.html").read_text("utf-8"), "html.parser")
    (link,) = shown.select("a")
    assert (folder / str(link["href"])).is_file()
    assert "1 of 3" in shown.text
    assert not (course.root / "feedback" / "bob").exists()


def test_a_course_without_our_configuration_gets_the_same_page(course: Course) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text().replace(OURS, ""))
    renewed(course)
    shown = text_of(page(course, "ada"))
    assert "Your points" in shown and "f(3)" not in shown


def test_a_course_with_its_own_template_keeps_it(course: Course) -> None:
    folder = course.root / "templates" / "mine"
    folder.mkdir(parents=True)
    folder.joinpath("conf.json").write_text('{"base_template": "classic"}')
    own = "{% extends 'classic/index.html.j2' %}{% block body_header %}<p>Mine.</p>"
    folder.joinpath("index.html.j2").write_text(own + "{% endblock %}")
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.HTMLExporter.template_name = 'mine'\n")
        file.write(f"c.HTMLExporter.extra_template_basedirs = [{str(folder.parent)!r}]")
    renewed(course)
    shown = text_of(page(course, "ada"))
    assert "Mine." in shown and "Your points" not in shown


def text_of(html: str) -> str:
    """The text of a page."""
    return BeautifulSoup(html, "html.parser").text


@pytest.mark.slow
def test_nbgraders_command_makes_the_same_pages(course: Course) -> None:
    renewed(course)
    comment(course, "bob", "Well reasoned.")
    assert nbgrader(course.root, "generate_feedback", "ps1", "--force") == 0
    assert "Well reasoned." in page(course, "bob")
    assert renewed(course) == NONE
