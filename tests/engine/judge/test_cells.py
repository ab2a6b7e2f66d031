"""Cells by role: where they run, whose names are whose, and what a failure is."""

from __future__ import annotations

import pytest

from autograder.engine.grading import Settings
from autograder.engine.wire.messages import Cause
from tests.engine.small_course import IMPORTS, cell, exercise, grade, solution, tagged

# --- names ------------------------------------------------------------------------


def test_names_of_the_judge_win() -> None:
    """A student cannot replace what set-up and test cells define or import."""
    setup = cell("setup", "tools", "def close(a, b): assert a == b\nLIMIT = 3")
    student = """
def f(): return 2
def close(a, b): pass
class AssertionError(Exception): pass
_ref_f = np = LIMIT = lambda *a: 2
"""
    test = "def _ref_f(): return 1\nassert LIMIT == 3 and np.ones(1)[0] == 1\nclose(f(), _ref_f())"
    points, output = exercise(student, test, setup)
    assert points == 0 and "AssertionError" in output


def test_untagged_locked_cells_define_the_judges_helpers() -> None:
    source = "import math\ndef close(a, b): assert a == b, math.pi"
    helper = cell("locked", "helper", source)
    lie = "def close(a, b): pass\ndef f(): return 2"
    assert exercise(lie, "close(f(), 3)", helper)[0] == 0
    assert exercise("def f(): return 3", "close(f(), 3)", helper)[0] == 1


def test_a_variable_that_set_up_makes_and_the_student_changes() -> None:
    """It is the student's where the master's own answer binds it after that."""
    setup = cell("setup", "data", "numbers = [1, 2]")
    bound = "numbers = f = 0"
    student = "numbers = [*numbers, 3]\nf = sum(numbers)"
    assert exercise(student, "assert f == 6", setup, binds=bound)[0] == 1
    student = "numbers = [4]\ndef f(): return numbers"
    test = "assert f() == numbers == [4]"
    assert exercise(student, test, setup, binds=bound)[0] == 1
    assert exercise(student, test, setup)[0] == 0


def test_names_of_set_up_cells_are_restored_before_each_graded_cell() -> None:
    """What an answer put in their place is gone when its functions are called."""
    setup = cell("setup", "tools", "LIMIT = 3\ndef helper(x): return x")
    student = "LIMIT = 9\ndef helper(x): return 8\ndef f(): return LIMIT, helper(1)"
    assert exercise(student, "assert f() == (3, 1)", setup)[0] == 1


def test_a_test_sees_the_names_of_tests_before_it() -> None:
    cells = [IMPORTS, solution("f", "def f(x): return x"),
             cell("test", "first", "def close(a, b): assert a == b\nTABLE = {1: 1}"),
             cell("test", "test_f", "for k, v in TABLE.items(): close(f(k), v)")]  # fmt: skip
    lie = "TABLE = {}\ndef close(a, b): pass\ndef f(x): return 7"
    assert grade(cells, {"f": lie}).points == {"first": 1, "test_f": 0}
    assert grade(cells).points == {"first": 1, "test_f": 1}


def test_a_name_that_nobody_binds_is_asked_of_the_student() -> None:
    assert exercise("f = 1\nextra = 5", "assert extra == 5")[0] == 1
    assert exercise("f = 1", "assert extra == 5")[0] == 0


HELPER = {"helper.py": "def check(x): assert x\nLIMIT = 3"}
UNREADABLE = {
    "import": "from helper import *",
    "magic": "%run helper.py",
    "exec": "exec(open('helper.py').read())",
    "vars": "import helper\nvars().update(vars(helper))",
    "after a failure": "from helper import *\n1 / 0",
    "before a failure": "1 / 0\nfrom helper import *",
}


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize("kind", ["setup", "locked", "test"])
def test_names_that_no_reading_of_a_set_up_cell_finds(name: str, kind: str) -> None:
    """They are the judge's all the same."""
    cells = [
        cell(kind, "tools", UNREADABLE[name]), solution("f", "def f(): return 3"),
        cell("test", "test_f", "check(f() == LIMIT)"),
    ]  # fmt: skip
    lie = "def check(x): pass\nLIMIT = 2\ndef f(): return 2"
    if name != "before a failure":
        assert grade(cells, files=HELPER).points["test_f"] == 1
    elif kind == "test":
        pytest.skip("a test that fails binds what it binds")
    assert grade(cells, {"f": lie}, files=HELPER).points["test_f"] == 0


