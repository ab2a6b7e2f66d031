"""Nothing of a submission outlives it, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from autograder.engine.wire.messages import Cause
from tests.engine.small_course import cell, grade, solution

ROOT = Path(__file__).parents[3]
DAEMON = """
import os, time, subprocess
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        subprocess.run(["sleep", "{seconds}"])
    os._exit(0)
"""


@pytest.fixture
def seconds() -> int:
    """A number by which a process of this test is found."""
    return 10**6 + int.from_bytes(os.urandom(3))


def running(seconds: int) -> bool:
    for process in psutil.process_iter(["cmdline"]):
        if process.info["cmdline"] == ["sleep", str(seconds)]:
            return True
    return False


def happens(condition: Callable[[], bool], within: float = 60) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("victim", ["grader", "parent", "nursery", "judge", "both"])
def test_nothing_outlives_a_kill(victim: str, tmp_path: Path, seconds: int) -> None:
    """Kill -9 of any process of ours leaves none of the student's behind."""
    script = tmp_path / "grader.py"
    daemon = DAEMON.format(seconds=seconds) + "time.sleep(60)"
    script.write_text(f"""
from tests.engine.small_course import cell, grade, solution
grade([solution("f", {daemon!r}), cell("test", "test_f", "f()")], cell_seconds=60)
""")
    grader = subprocess.Popen([sys.executable, str(script)], cwd=ROOT, env={
        **os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    try:
        assert happens(lambda: running(seconds)), "the daemon should run by now"
        (parent,) = psutil.Process(grader.pid).children()
        nursery = parent.children()[0]
        judge = next(p for p in nursery.children() if not p.children())
        victims = {
            "grader": [grader.pid], "parent": [parent.pid], "nursery": [nursery.pid],
            "judge": [judge.pid], "both": [grader.pid, parent.pid],
        }  # fmt: skip
        for pid in victims[victim]:
            os.kill(pid, signal.SIGKILL)
        if victim in ("nursery", "judge"):  # it is judged again
            again = [p for p in [grader.pid] if psutil.pid_exists(p)]
            for pid in again:
                time.sleep(0.5)
                os.kill(pid, signal.SIGKILL)
        assert happens(lambda: not running(seconds)), "the daemon should be gone"
    finally:
        grader.kill()
        grader.wait()


def test_daemons_end_with_the_submission(seconds: int) -> None:
    daemon = DAEMON.format(seconds=seconds) + "def f(): return 1"
    test = f"import subprocess\nassert f() == 1 and alive({seconds})"
    probe = (
        "def alive(n):\n    import glob, time\n    time.sleep(0.5)\n    for p in glob.glob('/proc/[0-9]*/cmdline'):\n"
        "        try:\n            if f'sleep\\0{n}' in open(p).read(): return True\n"
        "        except OSError: pass\n    return True\nalive.probe = True"
    )
    cells = [cell("setup", "p", probe), solution("f", "f = 1"), cell("test", "t", test)]
    assert grade(cells, {"f": daemon}).points == {"t": 1}
    assert happens(lambda: not running(seconds))


def test_daemons_end_with_the_process_that_is_replaced(seconds: int) -> None:
    daemon = DAEMON.format(seconds=seconds) + "def f(): os._exit(0)"
    cells = [
        solution("f", "f = 1"), cell("test", "t", "f()"),
        solution("g", "def g(): return 1"), cell("test", "u", "assert g() == 1"),
    ]  # fmt: skip
    assert grade(cells, {"f": daemon}).points == {"t": 0, "u": 1}
    assert happens(lambda: not running(seconds))


EXCESS = {
    "memory": ("def f():\n    x = []\n    while True: x.append(' ' * 10**7)", {"memory_bytes": 300 << 20}),
    "memory of all": (
        "import os, time\ndef f():\n    for _ in range(8):\n        if not os.fork():\n"
        "            x = b'x' * (60 << 20)\n            time.sleep(60)\n    time.sleep(60)",
        {"memory_bytes": 300 << 20},
    ),
    "processes": (
        "import os, time\ndef f():\n    for _ in range(200):\n        if not os.fork(): time.sleep(60)\n    time.sleep(60)",
        {"processes": 30},
    ),
    "threads": (
        "import threading, time\ndef f():\n    for _ in range(300):\n"
        "        threading.Thread(target=time.sleep, args=(60,)).start()\n    time.sleep(60)",
        {"processes": 30},
    ),
    "disk": (
        "import time\ndef f():\n    for k in range(99):\n        open(f'x{k}', 'wb').write(bytes(5 << 20))\n    time.sleep(60)",
        {"disk_bytes": 30 << 20},
    ),
    "one file": ("def f(): open('x', 'wb').write(bytes(99 << 20))", {"file_bytes": 10 << 20}),
    "open files": ("def f(): return [open('/dev/null') for _ in range(500)] and 1", {"open_files": 64}),
}  # fmt: skip


@pytest.mark.parametrize("name", EXCESS)
def test_limits_hold_for_all_processes_together(name: str) -> None:
    answer, limits = EXCESS[name]
    cells = [
        solution("f", "f = 1"), cell("test", "t", "assert f() == 1"),
        solution("g", "def g(): return 1"), cell("test", "u", "assert g() == 1"),
    ]  # fmt: skip
    graded = grade(cells, {"f": answer}, call_seconds=8, **limits)
    assert graded.points == {"t": 0, "u": 1}, graded.verdicts
    assert graded.verdicts["t"].cause in (None, Cause.STUDENT)


def test_a_student_cannot_signal_judge_or_nursery() -> None:
    answer = """
import os, signal
def f():
    told = []
    near = {os.getppid(), *range(os.getpid() - 20, os.getpid() + 20)} - {os.getpid()}
    for pid in near:
        if pid < 2:  # all of one's own, or the first of one's own namespace
            continue
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError as error:
            told.append(type(error).__name__)
        else:
            told.append("killed")
    return told
"""
    test = "told = f()\nassert told and set(told) <= {'PermissionError', 'ProcessLookupError'}, told"
    graded = grade([solution("f", answer), cell("test", "t", test)])
    assert graded.points == {"t": 1}, graded.output("t")
