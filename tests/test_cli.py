"""The command line: what it does, and what bad input gets."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from autograder.classroom.demo import fresh_copy
from autograder.classroom.grading import Result
from autograder.classroom.table import show_results
from autograder.cli import main
from autograder.course import Course
from autograder.engine import sandbox

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def course(tmp_path):
    return fresh_copy(Course(ROOT), tmp_path / "course")


def run(course, *arguments):
    return main(["--course", str(course.root), *arguments])


def test_module_and_console_script_are_the_same():
    script = Path(sys.executable).with_name("autograder")
    told = [
        subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
        for command in ([str(script)], [sys.executable, "-m", "autograder"])
    ]
    assert told[0].stdout == told[1].stdout
    assert "release" in told[0].stdout


def test_release_builds_all_assignments(course, capsys):
    assert run(course, "release") == 0
    told = capsys.readouterr().out
    for assignment in course.assignments():
        assert f"built release/{assignment}" in told
        assert course.release(assignment).is_dir()


@pytest.mark.parametrize("command", ["release", "grade"])
def test_an_unknown_assignment_is_one_clear_line(course, capsys, command):
    assert run(course, command, "cooking") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "no assignment 'cooking'" in line
    assert "rnn_lstm" in line


def test_no_course_folder_is_one_clear_line(tmp_path, capsys):
    assert main(["--course", str(tmp_path), "release"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "no course folder" in line
    assert "--course" in line


def test_nobody_handed_in(course, capsys):
    assert run(course, "grade", "rnn_lstm") == 1
    assert "Nobody has handed in" in capsys.readouterr().err


def test_a_missing_notebook_is_told_and_the_exit_status_says_so(course, capsys):
    run(course, "release", "rnn_lstm")
    folder = course.submitted("zoe", "rnn_lstm")
    folder.mkdir(parents=True)
    assert run(course, "grade", "rnn_lstm") == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "zoe" in out
    assert "ask for it again" in out


def test_doctor_needs_no_course(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    missing = sandbox.missing_layers()
    assert main(["doctor"]) == (1 if missing else 0)
    out = capsys.readouterr().out
    for name in ("Landlock", "seccomp", "IsolatedExecute.memory_bytes", "4096 MB"):
        assert name in out
    monkeypatch.setattr(sandbox, "missing_layers", lambda: ["moat"])
    assert main(["doctor"]) == 1
    assert "Missing: moat" in capsys.readouterr().out


def test_require_sandbox_refuses_where_a_layer_is_missing(course, capsys, monkeypatch):
    run(course, "release", "rnn_lstm")
    released = course.release("rnn_lstm")
    shutil.copytree(released, course.submitted("ann", "rnn_lstm"))
    monkeypatch.setattr(sandbox, "missing_layers", lambda: ["moat"])
    assert run(course, "grade", "rnn_lstm", "--require-sandbox") == 1
    assert "the sandbox lacks moat" in " ".join(capsys.readouterr().out.split())
    assert run(course, "grade", "rnn_lstm") == 0


def test_what_a_student_names_a_file_is_printed_as_it_is(capsys):
    result = Result("rnn_lstm", "[ann]", remarks=["'[/b]' was left out"])
    show_results(Console(width=80), "rnn_lstm", [result])
    assert "'[/b]' was left out" in capsys.readouterr().out
