"""What comes from a student's process changes nothing and nobody in the judge's."""

from __future__ import annotations

import pytest

from tests.engine.small_course import cell, grade, solution

SIDE = """
import gc
side = next(o for o in gc.get_objects() if type(o).__name__ == 'StudentSide')
"""
SQUARE = "def f(x): return x * x"
POINT = """
from dataclasses import dataclass
@dataclass
class Point:
    x: int
    y: int
def f(x): return x * x
"""
KEEPING = """
kept = []
class Point:
    def __init__(self, x, y): kept.append(self)
    def __eq__(self, other): return True
    __lt__ = __contains__ = __eq__
def f(x): return kept[0]
"""
SWAP = """
import sys
from contextlib import contextmanager
@contextmanager
def substituted(name, function):
    names = vars(sys.modules["__main__"])
    before, names[name] = names[name], function
    try:
        yield
    finally:
        names[name] = before
"""

# name: set-up, right answer, what was handed in, test that it must not pass
UNEARNED = {
    "constants changed in a reply": (
        "LIMITS = {'tol': 1e-9, 'n': 0}", SQUARE,
        SIDE + "def lie(values, gone): values['LIMITS']['tol'] = 1e300\n"
        "side._answer_assign = lie\ndef f(x): return 0",
        "LIMITS['n'] += 1\nassert abs(f(3) - 9) < LIMITS['tol']",
    ),
    "names smuggled into a reply": (
        "def check(a, b): assert a == b", SQUARE,
        SIDE + "def yes(*a): return 0\ndef lie(names):\n"
        "    found = [side._value_of(n) for n in names]\n"
        "    names += ['check', 'abs']\n    return found + [[yes], [yes]]\n"
        "side._answer_names = lie\ndef f(x): return 0",
        "check(f(3), 9)\nassert abs(f(3) - 9) < 1e-9",
    ),
    "functions smuggled among substitutes": (
        SWAP, "def g(x): return x\ndef f(x): return g(x)",
        SIDE + "import numpy as np\ndef g(x): return x\nold = side._answer_substitute\n"
        "def lie(stubs):\n    old(dict(stubs))\n    stubs['a'] = np.add\n"
        "side._answer_substitute = lie\n"
        "def f(x): return side.request('call', np.add, [x, 1], {})",
        "with substituted('g', lambda x: x + 1):\n    assert f(1) == 2",
    ),
    "modules replaced": (
        "", "import math\ndef f(x): return math.sqrt(x)",
        "class Fake:\n    def __getattr__(self, name): return lambda *a, **k: True\n"
        "def f(x):\n    globals()['math'] = Fake()\n    return 0",
        "r = f(16)\nassert math.isclose(r, 4)",
    ),
    "a name that the test binds": (
        "", SQUARE + "\nfor x, y in [(1, 1)]: print(f(x) == y)",
        "y = 0\ndef f(x): return y",
        "for x, y in {2: 4, 3: 9}.items():\n    assert f(x) == y",
    ),
    "a method hidden by an attribute": (
        "class Account:\n    def __init__(self, b): self.b = b\n"
        "    def same(self, o): return self.b == o.b",
        "def f(account): account.b += 1",
        "def f(account): account.same = lambda other: True",
        "a = Account(1)\nf(a)\nassert a.same(Account(2))",
    ),
    "an object of the test as an answer": (
        "", POINT, KEEPING, "p = Point(1, 2)\nassert f(3) == 9",
    ),
    "an object of the test in a list": (
        "", POINT, KEEPING, "p = Point(1, 2)\nassert [f(3)] == [9]",
    ),
    "the student's code in a stand-in": (
        "", "import functools\ndef twice(g):\n    @functools.wraps(g)\n"
        "    def inner(x): return 2 * g(x)\n    return inner\n@twice\n" + SQUARE,
        "def f(x):\n    class Equal:\n        def __eq__(self, other): return True\n"
        "    return Equal()",
        "assert f.__wrapped__(3) == 9",
    ),
    "all is masked": (
        "import numpy as np", SQUARE,
        "import numpy as np\ndef f(x): return np.ma.masked_all(3)",
        "np.testing.assert_allclose(f(np.arange(3.0)), [0, 1, 4])",
    ),
    "an exception that catches failures": (
        "", "class Low(ValueError): pass\ndef f(x): raise Low(x)",
        "Low = AssertionError\ndef f(x): return x",
        "try:\n    f(1)\n    assert False\nexcept Low:\n    pass",
    ),
    "a function of another test": (
        "", "def d(g, x): return g(x + 1) - g(x)\ndef f(x): return x ** 3",
        "kept = []\ndef d(g, x):\n    kept.append(g)\n    return g(x + 1) - g(x)\n"
        "def f(x): return kept[0](x)",
        "def _ref(x): return x ** 3\nassert d(_ref, 1) == 7\nassert f(5) == _ref(5)",
    ),
    "a generator with a forged state": (
        "", "import numpy as np\ndef f(): return np.random.default_rng(1)",
        SIDE + "import numpy as np\nimport autograder.engine.values as v\n"
        "old = v.take_apart\ndef lie(x):\n    if type(x) is not np.random.Generator:\n"
        "        return old(x)\n    state = np.random.MT19937().state\n"
        "    state['state']['pos'] = 700\n    return 'Generator', [state]\n"
        "v.take_apart = lie\ndef f(): return np.random.default_rng()",
        "assert 0 <= f().random() < 1",
    ),
    "a container of what never ends": (
        "", SQUARE,
        SIDE + "import autograder.engine.values as v\nfrom collections import deque\n"
        "old = v.take_apart\nv.take_apart = lambda x: (\n"
        "    ('deque', [[range(10**18), 1]]) if type(x) is deque else old(x))\n"
        "def f(x): return deque()",
        "assert f(3) is not None",
    ),
    "few nodes that are many": (
        "", SQUARE,
        "def f(x):\n    t = ()\n    for _ in range(60): t = (t, t)\n    return t",
        "assert {f(3)}",
    ),
    "names of the engine's own": (
        "", "class Tree:\n    root = None", "class Tree:\n    root = 1",
        "assert Tree().root is None and not hasattr(Tree(), '_root')",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNEARNED)
def test_is_not_earned(name: str) -> None:
    setup, right, handed_in, test = UNEARNED[name]
    cells = [cell("setup", "s", setup), solution("a", right), cell("test", "t", test)]
    cells.append(cell("test", "other", "assert 1"))
    if "stand-in" not in name:  # of which nothing is known here, right or wrong
        assert grade(cells).points["t"] == 1, "the right answer"
    graded = grade(cells, {"a": handed_in}, cell_seconds=5, call_seconds=2)
    assert graded.points == {"t": 0, "other": 1}


OBJECTS = """
from abc import ABC, abstractmethod
from collections import namedtuple
class Animal:
    def __init__(self, name): self.name = name
    def speak(self): return "..."
    def __lt__(self, other): return self.name < other.name
class Shape(ABC):
    @abstractmethod
    def area(self): ...
class AppError(Exception):
    def __init__(self, code):
        super().__init__(f"code {code}")
        self.code = code
class Pair(namedtuple("Pair", "x y")):
    def total(self): return self.x + self.y
"""
ANSWERS = """
class Low(ValueError):
    def __init__(self, balance, wanted):
        super().__init__(f"{balance} < {wanted}")
        self.balance = balance
class Dog(Animal):
    def speak(self): return self.name + " wuff"
class Square(Shape):
    def __init__(self, a): self.a = a
    def area(self): return self.a ** 2
class Node:
    def __init__(self, value, next=None): self.value, self.next = value, next
def reverse(node):
    last = None
    while node: node.next, last, node = last, node, node.next
    return last
def withdraw(balance, wanted): raise Low(balance, wanted)
def fail(): raise AppError(7)
def flip(pair): return Pair(pair.y, pair.x)
nums = [3, 1, 2]
def sort_in_place(values): values.sort()
sort_in_place(nums)
def memo(g):
    def inner(x):
        if x not in inner.cache: inner.cache[x] = g(x)
        return inner.cache[x]
    inner.cache = {}
    return inner
class Stack:
    def __init__(self): self.items = []
    def push(self, x): self.items.append(x)
"""
HONEST = {
    "inherited": "assert isinstance(Dog('a'), Animal) and issubclass(Dog, Animal)\n"
    "assert Dog('a').speak() == 'a wuff' and Dog('a') < Dog('b')",
    "abstract": "assert isinstance(Square(2), Shape) and Square(3).area() == 9",
    "own exceptions": "try:\n    withdraw(1, 2)\n    assert False\n"
    "except Low as e:\n    assert e.balance == 1 and str(e) == '1 < 2'",
    "given exceptions": "try:\n    fail()\n    assert False\n"
    "except AppError as e:\n    assert e.code == 7 and str(e) == 'code 7'",
    "named tuples": "p = flip(Pair(1, 2))\n"
    "assert isinstance(p, Pair) and p == (2, 1) and p.total() == 3",
    "identity": "a = Node(1)\nb = Node(2, a)\nassert b.next is a and reverse(b) is a",
    "in place": "nums = [5, 4]\nsort_in_place(nums)\nassert nums == [4, 5]",
    "closures": "seen = []\ng = memo(lambda x: seen.append(x) or -x)\n"
    "assert g(3) == g(3) == -3 and seen == [3] and g.cache == {3: -3}",
    "copies": "import copy\ns = Stack()\ns.push(1)\nt = copy.deepcopy(s)\nt.push(2)\n"
    "assert len(s.items) == 1 and len(t.items) == 2 and copy.copy(s) is not s",
    "stale views": "s = Stack()\nold = s.items\ns.push(1)\nold.append(2)\ns.push(3)\n"
    "assert s.items == [1, 3]",
    "warnings": "import sys\nprint('a warning', file=sys.stderr)\nassert nums",
}


@pytest.mark.parametrize("name", HONEST)
def test_is_earned(name: str) -> None:
    cells = [cell("setup", "s", OBJECTS), solution("a", ANSWERS)]
    graded = grade([*cells, cell("test", "t", HONEST[name])])
    assert graded.points == {"t": 1}, graded.output("t")
