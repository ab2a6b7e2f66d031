"""The class report: its numbers are the gradebook's; what students wrote stays text."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path
from statistics import mean

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup, Tag
from nbgrader.api import Gradebook, SubmittedAssignment
from nbgrader.converters import Autograde
from playwright.sync_api import Browser, Page

from autograder.classroom.bundle import make_bundle
from autograder.classroom.gradebook import read_note
from autograder.classroom.grading import How, grade_class
from autograder.classroom.report import IMPORT, _title, as_page, make_report
from autograder.classroom.work import read_work
from autograder.cli import main
from autograder.course import Course, quiet_log
from autograder.engine.scores import set_aside
from tests.classroom.term import ASSIGNMENT, by_hand, hand_in, make_course

ROOT = Path(__file__).parents[2]
HURTS = "document.title='hurt'"
HOSTILE = f"<img src=x onerror={HURTS}>"
SCRIPT = f"<script>{HURTS}</script>{HOSTILE}\u202egnp"
LONG = """
def double(number):
    shifted = [number for turn in range(2)]
    while len(shifted) > 2:
        shifted.pop() if shifted[0] is None else shifted.append(3)
    kinds = {type(part).__name__: part for part in shifted}
    if sorted(kinds) == ["str"]:
        return "".join(reversed(shifted))
    return sum(shifted[1:], shifted[0]) if len(kinds) < 5 else max(kinds.values())
"""
COPIED = "# mine\n" + LONG.replace("shifted", "w").replace("number", "q")


def grade(course: Course, *students: str) -> None:
    bundle, how = make_bundle(course, ASSIGNMENT), How(force=bool(students))
    names = students or course.students(ASSIGNMENT)
    assert len(list(grade_class(course, bundle, names, how))) == len(names)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Graded, some twice; with copies, points by hand, late and hostile work."""
    course = make_course(tmp_path_factory.mktemp("report") / "course")
    tries = "try:\n    import torch_\nexcept ImportError:\n    pass"
    raises = f"{tries}\n\ndef double(x):\n    raise ValueError({SCRIPT!r})"
    hand_in(course, HOSTILE, {"double": raises})
    hand_in(course, "first_copy", {"double": LONG})
    hand_in(course, "second_copy", {"double": COPIED})
    hand_in(course, "edits", {"test_double": "pass"})
    path = course.submitted("edits", ASSIGNMENT) / "second.ipynb"
    notebook = nbformat.read(path, as_version=4)
    del notebook.cells[0]
    nbformat.write(notebook, path)
    grade(course)
    hand_in(course, "wrong", {})
    hand_in(course, "empty", {"double": "pass"})
    grade(course, "wrong", "empty")
    by_hand(course)
    grade(course, "right")
    with course.gradebook() as gradebook:
        gradebook.update_or_create_student("absent")
        set_aside(gradebook, ASSIGNMENT, "early")
    course.submitted("nothing", ASSIGNMENT).mkdir(parents=True)
    return course


@pytest.fixture(scope="module")
def page(course: Course) -> BeautifulSoup:
    made = BeautifulSoup(as_page(make_report(course, ASSIGNMENT)), "html.parser")
    for mark in made.find_all("wbr"):
        mark.decompose()
    made.smooth()
    return made


def test_a_million_empty_lines_are_read_once() -> None:
    """By the square of their number it would take hours."""
    assert IMPORT.findall("\n" * 10**6 + "import numpy as np") == ["numpy"]


def rows(page: BeautifulSoup, section: str) -> list[list[str]]:
    """What the cells of a section's table say."""
    found = page.find(id=section)
    assert isinstance(found, Tag) and isinstance(found.parent, Tag)
    return [
        [" ".join(cell.get_text(" ").split()) for cell in row.find_all(["th", "td"])]
        for row in found.parent.select("tbody tr")
    ]


def submissions(gradebook: Gradebook) -> list[SubmittedAssignment]:
    """As nbgrader itself has them."""
    return list(gradebook.assignment_submissions(ASSIGNMENT))


def totals(gradebook: Gradebook) -> list[float]:
    penalties = {
        s: sum(n.late_submission_penalty or 0.0 for n in s.notebooks)
        for s in submissions(gradebook)
    }
    return [max(0.0, s.score - taken) for s, taken in penalties.items()]


# --- numbers ----------------------------------------------------------------------


def test_what_is_told_at_a_glance(course: Course, page: BeautifulSoup) -> None:
    told = {
        div.dt.get_text(): div.dd.get_text().split()[0]
        for div in page.select("dl.glance div")
    }
    with course.gradebook() as gradebook:
        known = submissions(gradebook)
        points = totals(gradebook)
        assert told["handed in"] == str(len(known) + 1)  # and one without a file
        assert told["graded"] == str(len(known))
        assert told["late"] == str(sum(s.total_seconds_late > 0 for s in known)) == "2"
        assert float(told["points, mean"]) == pytest.approx(mean(points), abs=0.05)
        most = gradebook.find_assignment(ASSIGNMENT).max_score
        assert f"of {most:g}" in page.select_one("dl.glance").get_text()


