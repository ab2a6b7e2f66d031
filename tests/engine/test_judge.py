"""What tests can do with a student's code that lives in another process."""

from __future__ import annotations

import pytest

from tests.engine.small_course import cell, grade, solution

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
        assert type(error) is expected, type(error)
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
assert list(c) == [1, 2] and np.asarray(c).sum() == 3 and c is not None
c.step = 5
assert c.count(1) == 5
for question in (lambda: c == 1, lambda: bool(c), lambda: isinstance(c, int),
                 lambda: 1 in c, lambda: c < 2):
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
    helper = cell("locked", "helper", "import math\ndef close(a, b): assert a == b, math.pi")
    assert score("def close(a, b): pass\ndef f(): return 2", "close(f(), 3)", helper)[0] == 0
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
    assert score(student, "assert layers(f(make(3))) == ['list', 'dict']", setup)[0] == 1


def test_a_variable_that_set_up_makes_and_the_student_changes() -> None:
    setup = cell("setup", "data", "numbers = [1, 2]")
    assert score("numbers.append(3)\nf = sum(numbers)", "assert f == 6", setup, binds="numbers = f = 0")[0] == 1
    student = "numbers = [4]\ndef f(): return numbers"
    test = "assert f() == numbers == [4]"
    assert score(student, test, setup, binds="numbers = f = 0")[0] == 1
    assert score(student, test, setup)[0] == 0


def test_manual_cells_run_and_wait_for_people() -> None:
    cells = [SETUP, cell("manual", "essay", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION")]
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


def test_files_are_shared_but_modules_of_the_course_are_trusted() -> None:
    student = """
open("helper.py", "w").write("def check(x): pass")
open("numpy.py", "w").write("")
open("out.txt", "w").write("42")
def f(): return open("in.txt").read()
"""
    test = """
from helper import check
check(open("out.txt").read() == "42")
open("in.txt", "w").write("hidden")
assert f() == "hidden"
"""
    cells = [SETUP, solution("f", student), cell("test", "test_f", test)]
    helper = {"helper.py": "def check(x): assert x"}
    assert grade(cells, files=helper).points == {"test_f": 1}
