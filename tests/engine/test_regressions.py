"""Ways in which a submission once gained, hid or harmed something."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.engine import grading
from autograder.engine.interpreter import size_of
from autograder.engine.wire.messages import Cause, unpacked
from autograder.notebook import cells_of
from tests.engine.attack_bank import EARNED, MASTER, WRONG, master
from tests.engine.small_course import Graded, cell, exercise, grade, solution

FORGER = """
import gc, os, struct, msgspec
from autograder.engine.student.side import StudentSide
side = next(o for o in gc.get_objects() if type(o) is StudentSide)
show = msgspec.msgpack.encode([5, {"output_type": "display_data", "data": 0}])[:-1]
"""
WRONG_SQUARE = {**EARNED, "test_square": 0}


def wrong_after(*added: str, **limits: Any) -> Graded:
    """Grade a wrong `square`, with cells of the student's own before all others."""
    notebook = master()
    for found in notebook["cells"]:
        found["source"] = WRONG if found["id"] == "square" else found["source"]
    cells = (nbformat.v4.new_code_cell(source) for source in added)
    notebook["cells"][:0] = map(dict, cells)
    return grade(MASTER, submission=json.dumps(notebook), **limits)


# --- what may be the machine's fault ----------------------------------------------


def test_death_planned_for_a_set_up_cell_is_no_fault_of_the_machine() -> None:
    graded = wrong_after("""
import os
def die(info):
    "contextlib" in info.raw_cell and os.kill(os.getpid(), 9)
get_ipython().events.register("pre_run_cell", die)
""")
    assert graded.points["test_square"] == 0
    assert graded.verdicts["setup"].cause is Cause.STUDENT


def test_death_at_random_places_is_no_fault_of_the_machine() -> None:
    deadly = "import os, random\nif random.random() < 0.1: os.kill(os.getpid(), 9)"
    assert wrong_after(*[deadly] * 60).points == WRONG_SQUARE


FORGED = {
    "a negative length": "Array('S0', b'', (-1,))",
    "a unit of no time": "Array('m8[0s]', bytes(24), (3,))",
    "a unit by nothing": "Array('m8[s/0]', bytes(24), (3,))",
    "a type of such a unit": "Word('dtype', 'm8[s/0]')",
    "keys that collide": "Items('set', [Word('int', hex(k * (2**61 - 1)))"
    " for k in range(1, 100_000)])",
}


@pytest.mark.parametrize("name", FORGED)
def test_what_the_judge_would_not_survive_costs_its_own_cell(name: str) -> None:
    """NumPy ended the process for the first four; the last kept it from its alarm."""
    forger = f"""
import autograder.engine.wire.writing as writing
from autograder.engine.wire.values import Array, Items, Word
forged, encode = {FORGED[name]}, writing.Encoder.encode
writing.Encoder.encode = lambda self, v: forged if v == "forged" else encode(self, v)
def f(x): return "forged"
"""
    master = [
        cell("setup", "setup", "import numpy as np"),
        solution("f", "def f(x): return x"),
        cell("test", "test_f", "assert f(1) == 1"),
        solution("g", "def g(x): return x"),
        cell("test", "test_g", "assert g(1) == 1"),
    ]
    limits = {"call_seconds": 1, "cell_seconds": 2, "submission_seconds": 20}
    graded = grade(master, {"f": forger}, **limits)
    assert graded.points == {"test_f": 0, "test_g": 1}


ODD_ERRORS = [
    "SyntaxError('x', 'abcdef')",
    "IndentationError('x', 'abcd')",
    "SyntaxError('x', ('a', 'b', 'c', 'd'))",
    "UnicodeDecodeError('utf-8', b'x', -(10**9), 10**9, 'odd')",
]