def test_each_score_is_counted_once(course: Course, page: BeautifulSoup) -> None:
    told = {row[0]: int(row[1]) for row in rows(page, "scores")}
    with course.gradebook() as gradebook:
        points = totals(gradebook)
        most = gradebook.find_assignment(ASSIGNMENT).max_score
    assert sum(told.values()) == len(points) and len(told) == 10
    for number, (name, count) in enumerate(told.items()):
        low, high = most * number / 10, most * (number + 1) / 10
        last = number == 9
        inside = [p for p in points if low <= p and (p < high or last)]
        assert count == len(inside), name


def test_success_is_what_the_gradebook_has(course: Course, page: BeautifulSoup) -> None:
    told = {row[0]: row[1:] for row in rows(page, "exercises")}
    found: dict[str, list[tuple[float, float]]] = {}
    with course.gradebook() as gradebook:
        for submission in submissions(gradebook):
            both: dict[str, list[float]] = {}
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    pair = (grade.score, grade.max_score)
                    found.setdefault(grade.name, []).append(pair)
                    name = grade.name.removeprefix("test_").partition("_")[0]
                    both.setdefault(name, []).append(grade.score)
            for name in ("double", "size"):
                found.setdefault(name, []).append((sum(both[name]), 2.0))
    assert told.keys() == found.keys()
    assert list(told)[:4] == ["double", "test_double", "test_double_text", "words"]
    for name, pairs in found.items():
        points, share, full, none = told[name]
        most = pairs[0][1]
        got = mean(score for score, _ in pairs) / most
        assert float(points) == most
        assert int(share.split()[0]) == pytest.approx(100 * got, abs=0.51)
        assert int(full) == sum(score >= most for score, _ in pairs)
        assert int(none.split()[0]) == sum(score <= 0 for score, _ in pairs)


def test_what_people_have_to_grade_is_counted(
    course: Course, page: BeautifulSoup
) -> None:
    with course.gradebook() as gradebook:
        open_ = [
            s.student_id
            for s in submissions(gradebook)
            for n in s.notebooks
            for g in n.grades
            if g.auto_score is g.manual_score is None and g.needs_manual_grade
        ]
    (words,) = [row for row in rows(page, "exercises") if row[0] == "words"]
    assert words[4].endswith(f"{len(open_)} by hand") and len(open_) > 5
    report = make_report(course, ASSIGNMENT)
    why = "points to be given by hand: words"
    told = [s for s, found in report.reasons.items() if why in [r.text for r in found]]
    assert sorted(told) == sorted(open_)
    only = page.find(id="look").find_next("details").get_text()
    assert f"nothing else: {len(report.by_hand)} students" in only
    assert "late" in only and "early" not in only


def test_messages_count_students(course: Course, page: BeautifulSoup) -> None:
    told = [(int(row[0]), row[1]) for row in rows(page, "messages")]
    assert [number for number, _ in told] == sorted((n for n, _ in told), reverse=True)
    (found,) = [row for row in told if "TimeoutError" in row[1]]
    assert found[0] == 1 and found[1].endswith("hangs")
    (failed,) = [n for n, text in told if text.startswith("size AssertionError")]
    with course.gradebook() as gradebook:
        wrong = [
            s.student_id
            for s in submissions(gradebook)
            for n in s.notebooks
            if any(g.name.startswith("test_size") and not g.score for g in n.grades)
        ]
    assert failed == len({*wrong} - {"empty", "edits", "partly"}) == 1


def test_numbers_in_messages_make_no_difference(course: Course, tmp_path: Path) -> None:
    again = Course(Path(shutil.copytree(course.root, tmp_path / "course")))
    for number, student in enumerate(["right", "late", "forgiven"]):
        path = again.folder("autograded", student, ASSIGNMENT) / "first.ipynb"
        notebook = nbformat.read(path, as_version=4)
        (cell,) = [c for c in notebook.cells if c.id == "test_double"]
        text = f"expected -{number}.5e-3, got 7"
        cell.outputs = [
            nbformat.v4.new_output("error", ename="AssertionError", evalue=text)
        ]
        path.chmod(0o644)
        nbformat.write(notebook, path)
    told = make_report(again, ASSIGNMENT).messages
    (found,) = [message for message in told if "got 7" in message.text]
    assert found.students == ["forgiven", "late", "right"]


