"""One hang or crash costs its own exercise, never the rest."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from autograder.engine import disk
from tests.engine.small_course import cell, grade, solution

SETUP = cell("setup", "setup", "import numpy as np")


def two_exercises(first: str, **limits):
    """Grade a first exercise that misbehaves, before a second one that is right."""
    cells = [
        SETUP,
        solution("f", "def f(): return 1"),
        cell("test", "test_f", "assert f() == 1"),
        solution("g", "def g(): return 2"),
        cell("test", "test_g", "assert g() == 2"),
        cell("test", "test_f_again", "try:\n    f()\nexcept Exception:\n    pass"),
    ]
    limits = {"cell_seconds": 2, "call_seconds": 1, **limits}
    started = time.monotonic()
    graded = grade(cells, {"f": first}, **limits)
    return graded, time.monotonic() - started


FAULTS = {
    "a call that hangs": "def f():\n    while True: pass",
    "a hang that ignores interrupts": """
def f():
    while True:
        try:
            while True: pass
        except BaseException: pass
""",
    "a call that ends the process": "import os\ndef f(): os._exit(0)",
    "a call that crashes": "import ctypes\ndef f(): ctypes.string_at(0)",
    "a cell that hangs": "while True: pass",
    "a cell that ends the process": "import os; os._exit(0)",
    "a call that takes all memory": "def f():\n    x = []\n    while True: x.append(' ' * 10**7)",
    "a result that is too large": "def f(): return np.zeros(10**9, 'u1')",
    "a result that is too deep": "def f():\n    x = []\n    for _ in range(10**5): x = [x]\n    return x",
    "a hanging repr": "class C:\n    def __repr__(self):\n        while True: pass\nf = C()\nf",
    "a hanging import of a closed line": "import os\ndef f(): os.closerange(3, 99)",
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_costs_its_own_exercise(name: str) -> None:
    graded, seconds = two_exercises(FAULTS[name], memory_bytes=1 << 30)
    assert graded.points["test_f"] == 0
    assert graded.points["test_g"] == 1, graded.output("test_g")
    assert seconds < 20


def test_a_test_does_not_pass_by_catching_a_hang() -> None:
    graded, _ = two_exercises("import os\ndef f(): os._exit(0)")
    assert graded.points["test_f_again"] == 0
    assert any("ended" in v.trouble for v in graded.verdicts.values())


def test_a_judge_that_dies_costs_one_cell() -> None:
    cells = [
        SETUP,
        solution("f", "def f(): return 1"),
        cell("test", "test_a", "assert f() == 1"),
        cell(
            "test", "test_b", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
        ),
        cell("test", "test_c", "assert f() == 1"),
    ]
    assert grade(cells).points == {"test_a": 1, "test_b": 0, "test_c": 1}


STALL = """
import os, stat, struct, time
lines = [n for n in range(3, 30) if os.path.exists(f"/proc/self/fd/{n}")
         and stat.S_ISSOCK(os.fstat(n).st_mode)]
"""  # fmt: skip
HALF = "os.write(lines[0], struct.pack('!Q', 100 << 20) + b'x' * 10)\ntime.sleep(1e6)"
FLOOD = """
import msgpack, signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
body = msgpack.packb(["output", {"output_type": "comm"}])
message = 200 * (struct.pack("!Q", len(body)) + body)
while True:
    try: os.write(lines[0], message)
    except BlockingIOError: pass
"""
DEAF = """
import msgpack, signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
for number in range(99):
    reply = msgpack.packb(["reply", number, [["list", None, [1]], ["list"]]])
    os.write(lines[0], struct.pack("!Q", len(reply)) + reply)
