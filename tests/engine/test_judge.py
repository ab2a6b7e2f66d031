"""What tests can do with a student's code that lives in another process."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

import nbformat
import pytest

from autograder.course import Course
from autograder.engine.session import Settings, judge_notebook
from tests.engine.small_course import cell, grade, solution

ROOT = Path(__file__).parents[2]
SETUP = cell("setup", "setup", "import numpy as np\nimport sys")


def score(student: str, test: str, *others, binds="f = None", **limits):
    """Grade one exercise `f` by one test; points and the test cell's output."""
    cells = [SETUP, *others, solution("f", binds), cell("test", "test_f", test)]
    graded = grade(cells, {"f": student}, **limits)
    return graded.points["test_f"], graded.output("test_f")


PASSING = {
    "plain data both ways": (
        "def f(x): return x",
        """
for value in [None, True, 7, 2**80, -2.5, 1j, "é\\ud800", b"\\0", (1, [2]), {1: {"a"}},
              frozenset([1]), range(2, 9, 3), slice(1, None), ..., float("inf"), int,
              np.float32, np.dtype("i2"), np.sin]:
    back = f(value)
    assert type(back) is type(value) and back == value, (value, back)
""",
    ),
    "arrays keep type, shape, order and flags": (
        "def f(x): return x, x.flags.f_contiguous, x.flags.writeable",
        """
for a in [np.arange(6.).reshape(2, 3), np.arange(6).reshape(2, 3).T, np.zeros((0, 3)),
          np.float32(3), np.array("ab"), np.array(1j), np.array(["2020-01-01"], "M8[D]"),
          np.array([[1, "a"], [None, (2, 3)]], object), np.bool_(True)]:
    if isinstance(a, np.ndarray):
        b, fortran, writeable = f(a)
        assert fortran == a.flags.f_contiguous and writeable
        assert type(b) is np.ndarray and b.dtype == a.dtype and b.shape == a.shape
        assert (b == a).all()
frozen = np.ones(3)
frozen.flags.writeable = False
assert f(frozen)[2] is False
""",
    ),
    "a subclass comes as its base": (
        "class D(dict): pass\nclass A(np.ndarray): pass\n"
        "def f(): return D(a=1), np.ones(2).view(A), type('S', (str,), {})('x')",
        "d, a, s = f()\nassert type(d) is dict and type(a) is np.ndarray\n"
        "assert type(s) is str",
    ),
    "changes in place are seen": (
        """
def f(a, l, d, s):
    a[0] = 5; l.append(3); l[0][0] = 9; d["b"] = a; del d["a"]; s.add(4)
""",
        """
a, inner, d, s = np.zeros(2), [1], {"a": 0}, {1}
l = [inner, inner]
f(a, l, d, s)
assert a[0] == 5 and inner == [9] and l == [inner, inner, 3] and l[0] is inner
assert d["b"] is a and list(d) == ["b"] and s == {1, 4}
""",
    ),
    "an argument that is returned is the same object": (
        "def f(d): return d, d['x']",
        "x = np.ones(2)\nd = {'x': x}\na, b = f(d)\nassert a is d and b is x",
    ),
    "one object given twice is one object": (
        "def f(a, b):\n    a += 1\n    return a is b",
        "a = np.zeros(2)\nassert f(a, a) and (a == 1).all()",
    ),
    "a callback is called here": (
        "def f(g, x): return [g(x), g(x + 1)]",
        "seen = []\ndef g(x):\n    seen.append(x)\n    return {'x': x}\n"
        "assert f(g, 1) == [{'x': 1}, {'x': 2}] and seen == [1, 2]",
    ),
    "exceptions keep their type and message": (
        """
class Mine(KeyError): pass
def f(kind):
    if kind == "mine": raise Mine("k")
    if kind == "linalg": np.linalg.inv(np.zeros((2, 2)))
    raise ValueError("no", 3)
""",
        """
for kind, expected in [("mine", KeyError), ("linalg", np.linalg.LinAlgError),
                       ("other", ValueError)]:
    try:
        f(kind)
    except expected as error:
        assert isinstance(error, expected), type(error)
    else:
        raise AssertionError(kind)
assert error.args == ("no", 3) if kind == "other" and "error" in vars() else True
""",
    ),
    "objects are handles": (
        """
class Counter:
    step = 2
    def __init__(self): self.items = [1, 2]
    def count(self, by): return self.step * by
    def __len__(self): return 2
    def __iter__(self): return iter(self.items)
    def __getitem__(self, i): return self.items[i]
    def __array__(self, dtype=None, copy=None): return np.array(self.items)
    def __eq__(self, other): return True
def f(): return Counter()
""",
        """
c = f()
assert c.step == 2 and c.count(by=3) == 6 and len(c) == 2 and c[1] == 2
assert list(c) == [1, 2] and 1 in c and 5 not in c and np.asarray(c).sum() == 3 and c is not None
c.step = 5
assert c.count(1) == 5
assert not isinstance(c, int)
for question in (lambda: c == 1, lambda: bool(c), lambda: c < 2):
    try:
        question()
    except TypeError:
        continue
    raise AssertionError
""",
    ),
    "inspect sees the student's function": (
        "def f(a, b=2, *c, d):\n    '''Doc.'''\n    return a",
        """
import inspect, types
assert isinstance(f, types.FunctionType) and callable(f) and f.__doc__ == "Doc."
assert list(inspect.signature(f).parameters) == ["a", "b", "c", "d"]
assert f.__name__ == "f" and "return a" in inspect.getsource(f)
""",
    ),
    "prints can be caught": (
        "def f(): print('hello')",
        "import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()) as out:\n"
        "    f()\nassert out.getvalue() == 'hello\\n'",
    ),
    "seeds reach the student's draws": (
        "import random\ndef f(): return np.random.rand(), random.random()",
        "import random\nnp.random.seed(3); random.seed(4)\nfirst = np.random.rand()\n"
        "drawn = f()\nnp.random.seed(3); random.seed(4)\nnp.random.rand()\n"
        "assert drawn == (np.random.rand(), random.random())",
    ),
    "variables come as data": (
        "f = {'a': [1, 2]}\nother = 3",
        "assert f == {'a': [1, 2]}",
    ),
    "magics, partial credit": ("def f(): return 1", "%time f()\n0.5 * f()"),
}  # fmt: skip