def test_who_needs_a_look_and_why(course: Course, page: BeautifulSoup) -> None:
    looks = {row[0]: row[1] for row in rows(page, "look")}
    reasons = {
        "broken": "no notebook graded as empty",
        "partly": "no notebook second.ipynb is missing",
        "early": "old points could not be graded again, has the points of before: ",
        "right": "look again was graded again after points were given by hand: words",
        "nothing": "no grade handed in, and not graded",
        "hangs": "stopped it took longer than allowed and was stopped: test_double",
    }
    assert looks.keys() - reasons.keys() == {"edits", HOSTILE}
    for student, why in reasons.items():
        assert why in looks[student]
    assert "edited tests cell test_double was edited: ignored" in looks["edits"]
    assert "missing cells cell size is missing" in looks["edits"]
    assert "imports torch_" in looks[HOSTILE]
    counts = page.find(id="look").find_next("p").get_text()
    assert "edited tests 1" in counts and f"no grade {1}" in counts


def test_late_work_and_what_it_costs(course: Course, page: BeautifulSoup) -> None:
    told = {row[0]: row[1:] for row in rows(page, "late")}
    with course.gradebook() as gradebook:
        for student in ("late", "forgiven"):
            known = gradebook.find_submission(ASSIGNMENT, student)
            taken = sum(n.late_submission_penalty or 0.0 for n in known.notebooks)
            days = known.total_seconds_late / 86400
            assert told.pop(student) == [f"{days:g} days", f"{taken:g}"]
    assert told == {}


def test_the_grading_before_is_remembered(course: Course, page: BeautifulSoup) -> None:
    told = {row[0]: row[1:] for row in rows(page, "earlier")}
    assert told == {"wrong": ["3", "4", "2"], "empty": ["0", "2", "2"]}
    with course.gradebook() as gradebook:
        for student, (_, now, _) in told.items():
            known = gradebook.find_submission(ASSIGNMENT, student)
            grades = [grade for n in known.notebooks for grade in n.grades]
            assert float(now) == sum(grade.auto_score or 0.0 for grade in grades)


def test_the_slowest_are_named(course: Course, page: BeautifulSoup) -> None:
    took = {}
    for student in course.students(ASSIGNMENT):
        if note := read_note(course.folder("autograded", student, ASSIGNMENT)):
            took[student] = note.seconds
    told = [row[0] for row in rows(page, "time")]
    assert "hangs" in told and len(set(told)) == 5
    longest = sorted(took.values(), reverse=True)[:5]  # two may be equal: no names
    assert [took[student] for student in told] == longest


def test_copies_are_told_and_nobody_else(page: BeautifulSoup) -> None:
    ((students, share, cells),) = rows(page, "alike")
    assert students == "first_copy, second_copy" and share == "100 %"
    assert "double" in cells


# --- forms ------------------------------------------------------------------------


def run(course: Course, *arguments: str) -> int:
    return main(["--course", str(course.root), "report", *arguments])


def test_json_and_csv_tell_the_same(course: Course, capsys, tmp_path: Path) -> None:
    assert run(course, ASSIGNMENT, "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert (
        run(course, ASSIGNMENT, "--csv", "--into", str(tmp_path / "new" / "x.csv")) == 0
    )
    assert "wrote" in capsys.readouterr().out
    lines = list(csv.DictReader(io.StringIO((tmp_path / "new" / "x.csv").read_text())))
    assert [line["student"] for line in lines] == [
        student["student"] for student in made["students"]
    ]
    for line, student in zip(lines, made["students"], strict=True):
        if student["points"]:
            assert float(line["final"]) == student["final"]
            assert float(line["exercise double"]) == student["points"]["double"]
            parts = ("first/test_double", "first/test_double_text")
            assert sum(float(line[p]) for p in parts) == student["points"]["double"]
        else:
            assert line["final"] == line["first/test_double"] == ""
        assert all(reason["text"] in line["look"] for reason in student["reasons"])
    assert sum(bin_["students"] for bin_ in made["bins"]) == sum(
        bool(s["points"]) for s in made["students"]
    )


