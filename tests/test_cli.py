"""The command line: what it does, and what bad input gets."""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from autograder import cli
from autograder.classroom.demo import fresh_copy
from autograder.classroom.results import Result
from autograder.classroom.table import show_results
from autograder.cli import main
from autograder.course import Course
from autograder.engine.grading import log_file
from autograder.engine.processes import layers
from tests.engine.small_class import make_course, submit
from tests.engine.small_course import cell, solution

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


@pytest.mark.parametrize("command", ["release", "grade", "report"])
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
    out = flat(capsys)
    assert "zoe" in out
    assert "ask for it again" in out
    (folder / "homework.ipynb").write_text("{}")
    assert run(course, "grade", "rnn_lstm") == 1
    assert "is it homework.ipynb? Then rename it" in flat(capsys)


def flat(capsys):
    return " ".join(capsys.readouterr().out.split())


def test_folders_with_nearly_the_right_name_are_named(course, capsys):
    for name in ("RNN_LSTM", "rnn-lstm", "dinosaur_names", "notes"):
        course.submitted("zoe", name).mkdir(parents=True)
    assert run(course, "grade", "rnn_lstm") == 1
    told = flat(capsys)
    for name in ("RNN_LSTM", "rnn-lstm"):
        folder = course.submitted("zoe", name)
        assert f"{folder} is no assignment: rename it, if rnn_lstm is meant" in told
    assert told.count("Note") == 2


@pytest.mark.parametrize("odd", [b"\xff", b"\x1b[31m", b"[bold]"])
def test_odd_names_of_folders_stop_nothing(course, capsys, odd):
    folder = os.fsencode(course.submitted("zoe", "rnn_lst"))
    os.makedirs(folder + odd)
    assert run(course, "grade", "rnn_lstm") == 1
    told = flat(capsys)
    assert told.count("is no assignment") == 1 and "\x1b" not in told


def test_a_name_that_is_nearly_right_is_named(course, capsys):
    assert run(course, "grade", "rnn_lsmt") == 1
    assert "Did you mean 'rnn_lstm'?" in capsys.readouterr().err


def test_doctor_tells_the_limits_of_the_course(course, capsys):
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write("c.IsolatedExecute.memory_bytes = 77 << 20\n")
    run(course, "doctor")
    assert "77 MB" in capsys.readouterr().out


