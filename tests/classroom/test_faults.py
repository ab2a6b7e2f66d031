"""A run that is disturbed: what is there is whole, and the next run does the rest."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder import course as course_module
from autograder.classroom import gradebook
from autograder.classroom.bundle import make_bundle
from autograder.classroom.grader import Failure, Graded, Grader, Submission
from autograder.classroom.grading import How, State, grade_class
from autograder.classroom.report import OLD, make_report
from autograder.classroom.results import read_totals
from autograder.course import Course, CourseError
from tests.classroom.kills import VICTIMS, await_lock, disturb, left_over, run, start
from tests.classroom.term import (
    ASSIGNMENT,
    files,
    hand_in,
    make_course,
    release,
    tables,
)
from tests.engine.small_class import BOUND_BY_PERMISSIONS

pytestmark = pytest.mark.slow
NOBODY = 65534


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return make_course(tmp_path_factory.mktemp("pattern") / "course")


@pytest.fixture(scope="module")
def whole(pattern: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The same, graded by a run that nothing disturbs."""
    course = _copy(pattern, tmp_path_factory.mktemp("whole"))
    status, told = run(course, "--workers", "1")
    assert status == 1 and "9 graded" in told, told  # `broken` needs attention
    return course


@pytest.fixture
def course(pattern: Course, tmp_path: Path) -> Course:
    return _copy(pattern, tmp_path)


def _copy(course: Course, folder: Path) -> Course:
    shutil.copytree(course.root, folder / "course")
    return Course(folder / "course")


def _grade(
    course: Course, students: list[str] | None = None, **how: object
) -> dict[str, State]:
    students = course.students(ASSIGNMENT) if students is None else students
    bundle = make_bundle(course, ASSIGNMENT)
    steps = grade_class(course, bundle, students, How(**how))  # type: ignore[arg-type]
    return {step.student: step.state for step in steps}


# --- killed and interrupted -------------------------------------------------------


@pytest.mark.parametrize("which", VICTIMS)
def test_whoever_is_ended_the_next_run_finishes(
    whole: Course, course: Course, which: str
) -> None:
    """More of it, at random: `python -m tests.classroom.kills 200`."""
    assert disturb(course, which, 3.0, "--workers", "2")
    status, told = run(course, "--workers", "1")
    assert status == 1, told
    assert tables(course) == tables(whole)
    assert files(course) == files(whole)
    assert not left_over(course)


def test_ctrl_c_tells_in_one_line_and_shows_what_is_there(course: Course) -> None:
    process = start(course, "--workers", "1")
    await_lock(course)
    time.sleep(2)
    process.send_signal(2)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told.count("Interrupted. What was graded is kept") == 1
    assert "Traceback" not in told and "total" in told
    done = re.search(r"\((\d) of (\d) done\)", told)
    assert done and told.count("not graded") == int(done[2]) - int(done[1]), told