def test_the_page_stands_in_reports_and_needs_nothing_else(course: Course) -> None:
    assert run(course, ASSIGNMENT) == 0
    text = (course.root / "reports" / f"{ASSIGNMENT}.html").read_text("utf-8")
    page = BeautifulSoup(text, "html.parser")
    assert page.find_all(["script", "link", "img", "iframe", "object"]) == []
    assert not any(tag.get("src") or tag.get("href") for tag in page.find_all(True))
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert "default-src 'none'" in policy["content"]
    levels = [int(h.name[1]) for h in page.find_all(["h1", "h2", "h3"])]
    assert levels[0] == 1 and set(levels[1:]) == {2}
    assert "&lt;script&gt;" in text and "\u202e" not in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["cooking"], "There is no assignment 'cooking'"),
        ([ASSIGNMENT, "--into", "."], "The report can't be written"),
        ([ASSIGNMENT, "--into", "/proc/x"], "The report can't be written"),
        (["other"], "Nobody's 'other' is graded: run `autograder grade other`"),
    ],
)
def test_bad_input_gets_one_line(course: Course, capsys, arguments, told) -> None:
    shutil.copytree(
        course.source(ASSIGNMENT), course.root / "source/other", dirs_exist_ok=True
    )
    assert run(course, *arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


@pytest.mark.parametrize("assignment", Course(ROOT).assignments())
def test_properties_have_the_names_that_students_read(assignment: str) -> None:
    cells = read_work(Course(ROOT).master(assignment)).cells
    tests = [c for c in cells if c.name and c.metadata["nbgrader"].get("points")]
    titles = [_title(c) for c in tests if not c.metadata["nbgrader"]["solution"]]
    assert titles and all(titles)
    assert not any("point" in title or title.startswith("Check") for title in titles)


# --- graded by stock nbgrader -----------------------------------------------------


@pytest.mark.slow
def test_a_course_that_stock_nbgrader_graded(tmp_path: Path) -> None:
    course = make_course(tmp_path / "course")
    (course.root / "nbgrader_config.py").write_text("c = get_config()\n")
    keep = {"right", "wrong", "late"}
    for student in set(course.students(ASSIGNMENT)) - keep:
        shutil.rmtree(course.submitted(student, ASSIGNMENT).parent)
    path = course.submitted("late", ASSIGNMENT) / "first.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["autograder"] = {"remarks": {"a": 1}, "seconds": [float("nan")]}
    nbformat.write(notebook, path)
    with quiet_log():
        course.converter(Autograde, ASSIGNMENT).start()
    report = make_report(course, ASSIGNMENT)
    with course.gradebook() as gradebook:
        assert sorted(report.totals) == sorted(s.score for s in submissions(gradebook))
    size, double = report.messages  # what the course keeps of a student's is not set
    assert size.exercise == "size" and set(size.students) == keep
    assert double.exercise == "double" and double.students == ["wrong"]
    assert {student for _, student in report.timed} == keep
    assert all(0 < seconds < 60 for seconds, _ in report.timed)
    assert [r.student for r in report.late] == ["late"] and report.regraded == []
    assert report.by_hand == sorted(keep) and "late" in as_page(report)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"cells": 3}', '{"cells": [{"source": {}}]}', '{"cells": [3]}',
     '{"cells": [{"metadata": {"nbgrader": [], "execution": {"a": "b", "c": 3}}}],'
     ' "metadata": {"autograder": {"remarks": [1, "\\ud800"], "seconds": {"a": "b"}}}}',
     "[" * 100_000],
)  # fmt: skip
def test_a_graded_file_of_any_form_stops_nobody(
    course: Course, tmp_path: Path, content: str
) -> None:
    again = Course(Path(shutil.copytree(course.root, tmp_path / "course")))
    folder = again.folder("autograded", "right", ASSIGNMENT)
    (folder.parent / f".{ASSIGNMENT}.json").unlink()
    (folder.parent / f".{ASSIGNMENT}.history").write_text('half\n{"time": 3}\n')
    path = folder / "first.ipynb"
    path.chmod(0o644)
    path.write_text(content)
    report = make_report(again, ASSIGNMENT)
    assert "right" in as_page(report) and len(report.graded) == 13


# --- in a browser -----------------------------------------------------------------


@pytest.fixture(scope="module")
def written(course: Course) -> str:
    return as_page(make_report(course, ASSIGNMENT))


def opened(page: Page, folder: Path, text: str) -> tuple[str, list[str]]:
    """The title of a page when all has run that does, and what it asks the net for."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    folder.joinpath("page.html").write_text(text, "utf-8")
    page.goto(f"file://{folder}/page.html")
    page.wait_for_timeout(300)
    return page.title(), asked[1:]


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("width", [375, 800, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_for_everybody_and_runs_nothing(
    browser: Browser, tmp_path: Path, written: str, width: int, scheme: str
) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    assert opened(page, tmp_path, written) == (f"{ASSIGNMENT}: class report", [])
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for details in page.locator("details").all():
        details.locator("summary").press("Enter")
        assert details.get_attribute("open") is not None
    assert Axe().run(page).response["violations"] == []
    page.close()


@pytest.mark.browser
@pytest.mark.slow
def test_positive_control_a_page_without_care_is_hurt(
    browser: Browser, tmp_path: Path, written: str
) -> None:
    bare = re.sub(r"<meta http-equiv.*\n", "", written)
    raw = written.replace("</main>", f"{SCRIPT}</main>")
    assert bare != written != raw
    for text, hurt in ((raw, False), (bare, False), (bare + SCRIPT, True)):
        page = browser.new_page()
        assert (opened(page, tmp_path, text)[0] == "hurt") == hurt
        page.close()