def test_doctor_needs_no_course(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    missing = layers.missing()
    assert main(["doctor"]) == (1 if missing else 0)
    out = capsys.readouterr().out
    for name in ("Landlock", "seccomp", "IsolatedExecute.memory_bytes", "4096 MB"):
        assert name in out
    monkeypatch.setattr(layers, "missing", lambda: ["moat"])
    assert main(["doctor"]) == 1
    assert "Missing: moat" in capsys.readouterr().out


def test_require_sandbox_refuses_where_a_layer_is_missing(course, capsys, monkeypatch):
    run(course, "release", "rnn_lstm")
    released = course.release("rnn_lstm")
    shutil.copytree(released, course.submitted("ann", "rnn_lstm"))
    monkeypatch.setattr(layers, "missing", lambda: ["moat"])
    assert run(course, "grade", "rnn_lstm", "--require-sandbox") == 1
    assert "the sandbox lacks moat" in " ".join(capsys.readouterr().err.split())
    assert run(course, "grade", "rnn_lstm") == 0
    assert "Note: the sandbox lacks moat" in capsys.readouterr().out


def test_what_a_student_names_a_file_is_printed_as_it_is(capsys):
    result = Result("rnn_lstm", "[ann]", remarks=["'[/b]' was left out"])
    show_results(Console(width=80), "rnn_lstm", [result])
    assert "'[/b]' was left out" in capsys.readouterr().out


def test_examples_of_the_help_and_of_the_guide_are_commands():
    guide = (ROOT / "docs" / "commands.md").read_text("utf-8")
    shown = re.findall(r"^\| `autograder (.*?)`", guide, flags=re.M)
    lines = [line for text in cli.EXAMPLES.values() for line in text.splitlines()]
    shown += [line.removeprefix("autograder ") for line in lines]
    runs = set()
    for line in shown:
        words = shlex.split(line.partition(" #")[0].partition(" >")[0])
        runs.add(cli.parser().parse_args(words).command)
    assert runs == set(cli.EXAMPLES)


def test_a_command_that_is_nearly_right_is_named(capsys):
    with pytest.raises(SystemExit) as end:
        main(["graed", "rnn_lstm"])
    assert end.value.code == 2
    assert "Did you mean 'grade'?" in capsys.readouterr().err


def test_what_nobody_foresaw_is_one_line_and_the_rest_is_in_the_log(
    course, capsys, monkeypatch
):
    def fails(*_):
        raise KeyError("moon")

    monkeypatch.setattr(cli.commands, "release", fails)
    fails.__name__, fails.__doc__ = "release", "Fail."
    assert run(course, "release") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "KeyError: 'moon'" in line
    assert 'raise KeyError("moon")' in log_file().read_text()


def test_a_file_system_that_is_read_only_is_no_fault_of_ours(
    course, capsys, monkeypatch
):
    def fails(*_):
        raise OSError(errno.EROFS, "Read-only file system", "gradebook.db")

    monkeypatch.setattr(cli.commands, "release", fails)
    fails.__name__, fails.__doc__ = "release", "Fail."
    assert run(course, "release") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("autograder: gradebook.db can't be written or read")


@pytest.mark.slow
def test_a_set_up_cell_that_fails_is_looked_at_before_anybody_has_no_points(
    tmp_path, capsys
):
    """A package that the grader does not have, or may not read."""
    setup = "from gone_tools import double"
    answer = solution("f", "def f(x): return double(x)")
    test = cell("test", "test_f", "assert f(2) == 4")
    root = make_course(tmp_path, [cell("setup", "tools", setup), answer, test])
    submit(root, "ada", {"f": "def f(x): return 2 * x"})
    assert run(Course(root), "grade", "ps1") == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "failed in the judge, without the student" in shown and "look" in shown


def test_ctrl_c_is_one_line_in_every_command(course, capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.commands, "release", interrupted)
    interrupted.__name__, interrupted.__doc__ = "release", "Stop."
    assert run(course, "release") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("autograder: interrupted.")


def test_tab_completes_commands_assignments_and_students(course, tmp_path):
    course.submitted("zora", "rnn_lstm").mkdir(parents=True)

    def completed(line: str) -> set[str]:
        out = tmp_path / "completed"
        about = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line))}
        about["_ARGCOMPLETE_STDOUT_FILENAME"] = str(out)
        command = [str(Path(sys.executable).with_name("autograder"))]
        subprocess.run(command, env={**os.environ, **about}, cwd=course.root)
        return set(out.read_text().replace("\x0b", " ").split())

    assert completed("autograder gra") == {"grade"}
    assert completed("autograder grade rn") == {"rnn_lstm"}
    assert completed("autograder grade rnn_lstm --student z") == {"zora"}


def test_help_loads_nothing_heavy():
    """So that it is there at once, as completion is."""
    command = "import sys, autograder.cli as c; c.parser(); print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True
    )
    assert "autograder.commands" in told.stdout.split()
    heavy = {"nbgrader", "nbformat", "numpy", "traitlets", "sqlalchemy", "distributed"}
    assert not heavy & set(told.stdout.split())


def test_nothing_slow_is_loaded_that_nobody_uses():
    """A grammar of addresses, which `jsonschema` built in each process, took 2 s."""
    command = (
        "import sys, nbgrader.api, autograder.classroom.grader; print(*sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True
    )
    loaded = set(told.stdout.split())
    assert {"jsonschema", "nbformat"} <= loaded
    unused = {"rfc3987_syntax", "tensorflow", "music21", "matplotlib", "distributed"}
    assert not unused & loaded
