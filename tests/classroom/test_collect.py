"""What a learning platform exports arrives where nbgrader looks for it, or is named."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import stat
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from autograder.classroom.collect import Row, collect_export
from autograder.classroom.demo import fresh_copy
from autograder.cli import main
from autograder.course import Course, CourseError
from autograder.notebook import MAX_NOTEBOOK_BYTES
from autograder.release import build_release

ROOT = Path(__file__).resolve().parents[2]
RNN, NAMES = "rnn_lstm", "dinosaur_names"
NOTEBOOK = "rnn_lstm_step_by_step.ipynb"
MOODLE = "Ada Lovelace_1234567_assignsubmission_file_"
CANVAS = "lovelaceada_4711_678901_"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return fresh_copy(Course(ROOT), tmp_path / "course")


def notebook(answer: str = "", of: str = RNN) -> bytes:
    """A submission; `answer` tells one from another."""
    content = json.loads(Course(ROOT).master(of).read_text("utf-8"))
    content["cells"].append(
        {
            "cell_type": "code",
            "id": "mine",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": answer,
        }
    )
    return json.dumps(content).encode()


def made_zip(path: Path, files: dict[str, bytes], day: int = 1) -> Path:
    """A zip whose files are of a day in March, at noon."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (2026, 3, day, 12, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def made_folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        path.joinpath(name).write_bytes(content)
    return path


def collected(
    course: Course, files: dict[str, bytes], day: int = 1, **options: bool
) -> dict[str, Row]:
    """The report on a zip of these files, by file."""
    export = made_zip(course.root / "export.zip", files, day)
    return {row.file: row for row in collect_export(course, export, **options)}


def taken(course: Course, student: str, assignment: str = RNN) -> str | None:
    """The answer that lies in submitted/, if there is one."""
    path = course.submitted(student, assignment) / course.master(assignment).name
    if not path.is_file():
        return None
    return json.loads(path.read_bytes())["cells"][-1]["source"]


def students(course: Course) -> dict[str, tuple[str, str, str]]:
    with course.gradebook() as gradebook:
        return {
            s.id: (s.first_name, s.last_name, s.lms_user_id) for s in gradebook.students
        }


# --- names ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "student"),
    [
        (f"{MOODLE}/{NOTEBOOK}", "Ada_Lovelace"),
        (f"{MOODLE.rstrip('_')}/{NOTEBOOK}", "Ada_Lovelace"),
        (f"{MOODLE}/inner folder/my work.ipynb", "Ada_Lovelace"),
        (f"{MOODLE}{NOTEBOOK}", "Ada_Lovelace"),
        (f"CS-101 week 3/{MOODLE}/{NOTEBOOK}", "Ada_Lovelace"),
        (f"Jürgen O'Neill-Groß_7_assignsubmission_file_/{NOTEBOOK}",
         "Jürgen_O'Neill-Groß"),
        (f"{CANVAS}{NOTEBOOK}", "4711"),
        (f"lovelaceada_LATE_4711_678901_{NOTEBOOK}", "4711"),
        (f"submissions/{CANVAS}my_work-3.ipynb", "4711"),
        (f"ada/{RNN}/{NOTEBOOK}", "ada"),
        (f"submitted/ada/{RNN}/{NOTEBOOK}", "ada"),
        (f"{RNN}/ada/{NOTEBOOK}", "ada"),
        (f"ada@x.org/{NOTEBOOK}", "ada@x.org"),
        ("ada-2.ipynb", "ada-2"),
        ("ada (2).ipynb", "ada"),
    ],
)  # fmt: skip
def test_whose_it_is_by_the_name(course: Course, file: str, student: str) -> None:
    rows = collected(course, {file: notebook("x")})
    assert rows[file].outcome == "taken"
    assert (rows[file].student, rows[file].assignment) == (student, RNN)
    assert taken(course, student) == "x"