@pytest.mark.parametrize("error", ODD_ERRORS)
@pytest.mark.parametrize(
    "test", ["f(1)", "try: f(1)\nexcept Exception: raise ValueError('from it')"]
)
def test_an_error_that_cannot_be_shown_ends_nothing(error: str, test: str) -> None:
    master = [
        solution("f", "def f(x): return x"),
        cell("setup", "table", "table = [f(1)]"),
        cell("test", "test_f", test),
        cell("test", "test_other", "assert 1"),
    ]
    graded = grade(master, {"f": f"def f(x): raise {error}"})
    assert graded.points == {"test_f": 0, "test_other": 1}
    assert all(v.error != "JudgeDied" for v in graded.verdicts.values())


SESSION = """
import os
def f(begins):
    own = os.getsid(0)
    if os.fork() == 0:
        if begins: os.setsid()
        os._exit(os.getsid(0) == own)
    return os.waitstatus_to_exitcode(os.wait()[1])
"""


@pytest.mark.parametrize("begins", [True, False])
def test_nobody_begins_a_session(begins: bool) -> None:
    """The kernel shares cores among sessions: with many, others ran into their limits."""
    answer = solution("f", "def f(begins): return 1")
    master = [answer, cell("test", "test_f", f"assert f({begins}) == 1")]
    assert grade(master, {"f": SESSION}).points == {"test_f": 1}


@pytest.mark.parametrize("files, size", [(200, 5000), (250, 4097)])
def test_files_that_fill_their_disk_are_no_fault_of_the_machine(
    files: int, size: int
) -> None:
    """Each takes whole pages."""
    handed_in = {f"{n}.txt": "x" * size for n in range(files)}
    graded = grade(MASTER, handed_in=handed_in, disk_bytes=1 << 20)
    assert graded.points == EARNED


def test_deaths_here_and_there_get_no_six_times_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempts, judge = [], grading.Started.judge
    monkeypatch.setattr(
        grading.Started, "judge", lambda *given: attempts.append(1) or judge(*given)
    )
    slow = "import os, random, time\ntime.sleep(3)\nodd = random.randrange(8)"
    answers = [solution(f"answer{n}", "pass") for n in range(8)]
    master = [solution("f", "f = 1"), *answers, cell("test", "test_f", "assert f == 1")]
    dies = {f"answer{n}": f"if odd == {n}: os.kill(os.getpid(), 9)" for n in range(8)}
    grade(master, {"f": slow, **dies}, submission_seconds=4)  # no fault of the machine
    assert len(attempts) == 3


# --- outputs that take more than they seem to -------------------------------------


def test_outputs_of_empty_things_take_room() -> None:
    for thing in (b"\x80", b"\x90", b"\xa0", b"\xc0"):
        message: Any = unpacked(b"\x92\x05\x81\xa1x\xdc\x03\xe8" + 1000 * thing)
        assert size_of(message.output) > 1000 * 32


def test_outputs_do_not_fill_the_grader() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    many = (
        FORGER
        + """
side.line.send(show + b"\\xdd" + struct.pack("!I", 4_000_000) + 4_000_000 * b"\\x80")
"""
    )
    assert wrong_after(many).points == WRONG_SQUARE
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100 << 10


def test_outputs_of_foreign_types_take_room() -> None:
    graded = wrong_after(FORGER + """
big = msgspec.msgpack.encode(msgspec.msgpack.Ext(5, bytes(60 << 20)))
side.line.send(show + big)
side.line.send(show + big)
""")  # fmt: skip
    assert "cut off" in str(graded.notebook.cells[0].outputs)
    assert graded.points == WRONG_SQUARE


# --- submitted files --------------------------------------------------------------


@pytest.mark.parametrize("points", [10**400, "1e999", None, [1], {"a": 1}])
def test_odd_points_with_a_checksum_stop_nothing(tmp_path: Path, points: Any) -> None:
    notebook = master()
    for found in notebook["cells"]:
        found["metadata"]["nbgrader"] |= {"points": points, "checksum": "0"}
    path = tmp_path / "notebook.ipynb"
    path.write_text(json.dumps(notebook))
    assert len(cells_of(path.read_bytes())) == len(MASTER)


# --- forged messages --------------------------------------------------------------


