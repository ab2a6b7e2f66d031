"""What a term brings: it works beside nbgrader, or one line says what to do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config

from autograder.classroom.bundle import make_bundle
from autograder.classroom.feedback import renew_feedback
from autograder.classroom.grading import How, State, grade_class
from autograder.classroom.results import Result, read_results
from autograder.cli import main
from autograder.course import Course, CourseError, quiet_log
from autograder.engine import plugin
from autograder.release import build_release
from tests.classroom.term import (
    ASSIGNMENT,
    LATE,
    by_hand,
    by_nbgrader,
    files,
    hand_in,
    make_course,
    release,
    tables,
)
from tests.engine.small_class import nbgrader

pytestmark = pytest.mark.slow
STUDENTS = ["late", "right", "wrong"]
GUIDE = Path(__file__).parents[2] / "docs" / "term.md"


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Three students are graded, with points by hand."""
    course = make_course(tmp_path_factory.mktemp("pattern") / "course")
    for student in set(course.students(ASSIGNMENT)) - set(STUDENTS):
        shutil.rmtree(course.submitted(student, ASSIGNMENT).parent)
    assert grade(course) == dict.fromkeys(STUDENTS, State.GRADED)
    by_hand(course)
    return course


@pytest.fixture
def course(pattern: Course, tmp_path: Path) -> Course:
    return copy(pattern, tmp_path)


def copy(course: Course, folder: Path) -> Course:
    shutil.copytree(course.root, folder / "course")
    return Course(folder / "course")


def grade(course: Course, *students: str, force: bool = False) -> dict[str, State]:
    bundle = make_bundle(course, ASSIGNMENT)
    wanted = students or course.students(ASSIGNMENT)
    steps = grade_class(course, bundle, wanted, How(force=force))
    return {step.student: step.state for step in steps}


def command(course: Course, *words: str) -> int:
    return main(["--course", str(course.root), *words])


def results(course: Course) -> dict[str, Result]:
    return {r.student: r for r in read_results(course, ASSIGNMENT)}


def edit(course: Course, old: str, new: str, name: str = "first") -> None:
    path = course.source(ASSIGNMENT) / f"{name}.ipynb"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def nbgraders(course: Course, student: str = "*", **settings: Any) -> list[str]:
    """What nbgrader's command says of grading; raises as it does."""
    with quiet_log() as log:
        try:
            course.converter(Autograde, ASSIGNMENT, student, **settings).start()
        except NbGraderException as problem:
            raise NbGraderException("\n".join([*log, str(problem)])) from None
    return log


def everything(course: Course) -> tuple[object, object]:
    return tables(course), files(course)


# --- a test is mended after half of the class is graded ---------------------------