@pytest.mark.parametrize(
    "file",
    [NOTEBOOK, "rnn_lstm_step_by_step (1).ipynb", "a/b/c.ipynb", "*/x.ipynb",
     "a[bc]/x.ipynb", " /x.ipynb", f"{'a' * 101}/x.ipynb"],
)  # fmt: skip
def test_a_name_that_tells_no_student_is_refused(course: Course, file: str) -> None:
    (row,) = collected(course, {file: notebook()}).values()
    assert row.outcome == "not taken" and ("whose" in row.why or "id" in row.why)
    assert not (course.root / "submitted").exists() and students(course) == {}


def test_what_the_platform_tells_of_a_student_is_entered(course: Course) -> None:
    collected(course, {f"{MOODLE}/x.ipynb": notebook(), f"{CANVAS}x.ipynb": notebook()})
    assert students(course) == {
        "Ada_Lovelace": ("Ada", "Lovelace", None),
        "4711": (None, "lovelaceada", "4711"),
    }


def test_a_student_whom_the_gradebook_knows_keeps_the_id(course: Course) -> None:
    with course.gradebook() as gradebook:
        gradebook.add_student("al42", first_name="Ada", last_name="Lovelace")
        gradebook.add_student("gh", lms_user_id="99")
    rows = collected(
        course,
        {
            f"{MOODLE}/x.ipynb": notebook("m"),
            f"hoppergrace_99_1_{NOTEBOOK}": notebook(),
        },
    )
    assert {row.student for row in rows.values()} == {"al42", "gh"}
    assert taken(course, "al42") == "m" and set(students(course)) == {"al42", "gh"}


def test_two_of_one_name_are_not_mixed_up(course: Course) -> None:
    other = f"{MOODLE}/x.ipynb".replace("1234567", "7654321")
    files = {f"{MOODLE}/x.ipynb": notebook("a"), other: notebook("b")}
    for row in collected(course, files).values():
        assert row.outcome == "not taken" and "1234567, 7654321" in row.why
    assert taken(course, "Ada_Lovelace") is None


def test_a_name_that_the_gradebook_knows_twice_is_refused(course: Course) -> None:
    with course.gradebook() as gradebook:
        for student in ("al1", "al2"):
            gradebook.add_student(student, first_name="Ada", last_name="Lovelace")
    (row,) = collected(course, {f"{MOODLE}/x.ipynb": notebook("a")}).values()
    assert row.outcome == "not taken" and "several of this name" in row.why
    assert set(students(course)) == {"al1", "al2"}


def test_a_folder_of_several_students_is_not_taken_for_one(course: Course) -> None:
    files = {"week3/ada.ipynb": notebook("a"), "week3/bob.ipynb": notebook("b")}
    assert {r.outcome for r in collected(course, files).values()} == {"not taken"}


def test_what_systems_leave_there_is_passed_over(course: Course) -> None:
    files = {
        f"ada/{NOTEBOOK}": notebook("x"),
        f"__MACOSX/ada/._{NOTEBOOK}": b"junk",
        f"ada/.ipynb_checkpoints/{NOTEBOOK}": notebook("old"),
        "ada/.DS_Store": b"junk",
    }
    assert list(collected(course, files)) == [f"ada/{NOTEBOOK}"]


def test_names_in_utf8_that_the_zip_does_not_declare(course: Course) -> None:
    path = made_zip(
        course.root / "x.zip",
        {"Zoe1 Lune_1_assignsubmission_file_/x.ipynb": notebook()},
    )
    path.write_bytes(path.read_bytes().replace(b"Zoe1", "Zoë".encode()))
    assert [row.student for row in collect_export(course, path)] == ["Zoë_Lune"]


# --- attempts and times -----------------------------------------------------------