def test_a_substitute_that_a_failed_test_left_is_no_answer() -> None:
    swap = "vars(sys.modules['__main__'])['f'] = lambda: 1\nassert 0"
    cells = [
        IMPORTS, solution("f", "def f(): return 1"), cell("test", "fails", swap),
        cell("test", "test_f", "assert f() == 1"),
    ]  # fmt: skip
    assert grade(cells, {"f": "def f(): return 2"}).points == {"fails": 0, "test_f": 0}
    assert grade(cells).points == {"fails": 0, "test_f": 1}


def test_an_answer_that_binds_a_name_again_is_asked_again() -> None:
    cells = [
        solution("one", "x = 1"), cell("test", "test_1", "assert x == 1"),
        solution("two", "x = 2"), cell("test", "test_2", "assert x == 2"),
    ]  # fmt: skip
    assert grade(cells).points == {"test_1": 1, "test_2": 1}
    assert grade(cells, {"two": "pass"}).points == {"test_1": 1, "test_2": 0}


def test_modules_that_an_answer_imports_are_the_judges_own() -> None:
    right = "import math\ndef f(x): return math.sqrt(x)"
    test = "r = f(16)\nassert math.isclose(r, 4)"
    fake = """
class Fake:
    def __getattr__(self, name): return lambda *a, **k: True
math = Fake()
def f(x):
    globals()['math'] = Fake()
    return 0
"""
    assert exercise(right, test, binds=right)[0] == 1
    assert exercise(fake, test, binds=right)[0] == 0


def test_a_name_that_the_test_binds_itself() -> None:
    right = "def f(x): return x * x\nfor x, y in [(1, 1)]: print(f(x) == y)"
    test = "for x, y in {2: 4, 3: 9}.items():\n    assert f(x) == y"
    assert exercise("y = 0\ndef f(x): return y", test, binds=right)[0] == 0
    assert exercise(right, test, binds=right)[0] == 1


def test_the_judges_history_holds_the_sources_of_answers() -> None:
    answer = "def f(x):  # a remark that only this has\n    return x"
    assert exercise(answer, "assert 'only this has' in In[-1]")[0] == 1
    assert (
        exercise("In = ['only this has']\nf = 1", "assert In[-1].startswith('In =')")[0]
        == 1
    )