@pytest.mark.parametrize("name", PASSING)
def test_passes(name: str) -> None:
    student, test = PASSING[name]
    points, output = score(student, test)
    expected = 0.5 if "partial" in name else 1
    assert points == expected, output


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
    points, output = score(student, test, setup)
    assert points == 0 and "AssertionError" in output


def test_untagged_locked_cells_define_the_judges_helpers() -> None:
    helper = cell(
        "locked", "helper", "import math\ndef close(a, b): assert a == b, math.pi"
    )
    assert (
        score("def close(a, b): pass\ndef f(): return 2", "close(f(), 3)", helper)[0]
        == 0
    )
    assert score("def f(): return 3", "close(f(), 3)", helper)[0] == 1


def test_substitution_and_nested_calls() -> None:
    setup = cell("setup", "tools", """
def swap(name, value):
    names = vars(sys.modules["__main__"])
    names[name], before = value, names[name]
    return before
""")  # fmt: skip
    first = solution("g", "def g(x): return -x")
    test = """
def _ref_g(x): return x + g_before(10)
g_before = swap("g", _ref_g)
assert f(1) == [1 - 10], f(1)
swap("g", g_before)
assert f(1) == [-1]
"""
    assert score("def f(x): return [g(x)]", test, setup, first)[0] == 1


def test_probes_run_beside_the_student() -> None:
    setup = cell("setup", "tools", """
def probe(function):
    function.probe = True
    return function
@probe
def layers(thing): return [type(x).__name__ for x in thing.parts]
@probe
def make(n): return bytearray(n)
""")  # fmt: skip
    student = "class Model:\n    parts = [[], {}]\ndef f(a): return Model() if len(a) == 3 else 0"
    assert (
        score(student, "assert layers(f(make(3))) == ['list', 'dict']", setup)[0] == 1
    )


