"""What tests can do with a student's code that lives in another process."""

from __future__ import annotations

import pytest

from tests.engine.small_course import cell, exercise, solution

WAY_OUT = "use a probe, or tag this graded cell 'together'"

PASSING = {
    "plain data both ways": (
        "def f(x): return x",
        """
for value in [None, True, 7, 2**80, -2.5, 1j, "é\\ud800", b"\\0", (1, [2]), {1: {"a"}},
              frozenset([1]), float("inf"), int, type(None), np.float32, np.dtype("i2"),
              np.str_("x"), ValueError]:
    back = f(value)
    assert type(back) is type(value) and back == value, (value, back)
assert f(float("nan")) != f(0)
""",
    ),
    "arrays keep type, shape, order and flags": (
        "def f(x): return x, x.flags.f_contiguous, x.flags.writeable",
        """
for a in [np.arange(6.).reshape(2, 3), np.arange(6).reshape(2, 3).T, np.zeros((0, 3)),
          np.array("ab"), np.array(1j), np.array(["2020-01-01"], "M8[D]"),
          np.array([[1, "a"], [None, (2, 3)]], object)]:
    b, fortran, writeable = f(a)
    assert fortran == a.flags.f_contiguous and writeable
    assert type(b) is np.ndarray and b.dtype == a.dtype and b.shape == a.shape
    assert (b == a).all()
frozen = np.ones(3)
frozen.flags.writeable = False
assert f(frozen)[2] is False
""",
    ),
    "scalars of NumPy": (
        "def f(x): return x",
        "for x in np.float32(3), np.bool_(True), np.datetime64('2020'), np.int8(-1):\n"
        "    assert type(f(x)) is type(x) and f(x) == x",
    ),
    "a subclass comes as its base": (
        "from collections import namedtuple\nclass D(dict): pass\n"
        "class A(np.ndarray): pass\nP = namedtuple('P', 'x y')\n"
        "def f(): return D(a=1), np.ones(2).view(A), type('S', (str,), {})('x'), P(1, 2)",
        "d, a, s, p = f()\nassert type(d) is dict and type(a) is np.ndarray\n"
        "assert type(s) is str and type(p) is tuple and p == (1, 2)",
    ),
    "arguments are copies": (
        "def f(a, l, d, s):\n    a[0] = 5; l.append(3); d['b'] = a; s.add(4)\n"
        "    return a[0], len(l), sorted(d), len(s)",
        "a, l, d, s = np.zeros(2), [1], {'a': 0}, {1}\n"
        "assert f(a, l, d, s) == (5, 2, ['a', 'b'], 2)\n"
        "assert a[0] == 0 and l == [1] and d == {'a': 0} and s == {1}",
    ),
    "results are copies": (
        "kept = [np.zeros(2)]\ndef f(): return kept",
        "first = f()\nfirst[0][0] = 1\nfirst.append(2)\n"
        "assert len(f()) == 1 and f()[0][0] == 0",
    ),
    "one object given twice is one object": (
        "def f(a, b, c):\n    a += 1\n    return a is b, a is c, a",
        "a = np.zeros(2)\nsame, other, after = f(a, b=a, c=a.copy())\n"
        "assert not other and (after == 1).all() and (a == 0).all()",
    ),
    "shared parts of a result are shared": (
        "def f():\n    a = [1]\n    return [a, a, {'a': a}]",
        "x = f()\nassert x[0] is x[1] is x[2]['a']",
    ),
    "default, keyword and starred arguments": (
        "def f(a, *b, c=3, **d): return a, b, c, d",
        "assert f(1) == (1, (), 3, {}) and f(1, 2, c=4, e=5) == (1, (2,), 4, {'e': 5})",
    ),
    "a callback is called here": (
        "def f(g, x): return [g(x), g(x=x + 1)]",
        "seen = []\ndef g(x):\n    seen.append(x)\n    return {'x': x}\n"
        "assert f(g, 1) == [{'x': 1}, {'x': 2}] and seen == [1, 2]",
    ),
    "what a callback changes in place is changed": (
        "def f(g):\n    a, l, inner = np.zeros(2), [1], []\n    l.append(inner)\n"
        "    g(a, l)\n    return a, l, l[1] is inner",
        "def g(a, l):\n    a[:] = 7\n    l[1].append(9)\n    l.insert(0, 'x')\n"
        "a, l, same = f(g)\nassert (a == 7).all() and l == ['x', 1, [9]] and not same",
    ),
    "what a callback returns of its arguments is the student's own": (
        "def f(g):\n    a, l = np.zeros(2), [1]\n    b, (c, d) = g(a, l), g(a, (a, l))\n"
        "    return b is a, c is a, d is l",
        "assert f(lambda first, other: first if type(other) is list else other)\\\n"
        "    == (True, True, True)",
    ),
    "a closure made by the student's code": (
        "def f(n): return lambda x: x + n",
        "add = f(3)\nassert add(4) == 7 and f(1)(1) == 2 and callable(add)",
    ),
    "ranges, queues and fractions": (
        "import collections, fractions\ndef f(n, *seen):\n"
        "    known = collections.OrderedDict(a=1), collections.defaultdict(int, a=1)\n"
        "    return range(n), collections.deque([n]), fractions.Fraction(n, 6), *known, seen",
        "import collections, fractions\na, b, c, d, e, _ = made = f(4)\n"
        "assert a == range(4) and a[-1] == 3 and b == collections.deque([4])\n"
        "assert c == fractions.Fraction(2, 3) and d == e == {'a': 1}\n"
        "assert f(4, a, b, c)[-1] == (a, b, c)",
    ),
    "an object that can be called": (
        "class Poly:\n    def __init__(self, *c): self.c = c\n"
        "    def __call__(self, x): return sum(a * x**i for i, a in enumerate(self.c))\n"
        "def f(*c): return Poly(*c) if c else lambda p: type(p).__name__",
        "p = f(1, 2)\nassert p(3) == 7 and callable(p) and f()(p) == 'Poly'",
    ),
    "a handle is handed back": (
        "class Stack: items = ()\ndef f(s=None, x=0):\n    s = s or Stack()\n"
        "    if x: s.items += (x,)\n    return s if x != 9 else len(s.items)",
        "s = f()\nt = f(s, 1)\nassert t is s and f([s][0], 9) == 2\nassert s is not None",
    ),
    "handles within containers": (
        "class T: pass\ndef f(x=None): return {'a': [T(), 1]} if x is None else type(x['a'][0]) is T",
        "assert f(f())",
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
        caught = error
    else:
        raise AssertionError(kind)
assert caught.args == ("no", 3) and str(caught) == "('no', 3)"
""",
    ),
    "odd text and numbers in an exception": (
        "def f(x): raise ValueError(x)",
        "for odd in '\\ud800', 2**90, 'x' * 10**6:\n    try:\n        f(odd)\n"
        "    except ValueError: continue\n    raise AssertionError",
    ),
    "asked for the name and the docstring": (
        "def f(a, b=2):\n    '''Doc.'''\n    return a",
        "assert callable(f) and f.__doc__ == 'Doc.' and f.__name__ == 'f'",
    ),
    "a function of a library": (
        "from functools import partial\nf = partial(max, 3)", "assert f(5) == 5 and f(1) == 3",
    ),
    "prints can be caught": (
        "def f(): print('hello')",
        "import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()) as out:\n"
        "    f()\nassert out.getvalue() == 'hello\\n'",
    ),
    "variables come as data": ("f = {'a': [1, 2]}", "assert f == {'a': [1, 2]}"),
    "results may be large": (
        "def f(n): return np.zeros(n)", "assert f(5 * 10**6).nbytes == 40 * 10**6",
    ),
    "many calls": ("def f(x): return -x", "for k in range(3000): assert f(k) == -k"),
}  # fmt: skip


@pytest.mark.parametrize("name", PASSING)
def test_passes(name: str) -> None:
    points, output = exercise(*PASSING[name])
    assert points == 1, output


def test_magics_and_partial_credit() -> None:
    assert exercise("def f(): return 1", "%time f()\n0.5 * f()")[0] == 0.5


# --- what does not cross ----------------------------------------------------------

COUNTER = """
class Counter:
    step = 2
    def __init__(self): self.items = [1, 2]
    def count(self, by): return self.step * by
    def __len__(self): return 2
    def __iter__(self): return iter(self.items)
    def __next__(self): return 1
    def __getitem__(self, i): return self.items[i]
    def __setitem__(self, i, x): self.items[i] = x
    def __array__(self, dtype=None, copy=None): return np.array(self.items)
    def __eq__(self, other): return True
    __lt__ = __gt__ = __le__ = __ge__ = __ne__ = __eq__
    def __hash__(self): return 1
    def __bool__(self): return True
    def __add__(self, other): return 3
    __radd__ = __sub__ = __mul__ = __rmul__ = __pow__ = __matmul__ = __add__
    def __float__(self): return 1.0
    def __int__(self): return 1
    __index__ = __int__
    def __call__(self, x): return x
    def __enter__(self): return self
    def __exit__(self, *a): return True
    def __contains__(self, x): return True
    def __format__(self, how): return "x"
    __divmod__ = __ror__ = __lshift__ = __add__
    def __pos__(self): return 3
    __invert__ = __pos__
def f(): return Counter()
"""
QUESTIONS = [
    "c.step == 2", "c.count(3) == 6", "c.items == [1, 2]", "len(c) == 2", "c[1] == 2",
    "list(c) == [1, 2]", "1 in c", "next(c) == 1", "np.asarray(c).sum() == 3", "c == 1",
    "c != 5", "c < 2", "c >= 2", "bool(c)", "c", "(c != 2) is True", "c + 1 == 3", "1 + c == 3",
    "c - 1 == 3", "c * 2 == 3", "2 * c == 3", "c ** 2 == 3", "c @ c == 3",
    "float(c) == 1", "int(c) == 1", "[3, 4][c] == 4", "f'{c}' == 'x'",
    "np.allclose(c, [1, 2])", "1 == c", "sorted(c) == [1, 2]", "[*c] == [1, 2]",
    "max(c) == 2", "dict(a=c)['a'].step == 2", "any(c)", "np.sum(c) == 3",
    "{**{'a': 1}, 'b': c}['b'] == 1", "[c] == [1]", "c.__class__.step == 2",
]  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_object_answers_nothing_apart_and_all_together(question: str) -> None:
    test = f"c = f()\nassert {question}"
    points, output = exercise(COUNTER, test)
    assert points == 0 and (WAY_OUT in output or "__class__" in question), output
    points, output = exercise(COUNTER, test, together=True)
    assert points == 1, output


DEEDS = {
    "an attribute is set": "c.step = 5\nassert c.count(1) == 5",
    "an attribute is deleted": "c.items.clear()\ndel c.items",
    "an item is set": "c[0] = 5\nassert c[0] == 5",
    "a context": "with c as d:\n    assert d is c",
    "a loop": "for x in c: assert x in (1, 2)",
    "a class is called": "c = Counter()\nassert c.step == 2",
    "a class is subclassed": "class D(Counter): step = 3\nassert D().count(1) == 3",
    "an instance is recognised": "assert isinstance(c, Counter)",
    "another operator": "assert divmod(c, 2) == +c == ~c == (3 | c) == (c << 1) == 3",
}


@pytest.mark.parametrize("name", DEEDS)
def test_nothing_can_be_done_to_an_object_apart(name: str) -> None:
    test = f"c = f()\n{DEEDS[name]}"
    points, output = exercise(COUNTER, test)
    assert points == 0 and WAY_OUT in output, output
    points, output = exercise(COUNTER, test, together=True)
    assert points == 1, output


ONLY_TOGETHER = {
    "changes in place": (
        "def f(a, l):\n    a[0] = 5; l.append(3)",
        "a, l = np.zeros(2), [1]\nf(a, l)\nassert a[0] == 5 and l == [1, 3]",
    ),
    "identity of arguments": ("def f(d): return d", "d = {}\nassert f(d) is d"),
    "attributes of exceptions": (
        "class Low(ValueError):\n    balance = 1\ndef f(): raise Low",
        "try:\n    f()\n    assert False\nexcept Low as e:\n    assert e.balance == 1",
    ),
    "named tuples": (
        "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(): return P(1, 2)",
        "assert f().x == 1 and isinstance(f(), P)",
    ),
    "generators": (
        "def f():\n    yield 1\n    yield 2", "g = f()\nassert [next(g), next(g)] == [1, 2]",
    ),
    "slices": ("def f(): return slice(3)", "assert [0, 1, 2, 3][f()] == [0, 1, 2]"),
    "seeds": (
        "def f(): return np.random.rand()",
        "np.random.seed(3)\na = f()\nnp.random.seed(3)\nassert a == np.random.rand()",
    ),
    "patched input": (
        "def f(): return input()",
        "import builtins\nbuiltins.input = lambda *a: 'x'\nassert f() == 'x'",
    ),
    "plots": (
        "import matplotlib.pyplot as plt\ndef f(): plt.plot([1, 2])",
        "import matplotlib.pyplot as plt\nf()\nassert len(plt.gca().lines) == 1",
    ),
    "files": (
        "def f():\n    with open('out.txt', 'w') as file: file.write('42')",
        "f()\nassert open('out.txt').read() == '42'",
    ),
    "signatures": (
        "def f(a, b=2): pass",
        "import inspect\nassert list(inspect.signature(f).parameters) == ['a', 'b']",
    ),
    "source": (
        "def f(x): return sorted(x)",
        "import inspect\nassert 'sorted' in inspect.getsource(f)",
    ),
    "attributes of functions": (
        "def f(): f.calls += 1\nf.calls = 0", "f()\nf()\nassert f.calls == 2",
    ),
    "objects of the test": (
        "def f(x): return x.value", "class A: value = 3\nassert f(A()) == 3",
    ),
    "classes of the test": ("def f(k): return k().v", "class A: v = 3\nassert f(A) == 3"),
    "globals of the student's code": (
        "total = 0\ndef f():\n    global total\n    total += 1",
        "f()\nassert total == 1\nf()\nassert total == 2",
    ),
    "globals that a test sets": (
        "rate = 2\ndef f(x): return rate * x", "rate = 3\nassert f(1) == 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ONLY_TOGETHER)
def test_works_together_only(name: str) -> None:
    points, output = exercise(*ONLY_TOGETHER[name], binds=ONLY_TOGETHER[name][0])
    assert points == 0, output
    points, output = exercise(*ONLY_TOGETHER[name], together=True)
    assert points == 1, output


ALSO_NAMED = {
    "objects of the test": "an object of type A",
    "classes of the test": "an object of type type",
    "generators": "an object of type generator",
    "slices": "an object of type slice",
}


@pytest.mark.parametrize("name", ALSO_NAMED)
def test_the_way_out_names_what_did_not_cross(name: str) -> None:
    _, output = exercise(*ONLY_TOGETHER[name])
    named = f"{ALSO_NAMED[name]} does not cross" in output
    assert WAY_OUT in output and (named or "TypeError" in output)


REFUSED = {
    "a function of the test in a result": (
        "def f(g): return [g]", "def g(): pass\nassert f(g)",
    ),
    "a list that holds itself": (
        "def f():\n    x = []\n    x.append(x)\n    return x", "assert f() is not None",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_with_the_way_out(name: str) -> None:
    points, output = exercise(*REFUSED[name])
    assert points == 0 and WAY_OUT in output


def test_a_class_in_a_set_up_cell_is_two_classes() -> None:
    """One in the judge, one over there: objects of neither cross."""
    given = cell("setup", "given", "class Animal:\n    legs = 4")
    student = "class Dog(Animal): pass\ndef f(): return Dog()"
    for test in ("assert isinstance(f(), Animal)", "assert f().legs == 4"):
        assert exercise(student, test, given)[0] == 0
        assert exercise(student, test, given, together=True)[0] == 1


# --- lies -------------------------------------------------------------------------

LIAR = COUNTER + """
def f(n):
    if n == 4: raise type("AssertionError", (Exception,), {})
    return Counter()
"""  # fmt: skip
LIES = {
    "is equal": "assert f(2) == 4",
    "is equal from the right": "assert 4 == f(2)",
    "is equal to NumPy's": "assert np.float64(4) == f(2)",
    "is equal in an array": "assert (np.array([4.0]) == f(2)).all()",
    "is close": "assert abs(f(2) - 4) < 1e-9",
    "is close for NumPy": "np.testing.assert_allclose(f(2), 4)",
    "is equal for NumPy": "np.testing.assert_equal(f(2), 4)",
    "is array equal": "np.testing.assert_array_equal(f(2), [4])",
    "is less": "assert f(2) < 4",
    "holds": "assert 4 in f(2)",
    "is in": "assert f(2) in (4, 5)",
    "swallows a failed check": "with f(2):\n    assert f(2) is None",
    "lies in a list": "assert [f(2)] == [4]",
    "lies as a key": "assert {4: 1}[f(2)] == 1",
    "says how it is written": "assert str(f(2)) == '4' and repr(f(2)) == '4'",
    "raises what is no assertion": "try:\n    f(4)\nexcept AssertionError:\n    pass",
    "is an instance": "assert isinstance(f(2), (int, float, list, tuple, np.ndarray))",
    "is true": "assert f(2)",
    "has a length": "r = f(3)\nassert len(r) == 2\nfor k, v in enumerate(r): assert 0",
}


@pytest.mark.parametrize("name", LIES)
def test_operators_of_an_answer_serve_no_lie(name: str) -> None:
    points, output = exercise(LIAR, LIES[name])
    assert points == 0, output


@pytest.mark.parametrize(
    "rule",
    [
        "assert 'sorted' not in f.__code__.co_names",
        "import dis\nassert not any(i.argval == 'sorted' for i in dis.get_instructions(f))",
        "assert not f.__defaults__",
    ],
)
def test_a_rule_about_code_does_not_pass_unseen(rule: str) -> None:
    """A test that looks for a forbidden name must not look at the stand-in."""
    assert exercise("def f(x, y=[]): return sorted(x)", rule)[0] == 0


@pytest.mark.parametrize(
    "question", ["callable(f)", "isinstance(f, Iterable)", "isinstance(f, Sized)"]
)
def test_a_handle_does_not_look_like_what_it_is_not(question: str) -> None:
    test = f"from collections.abc import Iterable, Sized\nassert {question}"
    assert exercise("f = object()", test)[0] == 0


def test_source_of_a_stand_in_is_not_to_be_had() -> None:
    rule = "import inspect\nassert 'sorted' not in inspect.getsource(f)"
    assert exercise("def f(x): return sorted(x)", rule)[0] == 0
    assert exercise("def f(x): return x", rule, together=True)[0] == 1


def test_two_answers_do_not_share_a_function_of_a_test() -> None:
    first = solution("g", "kept = []\ndef g(h): kept.append(h)")
    test = "g(lambda: 4)\nassert f() == 4"
    points, output = exercise("def f(): return kept[0]()", test, first)
    assert points == 0 and "earlier call" in output