DECEPTIONS = {
    "the names that IPython gives": (
        "seen = []\ndef display(x): seen.append(x)\nget_ipython = exit = display\n"
        "In = Out = _ = [4]\ndef f(): return len(seen)",
        "display(4)\nget_ipython().run_line_magic('pwd', '')\nassert 4 not in In\n"
        "assert f() == 1",
        [],
    ),
    "constants of untagged cells": (
        "LIMIT, TABLE = 9, {}\ndef f(x): return 0",
        "assert abs(f(2) - 4) < LIMIT\nfor k, v in TABLE.items(): assert f(k) == v",
        [cell("locked", "constants", "LIMIT = 1\nTABLE = {3: 9}")],
    ),
    "constants of cells that failed": (
        "LIMIT = 9\ndef f(x): return 0",
        "assert abs(f(2) - 4) < LIMIT",
        [cell("setup", "constants", "open('/etc/none')\nLIMIT = 1")],
    ),
    "names that a failed cell might have imported": (
        "LIMIT = 9\ndef f(x): return 0",
        "assert abs(f(2) - 4) < LIMIT",
        [cell("setup", "constants", "from nowhere import *")],
    ),
    "names of demonstrations": (
        "LIMIT = 9\ndef f(x): return 0",
        "assert abs(f(2) - 4) < LIMIT",
        [cell("demo", "shown", "LIMIT = 1")],
    ),
    "built-in functions": (
        "abs = lambda x: 0\nisinstance = any = all = lambda *a: True\ndef f(x): return 9",
        "assert abs(f(2) - 4) < 1 or not all([])",
        [],
    ),
    "an exception of the test's own by name": (
        "class Skip(Exception): pass\ndef f(x): raise Skip()",
        "class Skip(Exception): pass\ntry:\n    assert f(1) == 2\nexcept Skip: pass",
        [],
    ),
    "an exception that catches failures": (
        "Low = AssertionError\ndef f(x): return x",
        "try:\n    f(1)\n    assert False\nexcept Low:\n    pass",
        [],
    ),
    "an exception that catches all": (
        "Low = Exception\ndef f(x): return x",
        "try:\n    f(1)\n    assert False\nexcept Low:\n    pass",
        [],
    ),
    "a decoy definition": (
        "def f(x): return x\nf = lambda x: sorted(x)",
        "import inspect\nassert 'sorted' not in inspect.getsource(f)",
        [],
    ),
    "a masked array": (
        "def f(x): return np.ma.masked_all(3)",
        "np.testing.assert_allclose(f(np.arange(3.0)), [0, 1, 4])",
        [],
    ),
    "the judge's modules": (
        "import numpy.testing\nnp.testing.assert_allclose = lambda *a, **k: None\n"
        "def f(x): return 0",
        "np.testing.assert_allclose(f(2), 4)",
        [],
    ),
    "few nodes that are many": (
        "def f(x):\n    t = ()\n    for _ in range(60): t = (t, t)\n    return t",
        "assert {f(3)}",
        [],
    ),
    "the student's code in a stand-in": (
        "def f(x):\n    class Equal:\n        def __eq__(self, other): return True\n"
        "    return Equal()\nf.__wrapped__ = f",
        "assert f.__wrapped__(3) == 9",
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DECEPTIONS)
def test_is_not_deceived_by(name: str) -> None:
    student, test, others = DECEPTIONS[name]
    points, output = exercise(student, test, *others)
    assert points == 0, output


# --- roles ------------------------------------------------------------------------


def test_manual_cells_run_and_wait_for_people() -> None:
    essay = cell("manual", "essay", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION")
    graded = grade([IMPORTS, essay], {"essay": "print('mine')"})
    assert graded.points == {"essay": None} and "mine" in graded.output("essay")
    stub = grade(
        [IMPORTS, essay], {"essay": "# YOUR CODE HERE\nraise NotImplementedError()"}
    )
    assert stub.points == {"essay": 0}


def test_demonstrations_do_not_run() -> None:
    cells = [
        cell("demo", "shown", "print('shown')\nf = 1"),
        cell("test", "test_f", "assert f == 1"),
    ]
    graded = grade(cells)
    assert graded.points == {"test_f": 0} and graded.output("shown") == ""
    assert not graded.verdicts["shown"].ran
    about = graded.verdicts["test_f"]
    assert "demonstrations" in about.trouble and about.cause is Cause.TEST


def test_set_up_runs_on_both_sides() -> None:
    setup = cell("setup", "both", "import os\nfrom math import tau\nPID = os.getpid()")
    student = "def f(): return PID, os.getpid(), tau"
    test = "there, now, t = f()\nassert there == now != PID == os.getpid() and t == tau"
    assert exercise(student, test, setup)[0] == 1


def test_a_set_up_cell_that_fails_is_told() -> None:
    broken = cell("setup", "broken", "import no_such_module")
    cells = [broken, solution("f", "f = 1"), cell("test", "test_f", "assert f")]
    graded = grade(cells)
    about = graded.verdicts["broken"]
    assert "failed in the judge" in about.trouble and about.cause is Cause.TEST
    assert graded.points == {"test_f": 1}


def test_probes_run_beside_the_student() -> None:
    setup = cell("setup", "tools", """
def probe(function):
    function.probe = True
    return function
@probe
def layers(thing): return [type(x).__name__ for x in thing.parts]
@probe
def make(n): return bytearray(n)
@probe
def left(function, *args):
    function(*args)
    return args
""")  # fmt: skip
    student = """
class Model: parts = [[], {}]
def f(a):
    if type(a) is list: a.append(1)
    return Model() if len(a) == 3 else 0
"""
    for test in (
        "assert layers(f(make(3))) == ['list', 'dict']",
        "assert left(f, [5]) == ([5, 1],)",
        "assert left.__name__ == 'left'",
    ):
        points, output = exercise(student, test, setup)
        assert points == 1, output


def test_a_student_cannot_replace_a_probe() -> None:
    setup = cell(
        "setup", "tools", "def kind(x): return type(x).__name__\nkind.probe = True"
    )
    student = "class T: pass\ndef kind(x): return 'float'\ndef f(): return T()"
    assert exercise(student, "assert kind(f()) == 'float'", setup)[0] == 0
    assert exercise(student, "assert kind(f()) == 'T'", setup)[0] == 1


# --- together ---------------------------------------------------------------------

PID = [
    IMPORTS,
    solution("f", "import os\nf = os.getpid()"),
    cell("test", "test_f", "import os\nassert f == os.getpid()"),
    cell("test", "test_g", "assert f > 1"),
]


def test_a_cell_runs_together_where_it_is_said() -> None:
    assert grade(PID).points == {"test_f": 0, "test_g": 1}
    for together in (True, ["test_f"]):
        settings = Settings(together=together)
        assert grade(PID, settings=settings).points == {"test_f": 1, "test_g": 1}
    assert grade(PID, settings=Settings(together=["test_g"])).points["test_f"] == 0
    tagged_cells = [*PID[:2], tagged(cell("test", "test_f", PID[2].source), "together")]
    assert grade(tagged_cells).points == {"test_f": 1}


def test_together_is_as_in_one_kernel() -> None:
    cells = [
        cell("setup", "setup", "LIMIT = 3"),
        solution("f", "total = 0\nclass Stack(list): pass\ndef f(): return Stack()"),
        tagged(cell("test", "one", "assert type(f()) is Stack\ntotal += 1\nmine = 2"), "together"),
        tagged(cell("test", "two", "assert total == 1 and mine == 2\n0.5"), "together"),
        tagged(cell("test", "three", "print('shown')\nassert LIMIT == 3"), "together"),
        cell("test", "apart", "assert total == 1"),
    ]  # fmt: skip
    graded = grade(cells)
    assert graded.points == {"one": 1, "two": 0.5, "three": 1, "apart": 0}, (
        "bound there"
    )
    assert "shown" in graded.output("three")
    graded = grade(cells, {"f": "LIMIT = 9\ndef f(): return []\ntotal = 5"})
    assert graded.points == {"one": 0, "two": 0, "three": 1, "apart": 0}


def test_failures_and_ends_of_cells_that_run_together() -> None:
    def test(name: str, source: str):
        return tagged(cell("test", name, source), "together")

    cells = [
        solution("f", "def f(): return 1"),
        test("fails", "assert f() == 2"),
        test("hangs", "while True: pass"),
        test("ends", "import os\nos._exit(0)"),
        test("after", "assert f() == 1"),
        test("broken", "def"),
    ]
    graded = grade(cells, cell_seconds=1, call_seconds=1)
    assert graded.points == {"fails": 0, "hangs": 0, "ends": 0, "after": 1, "broken": 0}
    assert graded.verdicts["fails"].error == "AssertionError"
    assert graded.verdicts["hangs"].cause is Cause.STUDENT


def test_what_is_shown_together_cannot_raise_the_points() -> None:
    """They are stock nbgrader's: at most what the cell is worth."""
    cells = [solution("f", "f = 5"), tagged(cell("test", "t", "f"), "together")]
    assert grade(cells).points["t"] in (0, 1)


# --- failures ---------------------------------------------------------------------


def test_a_verdict_tells_what_happened() -> None:
    cells = [
        solution("f", "def f(): return 1"),
        cell("test", "right", "assert f() == 1"),
        cell("test", "wrong", "assert f() == 2, 'look'"),
        cell("test", "raises", "{}['x']"),
        cell("test", "broken", "def"),
        cell("test", "exits", "raise SystemExit"),
        cell("test", "again", "assert f() == 1"),
    ]
    graded = grade(cells)
    errors = {name: verdict.error for name, verdict in graded.verdicts.items()}
    assert errors == {
        "f": None, "right": None, "wrong": "AssertionError", "raises": "KeyError",
        "broken": "SyntaxError", "exits": "SystemExit", "again": None,
    }  # fmt: skip
    assert graded.points["again"] == 1 and graded.points["exits"] == 0
    assert all(
        v.ran and not v.trouble and v.seconds >= 0 for v in graded.verdicts.values()
    )
    assert "look" in graded.output("wrong")


def test_an_answer_with_an_error_costs_what_it_lacks() -> None:
    student = "def f(): return 1\n1 / 0\ndef g(): return 2"
    graded = grade(
        [solution("f", "f = g = None"), cell("test", "t_f", "assert f() == 1"),
         cell("test", "t_g", "assert g() == 2")],
        {"f": student},
    )  # fmt: skip
    assert graded.points == {"t_f": 1, "t_g": 0}
    assert graded.verdicts["f"].error == "ZeroDivisionError"


def test_noise_on_stderr_costs_nothing() -> None:
    student = "import sys, warnings\nwarnings.warn('slow')\nprint('x', file=sys.stderr)\nf = 1"
    test = "import sys\nprint('a warning', file=sys.stderr)\nassert f"
    assert exercise(student, test)[0] == 1


def test_a_tests_own_endless_loop_is_the_tests_fault() -> None:
    cells = [
        solution("f", "f = 1"), cell("test", "slow", "while f: pass"),
        cell("test", "fine", "assert f"),
    ]  # fmt: skip
    graded = grade(cells, cell_seconds=1)
    assert graded.points == {"slow": 0, "fine": 1}
    assert graded.verdicts["slow"].cause is Cause.TEST


def test_a_test_that_swallows_its_end_is_ended_again() -> None:
    loop = "while True:\n    try:\n        while True: pass\n    except Exception: pass"
    cells = [cell("test", "slow", loop), cell("test", "fine", "assert 1")]
    assert grade(cells, cell_seconds=1).points == {"slow": 0, "fine": 1}


# --- files ------------------------------------------------------------------------


def test_files_and_modules_are_the_courses_own() -> None:
    """A test reads the course's files; what the student wrote, a probe tells."""
    student = """
open("helper.py", "w").write("def check(x): pass")
open("numpy.py", "w").write("")
open("expected.txt", "w").write("")
open("out.txt", "w").write("42")
def f(): return open("mine.txt").read()
"""
    test = """
from helper import check, theirs
check(open("expected.txt").read() == "3")
check(not __import__("os").path.exists("out.txt"))
check(read("out.txt") == "42" and read("expected.txt") == "")
open("mine.txt", "w").write("a test may write, for itself")
try:
    f()
except FileNotFoundError: pass
else: check(False)
"""
    probe = "def read(name):\n    return open(name).read()\nread.probe = True"
    cells = [
        cell("setup", "probe", probe),
        solution("f", student),
        cell("test", "t", test),
    ]
    files = {"helper.py": "theirs = None\ndef check(x): assert x", "expected.txt": "3"}
    graded = grade(cells, files=files)
    assert graded.points == {"t": 1}, graded.output("t")


def test_nothing_of_a_student_can_be_imported_here() -> None:
    student = """
for name in ("helper2.py", "json.py", "sitecustomize.py"):
    open(name, "w").write("print('theirs')")
f = 1
"""
    test = """
import importlib, json
assert "theirs" not in str(json.dumps)
try:
    importlib.import_module("helper2")
except ImportError:
    assert f == 1
else:
    raise AssertionError
"""
    points, output = exercise(student, test)
    assert points == 1, output


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(
    "magic", ["%%time", "%%capture", "%%capture shown", "%%timeit -n1 -r1", "%time"]
)
def test_graded_cells_under_a_magic_judge(magic: str, together: bool) -> None:
    source = f"{magic} assert f(1) == 2"
    if magic.startswith("%%"):
        source = f"{magic}\nassert f(1) == 2"
    cells = [solution("f", "def f(x): return x + 1"), cell("test", "t", source)]
    settings = Settings(together=together)
    assert grade(cells, settings=settings).points["t"] == 1
    wrong = {"f": "def f(x): return x"}
    assert grade(cells, wrong, settings=settings).points["t"] == 0


def test_a_missing_name_tells_how_its_cell_ended() -> None:
    answer = "import gone_library\ndef f(x): return x"
    points, output = exercise(answer, "assert f(1) == 1", binds="def f(x): return x")
    assert points == 0
    assert "'f' is not defined: its cell ended with ModuleNotFoundError" in output
    _, output = exercise("g = 1", "assert f(1) == 1", binds="def f(x): return x")
    assert "'f' is not defined'" in output or "'f' is not defined\"" in output