while True: time.sleep(1)
"""


@pytest.mark.parametrize("fault", [HALF, FLOOD], ids=["half", "flood"])
@pytest.mark.parametrize("place", ["cell", "call"])
def test_messages_end_too(fault: str, place: str) -> None:
    """Half a message or a flood of them: limits hold, with a cause."""
    text = STALL + fault
    if place == "call":
        text = "def f():" + text.replace("\n", "\n    ")
    graded, seconds = two_exercises(text, cell_seconds=3, submission_seconds=30)
    assert graded.points["test_f"] == 0
    assert graded.points["test_g"] == 1, graded.output("test_g")
    assert seconds < 20
    assert any("longer than allowed" in v.trouble for v in graded.verdicts.values())


def test_nobody_who_reads_what_is_sent() -> None:
    deaf = "def f(x):" + (STALL + DEAF).replace("\n", "\n    ")
    test = "f(1)\nf(np.zeros(10**6))"
    cells = [SETUP, solution("f", "def f(x): return 1"), cell("test", "test_f", test)]
    graded = grade(cells, {"f": deaf}, call_seconds=1)
    assert "longer than allowed" in graded.verdicts["test_f"].trouble


def test_one_endless_loop_costs_less_each_time() -> None:
    cells = [SETUP, solution("f", "def f(): return 1")]
    cells += [cell("test", f"test_{k}", "assert f() == 1") for k in range(6)]
    started = time.monotonic()
    graded = grade(cells, {"f": "def f():\n    while True: pass"}, call_seconds=4)
    assert time.monotonic() - started < 12
    assert {v.trouble for n, v in graded.verdicts.items() if n.startswith("test")} == {
        "it took longer than allowed and was stopped"
    }


def test_time_in_the_judges_own_functions_ends_too() -> None:
    """An oracle that does not come back, called by a student who catches all."""
    cells = [
        SETUP,
        solution("f", "def f(g): return g()"),
        cell("test", "test_f", "def endless():\n    while True: pass\nf(endless)"),
        cell("test", "test_again", "assert f(lambda: 3) == 3"),
    ]
    catching = "def f(g):\n    while True:\n        try: return g()\n"
    catching += "        except BaseException: pass"
    graded = grade(cells, {"f": catching}, cell_seconds=1, call_seconds=30)
    assert graded.points == {"test_f": 0, "test_again": 1}


def test_the_whole_submission_has_an_end() -> None:
    cells = [SETUP] + [
        c
        for i in range(6)
        for c in (
            solution(f"f{i}", f"def f{i}():\n    while True: pass"),
            cell("test", f"test_f{i}", f"f{i}()"),
        )
    ]
    started = time.monotonic()
    graded = grade(cells, cell_seconds=5, call_seconds=2, submission_seconds=4)
    assert time.monotonic() - started < 15
    assert set(graded.points.values()) == {0}


TOO_MUCH = """
import time
try:
    for k in range(10): open(f"big{k}", "wb").write(b"x" * (10 << 20))
except OSError:
    pass
time.sleep(2)
def f(): return 1
"""


def test_a_full_disk_is_made_anew_for_the_next_exercise() -> None:
    right = """
def g():
    with open('made.txt', 'w') as file: file.write('x')
    return open('made.txt').read() + open('data.txt').read()
"""
    cells = [
        SETUP,
        solution("f", "def f(): return 1"),
        solution("g", right),
        cell("test", "test_g", "assert g() == 'xd'"),
    ]
    graded = grade(cells, {"f": TOO_MUCH}, {"data.txt": "d"}, disk_bytes=50 << 20)
    assert graded.points["test_g"] == 1, graded.output("test_g")


def test_what_is_written_is_seen_where_there_is_no_own_disk(tmp_path: Path) -> None:
    with open(tmp_path / "gone", "wb") as file:
        file.write(b"x" * (1 << 20))
        file.flush()
        assert not disk.fits([str(tmp_path)], 1 << 19)
        os.unlink(tmp_path / "gone")
        assert disk.fits([str(tmp_path)], 1 << 19)
        assert disk.unlinked_bytes(os.getpid()) >= 1 << 20


def test_folders_are_gone_when_a_grader_ends() -> None:
    script = """
import tempfile
from pathlib import Path
from tests.engine.test_faults import SETUP, grade
from autograder.engine import disk, kernel
before = set(Path(tempfile.gettempdir()).glob(disk.PREFIX + "*"))
grade([SETUP])
from autograder.engine.session import Settings
kernel.warm_parent(Settings().preload).close()
import time; time.sleep(0.5)
print(*set(Path(tempfile.gettempdir()).glob(disk.PREFIX + "*")) - before)
"""
    root = Path(disk.__file__).parents[2]
    env = {**os.environ, "PYTHONPATH": str(root)}
    with tempfile.TemporaryDirectory() as place:  # one that no other test uses
        command = [sys.executable, "-c", script]
        told = subprocess.check_output(command, text=True, env={**env, "TMPDIR": place})
    assert told.strip() == ""