def test_a_variable_that_set_up_makes_and_the_student_changes() -> None:
    setup = cell("setup", "data", "numbers = [1, 2]")
    assert (
        score(
            "numbers.append(3)\nf = sum(numbers)",
            "assert f == 6",
            setup,
            binds="numbers = f = 0",
        )[0]
        == 1
    )
    student = "numbers = [4]\ndef f(): return numbers"
    test = "assert f() == numbers == [4]"
    assert score(student, test, setup, binds="numbers = f = 0")[0] == 1
    assert score(student, test, setup)[0] == 0


def test_manual_cells_run_and_wait_for_people() -> None:
    cells = [
        SETUP,
        cell("manual", "essay", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"),
    ]
    assert grade(cells, {"essay": "print('mine')"}).points == {"essay": None}
    assert "mine" in grade(cells, {"essay": "print('mine')"}).output("essay")
    stub = grade(cells, {"essay": "# YOUR CODE HERE\nraise NotImplementedError()"})
    assert stub.points == {"essay": 0}


def test_rich_outputs_appear() -> None:
    student = """
import matplotlib.pyplot as plt
from IPython.display import HTML, display
plt.plot([1, 2])
h = display(HTML("<b>1</b>"), display_id=True)
h.update(HTML("<b>2</b>"))
def f(): pass
f
"""
    graded = grade([SETUP, solution("f", student), cell("test", "test_f", "f()")])
    shown = graded.output("f")
    assert "image/png" in shown and "<b>2</b>" in shown and "<b>1</b>" not in shown
    assert "function" in shown


def test_files_and_modules_are_the_courses_own() -> None:
    """A test reads the course's files; what the student wrote, a probe tells."""
    student = """
open("helper.py", "w").write("def check(x): pass")
open("numpy.py", "w").write("")
open("expected.txt", "w").write("")
open("out.txt", "w").write("42")
def f(): return 1
"""
    test = """
from helper import check, theirs
check(open("expected.txt").read() == "3")
check(not __import__("os").path.exists("out.txt"))
open("mine.txt", "w").write("a test may write, too")
check(read("out.txt") == "42")
f()
"""
    probe = "def read(name):\n    return open(name).read()\nread.probe = True"
    cells = [
        SETUP,
        cell("setup", "probe", probe),
        solution("f", student),
        cell("test", "test_f", test),
    ]
    helper = "theirs = None\ndef check(x): assert x"
    files = {"helper.py": helper, "expected.txt": "3"}
    graded = grade(cells, files=files)
    assert graded.points == {"test_f": 1}, graded.output("test_f")


SWAP = cell("setup", "tools", """
from contextlib import contextmanager
@contextmanager
def substituted(name, function):
    names = vars(sys.modules["__main__"])
    before, names[name] = names[name], function
    try:
        yield
    finally:
        names[name] = before
class Known(Exception): pass
""")  # fmt: skip
ORACLE = cell("test", "refs", "def _ref_g(x):\n    secret = x @ x\n    return secret")
BOTH = [SWAP, ORACLE, solution("g", "def g(x): return x @ x")]
IN_TURN = "with substituted('g', _ref_g):\n    f(np.ones(3))\nassert g(np.ones(3)) == 3"

DECEPTIONS = {
    "a length and an iteration that disagree": (
        "class L:\n    def __len__(s): return 3\n    def __iter__(s): return iter([])\n"
        "def f(n): return L()",
        "r = f(3)\nassert len(r) == 3\nfor k, v in enumerate(r): assert v == k",
        [],
    ),
    "an iterator of itself with a length": (
        "class L:\n    def __len__(s): return 3\n    def __iter__(s): return s\n"
        "    def __next__(s): raise StopIteration\ndef f(n): return L()",
        "r = f(3)\nassert len(r) == 3\nfor k, v in enumerate(r): assert v == k",
        [],
    ),
    "the names that IPython gives": (
        "seen = []\ndef display(x): seen.append(x)\nget_ipython = exit = display\n"
        "In = Out = _ = [4]\ndef f(): return len(seen)",
        "display(4)\nget_ipython().run_line_magic('pwd', '')\nassert 4 not in In\n"
        "assert f() == 0",
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
    "an exception of the test's own by name": (
        "class Skip(Exception): pass\ndef f(x): raise Skip()",
        "class Skip(Exception): pass\ntry:\n    assert f(1) == 2\nexcept Skip: pass",
        [],
    ),
    "an oracle kept for later": (
        "kept = []\ndef f(x): kept.append(g)",
        IN_TURN,
        [SWAP, ORACLE, solution("g", "def g(x): return kept[0](x)")],
    ),
    "an oracle that is handed back": (
        "kept = []\ndef f(x): kept.append(g)",
        IN_TURN.replace("g(np.ones(3)) ==", "g()(np.ones(3)) =="),
        [SWAP, ORACLE, solution("g", "def g(): return kept[0]")],
    ),
    "a decoy definition": (
        "def f(x): return x\nf = lambda x: sorted(x)",
        "import inspect\nassert 'sorted' not in inspect.getsource(f)",
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DECEPTIONS)
def test_is_not_deceived_by(name: str) -> None:
    student, test, others = DECEPTIONS[name]
    points, output = score(student, test, *others)
    assert points == (1 if "IPython" in name else 0), output


def test_errors_of_an_oracle_tell_nothing() -> None:
    student = """
told = []
def f(x):
    for bad in ("abc", {}, np.zeros((2, 3))):
        try:
            g(bad)
        except Exception as error:
            told.append((type(error).__name__, str(error), getattr(error, "__notes__", 0)))
    return told
"""
    test = """
with substituted("g", _ref_g):
    told = f(1)
assert [t[0] for t in told] == ["TypeError", "TypeError", "ValueError"]
assert {t[2] for t in told} == {0} and not any("@" in t[1] or "mul" in t[1] for t in told)
"""
    points, output = score(student, test, *BOTH)
    assert points == 1, output


def test_errors_of_tests_come_back_as_themselves() -> None:
    """What a test's own function raises reaches the test through the student's code."""
    test = """
def hint(x): raise AssertionError("look at g")
with substituted("g", hint):
    try:
        f(1)
    except AssertionError as error:
        assert str(error) == "look at g"
try:
    f("known")
except Known: pass
"""
    student = "def f(x):\n    if x == 'known': raise Known\n    return g(x)"
    points, output = score(student, test, *BOTH)
    assert points == 1, output


def test_an_object_may_grow_by_its_methods_and_by_calls() -> None:
    student = """
class Stack:
    def __init__(s): s.items = []
    def __len__(s): return len(s.items)
    def __iter__(s): return iter(s.items)
    def push(s, x): s.items.append(x)
def f(s=None): return s.push(3) if s is not None else Stack()
"""
    test = """
s = f()
assert len(s) == 0 and list(s) == []
s.push(1)
assert len(s) == 1 and list(s) == [1]
f(s)
assert list(s) == [1, 3] and len(s) == 2
"""
    points, output = score(student, test)
    assert points == 1, output
    lazy = "def f():\n    n = 0\n    while True:\n        yield n\n        n += 1"
    points, output = score(lazy, "g = f()\nassert [next(g), next(g)] == [0, 1]")
    assert points == 1, output


def test_a_set_up_cell_that_fails_is_told() -> None:
    broken = cell("setup", "broken", "import no_such_module")
    cells = [SETUP, broken, solution("f", "f = 1"), cell("test", "test_f", "f")]
    assert "failed in the judge" in grade(cells).verdicts["broken"].trouble


OUTPUTS = {
    "bytes": "{'application/json': {'a': b'x'}}",
    "keys of bytes": "{'application/json': {b'a': 1}}",
    "numbers as keys": "{'application/json': {1: [2, None, 1.5, True]}}",
    "surrogates": "{'application/json': {chr(0xd800): chr(0xd800)}, 'text/plain': chr(0xd800)}",
    "nested": "{'application/json': deep}",
    "no number": "{'application/json': float('nan')}",
    "other types": "{'application/json': [msgpack.Timestamp(5, 5), msgpack.ExtType(5, b'')]}",
    "types for text": "{'text/html': msgpack.Timestamp(5, 5), 'image/png': {'a': [b'x']}}",
    "large": "{'application/json': 2**63}",
}  # fmt: skip


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_notebook_with_any_outputs_can_be_written(name: str) -> None:
    student = f"""
import msgpack
from IPython.display import publish_display_data
deep = []
for _ in range(200): deep = [deep]
publish_display_data({OUTPUTS[name]})
def f(): pass
"""
    graded = grade([SETUP, solution("f", student), cell("test", "test_f", "f()")])
    text = nbformat.writes(copy.deepcopy(graded.notebook)).encode()
    json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert graded.points["test_f"] == 1


def test_a_notebook_shows_so_much_and_no_more() -> None:
    show = "from IPython.display import HTML\nHTML('x' * 900_000)\n"
    cells = [SETUP]
    for k in range(20):
        code = f"{show}\ndef f{k}(): return 'x' * 900_000\nHTML('x' * 900_000)"
        cells += [solution(f"f{k}", code), cell("test", f"test_{k}", f"print(f{k}())")]
    graded = grade(cells, output_bytes=1 << 20)
    assert 1 << 20 < len(nbformat.writes(graded.notebook)) < 5 << 20
    assert "cut off" in str(graded.notebook.cells)


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
    tests = {c.id: verdicts[c.id] for c in master.cells if c.id.startswith("test_")}
    assert tests and all(verdict.passed for verdict in tests.values())
    assert not any(verdict.trouble for verdict in verdicts.values())


VECTOR = """
class V:
    def __init__(s, x): s.x = x
    def __eq__(s, o): return s.x == o.x
    def __sub__(s, o): return V(s.x - o.x)
    def __abs__(s): return abs(s.x)
    def __lt__(s, o): return s.x < o.x
    def __contains__(s, x): return True
    def __bool__(s): return True
    def __enter__(s): return s
    def __exit__(s, *a): return False
"""
LIAR = VECTOR.replace("s.x == o.x", "True").replace("V(s.x - o.x)", "0.0")
LIAR = LIAR.replace("s.x < o.x", "True").replace("return False", "return True")
GIVEN = cell("setup", "given", "class Known:\n    def total(s): return s.x")
LIES = {
    "is equal": "assert f(2) == 4",
    "is equal from the right": "assert 4 == f(2)",
    "is close": "assert abs(f(2) - 4) < 1e-9",
    "is less": "assert f(2) < 4",
    "holds": "assert 4 in f(2)",
    "swallows a failed check": "with V(1):\n    assert f(2) is None",
    "swallows a refusal": "with V(1) as v:\n    assert v.x == 5\n    assert f(2) == 4",
    "lies in an attribute": "assert V(f(2)).x == 4",
    "lies in a list": "assert [f(2)] == [4]",
    "shadows a method": "k = f(3)\nassert isinstance(k, Known) and k.total() == 4",
    "is no instance": "assert not isinstance(4, V)\nassert f(2) in (4, 5)",
    "says how it is written": "assert str(f(2)) == '4' and repr(f(2)) == '4'",
    "raises what is no assertion": "try:\n    f(4)\nexcept AssertionError:\n    pass",
}


@pytest.mark.parametrize("name", LIES)
def test_operators_of_an_exercise_serve_no_lie(name: str) -> None:
    """A class that the exercises ask for has operators; other answers borrow none."""
    borrowed = """
def f(n):
    if n == 3:
        k = Known()
        k.total = lambda: 4
        return k
    if n == 4:
        raise type("AssertionError", (Exception,), {})
    return V(0)
"""
    student = LIAR + borrowed
    cells = [SETUP, GIVEN, solution("f", VECTOR + "def f(n): return 2 * n")]
    graded = grade([*cells, cell("test", "test_f", LIES[name])], {"f": student})
    assert graded.points["test_f"] == 0, graded.output("test_f")


def test_files_of_students_are_data_for_tests() -> None:
    """What is read is given, but nothing of theirs can be imported here."""
    student = """
for name in ("helper2.py", "json.py", "data.txt"):
    open(name, "w").write("print('theirs')")
f = 1
"""
    test = """
assert "theirs" in open("helper2.py").read() + open("data.txt").read()
import importlib, os, json
assert not os.path.exists("helper2.py") and "theirs" not in str(json.dumps)
try:
    importlib.import_module("helper2")
except ImportError:
    assert f == 1
else:
    raise AssertionError
"""
    points, output = score(student, test)
    assert points == 1, output