def test_an_interruption_tells_the_rest_of_what_is_there(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it comes while one is graded or while those before are shown."""
    monkeypatch.setattr(gradebook, "MOST", 3)
    monkeypatch.setattr(gradebook, "SECONDS", 1e9)
    students = ["early", "hangs", "late", "partly", "right", "wrong"]
    grade_one = Grader.grade

    def graded(grader: Grader, submission: Submission) -> Graded | Failure:
        if submission.student == "right":
            raise KeyboardInterrupt
        return grade_one(grader, submission)

    monkeypatch.setattr(Grader, "grade", graded)
    seen = []
    with pytest.raises(KeyboardInterrupt):
        for step in grade_class(course, make_bundle(course, ASSIGNMENT), students):
            seen.append(step.student)
    assert seen == students[:4] == sorted(read_totals(course, ASSIGNMENT))
    running = grade_class(
        course, make_bundle(course, ASSIGNMENT), students, How(force=True)
    )
    assert next(running).student == students[0]
    seen = [running.throw(KeyboardInterrupt).student]
    with pytest.raises(KeyboardInterrupt):
        for step in running:
            seen.append(step.student)
    assert seen == students[1:3]
    assert set(_grade(course, students[:4]).values()) == {State.UNCHANGED}


def test_what_an_interruption_left_half_entered_is_entered(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes between two of those that are entered together."""
    late = course.folder("autograded", "late", ASSIGNMENT)
    remember = gradebook._remember

    def interrupted(graded: Path, answer: Graded) -> None:
        if graded == late:
            monkeypatch.setattr(gradebook, "_remember", remember)
            raise KeyboardInterrupt
        remember(graded, answer)

    monkeypatch.setattr(gradebook, "SECONDS", 1e9)
    monkeypatch.setattr(gradebook, "_remember", interrupted)
    seen = []
    with pytest.raises(KeyboardInterrupt):
        bundle = make_bundle(course, ASSIGNMENT)
        for step in grade_class(course, bundle, ["early", "late", "right"]):
            seen.append((step.student, step.state))
    assert seen == [(name, State.GRADED) for name in ("early", "late", "right")]
    assert set(_grade(course, ["early", "late", "right"]).values()) == {State.UNCHANGED}


def test_whoever_ends_its_worker_twice_is_set_aside(course: Course) -> None:
    """A step of the course stands for what ends a process; the others are graded."""
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(
            "first, *others = c.Autograde.autograde_preprocessors\n"
            "c.Autograde.autograde_preprocessors = [first, 'poison.Poison', *others]\n"
        )
    course.root.joinpath("poison.py").write_text(POISON)
    before = tables(course)["submitted_assignment"]
    assert not before
    hand_in(course, "poisoner", {"words": "# poison"})
    found = _grade(course, ["early", "late", "poisoner", "right", "wrong"], workers=2)
    assert found.pop("poisoner") is State.FAILED
    assert set(found.values()) == {State.GRADED}
    assert not course.folder("autograded", "poisoner", ASSIGNMENT).exists()


POISON = """
import os, signal
from nbgrader.preprocessors import NbGraderPreprocessor
class Poison(NbGraderPreprocessor):
    def preprocess(self, nb, resources):
        if any("# poison" in cell.source for cell in nb.cells):
            os.kill(os.getpid(), signal.SIGKILL)
        return nb, resources
"""


def test_two_graders_at_once_say_so(course: Course) -> None:
    bundle = make_bundle(course, ASSIGNMENT)
    with gradebook.Records(course, bundle):
        status, told = run(course)
    assert status == 1
    assert f"Somebody is grading in this course (process {os.getpid()})" in told
    assert len(told.splitlines()) == 1


# --- what is graded again ---------------------------------------------------------


def test_only_what_changed_is_graded_again(course: Course) -> None:
    students = ["early", "right", "wrong"]
    assert set(_grade(course, students).values()) == {State.GRADED}
    assert set(_grade(course, students).values()) == {State.UNCHANGED}
    hand_in(course, "wrong", {})
    found = _grade(course, students)
    assert found.pop("wrong") is State.GRADED
    assert set(found.values()) == {State.UNCHANGED}
    shutil.rmtree(course.folder("autograded", "right", ASSIGNMENT))
    assert _grade(course, students)["right"] is State.GRADED
    assert set(_grade(course, students, force=True).values()) == {State.GRADED}


def test_an_edited_test_grades_all_again_and_tells_whose_points_change(
    course: Course,
) -> None:
    hand_in(course, "wrong", {"double": "def double(x):\n    return x + 4"})
    assert run(course)[0] == 1
    path = course.source(ASSIGNMENT) / "first.ipynb"
    path.write_text(path.read_text().replace("double(3) == 6", "double(3) in (6, 7)"))
    status, told = run(course)
    assert status == 1 and "9 graded" in told, told
    assert "test_double has changed since the release" in told
    assert "Points changed: wrong" in told


@pytest.mark.parametrize(
    "change, told",
    {
        ('"points": 1', '"points": 7'): "7 points in the notebook and 1 points",
        ('"grade_id": "test_size"', '"grade_id": "test_length"'): "no points",
    }.items(),
)
def test_a_master_that_does_not_fit_the_gradebook_is_refused(
    course: Course, change: tuple[str, str], told: str
) -> None:
    path = course.source(ASSIGNMENT) / "second.ipynb"
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(CourseError, match=f"{told}.*autograder release"):
        make_bundle(course, ASSIGNMENT)


def test_another_language_and_an_unknown_assignment_are_one_line(
    course: Course,
) -> None:
    path = course.source(ASSIGNMENT) / "second.ipynb"
    path.write_text(path.read_text().replace('"language": "python"', '"language": "R"'))
    with pytest.raises(CourseError, match="Python only"):
        make_bundle(course, ASSIGNMENT)
    shutil.copytree(course.source(ASSIGNMENT), course.root / "source" / "ps2")
    with pytest.raises(CourseError, match="autograder release ps1"):
        path.write_text(
            path.read_text().replace('"language": "R"', '"language": "python"')
        )
        course.root.joinpath("gradebook.db").unlink()
        make_bundle(course, ASSIGNMENT)


# --- the disk and the gradebook ---------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_costs_what_does_not_fit(course: Course, whole: Course) -> None:
    graded = course.root / "autograded"
    graded.mkdir()
    with _mounted(graded, "100k"):
        found = _grade(course)
        assert State.FAILED in found.values()
        subprocess.run(["mount", "-o", "remount,size=100m", graded], check=True)
        found = _grade(course)
        assert State.FAILED not in found.values()
        assert tables(course)["grade"] == tables(whole)["grade"]
        assert files(course) == files(whole)


@contextmanager
def _mounted(folder: Path, size: str) -> Iterator[None]:
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    if subprocess.run(mount, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_gradebook_that_cannot_be_written_is_one_line(course: Course) -> None:
    book = course.root / "gradebook.db"
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(
            f"c.CourseDirectory.db_url = 'sqlite:///file:{book}?mode=ro&uri=true'\n"
        )
    with socket.socket() as of_another_cluster:
        with suppress(OSError):  # there is one
            of_another_cluster.bind(("127.0.0.1", 8787))
        of_another_cluster.listen()
        status, told = run(course)
    assert status == 1
    (line,) = (line for line in told.splitlines() if "gradebook" in line)
    assert "readonly" in line and "Traceback" not in told
    assert len(told.splitlines()) < 3, told


# --- PostgreSQL -------------------------------------------------------------------


@dataclass
class Server:
    """A PostgreSQL of one's own, on loopback."""

    folder: Path
    port: int
    program: str

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://grader@127.0.0.1:{self.port}/postgres"

    def control(self, *words: str) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder}"
        command = [self.program, "-D", self.folder / "data", "-w", "-o", options]
        self.call(*command, "-l", self.folder / "log", *words)

    def call(self, *command: object) -> None:
        user = NOBODY if os.geteuid() == 0 else None
        subprocess.run(
            list(map(str, command)), check=True, user=user, cwd="/",
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


@pytest.fixture
def server() -> Iterator[Server]:
    found = [*Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")]
    program = str(found[-1]) if found else shutil.which("pg_ctl")
    if not program:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        made = Server(folder, 20_000 + os.getpid() % 10_000, program)
        made.call(program, "-D", folder / "data", "init", "-o", "-U grader -A trust")
        made.control("start")
        yield made
        made.control("stop", "-m", "immediate")


def test_postgresql_holds_the_same_also_when_it_is_away_for_a_while(
    server: Server, course: Course, whole: Course
) -> None:
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(f"c.CourseDirectory.db_url = {server.url!r}\n")
    release(course)
    process = start(course, "--workers", "1")
    await_lock(course)
    time.sleep(2)
    server.control("stop", "-m", "immediate")
    time.sleep(3)
    server.control("start")
    told, _ = process.communicate(timeout=200)
    assert "9 graded" in told, told
    ours, theirs = tables(course), tables(whole)
    ours.pop("source_cell"), theirs.pop("source_cell")
    assert ours == theirs
    assert files(course) == files(whole)


def test_a_database_that_stays_away_loses_nothing(
    server: Server, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(f"c.CourseDirectory.db_url = {server.url!r}\n")
    release(course)
    monkeypatch.setattr(course_module, "PATIENCE", 1.0)
    bundle = make_bundle(course, ASSIGNMENT)
    running = grade_class(course, bundle, ["early", "right", "wrong"])
    server.control("stop", "-m", "immediate")
    with pytest.raises(CourseError, match="The gradebook can't be used"):
        list(running)
    server.control("start")
    assert set(_grade(course, ["early", "right", "wrong"]).values()) == {State.GRADED}


# --- what students hand in --------------------------------------------------------


def test_files_that_stand_where_others_belong_cost_nothing(course: Course) -> None:
    """A folder in place of a file, a file for a folder, a folder for a notebook."""
    data = course.source(ASSIGNMENT) / "data"
    data.mkdir()
    data.joinpath("numbers").write_text("123")
    folder = course.submitted("right", ASSIGNMENT)
    folder.joinpath("data").write_text("a file")
    folder.joinpath("given.txt").unlink()
    folder.joinpath("given.txt").mkdir()
    folder.joinpath("given.txt", "x").write_text("x")
    other = course.submitted("wrong", ASSIGNMENT)
    other.joinpath("first.ipynb").unlink()
    other.joinpath("first.ipynb").mkdir()
    other.joinpath("first.ipynb", "x").write_text("x")
    assert set(_grade(course, ["right", "wrong"]).values()) == {State.GRADED}
    graded = course.folder("autograded", "right", ASSIGNMENT)
    assert graded.joinpath("data", "numbers").read_text() == "123"
    assert graded.joinpath("given.txt").read_text() == "12345"
    graded = course.folder("autograded", "wrong", ASSIGNMENT)
    assert "graded as empty" in graded.joinpath("first.ipynb").read_text()


def test_a_time_that_is_none_costs_nobody_a_grade(course: Course) -> None:
    folder = course.submitted("right", ASSIGNMENT)
    folder.joinpath("timestamp.txt").write_text("2026-10-01" + " " * 100 + "?")
    other = course.submitted("wrong", ASSIGNMENT)
    other.joinpath("timestamp.txt").write_bytes(b"\xff\xfe 2026")
    assert set(_grade(course, ["right", "wrong"]).values()) == {State.GRADED}


def test_who_is_not_enrolled_fails_alone_where_nobody_is_created(
    course: Course,
) -> None:
    with course.gradebook() as book:
        book.update_or_create_student("right")
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write("c.Autograde.create_student = False\n")
    found = _grade(course, ["right", "wrong"])
    assert found == {"right": State.GRADED, "wrong": State.FAILED}


def test_what_may_not_be_read_keeps_its_points_and_says_so(course: Course) -> None:
    run(course, "--workers", "1")
    before = read_totals(course, ASSIGNMENT)
    assert before["right"] and before["wrong"] and before["early"]
    closed = course.submitted("right", ASSIGNMENT) / "first.ipynb"
    for path in (
        closed,
        course.submitted("wrong", ASSIGNMENT),
        course.submitted("early", ASSIGNMENT).parent,
    ):
        path.chmod(0)
    course.root.joinpath("submitted", "notes.txt").touch()  # is nobody
    grade = ["grade", ASSIGNMENT, "--workers", "1"]
    command = [sys.executable, "-m", "autograder", "--course", str(course.root)]
    command = [*BOUND_BY_PERMISSIONS, *command, *grade]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "3 failed" in done.stdout, done
    assert done.stdout.count("can't be read: Permission denied") == 3
    assert "notes.txt" not in done.stdout and "not handed in" not in done.stdout
    assert read_totals(course, ASSIGNMENT) == before
    reasons = make_report(course, ASSIGNMENT).reasons
    old = {student for student, (first, *_) in reasons.items() if first.kind == OLD}
    assert old == {"early", "right", "wrong"}


def test_a_notebook_that_is_gone_keeps_its_points_until_it_is_back(
    whole: Course, course: Course
) -> None:
    run(course, "--workers", "1")
    paths = list(course.submitted("right", ASSIGNMENT).glob("*.ipynb"))
    hidden = {path: path.rename(path.with_suffix(".hidden")) for path in paths}
    status, told = run(course, "--workers", "1")
    assert status == 1 and "1 failed" in told and "old points" in told
    assert make_report(course, ASSIGNMENT).reasons["right"][0].kind == OLD
    for path, there in hidden.items():
        there.rename(path)
    assert "1 graded" in run(course, "--workers", "1")[1]
    assert tables(course) == tables(whole)


def test_a_student_who_is_not_there_is_no_success(course: Course) -> None:
    status, told = run(course, "--workers", "1", "--student", "nosuch")
    assert status == 1 and "1 failed" in told


def test_a_folder_that_names_nobody_stops_nobody_else(course: Course) -> None:
    for name in (b"und\xff", b"e\x1b[31m"):
        folder = os.path.join(os.fsencode(course.root / "submitted"), name)
        shutil.copytree(course.root / "submitted" / "right", os.fsdecode(folder))
    status, told = run(course, "--workers", "1")
    assert status == 1 and "9 graded, 2 failed" in told, told
    assert told.count("can't be a student's id") == 2
    assert "\x1b[31m" not in told and "Traceback" not in told
