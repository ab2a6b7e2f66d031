"""`autograder new`: an assignment that all other commands accept as it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.audit.audit import audit
from autograder.cli import main
from autograder.course import Course, CourseError
from autograder.new_assignment import EXAMPLE, NAME, new_assignment
from autograder.notebook import is_autograded

ROOT = Path(__file__).resolve().parents[1]
OURS = "from autograder.engine import AUTOGRADE\nc.Autograde.update(AUTOGRADE)\n"
STOCK = "c = get_config()\n"


def empty_course(root: Path, config: str = STOCK + OURS) -> Course:
    """A course that has its configuration and nothing else."""
    root.mkdir(exist_ok=True)
    root.joinpath("nbgrader_config.py").write_text(config)
    return Course(root)


def run(course: Course, *arguments: str) -> int:
    return main(["--course", str(course.root), *arguments])


def files(folder: Path) -> list[str]:
    found = (p for p in folder.rglob("*") if not p.is_dir())
    return sorted(str(p.relative_to(folder)) for p in found)


def test_its_own_name_stands_in_all_files(tmp_path: Path) -> None:
    course = empty_course(tmp_path)
    assert run(course, "new", "my-First_2") == 0
    assert files(tmp_path) == [
        "audit/my-First_2/mistakes.toml",
        "audit/my-First_2/right/loops.py",
        "nbgrader_config.py",
        *sorted(
            f"source/my-First_2/{name}"
            for name in (
                *("README.md", "check.py", "checks.py", "explain.py", "progress.py"),
                *("figures/pairs.svg", "my-First_2.ipynb", "nbgrader_config.py"),
                "requirements.txt",
            )
        ),
    ]
    for path in (p for p in tmp_path.rglob("*") if p.is_file()):
        assert NAME not in path.read_text("utf-8"), path
    master = course.master("my-First_2").read_text("utf-8")
    assert 'go_to_files(\\"my-First_2\\")' in master


def test_the_example_is_what_it_says(tmp_path: Path) -> None:
    """Two functions, visible and hidden tests, a figure, three mistakes."""
    course = empty_course(tmp_path)
    new_assignment(course, "first")
    cells = nbformat.read(course.master("first"), as_version=4).cells
    tests = [cell.source for cell in cells if is_autograded(cell)]
    answers = [c for c in cells if c.metadata.get("nbgrader", {}).get("solution")]
    assert len(answers) == 2 and len(tests) == 4
    for test in tests:
        assert "### BEGIN HIDDEN TESTS" in test
        assert "expect_close(" in test.partition("### BEGIN HIDDEN TESTS")[0]
    bank = tmp_path.joinpath("audit/first/mistakes.toml").read_text()
    assert bank.count("mistake = ") == 3


@pytest.mark.parametrize(
    "name", ["a+b", "", "a b", "a/b", "..", ".hidden", "-x", "näme", "a'b", "a%20"]
)
def test_a_name_that_is_not_good_is_refused(tmp_path: Path, name: str) -> None:
    course = empty_course(tmp_path)
    with pytest.raises(CourseError, match=r"can't be the name of an assignment: take"):
        new_assignment(course, name)
    assert files(tmp_path) == ["nbgrader_config.py"]


def test_a_refusal_is_one_line_and_an_exit_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(empty_course(tmp_path), "new", "a+b") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("autograder: 'a+b' can't be the name of an assignment")


@pytest.mark.parametrize("there", ["source/first", "audit/first"])
def test_what_is_there_stays(tmp_path: Path, there: str) -> None:
    course = empty_course(tmp_path)
    tmp_path.joinpath(there).mkdir(parents=True)
    tmp_path.joinpath(there, "mine.txt").write_text("mine")
    with pytest.raises(CourseError, match=f"{there} is there already: take another"):
        new_assignment(course, "first")
    assert files(tmp_path) == sorted([f"{there}/mine.txt", "nbgrader_config.py"])


def test_nothing_is_left_half_written(tmp_path: Path) -> None:
    """A file stands where the second folder would go."""
    course = empty_course(tmp_path)
    tmp_path.joinpath("audit").write_text("no folder")
    with pytest.raises(CourseError, match=r"/audit: File exists\. Nothing was made"):
        new_assignment(course, "first")
    assert files(tmp_path) == ["audit", "nbgrader_config.py"]


def test_what_two_assignments_share_stands_once(tmp_path: Path) -> None:
    course = empty_course(tmp_path)
    new_assignment(course, "first")
    new_assignment(course, "second")
    shared = course.source("second") / "checks.py"
    assert os.readlink(shared) == "../first/checks.py"
    assert not (course.source("second") / "requirements.txt").is_symlink()
    shared.resolve().write_text("# mine\n")
    new_assignment(course, "third")
    assert not (course.source("third") / "checks.py").is_symlink()
    assert (course.source("third") / "explain.py").is_symlink()


@pytest.mark.slow
@pytest.mark.parametrize("config", [STOCK + OURS, STOCK], ids=["ours", "stock"])
def test_in_any_course_it_is_checked_audited_released_and_graded(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    course = empty_course(tmp_path, config)
    assert run(course, "new", "first") == 0
    assert run(course, "check-course", "first") == 0
    assert run(course, "release", "first") == 0
    for student in ("right", "nothing"):
        shutil.copytree(course.release("first"), course.submitted(student, "first"))
    path = course.submitted("right", "first") / "first.ipynb"
    answers = nbformat.read(course.master("first"), as_version=4)
    nbformat.write(answers, path)
    assert run(course, "grade", "first", "--workers", "1") == 0
    capsys.readouterr()
    assert run(course, "grade", "first", "--workers", "1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert {r["student"]: r["final"] for r in told} == {"right": 100, "nothing": 0}


@pytest.mark.slow
def test_its_audit_finds_nothing_to_mend(tmp_path: Path) -> None:
    course = empty_course(tmp_path)
    new_assignment(course, "first")
    (report,) = audit(course, "first")
    assert report.passed, report
    for row in report.rows:
        assert row.mistakes[1] and row.right[1] == 1 and row.mutants[1] > 20
        assert row.mistakes_seen == row.mistakes[1]
        assert not any(told.flags for told in row.told)


@pytest.mark.slow
def test_this_courses_tests_hold_for_it(tmp_path: Path) -> None:
    """What asks every assignment, and what asks the first one in the alphabet."""
    skip = shutil.ignore_patterns(".venv", ".git", "__pycache__", "demo", ".*_cache")
    copy = shutil.copytree(ROOT, tmp_path / "copy", symlinks=True, ignore=skip)
    course = Course(copy)
    new_assignment(course, "a_first")
    assert run(course, "release", "a_first") == 0
    assert run(course, "check-course", "a_first") == 0
    command = [sys.executable, "-m", "pytest", "-q", "tests", "-m", "not browser"]
    others = "dino or gru or jazz or rnn or read_only"  # of other courses, other users
    only = f"a_first or (test_release and not ({others}))"
    done = subprocess.run(
        [*command, "-k", only],
        cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(done.stdout.rpartition(" passed")[0].split()[-1]) >= 15


def test_the_example_is_data() -> None:
    """Laid out as a course is; what it shares with the course stands there once."""
    for name in ("check.py", "checks.py", "explain.py", "progress.py"):
        link = EXAMPLE / "source" / NAME / name
        assert link.resolve() == ROOT / "source/rnn_lstm" / name
