"""The warm parent: what it passes on, and that it leaves nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from autograder.engine.grading import Settings
from autograder.engine.limits import Limits
from autograder.engine.processes.parent import WarmParent, warm_parent
from tests.engine.small_course import cell, grade, solution

ROOT = Path(__file__).parents[3]


def test_one_parent_for_each_list_of_modules() -> None:
    first = warm_parent(("json",), (("A", "1"),))
    assert warm_parent(("json",), (("A", "1"),)) is first
    assert warm_parent(("json",), (("A", "2"),)) is not first
    first.process.kill()
    first.process.wait()
    assert warm_parent(("json",), (("A", "1"),)) is not first


def test_a_dead_parent_is_replaced() -> None:
    cells = [solution("f", "f = 1"), cell("test", "t", "assert f == 1")]
    settings = Settings(preload=("json", "string"))
    assert grade(cells, settings=settings).points == {"t": 1}
    parent = warm_parent(settings.preload, ())
    parent.process.kill()
    parent.process.wait()
    assert grade(cells, settings=settings).points == {"t": 1}


def test_closing_the_line_ends_the_submission(tmp_path: Path) -> None:
    parent = WarmParent(("json",), {})
    try:
        supervision, judge = parent.open(Limits(), (tmp_path, tmp_path))
        assert judge.recv(0) == b""
        supervision.close()
        judge.settimeout(20)
        assert judge.recv(1) == b"", "the judge is gone"
        judge.close()
    finally:
        parent.close()
    assert not psutil.pid_exists(parent.process.pid)


def test_an_unknown_module_stops_nobody() -> None:
    settings = Settings(preload=("no_such_module_of_anybody",))
    cells = [solution("f", "f = 1"), cell("test", "t", "assert f == 1")]
    assert grade(cells, settings=settings).points == {"t": 1}


def test_what_a_student_inherits_tells_nothing() -> None:
    """Neither descriptors nor variables nor arguments of the grader."""
    os.environ["GRADERS_SECRET"] = "x"
    answer = """
import os
def f():
    open_files = [os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")
                  if os.path.exists(f"/proc/self/fd/{n}")]
    return sorted(os.environ), open_files, open("/proc/self/cmdline").read()
"""
    test = """
names, files, command = f()
assert "GRADERS_SECRET" not in names and "HOME" in names, names
assert sum("socket" in name for name in files) == 1, files
assert all(n.startswith(("socket:", "/dev/null", "/proc")) for n in files), files
assert "pytest" not in command, command
"""
    graded = grade([solution("f", answer), cell("test", "t", test)])
    assert graded.points == {"t": 1}, graded.output("t")


def test_folders_are_gone_when_a_grader_ends() -> None:
    script = """
import tempfile, time
from pathlib import Path
from autograder.engine.grading import Settings
from autograder.engine.processes import disk, parent
from tests.engine.small_course import IMPORTS, grade
settings = Settings(environment={"TMPDIR": tempfile.gettempdir()})
grade([IMPORTS], settings=settings)
assert list(Path(tempfile.gettempdir()).glob(disk.PREFIX + "*")), "a control"
parent.warm_parent(settings.preload, tuple(settings.environment.items())).close()
time.sleep(0.5)
print(*Path(tempfile.gettempdir()).glob(disk.PREFIX + "*"))
"""
    with tempfile.TemporaryDirectory() as place:  # one that no other test uses
        env = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": place}
        command = [sys.executable, "-c", script]
        told = subprocess.check_output(command, text=True, env=env, cwd=ROOT)
    assert told.strip() == ""