def test_a_changed_test_grades_all_of_the_class_again(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(course, "double(3) == 6", "double(4) == 8")  # `wrong` had it by luck
    hand_in(course, "new", {})
    other = copy(course, tmp_path / "other")
    assert command(course, "grade", ASSIGNMENT, "--student", "new") == 0
    told = capsys.readouterr().out
    assert "test_double has changed since the release" in told
    assert "3 graded by tests or settings that have changed since" in told
    assert command(course, "grade", ASSIGNMENT, "--workers", "1") == 0
    told = capsys.readouterr().out
    assert "3 graded, 1 unchanged" in told and "have changed" not in told
    assert "Points changed: wrong 3.25 → 2.25" in told
    by_nbgrader(other)
    assert everything(course) == everything(other)


def test_nbgrader_passes_over_what_is_graded_and_here_says_so(course: Course) -> None:
    before = everything(course)
    edit(course, "double(3) == 6", "double(4) == 8")
    with quiet_log(30) as log:
        course.converter(Autograde, ASSIGNMENT, "wrong", force=False).start()
    assert everything(course) == before
    (line,) = (line for line in log if "another version" in line)
    assert "`autograder grade ps1`, grades it again" in line


def test_a_test_that_is_changed_back_is_known_by_what_it_gave(course: Course) -> None:
    """nbgrader's command graded by the other one in between."""
    edit(course, "double(3) == 6", "double(4) == 8")
    by_nbgrader(course, "wrong")
    assert results(course)["wrong"].points["double"] == 0
    edit(course, "double(4) == 8", "double(3) == 6")
    assert grade(course)["wrong"] is State.GRADED
    assert results(course)["wrong"].points["double"] == 1


# --- cells and notebooks come and go ----------------------------------------------


def remove_cell(course: Course) -> None:
    path = course.source(ASSIGNMENT) / "first.ipynb"
    master = nbformat.read(path, as_version=4)
    master.cells = [cell for cell in master.cells if cell.id != "test_double_text"]
    nbformat.write(master, path)


def rename_cell(course: Course) -> None:
    edit(course, '"grade_id": "test_double_text"', '"grade_id": "test_double_strings"')


def rename_notebook(course: Course) -> None:
    path = course.source(ASSIGNMENT) / "first.ipynb"
    path.rename(path.with_name("third.ipynb"))


CHANGES = {
    remove_cell: r"renamed since: test_double_text \(first\)\.",
    rename_cell: r"renamed since: test_double_strings \(first\), test_double_text",
    rename_notebook: r"test_double \(first\), test_double \(third\)",
}


@pytest.mark.parametrize("change", CHANGES)
def test_cells_that_come_or_go_are_refused_with_the_way_out(
    course: Course, change: Callable[[Course], None]
) -> None:
    before = everything(course)
    change(course)
    with quiet_log() as log, pytest.raises(NbGraderException):
        course.converter(GenerateAssignment, ASSIGNMENT, ".").start()
    assert "there are submissions associated" in str(log), "nbgrader's own words"
    with pytest.raises(CourseError, match=CHANGES[change]) as refusal:
        build_release(course, ASSIGNMENT)
    for refused in (nbgraders, grade):
        with pytest.raises(Exception, match=r"do not fit.*autograder release ps1"):
            refused(course)
    assert everything(course) == before
    way = re.findall("`nbgrader (db.*?)`", str(refusal.value))
    assert nbgrader(course.root, *way[0].split()) == 0
    build_release(course, ASSIGNMENT)
    if change is not rename_notebook:  # students hand in the old one
        assert grade(course) == dict.fromkeys(STUDENTS, State.GRADED)
        assert results(course)["right"].total == 3 + (change is rename_cell)


def test_a_test_may_be_emptied(course: Course, tmp_path: Path) -> None:
    """The way out that keeps all that was entered by hand."""
    edit(course, "assert double('a') == 'aa'", "pass")
    build_release(course, ASSIGNMENT)
    other = copy(course, tmp_path / "other")
    assert grade(course) == dict.fromkeys(STUDENTS, State.GRADED)
    by_nbgrader(other)
    assert everything(course) == everything(other)
    assert results(course)["right"].total == 5.75, "4 by tests, 1.5 and 0.25 by hand"


def test_points_that_change_are_entered_by_a_release(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(course)
    edit(course, '"points": 1', '"points": 3')
    with pytest.raises(NbGraderException, match=r"has 3 points.*autograder release"):
        nbgraders(course)
    assert everything(course) == before
    build_release(course, ASSIGNMENT)
    other = copy(course, tmp_path / "other")
    assert command(course, "grade", ASSIGNMENT, "--workers", "1") == 0
    assert "right 5.75 → 9.75, wrong 3.25 → 5.25" in capsys.readouterr().out
    by_nbgrader(other)
    assert everything(course) == everything(other)


# --- students ---------------------------------------------------------------------


def test_who_is_added_has_no_work_and_then_some(course: Course) -> None:
    assert nbgrader(course.root, "db", "student", "add", "new") == 0
    assert not results(course)["new"].handed_in
    hand_in(course, "new", {})
    assert grade(course)["new"] is State.GRADED
    assert results(course)["new"].total == 4


def test_a_student_with_a_new_id_keeps_everything(course: Course) -> None:
    course.submitted("right", ASSIGNMENT).parent.rename(course.root / "submitted/ada")
    (remark,) = results(course)["right"].remarks
    assert "no submission" in remark and "docs/term.md" in remark
    (course.root / "submitted/ada").rename(course.root / "submitted/right")
    follow(course, "A student has a new id", st123="right")
    assert "right" not in results(course)
    assert grade(course) == dict.fromkeys(["ada", "late", "wrong"], State.UNCHANGED)
    assert results(course)["ada"].total == 5.75


def follow(course: Course, heading: str, **names: str) -> None:
    """Do what the guide says below a heading, with other names."""
    text = GUIDE.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    block = "\n".join(x[4:] for x in text.splitlines() if x.startswith("    "))
    for old, new in names.items():
        block = block.replace(old, new)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(GUIDE.parents[1])}
    subprocess.run(["sh", "-ec", block], cwd=course.root, check=True, env=env)


# --- once more --------------------------------------------------------------------


def test_points_by_hand_below_those_of_the_test_are_named(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    """nbgrader lets what people gave count, and has somebody look at it."""
    given(course, manual_score=0.25, extra_credit=0.5, needs_manual_grade=False)
    hand_in(course, "wrong", {"double": "def double(x):\n    return x * 2.0"})
    assert command(course, "grade", ASSIGNMENT) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "wrong: test_double: 0.25 given by hand count, its test gives 1" in told
    assert results(course)["wrong"].points["double"] == 0.75
    ours = tables(course)
    by_nbgrader(course, "wrong")
    assert tables(course)["grade"] == ours["grade"]
    given(course, needs_manual_grade=False)  # somebody has looked
    assert not results(course)["wrong"].remarks


def given(course: Course, **values: object) -> None:
    with course.gradebook() as gradebook:
        found = gradebook.find_grade("test_double", "first", ASSIGNMENT, "wrong")
        for name, value in values.items():
            setattr(found, name, value)
        gradebook.db.commit()


def test_a_due_date_that_moves_takes_the_penalty_with_it(
    course: Course, tmp_path: Path
) -> None:
    assert results(course)["late"].penalty == 1.5
    until = f"--duedate={LATE}"
    assert nbgrader(course.root, "db", "assignment", "add", ASSIGNMENT, until) == 0
    other = copy(course, tmp_path / "other")
    assert grade(course)["late"] is State.GRADED
    assert results(course)["late"].penalty == 0
    by_nbgrader(other)
    assert everything(course) == everything(other)


def test_extra_credit_counts_beyond_what_tests_give(course: Course) -> None:
    assert results(course)["right"].points["words"] == 1.75
    with course.gradebook() as gradebook:
        assert gradebook.find_submission(ASSIGNMENT, "right").score == 5.75
        found = gradebook.find_grade("test_size", "second", ASSIGNMENT, "right")
        found.extra_credit = 2.5
        gradebook.db.commit()
    grade(course, force=True)
    right = results(course)["right"]
    assert (right.points["size"], right.out_of["size"], right.total) == (4.5, 2, 8.25)


# --- the assignment's name --------------------------------------------------------

STOCK = """
c = get_config()
c.CourseDirectory.course_id = "small"
"""


@pytest.mark.parametrize("notebook", ["*", "first"])
def test_grading_without_a_master_loses_nothing(course: Course, notebook: str) -> None:
    before = everything(course)
    course.source(ASSIGNMENT).rename(course.root / "source" / "ps2")
    with pytest.raises(NbGraderException, match=r"give its folder the old name back"):
        nbgraders(course, notebook=notebook)
    if notebook == "first":
        directory = course.directory()
        directory.assignment_id, directory.notebook_id = ASSIGNMENT, notebook
        converter = Autograde(coursedir=directory, config=course.config(), force=True)
        with quiet_log(), pytest.raises(NbGraderException):
            converter.start()
    assert everything(course) == before


def test_positive_control_nbgrader_alone_deletes_the_class(course: Course) -> None:
    """It needs no master to grade, and deletes what it fails to grade again."""
    course.root.joinpath("nbgrader_config.py").write_text(STOCK)
    with course.gradebook() as gradebook:
        gradebook.remove_assignment(ASSIGNMENT)
    with pytest.raises(NbGraderException):
        nbgraders(course)
    assert not list(course.root.glob("autograded/*/ps1"))


@pytest.mark.parametrize("fault", ["look_through", "rebuild_file"])
@pytest.mark.parametrize("newer", [False, True])
def test_what_fails_to_be_graded_again_stays_as_it_was(
    course: Course, fault: str, newer: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer one has nbgrader delete the old one without being forced."""
    if newer:
        for step, day in {"submitted": 2, "autograded": 1}.items():
            path = course.folder(step, "right", ASSIGNMENT) / "timestamp.txt"
            path.write_text(f"2026-10-0{day} 10:00:00 UTC\n")
    before = files(course)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plugin, fault, full)
    with pytest.raises(NbGraderException, match="No space left"):
        nbgraders(course, "right", force=not newer)
    assert files(course) == before


def test_an_assignment_with_a_new_name_keeps_everything(course: Course) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text().replace('"ps1"', '"ps2"'))
    follow(course, "An assignment has a new name")
    assert (
        course.assignments()
        == ["ps2"]
        == [path.name for path in course.root.glob("submitted/right/*")]
    )
    bundle = make_bundle(course, "ps2")
    steps = grade_class(course, bundle, course.students("ps2"))
    assert {step.state for step in steps} == {State.UNCHANGED}, "the guide graded it"
    (right,) = (r for r in read_results(course, "ps2") if r.student == "right")
    assert right.total == 5.75
    with Gradebook(course.directory().db_url) as gradebook:
        assert [found.name for found in gradebook.assignments] == ["ps2"]


# --- remarks ----------------------------------------------------------------------


@pytest.mark.parametrize("by", [by_nbgrader, grade])
def test_who_hands_in_a_broken_file_reads_it(
    course: Course, by: Callable[..., object]
) -> None:
    """On the page, and in the formgrader, which shows cells and comments."""
    course.submitted("wrong", ASSIGNMENT).joinpath("first.ipynb").write_text("{")
    by(course, "wrong")
    why = "graded as empty: the file is no notebook (JSONDecodeError)"
    with course.gradebook() as gradebook:
        text = gradebook.find_comment("double", "first", ASSIGNMENT, "wrong")
        assert text.auto_comment == why
        text = gradebook.find_comment("words", "first", ASSIGNMENT, "wrong")
        assert text.comment == "well, wrong", "what people wrote stays"
    folder = course.folder("autograded", "wrong", ASSIGNMENT)
    assert why in in_the_formgrader(folder / "first.ipynb")
    list(renew_feedback(course, ASSIGNMENT, ["wrong"]))
    page = course.folder("feedback", "wrong", ASSIGNMENT) / "first.html"
    assert page.read_text().count(why) == 2 and "No response." not in page.read_text()


def in_the_formgrader(path: Path) -> str:
    """The page of a submission, as nbgrader's handler makes it; without comments."""
    config = Config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    about: dict[str, Any] = {"index": 0, "total": 1, "student": "wrong"}
    exporter = HTMLExporter(config=config)
    return exporter.from_filename(str(path), resources=about)[0]


def test_a_remark_is_shown_as_plain_text(course: Course) -> None:
    path = course.submitted("wrong", ASSIGNMENT) / "first.ipynb"
    path.with_name("<img src=x onerror=alert(1)>\n\n# x").symlink_to("/etc/passwd")
    assert grade(course, "wrong") == {"wrong": State.GRADED}
    graded = course.folder("autograded", "wrong", ASSIGNMENT) / "first.ipynb"
    shown = nbformat.read(graded, as_version=4).cells[0].source
    assert "was left out" in shown and "onerror" in shown
    assert shown.count("<") == 2 and shown.count("\n\n") == 1


def test_who_answers_nothing_gives_no_response(course: Course) -> None:
    release(course)
    folder = course.submitted("wrong", ASSIGNMENT)
    for path in course.release(ASSIGNMENT).glob("*.ipynb"):
        shutil.copy(path, folder)
    grade(course, "wrong")
    with course.gradebook() as gradebook:
        text = gradebook.find_comment("double", "first", ASSIGNMENT, "wrong")
        assert text.auto_comment == "No response."