@pytest.mark.parametrize(
    ("older", "last"),
    [
        (f"ada/{NOTEBOOK}", "ada/rnn_lstm_step_by_step-1.ipynb"),
        ("ada/rnn_lstm_step_by_step-9.ipynb", "ada/rnn_lstm_step_by_step-10.ipynb"),
        ("ada.ipynb", "ada (1).ipynb"),
        (f"{MOODLE}/x.ipynb", f"{MOODLE}/x (1).ipynb"),
        ("lovelaceada_4711_678901_a.ipynb", "lovelaceada_4711_678902_a-1.ipynb"),
        ("lovelaceada_4711_678901_b.ipynb", "lovelaceada_LATE_4711_678902_a.ipynb"),
        ("lovelaceada_LATE_4711_99_b.ipynb", "lovelaceada_4711_100_a.ipynb"),
        (f"ada/{RNN}/my copy.ipynb", f"ada/{RNN}/{NOTEBOOK}"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("turned", [False, True])
def test_of_several_attempts_the_last_counts(
    course: Course, older: str, last: str, turned: bool
) -> None:
    files = {older: notebook("old"), last: notebook("last")}
    rows = collected(course, dict(reversed(files.items())) if turned else files)
    assert (rows[older].outcome, rows[last].outcome) == ("older", "taken")
    assert taken(course, rows[last].student) == "last"
    assert Path(last).name in rows[older].why


def test_files_of_other_names_count_by_their_time(course: Course) -> None:
    folder = course.root / "export"
    made_folder(folder, {f"{MOODLE}/a.ipynb": notebook("a")})
    made_folder(folder, {f"{MOODLE}/b.ipynb": notebook("b")})
    os.utime(folder / MOODLE / "b.ipynb", (1000, 1000))
    collect_export(course, folder)
    assert taken(course, "Ada_Lovelace") == "a"


def timestamp(course: Course, student: str) -> str:
    return (course.submitted(student, RNN) / "timestamp.txt").read_text().strip()


def test_the_time_is_that_of_the_file(course: Course) -> None:
    collected(course, {"ada.ipynb": notebook()})
    noon = datetime(2026, 3, 1, 12).astimezone().timestamp()
    folder = made_folder(course.root / "export", {"bob.ipynb": notebook()})
    os.utime(folder / "bob.ipynb", (noon, noon))
    collect_export(course, folder)
    assert timestamp(course, "ada") == timestamp(course, "bob")
    assert timestamp(course, "ada").startswith("2026-03-01 ")


def test_utc_in_a_zip_is_used(course: Course) -> None:
    info = zipfile.ZipInfo("ada.ipynb", (2026, 3, 1, 12, 0, 0))
    info.extra = struct.pack("<HHBI", 0x5455, 5, 1, 1_700_000_000)
    with zipfile.ZipFile(course.root / "x.zip", "w") as archive:
        archive.writestr(info, notebook())
    collect_export(course, course.root / "x.zip")
    assert timestamp(course, "ada") == "2023-11-14 22:13:20 UTC"


def test_a_timestamp_beside_the_file_is_used(course: Course) -> None:
    files = {
        f"ada/{RNN}/x.ipynb": notebook(),
        f"ada/{RNN}/timestamp.txt": b"2026-02-02 10:00:00 CET",
    }
    assert len(collected(course, files)) == 1
    assert timestamp(course, "ada") == "2026-02-02 09:00:00 UTC"


def test_a_timestamp_that_a_student_uploaded_is_not(course: Course) -> None:
    folder = "Ada Lovelace_11_assignsubmission_file_"
    files = {
        f"{folder}/x.ipynb": notebook(),
        f"{folder}/timestamp.txt": b"2001-02-02 10:00:00 UTC",
    }
    collected(course, files)
    assert timestamp(course, "Ada_Lovelace") > "2026"


@pytest.mark.parametrize("late", ["", "_LATE"])
def test_canvas_tells_who_was_late_and_the_download_does_not(
    course: Course, late: str
) -> None:
    build_release(course, NAMES)
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment(NAMES, duedate="2026-02-20 23:59:00")
    file = f"lovelaceada{late}_4711_1_x.ipynb"
    collected(course, {file: notebook(of=NAMES)})
    path = course.submitted("4711", NAMES) / "timestamp.txt"
    assert (path.read_text() > "2026-02-20 23:59:00 UTC\n") is bool(late)


# --- what is there already --------------------------------------------------------


def test_what_is_there_is_replaced_by_a_newer_one_and_on_demand_only(
    course: Course,
) -> None:
    def outcome(answer: str, day: int, **options: bool) -> str:
        (row,) = collected(
            course, {"ada.ipynb": notebook(answer)}, day, **options
        ).values()
        return f"{row.outcome}, {taken(course, 'ada')}"

    assert outcome("b", 2) == "taken, b"
    assert outcome("b", 2) == "as before, b"
    assert outcome("a", 1) == "older, b"
    assert outcome("a", 1, update=True) == "older, b"
    assert outcome("c", 3) == "not taken, b"
    assert outcome("c", 3, update=True) == "replaced, c"
    assert timestamp(course, "ada").startswith("2026-03-03")
    assert outcome("a", 1, force=True) == "replaced, a"


def test_the_other_notebook_of_an_assignment_stays(course: Course) -> None:
    folder = made_folder(course.submitted("ada", RNN), {"other.ipynb": b"{}"})
    collected(course, {"ada.ipynb": notebook("x")})
    assert (folder / "other.ipynb").read_bytes() == b"{}" and taken(
        course, "ada"
    ) == "x"


# --- recognising ------------------------------------------------------------------


def test_a_notebook_is_recognised_by_its_cells(course: Course) -> None:
    files = {
        f"{MOODLE}/a.ipynb": notebook("r"),
        f"{MOODLE}/b.ipynb": notebook("d", NAMES),
    }
    collected(course, files)
    assert taken(course, "Ada_Lovelace") == "r"
    assert taken(course, "Ada_Lovelace", NAMES) == "d"


@pytest.mark.parametrize("lost", ["nbgrader", "id", "half of the cells"])
def test_a_notebook_that_lost_something_is_recognised(
    course: Course, lost: str
) -> None:
    content = json.loads(notebook("x"))
    for cell in content["cells"]:
        if lost == "nbgrader":
            cell["metadata"] = {}
        elif lost == "id":
            del cell["id"]
    if lost == "half of the cells":
        content["cells"] = content["cells"][::2]
    (row,) = collected(course, {"ada.ipynb": json.dumps(content).encode()}).values()
    assert (row.outcome, row.assignment) == ("taken", RNN)


def test_another_assignments_notebook_is_said_to_be_one(course: Course) -> None:
    (row,) = collected(course, {f"ada/{RNN}/{NOTEBOOK}": notebook(of=NAMES)}).values()
    assert (row.outcome, row.why) == ("not taken", f"it is of {NAMES}, by its cells")
    export = made_zip(course.root / "x.zip", {"ada.ipynb": notebook(of=NAMES)})
    (row,) = collect_export(course, export, RNN)
    assert (row.outcome, row.why) == ("not taken", f"it is of {NAMES}, by its cells")
    (row,) = collect_export(course, export, NAMES)
    assert row.outcome == "taken"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no notebook"),
        (b"{}", "no list of cells"),
        (b'{"cells": []}', "the notebook has no cells"),
        (b"[" * 100_000, "no notebook"),
        (b"\xff\xfe\x00", "no notebook"),
        (b" " * (MAX_NOTEBOOK_BYTES + 1), "larger than"),
    ],
)  # fmt: skip
def test_what_is_no_notebook_of_ours_is_named(
    course: Course, content: bytes, why: str
) -> None:
    rows = collected(course, {"ada.ipynb": content, "bob.ipynb": notebook("x")})
    assert rows["ada.ipynb"].outcome == "not taken" and why in rows["ada.ipynb"].why
    assert taken(course, "bob") == "x" and set(students(course)) == {"bob"}


def test_other_files_are_named(course: Course) -> None:
    files = {
        f"{MOODLE}/essay.pdf": b"%PDF",
        f"{MOODLE}/all.ZIP": b"PK",
        "x.tar.gz": b"",
    }
    rows = collected(course, files)
    assert [row.outcome for row in rows.values()] == ["not taken"] * 3
    assert rows[f"{MOODLE}/essay.pdf"].why == "no notebook"
    assert "unpack it" in rows[f"{MOODLE}/all.ZIP"].why == rows["x.tar.gz"].why


# --- bad archives and folders -----------------------------------------------------


@pytest.mark.parametrize("way", ["../", "a/../../", "/", "..\\"])
def test_a_path_out_of_the_archive_is_refused(course: Course, way: str) -> None:
    (row,) = collected(course, {f"{way}ada/x.ipynb": notebook()}).values()
    assert (row.outcome, row.why) == ("not taken", "its path leads out of the archive")
    assert not list(course.root.parent.rglob("x.ipynb"))


def test_a_link_in_an_archive_is_refused(course: Course) -> None:
    info = zipfile.ZipInfo("ada.ipynb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(course.root / "x.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    (row,) = collect_export(course, course.root / "x.zip")
    assert row.why == "the file is a link"


def test_links_and_pipes_in_a_folder_are_refused(course: Course) -> None:
    folder = made_folder(course.root / "export", {"real/x.ipynb": notebook("x")})
    secret = made_folder(course.root / "else", {"x.ipynb": notebook("secret")})
    (folder / "ada.ipynb").symlink_to(secret / "x.ipynb")
    (folder / "bob").symlink_to(secret)
    os.mkfifo(folder / "cyd.ipynb")
    rows = {row.file: row for row in collect_export(course, folder)}
    assert rows["ada.ipynb"].why == "the file is a link"
    assert rows["cyd.ipynb"].why == "it is no regular file"
    assert rows["bob"].outcome == "not taken" and "bob/x.ipynb" not in rows
    assert set(students(course)) == {"real"}


def test_a_damaged_or_encrypted_member_costs_nobody_else(course: Course) -> None:
    files = {"ada.ipynb": notebook("a"), "bob.ipynb": notebook("b")}
    path = made_zip(course.root / "x.zip", files)
    content = bytearray(path.read_bytes())
    content[200:260] = bytes(60)
    place = content.rindex(b"PK\x01\x02")  # the last member's entry
    path.write_bytes(content)
    ada, bob = collect_export(course, path)
    assert "can't be unpacked" in ada.why and bob.outcome == "taken"
    content[place + 8] |= 1
    path.write_bytes(content)
    assert collect_export(course, path)[1].why == "it is encrypted"


def test_a_bomb_is_not_unpacked(course: Course) -> None:
    big = bytes(MAX_NOTEBOOK_BYTES * 8)
    export = made_zip(course.root / "x.zip", {"ada.ipynb": big})
    tracemalloc.start()
    (row,) = collect_export(course, export)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "larger than" in row.why and peak < MAX_NOTEBOOK_BYTES * 4


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut"])
def test_what_is_no_zip_is_one_line(course: Course, content: bytes) -> None:
    path = course.root / "x.zip"
    path.write_bytes(content)
    with pytest.raises(CourseError, match="neither a folder nor a zip"):
        collect_export(course, path)
    with pytest.raises(CourseError, match="There is no folder or zip"):
        collect_export(course, course.root / "no.zip")
    with pytest.raises(CourseError, match="no assignment 'cooking'"):
        collect_export(course, course.root, "cooking")


def test_a_gradebook_that_is_broken_is_one_line(course: Course) -> None:
    (course.root / "gradebook.db").write_bytes(b"no database" * 100)
    with pytest.raises(CourseError, match="gradebook can't be used"):
        collected(course, {"ada.ipynb": notebook()})
    assert taken(course, "ada") is None


# --- the command ------------------------------------------------------------------


def test_the_command_tells_and_its_status_says_so(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    export = made_zip(course.root / "x.zip", {"ada.ipynb": notebook()})
    command = ["--course", str(course.root), "collect", str(export)]
    assert main(command) == 0
    assert capsys.readouterr().out == f"ada\t{RNN}\tada.ipynb\ttaken\t\n1 taken\n"
    made_zip(export, {"ada.ipynb": notebook(), "\x1b[31m.pdf": b""})
    assert main(command) == 1
    out = capsys.readouterr().out
    assert "\t\t?[31m.pdf\tnot taken\tno notebook\n" in out
    assert out.endswith("1 as before, 1 not taken\n")


def test_a_terminal_gets_a_table(course: Course) -> None:
    from rich.console import Console

    from autograder.classroom.collect import Outcome, show_report

    screen = Console(file=io.StringIO(), force_terminal=True, width=60)
    show_report(screen, [Row("[b]" * 20, Outcome.TAKEN, "", "ada", RNN)])
    told = screen.file.getvalue()
    assert "│" in told and "".join(told.split()).count("b") == 20


# --- nbgrader's own commands ------------------------------------------------------

GUIDE = (ROOT / "docs" / "instructor-guide.md").read_text("utf-8")


def nbgrader(course: Course, *arguments: str, folder: Path | None = None) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder or course.root, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("platform", "files", "students"),
    [
        ("Moodle",
         [f"{MOODLE}/{NOTEBOOK}", f"Bo Li_8_assignsubmission_file/{NOTEBOOK}"],
         {"Ada Lovelace", "Bo Li"}),
        ("Canvas",
         [f"{CANVAS}{NOTEBOOK}", "libo_LATE_8_9_rnn_lstm_step_by_step-1.ipynb"],
         {"4711", "8"}),
    ],
)  # fmt: skip
def test_zip_collect_takes_them_by_the_guides_expressions(
    course: Course, platform: str, files: list[str], students: set[str]
) -> None:
    (line,) = re.findall(rf"(?s)# {platform}\n\s+nbgrader (.+?'.+?')", GUIDE)
    made_folder(course.release(RNN), {NOTEBOOK: notebook()})
    folder = course.root / "downloaded" / RNN / "archive"
    folder.mkdir(parents=True)
    made_zip(folder / "export.zip", {file: notebook("x") for file in files})
    nbgrader(course, *shlex.split(line.replace("\\\n", " ")))
    assert {p.name for p in (course.root / "submitted").iterdir()} == students
    assert {taken(course, student) for student in students} == {"x"}


@pytest.mark.slow
def test_nbgraders_exchange_works(course: Course, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    exchange = [f"--Exchange.root={tmp_path / 'exchange'}"]
    tmp_path.joinpath("exchange").mkdir()
    tmp_path.joinpath("exchange").chmod(0o777)
    build_release(course, NAMES)
    nbgrader(course, "release_assignment", NAMES, *exchange)
    there = ["--course=sequence_models", *exchange]
    nbgrader(course, "fetch_assignment", NAMES, *there, folder=home)
    nbgrader(course, "submit", NAMES, *there, folder=home)
    nbgrader(course, "collect", NAMES, *exchange)
    (found,) = (course.root / "submitted").glob(f"*/{NAMES}/*.ipynb")
    assert found.name == course.master(NAMES).name


@pytest.mark.parametrize(
    "path",
    ["downloaded/a", "submitted/a", "autograded/a", "feedback/a", "gradebook.db",
     "gradebook.db.2026-03-01-12-00-00", "gradebook.db-journal", "grades.csv",
     "export.zip", ".nbgrader.log", "exchange/a"],
)  # fmt: skip
def test_git_keeps_students_data_out(path: str) -> None:
    command = ["git", "check-ignore", "--no-index", "--quiet", path]
    assert subprocess.run(command, cwd=ROOT).returncode == 0


@pytest.mark.parametrize("path", ["release/rnn_lstm/x.ipynb", "data/x.csv", "docs/x"])
def test_positive_control_the_courses_own_files_are_kept(path: str) -> None:
    command = ["git", "check-ignore", "--no-index", "--quiet", path]
    assert subprocess.run(command, cwd=ROOT).returncode == 1


def test_an_assignment_that_is_a_copy_is_told_by_its_names(
    course: Course,
) -> None:
    """Its cells kept their ids, and got names of their own."""
    again = course.source(RNN).with_name("again")
    shutil.copytree(course.source(RNN), again)
    copy = next(again.glob("*.ipynb"))
    copy.write_text(copy.read_text().replace('"grade_id": "', '"grade_id": "other_'))
    copy.rename(again / "other.ipynb")
    rows = collected(course, {"ada/work.ipynb": notebook("x")})
    assert rows["ada/work.ipynb"].assignment == RNN
