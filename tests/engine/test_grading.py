"""One hang or crash costs its own exercise, never the rest; nothing is left behind."""

from __future__ import annotations

import copy
import os
import shutil
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.course import Course
from autograder.engine.grading import MachineFault, Settings, Started, judge_notebook
from autograder.engine.limits import Limits
from autograder.engine.wire.messages import Cause
from autograder.notebook import is_autograded
from tests.engine.small_course import IMPORTS, Graded, cell, grade, solution

ROOT = Path(__file__).parents[2]


def two_exercises(first: str, **limits: Any) -> tuple[Graded, float]:
    """Grade a first exercise that misbehaves, before a second one that is right."""
    cells = [
        IMPORTS,
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
    "a call that kills the process": "import os\ndef f(): os.kill(os.getpid(), 9)",
    "a call that crashes": "import ctypes\ndef f(): ctypes.string_at(0)",
    "a cell that hangs": "while True: pass",
    "a cell that ends the process": "import os; os._exit(0)",
    "a call that takes all memory": "def f():\n    x = []\n    while True: x.append(' ' * 10**7)",
    "a result that is too large": "def f(): return np.zeros(10**9, 'u1')",
    "a result that is too deep": "def f():\n    x = []\n    for _ in range(10**5): x = [x]\n    return x",
    "a hanging repr": "class C:\n    def __repr__(self):\n        while True: pass\nf = C()\nf",
    "a closed line": "import os\ndef f(): os.closerange(3, 99)",
    "an exit": "import sys\ndef f(): sys.exit()",
    "an interrupt of its own": "def f(): raise KeyboardInterrupt",
    "threads that go on": "import threading, time\ndef f():\n    for _ in range(20):\n"
    "        threading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n    return 0",
    "a patched interpreter": "import sys, gc\nsys.settrace(lambda *a: 1/0)\ndef f(): pass",
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_costs_its_own_exercise(name: str) -> None:
    graded, seconds = two_exercises(FAULTS[name], memory_bytes=1 << 30)
    assert graded.points["test_f"] == 0
    assert graded.points["test_g"] == 1, graded.output("test_g")
    assert seconds < 20
    causes = {v.cause for v in graded.verdicts.values()}
    assert causes <= {None, Cause.STUDENT}


def test_a_test_does_not_pass_by_catching_a_hang() -> None:
    graded, _ = two_exercises("import os\ndef f(): os._exit(0)")
    assert graded.points["test_f_again"] == 0
    assert any("ended" in v.trouble for v in graded.verdicts.values())


ENDS_NEXT_TIME = """
import os
if os.path.exists("{0}"): os._exit(0)
open("{0}", "w").close()
"""


def test_cells_that_end_the_process_when_they_run_again_cost_no_other() -> None:
    """Each fresh process gets as far as the one before, and all that stands behind."""
    names = [f"x{n}" for n in range(12)]
    cells = [
        *(solution(name, f"{name} = 1") for name in names),
        solution("f", "def f(): return 1"), solution("g", "def g(): return 2"),
        cell("test", "test_f", "assert f() == 1"), cell("test", "test_g", "assert g() == 2"),
    ]  # fmt: skip
    answers = {name: ENDS_NEXT_TIME.format(name) for name in names}
    graded = grade(cells, {**answers, "f": "def f(): os._exit(0)"})
    assert graded.points == {"test_f": 0, "test_g": 1}


def test_a_judge_that_dies_costs_one_cell() -> None:
    """It is the test's doing, if it happens again."""
    cells = [
        solution("f", "def f(): return 1"),
        cell("test", "test_a", "assert f() == 1"),
        cell("test", "test_b", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
        cell("test", "test_c", "assert f() == 1"),
    ]  # fmt: skip
    graded = grade(cells)
    assert graded.points == {"test_a": 1, "test_b": 0, "test_c": 1}
    about = graded.verdicts["test_b"]
    assert about.error == "JudgeDied" and about.cause is Cause.TEST


def test_a_machine_that_fails_gives_no_grade(tmp_path: Path) -> None:
    cells = [cell("test", f"test_{n}", "import os\nos._exit(3)") for n in range(9)]
    with pytest.raises(MachineFault):
        grade(cells)
    notebook = nbformat.v4.new_notebook(cells=[])
    with pytest.raises((MachineFault, OSError)):
        missing = tmp_path / "missing"
        judge_notebook(notebook, notebook, missing, missing, Settings())


# --- messages that do not end -----------------------------------------------------

STALL = """
import os, stat, struct, time
lines = [n for n in range(3, 30) if os.path.exists(f"/proc/self/fd/{n}")
         and stat.S_ISSOCK(os.fstat(n).st_mode)]
"""  # fmt: skip
HALF = "os.write(lines[0], struct.pack('!Q', 100 << 20) + b'x' * 10)\ntime.sleep(1e6)"
FLOOD = """
import signal
from autograder.engine.wire.messages import Shown, packed
signal.signal(signal.SIGINT, signal.SIG_IGN)
body = packed(Shown({"output_type": "stream"}))
message = 200 * (struct.pack("!Q", len(body)) + body)
while True:
    try: os.write(lines[0], message)
    except BlockingIOError: pass
"""
DEAF = """
import signal
from autograder.engine.wire.messages import Done, packed
signal.signal(signal.SIGINT, signal.SIG_IGN)
reply = packed(Done(1))
os.write(lines[0], 99 * (struct.pack("!Q", len(reply)) + reply))
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
    cells = [IMPORTS, solution("f", "def f(x): return 1"), cell("test", "test_f", test)]
    graded = grade(cells, {"f": deaf}, call_seconds=1)
    assert "longer than allowed" in graded.verdicts["test_f"].trouble


# --- time -------------------------------------------------------------------------


def test_starts_fast() -> None:
    """A fork is ready in far less than 0.2 s of processor time."""
    cells = [
        IMPORTS,
        solution("f", "def f(): return np.ones(2)"),
        cell("test", "test_f", "assert f().sum() == 2"),
    ]
    grade(cells)
    seconds = []
    for _ in range(5):
        started = time.monotonic()
        assert grade(cells).points == {"test_f": 1}
        seconds.append(time.monotonic() - started)
    assert min(seconds) < 1.0


def test_one_endless_loop_costs_less_each_time() -> None:
    cells = [IMPORTS, solution("f", "def f(): return 1")]
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
        IMPORTS,
        solution("f", "def f(g): return g()"),
        cell("test", "test_f", "def endless():\n    while True: pass\nf(endless)"),
        cell("test", "test_again", "assert f(lambda: 3) == 3"),
    ]
    catching = "def f(g):\n    while True:\n        try: return g()\n"
    catching += "        except BaseException: pass"
    graded = grade(cells, {"f": catching}, cell_seconds=1, call_seconds=30)
    assert graded.points == {"test_f": 0, "test_again": 1}


def test_the_whole_submission_has_an_end() -> None:
    cells = [IMPORTS] + [
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
    assert "whole submission" in graded.verdicts["test_f5"].trouble
    assert graded.verdicts["test_f5"].cause is Cause.STUDENT


def test_an_endless_cell_takes_its_time_once_and_costs_its_own_exercise() -> None:
    cells = []
    for k in range(8):
        cells.append(solution(f"f{k}", f"def f{k}(): return {k}"))
        cells.append(cell("test", f"test_{k}", f"assert f{k}() == {k}"))
    endless = {"f0": "while True: pass\ndef f0(): return 0"}
    graded = grade(cells, endless, cell_seconds=2, submission_seconds=12)
    assert graded.points == {f"test_{k}": k > 0 for k in range(8)}
    assert graded.verdicts["f0"].trouble and not graded.verdicts["f7"].trouble


def test_a_submission_that_used_all_its_time_gets_what_it_had_earned() -> None:
    cells = [
        solution("f", "def f(): return 1"), cell("test", "first", "assert f() == 1"),
        solution("g", "while True: pass"), cell("test", "last", "assert f() == 1"),
    ]  # fmt: skip
    graded = grade(cells, cell_seconds=60, submission_seconds=3)
    assert graded.points == {"first": 1, "last": 0}


# --- disk and what is seen --------------------------------------------------------

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
        solution("f", "def f(): return 1"),
        solution("g", right),
        cell("test", "test_g", "assert g() == 'xd'"),
    ]
    graded = grade(cells, {"f": TOO_MUCH}, {"data.txt": "d"}, disk_bytes=50 << 20)
    assert graded.points["test_g"] == 1, graded.output("test_g")


def test_what_is_there_before_the_notebook(tmp_path: Path) -> None:
    """Processes that were started early judge what comes later; or are closed."""
    for name in ("work", "source"):
        tmp_path.joinpath(name).mkdir()
    places = tmp_path / "work", tmp_path / "source"
    Started(*places, Settings()).close()
    started = Started(*places, Settings())
    cells = [cell("setup", "s", "x = 1"), cell("test", "t", "assert x == 1")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    verdicts = judge_notebook(notebook, notebook, *places, Settings(), started)
    assert verdicts["t"].passed and verdicts["t"].cause is None


def test_environment_and_modules_are_the_courses() -> None:
    settings = Settings(preload=("json",), environment={"COURSE_MODE": "exam"})
    answer = "import os\ndef f(): return os.environ.get('COURSE_MODE'), os.environ.get('SECRET')"
    test = "import os, sys\nassert f() == ('exam', None) and os.environ['COURSE_MODE'] == 'exam'\n"
    test += "assert 'json' in sys.modules"
    os.environ["SECRET"] = "x"
    graded = grade([solution("f", answer), cell("test", "t", test)], settings=settings)
    assert graded.points == {"t": 1}, graded.output("t")


def test_a_student_sees_the_handed_in_files_only() -> None:
    """Neither the course's folder nor the judge's, though both have the same files."""
    look = """
import os
def f():
    found = {}
    for place in (".", "..", "../..", "../../judge", "../../judge/work"):
        try: found[place] = sorted(os.listdir(place))
        except OSError as error: found[place] = type(error).__name__
    return found
"""
    test = """
found = f()
assert found.pop(".") == ["data.txt"], found
assert set(found.values()) == {"PermissionError"}, found
assert open("data.txt").read() == "d"
"""
    graded = grade(
        [solution("f", look), cell("test", "t", test)], files={"data.txt": "d"}
    )
    assert graded.points == {"t": 1}, graded.output("t")


def test_verdicts_have_the_names_of_all_cells_that_have_one() -> None:
    cells = [
        IMPORTS,
        solution("f", "f = 1"),
        cell("plain", "p", "1"),
        cell("test", "t", "f"),
    ]
    assert set(grade(cells).verdicts) == {"imports", "f", "t"}


def test_limits_are_numbers_of_the_course() -> None:
    limits = Limits()
    assert limits.cell_seconds == 30 and limits.memory_bytes == 4 << 30
    with pytest.raises(AttributeError):
        limits.cell_seconds = 5  # type: ignore[misc]


@pytest.mark.slow
@pytest.mark.parametrize("assignment", Course(ROOT).assignments())
def test_masters_have_full_marks_where_they_lie(
    assignment: str, tmp_path: Path
) -> None:
    """The course folder is the repository itself, with links between assignments."""
    path = Course(ROOT).master(assignment)
    master = nbformat.read(path, as_version=4)
    handed_in = shutil.copytree(path.parent, tmp_path / "submitted")
    verdicts = judge_notebook(
        copy.deepcopy(master), master, handed_in, path.parent, Settings()
    )
    tests = {c.id: verdicts[c.id] for c in master.cells if is_autograded(c)}
    assert tests and all(verdict.passed for verdict in tests.values())
    assert not any(verdict.trouble for verdict in verdicts.values())