def test_an_error_without_a_text_does_not_end_the_judge() -> None:
    graded = wrong_after(FORGER + """
types = [("numpy._core._exceptions", "_UFuncNoLoopError")]
side.line.send(msgspec.msgpack.encode([4, types, ["a", "b"], "x", "", None]))
os._exit(1)
""")  # fmt: skip
    assert graded.points["test_square"] == 0


@pytest.mark.parametrize("depth", [500, 900, 940, 970])
def test_deep_outputs_can_be_read_by_a_grader_who_is_deep_in_calls(depth: int) -> None:
    message = f'side.line.send(show + {depth} * b"\\x91" + b"\\x01")'
    graded = _called_deep(60, lambda: wrong_after(FORGER + message))
    assert graded.points == WRONG_SQUARE


def _called_deep(depth: int, function: Callable[[], Graded]) -> Graded:
    return _called_deep(depth - 1, function) if depth else function()


def test_names_of_errors_are_short() -> None:
    graded = wrong_after(FORGER + """
side.line.send(msgspec.msgpack.encode([3, "E" * (1 << 20), []]))
os._exit(1)
""")  # fmt: skip
    assert all(len(v.error or "") < 1000 for v in graded.verdicts.values())


def test_errors_of_lent_functions_keep_no_arguments_alive() -> None:
    answer = """
def f(lent):
    for _ in range(8):
        try:
            lent(np.ones(4 << 20))
        except Exception:
            pass
"""
    test = """
import resource
def size(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
def lent(array): raise ValueError
before = size()
f(lent)
assert size() - before < 250, size() - before
"""
    assert exercise(answer, test) == (1, "")


# --- names ------------------------------------------------------------------------


def test_a_helper_that_a_failed_test_did_not_make_is_not_the_students() -> None:
    first = """
def _check(): assert _same(f(2), 3)
f(1)
def _same(a, b): return a == b
_check()
"""
    master = [
        solution("f", "def f(x): return x + 1"),
        cell("test", "first", first),
        cell("test", "second", "assert _same(f(2), 3)"),
    ]
    assert grade(master).points == {"first": 1, "second": 1}
    cheat = "def f(x): return 1 / (x - 1)\ndef _same(a, b): return True"
    assert grade(master, {"f": cheat}).points == {"first": 0, "second": 0}


# --- honest answers ---------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        "f = np.vectorize(lambda x: x * x)",
        "f = np.frompyfunc(lambda x: x * x, 1, 1)",
        "def f(x): return x * x\nsys.stdout = None",
        "def f(x): return x * x\nwith open('log', 'w') as sys.stdout: print(f(2))",
    ],
)
def test_odd_but_honest(answer: str) -> None:
    assert exercise(answer, "assert f(3) == 9\nassert f(4) == 16")[0] == 1


# --- what runs in the judge -------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "test"),
    [
        (
            "f = np.positive",  # its second argument is where it writes
            "a, b = np.ones(9), np.zeros(9)\nassert (f(a, b) == (a + b) / 2).all()",
        ),
        (
            "f = np.ndarray",  # of what was in memory there
            "for n in (3, 7, 50):\n"
            "    right = (np.arange(n) / (n - 1)).tolist()\n"
            "    assert np.allclose(f(n), right)",
        ),
    ],
)
def test_no_tool_of_numpys_is_run_in_the_judge_for_an_answer(
    answer: str, test: str
) -> None:
    assert exercise(answer, test)[0] == 0


def test_tools_of_numpys_are_handed_over_and_answers_may_be_called_like_them() -> None:
    lent = "assert f(np.tanh) == np.tanh(1.0)"
    assert exercise("def f(g): return g(1.0) if g is np.tanh else 0", lent)[0] == 1
    assert exercise("f = np.tanh", "assert f(0.5) == np.tanh(0.5)")[0] == 1


def test_no_exception_of_others_is_raised_by_way_of_numpy() -> None:
    answer = """
class SkipTest(Exception):
    __module__ = "numpy.testing._private.utils"
def f(x): raise SkipTest
"""
    test = """
import unittest, numpy.testing
try:
    f(1)
except unittest.SkipTest:
    pass
"""
    assert exercise(answer, test)[0] == 0
