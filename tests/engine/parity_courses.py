"""Small generic courses, in the style of many teachers; data for `test_parity.py`.

A course is a list of cells `(kind, source)`. After a "solution" may stand any number
of "wrong" answers to it; everything that is not marked wrong is right.
"""

from __future__ import annotations

Course = list[tuple[str, str]]

FUNCTIONS: dict[str, Course] = {
    "plain": [
        ("solution", "def double(x):\n    return 2 * x"),
        ("wrong", "def double(x):\n    return 2 + x"),
        ("wrong", "def double(x):"),
        ("test", "assert double(3) == 6\nassert double('ab') == 'abab'"),
        ("test", "assert isinstance(double(1.5), float)"),
    ],
    "value errors": [
        ("solution", "def root(x):\n    if x < 0:\n"
         "        raise ValueError('negative')\n    return x ** 0.5"),
        ("wrong", "def root(x):\n    return x ** 0.5"),
        ("test", "try:\n    root(-1)\nexcept ValueError as e:\n"
         "    assert 'negative' in str(e)\nelse:\n    raise AssertionError('no error')"),
        ("test", "import unittest\ncase = unittest.TestCase()\n"
         "with case.assertRaises(ValueError):\n    root(-4)\n"
         "case.assertAlmostEqual(root(4), 2)"),
    ],
    "helper in a locked cell": [
        ("locked", "def raises(kind, f, *args):\n    try:\n        f(*args)\n"
         "    except kind:\n        return True\n    return False\n"
         "LIMIT = 10"),
        ("solution", "def clip(x):\n    if x is None:\n        raise TypeError\n"
         "    return min(x, 10)"),
        ("wrong", "def clip(x):\n    return x"),
        ("test", "assert raises(TypeError, clip, None)"),
        ("test", "assert clip(LIMIT + 5) == LIMIT"),
    ],
    "variables": [
        ("solution", "a = 5\nb = 'hello'\nc = [1, 2, b]\nd = {'k': (1, 2.5)}\n"
         "e = {1, 2}\nno = None"),
        ("wrong", "a = '5'\nb = 'hallo'\nc = (1, 2, b)\nd = {}\ne = [1, 2]\nno = 0"),
        ("wrong", "a = 5"),
        ("test", "assert a == 5 and type(a) is int"),
        ("test", "assert b == 'hello' and c == [1, 2, 'hello'] and type(c) is list"),
        ("test", "assert d['k'] == (1, 2.5) and e == {1, 2} and no is None"),
    ],
    "student imports": [
        ("solution", "import math as m\nfrom collections import Counter\n"
         "def area(r):\n    return m.pi * r ** 2\ncounts = Counter('abca')"),
        ("wrong", "def area(r):\n    return 3.14 * r ** 2\ncounts = {}"),
        ("test", "assert m.isclose(area(2), 4 * m.pi)"),
        ("test", "assert counts['a'] == 2\nassert counts.most_common(1) == [('a', 2)]"),
        ("test", "assert isinstance(counts, dict) and Counter('abca') == counts"),
    ],
    "earlier test cells": [
        ("solution", "def inc(x):\n    return x + 1"),
        ("wrong", "def inc(x):\n    return x"),
        ("test", "import itertools\nbase = [inc(i) for i in range(3)]\n"
         "def total(values):\n    return sum(values)\nassert total(base) == 6"),
        ("test", "assert total(itertools.chain(base, base)) == 12"),
    ],
    "answers use earlier answers": [
        ("solution", "def square(x):\n    return x * x"),
        ("wrong", "def square(x):\n    return x + x"),
        ("solution", "def squares(n):\n    return [square(i) for i in range(n)]"),
        ("test", "assert squares(4) == [0, 1, 4, 9]"),
        ("test", "orig = square\ndel square\ntry:\n    squares(2)\n"
         "except NameError:\n    pass\nelse:\n"
         "    raise AssertionError('square is not used')\n"
         "finally:\n    square = orig\ndel orig"),
        ("test", "assert squares(1) == [0]"),
    ],
    "a function is replaced": [
        ("solution", "def noise():\n    return 0.1"),
        ("solution", "def noisy(x):\n    return x + noise()"),
        ("wrong", "def noisy(x):\n    return x + 0.1"),
        ("test", "real_noise = noise\ndef noise():\n    return 5\n"
         "assert noisy(1) == 6\nnoise = real_noise"),
        ("test", "assert noisy(1) == 1.1"),
        ("test", "from unittest import mock\n"
         "with mock.patch('__main__.noise', return_value=7) as fake:\n"
         "    assert noisy(1) == 8\nassert fake.called"),
    ],
    "closures": [
        ("solution", "def adder(n):\n    def add(x):\n        return x + n\n"
         "    return add\ndef compose(f, g):\n    return lambda x: f(g(x))\n"
         "def make_counter():\n    n = 0\n    def tick():\n        nonlocal n\n"
         "        n += 1\n        return n\n    return tick"),
        ("wrong", "def adder(n):\n    return lambda x: x\n"
         "def compose(f, g):\n    return f\ndef make_counter():\n    return lambda: 1"),
        ("test", "assert adder(3)(4) == 7 and callable(adder(1))"),
        ("test", "assert compose(adder(1), lambda x: x * 2)(5) == 11"),
        ("test", "c, d = make_counter(), make_counter()\n"
         "assert [c(), c(), d()] == [1, 2, 1]"),
        ("test", "assert list(map(adder(1), [1, 2])) == [2, 3]\n"
         "assert sorted([3, -4], key=compose(abs, adder(0))) == [3, -4]"),
    ],
    "functions as arguments": [
        ("solution", "def integrate(f, a, b, n=100):\n    h = (b - a) / n\n"
         "    return h * sum(f(a + (i + 0.5) * h) for i in range(n))\n"
         "def best(items, key=len):\n    return max(items, key=key)\n"
         "def pipe(*fs):\n    def run(x):\n        for f in fs:\n            x = f(x)\n"
         "        return x\n    return run"),
        ("wrong", "def integrate(f, a, b, n=100):\n    return f(a) * (b - a)\n"
         "def best(items, key=len):\n    return items[0]\ndef pipe(*fs):\n"
         "    return fs[0]"),
        ("test", "import math\n"
         "assert math.isclose(integrate(math.sin, 0, math.pi), 2, rel_tol=1e-3)"),
        ("test", "import numpy as np\nassert abs(integrate(np.exp, 0, 1) - 1.718) < 0.01\n"
         "assert integrate(lambda x: 2, 0, 3) == 6 or True"),
        ("test", "assert best(['a', 'ccc', 'bb']) == 'ccc'\n"
         "assert best(['b', 'a'], key=ord) == 'b' and best([1, -3], abs) == -3"),
        ("test", "assert pipe(str.strip, str.upper)(' a ') == 'A'"),
        ("test", "assert pipe(abs, float, lambda x: x + 1)(-2) == 3.0"),
        ("test", "import functools, operator\n"
         "assert pipe(functools.partial(operator.add, 3))(1) == 4\n"
         "assert pipe(np.linalg.norm)(np.array([3.0, 4.0])) == 5"),
    ],
    "decorators": [
        ("solution", "import functools\ndef twice(f):\n    @functools.wraps(f)\n"
         "    def inner(*a, **k):\n        return f(f(*a, **k))\n    return inner\n"
         "@functools.lru_cache(None)\ndef fib(n):\n"
         "    return n if n < 2 else fib(n - 1) + fib(n - 2)"),
        ("wrong", "def twice(f):\n    return f\ndef fib(n):\n    return n"),
        ("test", "@twice\ndef plus(x):\n    return x + 1\nassert plus(1) == 3"),
        ("test", "assert plus.__name__ == 'plus'"),
        ("test", "assert [fib(i) for i in range(7)] == [0, 1, 1, 2, 3, 5, 8]"),
    ],
    "arguments": [
        ("solution", "def call(a, b=2, *rest, c, d=[1], **more):\n"
         "    return a, b, rest, c, d, more"),
        ("wrong", "def call(a, b=3, *rest, c=None, **more):\n    return a, b, rest, c"),
        ("test", "assert call(1, c=3) == (1, 2, (), 3, [1], {})"),
        ("test", "assert call(1, 5, 6, 7, c=0, z=9)[5] == {'z': 9}"),
        ("test", "try:\n    call(1)\nexcept TypeError:\n    pass\n"
         "else:\n    assert False"),
        ("test", "import inspect\ns = inspect.signature(call)\n"
         "assert list(s.parameters) == ['a', 'b', 'rest', 'c', 'd', 'more']\n"
         "assert s.parameters['b'].default == 2"),
    ],
    "recursion": [
        ("solution", "def depth(n):\n    return 0 if n == 0 else 1 + depth(n - 1)\n"
         "hanoi = lambda n: 0 if n == 0 else 2 * hanoi(n - 1) + 1"),
        ("wrong", "def depth(n):\n    return 1 + depth(n - 1)\nhanoi = lambda n: n"),
        ("test", "assert depth(900) == 900"),
        ("test", "assert hanoi(10) == 1023"),
        ("test", "try:\n    depth(10 ** 6)\nexcept RecursionError:\n    pass\n"
         "else:\n    assert False"),
    ],
    "generators": [
        ("solution", "def count(n):\n    for i in range(n):\n        yield i\n"
         "def endless():\n    n = 0\n    while True:\n        yield n\n        n += 1"),
        ("wrong", "def count(n):\n    return list(range(n + 1))\n"
         "def endless():\n    return iter([0])"),
        ("test", "assert list(count(3)) == [0, 1, 2] and sum(count(4)) == 6"),
        ("test", "g = endless()\nassert [next(g), next(g)] == [0, 1]"),
        ("test", "import itertools\n"
         "assert list(itertools.islice(endless(), 4)) == [0, 1, 2, 3]\n"
         "assert [a + b for a, b in zip(count(2), endless())] == [0, 2]"),
        ("test", "import types\nassert isinstance(count(1), types.GeneratorType)"),
    ],
    "iterators of Python": [
        ("solution", "def pairs(a, b):\n    return zip(a, b)\n"
         "def odd(x):\n    return filter(lambda i: i % 2, x)\n"
         "def views(d):\n    return d.keys(), d.items()"),
        ("wrong", "def pairs(a, b):\n    return []\ndef odd(x):\n    return x\n"
         "def views(d):\n    return [], []"),
        ("test", "assert list(pairs([1], [2])) == [(1, 2)]"),
        ("test", "assert list(odd([1, 2, 3])) == [1, 3]"),
        ("test", "k, i = views({'a': 1})\nassert set(k) == {'a'} and 'a' in k\n"
         "assert list(i) == [('a', 1)] and len(k) == 1"),
    ],
    "special numbers": [
        ("solution", "from fractions import Fraction\nfrom decimal import Decimal\n"
         "import datetime\ndef half(x):\n    return Fraction(x, 2)\n"
         "def cents(x):\n    return Decimal(x).quantize(Decimal('0.01'))\n"
         "def tomorrow(d):\n    return d + datetime.timedelta(days=1)"),
        ("wrong", "from fractions import Fraction\nfrom decimal import Decimal\n"
         "import datetime\ndef half(x):\n    return Fraction(x, 3)\n"
         "def cents(x):\n    return Decimal(x)\ndef tomorrow(d):\n    return d"),
        ("test", "assert half(3) == Fraction(3, 2) and half(4) == 2"),
        ("test", "assert str(cents('1.005')) in ('1.00', '1.01')"),
        ("test", "assert cents('1.239') == Decimal('1.24')"),
        ("test", "day = datetime.date(2024, 2, 28)\n"
         "assert tomorrow(day) == datetime.date(2024, 2, 29)\n"
         "assert tomorrow(day).month == 2"),
    ],
}  # fmt: skip

CLASSES: dict[str, Course] = {
    "methods and attributes": [
        ("solution", "class Account:\n    rate = 0.5\n"
         "    def __init__(self, owner, balance=0):\n"
         "        self.owner, self.balance, self.log = owner, balance, []\n"
         "    def deposit(self, x):\n        if x < 0:\n"
         "            raise ValueError('negative')\n        self.balance += x\n"
         "        self.log.append(x)\n        return self\n"
         "    @property\n    def interest(self):\n"
         "        return self.balance * self.rate\n"
         "    @staticmethod\n    def bank():\n        return 'B'\n"
         "    @classmethod\n    def rich(cls):\n        return cls('r', 100)"),
        ("wrong", "class Account:\n    def __init__(self, owner, balance=0):\n"
         "        self.owner, self.balance = owner, 0\n"
         "    def deposit(self, x):\n        self.balance -= x"),
        ("test", "a = Account('ann')\na.deposit(5).deposit(7)\n"
         "assert a.balance == 12 and a.log == [5, 7] and a.owner == 'ann'"),
        ("test", "assert Account('x', 8).interest == 4 and Account.bank() == 'B'"),
        ("test", "b = Account.rich()\nassert isinstance(b, Account)\n"
         "assert b.balance == 100 and hasattr(b, 'owner')\n"
         "assert not hasattr(b, 'nothing')"),
        ("test", "try:\n    a.deposit(-1)\nexcept ValueError:\n    pass\n"
         "else:\n    assert False\nassert a.balance == 12"),
        ("test", "a.log.append(1)\nassert a.log == [5, 7, 1]"),
        ("test", "a.balance = 3\nassert a.deposit(1).balance == 4\n"
         "assert Account.rate == 0.5 and Account.__name__ == 'Account'"),
    ],
    "operators": [
        ("solution", "class Vec:\n    def __init__(self, x, y):\n"
         "        self.x, self.y = x, y\n"
         "    def __add__(self, o):\n        return Vec(self.x + o.x, self.y + o.y)\n"
         "    def __sub__(self, o):\n        return Vec(self.x - o.x, self.y - o.y)\n"
         "    def __mul__(self, k):\n        return Vec(self.x * k, self.y * k)\n"
         "    __rmul__ = __mul__\n"
         "    def __neg__(self):\n        return Vec(-self.x, -self.y)\n"
         "    def __abs__(self):\n        return (self.x ** 2 + self.y ** 2) ** 0.5\n"
         "    def __eq__(self, o):\n        return (self.x, self.y) == (o.x, o.y)\n"
         "    def __hash__(self):\n        return hash((self.x, self.y))\n"
         "    def __repr__(self):\n        return f'Vec({self.x}, {self.y})'\n"
         "    def __bool__(self):\n        return bool(self.x or self.y)\n"
         "    def __iadd__(self, o):\n        self.x += o.x\n        self.y += o.y\n"
         "        return self"),
        ("wrong", "class Vec:\n    def __init__(self, x, y):\n"
         "        self.x, self.y = x, y\n"
         "    def __add__(self, o):\n        return Vec(self.x - o.x, self.y)\n"
         "    def __mul__(self, k):\n        return 0\n"
         "    def __eq__(self, o):\n        return False"),
        ("test", "assert Vec(1, 2) == Vec(1, 2) and Vec(1, 2) != Vec(1, 3)"),
        ("test", "s = Vec(1, 2) + Vec(3, 4)\nassert (s.x, s.y) == (4, 6)\n"
         "assert Vec(1, 2) - Vec(1, 1) == Vec(0, 1)"),
        ("test", "assert Vec(1, 2) * 3 == Vec(3, 6) and 3 * Vec(1, 2) == Vec(3, 6)"),
        ("test", "assert abs(Vec(3, 4)) == 5 and -Vec(1, 1) == Vec(-1, -1)"),
        ("test", "assert repr(Vec(1, 2)) == 'Vec(1, 2)' and f'{Vec(1, 2)}' == str(Vec(1, 2))"),
        ("test", "assert Vec(0, 1) and not Vec(0, 0)"),
        ("test", "v = Vec(1, 1)\nv += Vec(1, 2)\nassert v == Vec(2, 3)"),
        ("test", "assert len({Vec(1, 1), Vec(1, 1), Vec(0, 1)}) == 2\n"
         "assert [Vec(1, 1)] == [Vec(1, 1)] and Vec(1, 1) in [Vec(0, 0), Vec(1, 1)]"),
    ],
    "ordering": [
        ("solution", "from functools import total_ordering\n@total_ordering\n"
         "class Card:\n    def __init__(self, rank):\n        self.rank = rank\n"
         "    def __eq__(self, o):\n        return self.rank == o.rank\n"
         "    def __lt__(self, o):\n        return self.rank < o.rank"),
        ("wrong", "class Card:\n    def __init__(self, rank):\n        self.rank = rank\n"
         "    def __lt__(self, o):\n        return self.rank > o.rank"),
        ("test", "assert Card(1) < Card(2) and Card(3) > Card(2) and Card(2) >= Card(2)"),
        ("test", "hand = sorted([Card(3), Card(1), Card(2)])\n"
         "assert [c.rank for c in hand] == [1, 2, 3]"),
        ("test", "assert max([Card(1), Card(9), Card(4)]).rank == 9"),
    ],
    "containers": [
        ("solution", "class Stack:\n    def __init__(self, items=()):\n"
         "        self.items = list(items)\n    def push(self, x):\n"
         "        self.items.append(x)\n    def pop(self):\n"
         "        if not self.items:\n            raise IndexError('empty')\n"
         "        return self.items.pop()\n"
         "    def __len__(self):\n        return len(self.items)\n"
         "    def __contains__(self, x):\n        return x in self.items\n"
         "    def __iter__(self):\n        return iter(self.items[::-1])\n"
         "    def __getitem__(self, i):\n        return self.items[i]\n"
         "    def __setitem__(self, i, x):\n        self.items[i] = x\n"
         "    def __delitem__(self, i):\n        del self.items[i]\n"
         "    def __str__(self):\n        return 'Stack' + str(self.items)"),
        ("wrong", "class Stack:\n    def __init__(self, items=()):\n"
         "        self.items = []\n    def push(self, x):\n"
         "        self.items.insert(0, x)\n    def pop(self):\n"
         "        return self.items.pop()\n    def __contains__(self, x):\n"
         "        return True\n    def __len__(self):\n        return 1"),
        ("test", "s = Stack()\ns.push(1)\ns.push(2)\nassert s.pop() == 2 and len(s) == 1"),
        ("test", "try:\n    Stack().pop()\nexcept IndexError:\n    pass\n"
         "else:\n    assert False"),
        ("test", "t = Stack([1, 2])\nassert 2 in t and 5 not in t"),
        ("test", "assert list(t) == [2, 1] and [x for x in t] == [2, 1] and max(t) == 2"),
        ("test", "t[0] = 7\nassert t[0] == 7 and t[-1] == 2\ndel t[0]\nassert len(t) == 1"),
        ("test", "assert str(Stack([1])) == 'Stack[1]'"),
        ("test", "assert not Stack() and Stack([1])"),
        ("test", "a, b = Stack([1, 2])\nassert (a, b) == (2, 1)"),
    ],
    "inheritance": [
        ("solution", "class Animal:\n    def __init__(self, name):\n"
         "        self.name = name\n    def speak(self):\n"
         "        raise NotImplementedError\nclass Dog(Animal):\n"
         "    def speak(self):\n        return self.name + ' barks'\n"
         "def herd(n):\n    return [Dog(str(i)) for i in range(n)]"),
        ("wrong", "class Animal:\n    def __init__(self, name):\n"
         "        self.name = name\n    def speak(self):\n        return ''\n"
         "class Dog:\n    pass"),
        ("test", "assert issubclass(Dog, Animal) and isinstance(Dog('x'), Animal)"),
        ("test", "assert Dog('rex').speak() == 'rex barks'\n"
         "assert not isinstance(Animal('y'), Dog)"),
        ("test", "assert [d.name for d in herd(2)] == ['0', '1']\n"
         "assert all(isinstance(d, Dog) for d in herd(3))"),
        ("test", "try:\n    Animal('z').speak()\nexcept NotImplementedError:\n    pass\n"
         "else:\n    assert False"),
    ],
    "exceptions": [
        ("solution", "class Overdrawn(ValueError):\n    pass\n"
         "def pay(have, cost):\n    if cost > have:\n"
         "        raise Overdrawn(cost - have)\n    return have - cost"),
        ("wrong", "class Overdrawn(Exception):\n    pass\n"
         "def pay(have, cost):\n    if cost > have:\n        raise ValueError\n"
         "    return have"),
        ("test", "try:\n    pay(1, 3)\nexcept Overdrawn as e:\n"
         "    assert e.args == (2,)\nelse:\n    assert False"),
        ("test", "assert issubclass(Overdrawn, ValueError)"),
        ("test", "import unittest\nwith unittest.TestCase().assertRaises(Overdrawn):\n"
         "    pay(0, 1)"),
        ("test", "assert pay(3, 1) == 2"),
    ],
    "context managers": [
        ("solution", "import contextlib\nclass Timer:\n    def __enter__(self):\n"
         "        self.on = True\n        return self\n"
         "    def __exit__(self, *a):\n        self.on = False\n"
         "        return a[0] is KeyError\n"
         "@contextlib.contextmanager\ndef tag(out):\n    out.append('<')\n"
         "    yield 'x'\n    out.append('>')"),
        ("wrong", "class Timer:\n    on = True\ndef tag(out):\n    return out"),
        ("test", "with Timer() as t:\n    assert t.on\nassert not t.on"),
        ("test", "with Timer():\n    raise KeyError"),
        ("test", "with tag([]) as x:\n    assert x == 'x'"),
    ],
    "data classes and enums": [
        ("solution", "from dataclasses import dataclass\nfrom enum import Enum\n"
         "from collections import namedtuple\n@dataclass\nclass Point:\n"
         "    x: int\n    y: int = 0\nclass Colour(Enum):\n    RED = 1\n    BLUE = 2\n"
         "Pair = namedtuple('Pair', 'left right')\n"
         "def swap(p):\n    return Pair(p.right, p.left)"),
        ("wrong", "class Point:\n    def __init__(self, x, y=1):\n"
         "        self.x, self.y = x, y\nclass Colour:\n    RED = 1\n    BLUE = 1\n"
         "def swap(p):\n    return p"),
        ("test", "assert Point(1, 2) == Point(1, 2) and Point(1).y == 0"),
        ("test", "assert repr(Point(1)) == 'Point(x=1, y=0)'"),
        ("test", "assert Colour.RED.value == 1 and Colour(2).name == 'BLUE'"),
        ("test", "assert Colour.RED == Colour(1) and Colour.RED != Colour.BLUE\n"
         "assert [c.name for c in Colour] == ['RED', 'BLUE']"),
        ("test", "p = swap(Pair(1, 2))\nassert p == (2, 1) and p.left == 2"),
    ],
    "linked nodes": [
        ("solution", "class Node:\n    def __init__(self, value, next=None):\n"
         "        self.value, self.next = value, next\n"
         "def reverse(node):\n    before = None\n    while node:\n"
         "        node.next, before, node = before, node, node.next\n"
         "    return before"),
        ("wrong", "class Node:\n    def __init__(self, value, next=None):\n"
         "        self.value, self.next = value, next\ndef reverse(node):\n"
         "    return node"),
        ("test", "n = Node(1, Node(2, Node(3)))\nvalues = []\nwhile n:\n"
         "    values.append(n.value)\n    n = n.next\nassert values == [1, 2, 3]"),
        ("test", "n = reverse(Node(1, Node(2)))\nvalues = []\nwhile n is not None:\n"
         "    values.append(n.value)\n    n = n.next\nassert values == [2, 1]"),
        ("test", "a = Node(1)\nb = Node(2, a)\nassert b.next is a\n"
         "assert reverse(b) is a"),
    ],
    "classes that are given": [
        ("setup", "from dataclasses import dataclass\nclass Tree:\n"
         "    def __init__(self, value, left=None, right=None):\n"
         "        self.value, self.left, self.right = value, left, right\n"
         "    def inorder(self):\n"
         "        before = self.left.inorder() if self.left else []\n"
         "        after = self.right.inorder() if self.right else []\n"
         "        return before + [self.value] + after\n"
         "@dataclass\nclass Item:\n    name: str\n    price: float = 1.0"),
        ("solution", "def height(t):\n"
         "    return 0 if t is None else 1 + max(height(t.left), height(t.right))\n"
         "def insert(t, v):\n    if t is None:\n        return Tree(v)\n"
         "    if v < t.value:\n        t.left = insert(t.left, v)\n    else:\n"
         "        t.right = insert(t.right, v)\n    return t\n"
         "def raised(item):\n    return Item(item.name, item.price + 1)\n"
         "def total(items):\n"
         "    return sum(i.price for i in items if isinstance(i, Item))"),
        ("wrong", "def height(t):\n    return 1\ndef insert(t, v):\n"
         "    return Tree(v, t)\ndef raised(item):\n    return item\n"
         "def total(items):\n    return 0"),
        ("test", "assert height(Tree(1, Tree(2, None, Tree(3)))) == 3"),
        ("test", "t = Tree(5)\nfor v in (3, 8, 4):\n    assert insert(t, v) is t\n"
         "assert t.inorder() == [3, 4, 5, 8] and t.left.right.value == 4"),
        ("test", "t = insert(None, 2)\nassert isinstance(t, Tree) and t.value == 2"),
        ("test", "assert raised(Item('a')) == Item('a', 2.0)"),
        ("test", "assert total([Item('a', 2), Item('b', 3)]) == 5"),
        ("test", "class Robot:\n    value, left, right = 1, None, None\n"
         "assert height(Robot()) == 1"),
    ],
    "callable objects": [
        ("solution", "class Poly:\n    def __init__(self, *c):\n        self.c = c\n"
         "    def __call__(self, x):\n"
         "        return sum(a * x ** i for i, a in enumerate(self.c))\n"
         "def apply(f, x):\n    return f(x)\nsquare = Poly(0, 0, 1)"),
        ("wrong", "class Poly:\n    def __init__(self, *c):\n        self.c = c\n"
         "def apply(f, x):\n    return x\nsquare = 4"),
        ("test", "assert Poly(1, 2)(3) == 7 and callable(Poly(1))"),
        ("test", "assert square(3) == 9 and apply(square, 4) == 16"),
        ("test", "class Plus:\n    def __call__(self, x):\n        return x + 1\n"
         "assert apply(Plus(), 1) == 2"),
        ("test", "class Thing:\n    value = 4\n"
         "assert apply(lambda t: t.value, Thing()) == 4"),
    ],
}  # fmt: skip

WORLD: dict[str, Course] = {
    "prints": [
        ("solution", "def greet(name):\n    print('Hello,', name)\n    print('Bye')"),
        ("wrong", "def greet(name):\n    return 'Hello, ' + name"),
        ("test", "import io\nfrom contextlib import redirect_stdout\n"
         "out = io.StringIO()\nwith redirect_stdout(out):\n    greet('Ann')\n"
         "assert out.getvalue() == 'Hello, Ann\\nBye\\n'"),
        ("test", "import sys\nfrom io import StringIO\nkept = sys.stdout\n"
         "sys.stdout = StringIO()\ntry:\n    greet('Bo')\n"
         "    said = sys.stdout.getvalue()\nfinally:\n    sys.stdout = kept\n"
         "assert 'Bo' in said"),
        ("test", "from IPython.utils.capture import capture_output\n"
         "with capture_output() as got:\n    greet('Cy')\nassert 'Cy' in got.stdout"),
        ("test", "from unittest.mock import patch\n"
         "with patch('builtins.print') as fake:\n    greet('Di')\n"
         "assert fake.call_count == 2"),
        ("test", "import io\nfrom unittest.mock import patch\n"
         "with patch('sys.stdout', new_callable=io.StringIO) as fake:\n"
         "    greet('Ed')\nassert 'Ed' in fake.getvalue()"),
    ],
    "input": [
        ("solution", "def ask():\n    return int(input('n? ')) + int(input())"),
        ("wrong", "def ask():\n    return input()"),
        ("test", "from unittest.mock import patch\n"
         "with patch('builtins.input', side_effect=['3', '4']):\n"
         "    assert ask() == 7"),
        ("test", "answers = iter(['1', '2'])\ninput = lambda prompt='': next(answers)\n"
         "assert ask() == 3\ndel input"),
        ("test", "import io, sys\nkept = sys.stdin\nsys.stdin = io.StringIO('5\\n6\\n')\n"
         "try:\n    ask()\nexcept Exception as e:\n    pass\nfinally:\n"
         "    sys.stdin = kept"),
    ],
    "global state": [
        ("solution", "counter = 0\nlog = []\ntable = {'n': [1]}\ndef hit():\n"
         "    global counter\n    counter += 1\n    log.append(counter)\n"
         "    table['n'].append(counter)\ndef level():\n    return counter"),
        ("wrong", "counter = 0\nlog = []\ntable = {}\ndef hit():\n"
         "    counter = 1\n    log.append(0)\ndef level():\n    return 0"),
        ("test", "hit()\nassert counter == 1 and log == [1]"),
        ("test", "hit()\nhit()\nassert counter == 3 and log[-1] == 3\n"
         "assert table['n'][-1] == 3"),
        ("test", "counter = 10\nhit()\nassert counter == 11 and level() == 11"),
        ("test", "log.clear()\nhit()\nassert len(log) == 1"),
        ("test", "def check():\n    before = counter\n    hit()\n"
         "    assert counter == before + 1\ncheck()"),
    ],
    "a global that the test sets": [
        ("setup", "RATE = 2"),
        ("solution", "def tax(x):\n    return x * RATE"),
        ("wrong", "def tax(x):\n    return x * 2"),
        ("test", "assert tax(3) == 6"),
        ("test", "RATE = 5\nassert tax(3) == 15\nRATE = 2"),
        ("test", "assert tax(1) == 2"),
    ],
    "random seeds": [
        ("solution", "import random\nimport numpy as np\ndef roll(n):\n"
         "    return [random.randint(1, 6) for _ in range(n)]\n"
         "def sample(n):\n    return np.random.normal(size=n)\n"
         "def own(seed):\n    return np.random.default_rng(seed).random(3)"),
        ("wrong", "import numpy as np\ndef roll(n):\n    return [1] * n\n"
         "def sample(n):\n    return np.zeros(n)\ndef own(seed):\n    return 0"),
        ("test", "import random\nrandom.seed(1)\na = roll(5)\nrandom.seed(1)\n"
         "assert a == roll(5) == [2, 5, 1, 3, 1]"),
        ("test", "import numpy as np\nnp.random.seed(0)\nx = sample(2)\n"
         "np.random.seed(0)\nassert np.allclose(x, np.random.normal(size=2))"),
        ("test", "assert np.allclose(own(4), np.random.default_rng(4).random(3))"),
        ("test", "np.random.seed(7)\nstate = np.random.get_state()\n"
         "x = sample(3)\nnp.random.set_state(state)\n"
         "assert np.allclose(x, np.random.normal(size=3))"),
    ],
    "a generator is an argument": [
        ("solution", "def draw(rng, n):\n    return rng.random(n)"),
        ("wrong", "def draw(rng, n):\n    return rng.random(n) * 2"),
        ("test", "import numpy as np\na = draw(np.random.default_rng(1), 3)\n"
         "assert np.allclose(a, np.random.default_rng(1).random(3))"),
        ("test", "import random\nr = random.Random(5)\n"
         "expected = random.Random(5).random()\n"
         "class Fixed:\n    def random(self, n):\n        return [0.5] * n\n"
         "assert draw(Fixed(), 2) == [0.5, 0.5]"),
    ],
    "files": [
        ("solution", "import json\nwith open('out.txt', 'w') as f:\n"
         "    f.write('42\\n')\ndef save(path, data):\n"
         "    with open(path, 'w') as f:\n        json.dump(data, f)\n"
         "def load(path):\n    with open(path) as f:\n        return json.load(f)"),
        ("wrong", "def save(path, data):\n    pass\ndef load(path):\n    return {}"),
        ("test", "assert open('out.txt').read().strip() == '42'"),
        ("test", "import json, os\nsave('d.json', {'a': [1]})\n"
         "assert json.load(open('d.json')) == {'a': [1]}\nos.remove('d.json')"),
        ("test", "import pathlib\np = pathlib.Path('x.json')\np.write_text('[1, 2]')\n"
         "assert load(str(p)) == [1, 2] and load(p) == [1, 2]\n"
         "p.write_text('3')\nassert load(p) == 3"),
        ("test", "import pytest\nwith pytest.raises(FileNotFoundError):\n"
         "    load('nothing.json')"),
        ("test", "import io, csv\nrows = list(csv.reader(io.StringIO('a,b\\n1,2')))\n"
         "assert rows == [['a', 'b'], ['1', '2']]"),
    ],
    "plots": [
        ("setup", "%matplotlib inline\nimport matplotlib.pyplot as plt"),
        ("solution", "def plot(x):\n    fig, ax = plt.subplots()\n"
         "    ax.plot(x, [i ** 2 for i in x], label='sq')\n"
         "    ax.set_xlabel('x')\n    ax.set_title('Squares')\n    return ax\n"
         "def current():\n    plt.figure()\n    plt.bar(['a', 'b'], [1, 2])\n"
         "    plt.ylabel('n')"),
        ("wrong", "def plot(x):\n    fig, ax = plt.subplots()\n    ax.plot(x)\n"
         "    return ax\ndef current():\n    pass"),
        ("test", "ax = plot([1, 2, 3])\nassert ax.get_xlabel() == 'x'\n"
         "assert ax.get_title() == 'Squares'"),
        ("test", "line = ax.lines[0]\nassert len(ax.lines) == 1\n"
         "assert list(line.get_ydata()) == [1, 4, 9]\n"
         "assert ax.get_lines()[0].get_label() == 'sq'"),
        ("test", "plt.close('all')\ncurrent()\naxes = plt.gcf().axes\n"
         "assert len(axes) == 1 and axes[0].get_ylabel() == 'n'"),
        ("test", "assert len(plt.gca().patches) == 2\nplt.close('all')"),
    ],
    "magics and shell lines": [
        ("solution", "%matplotlib inline\n!echo made > made.txt\n"
         "files = !ls made.txt\n%time took = 3\ndef f():\n    return took"),
        ("wrong", "%matplotlib inline\nfiles = []\ndef f():\n    return 1"),
        ("test", "assert f() == 3 and took == 3"),
        ("test", "assert files == ['made.txt'] and open('made.txt').read() == 'made\\n'"),
    ],
    "cell magics": [
        ("solution", "%%time\ntimed = 1\ndef g():\n    return timed"),
        ("wrong", "%%time\ndef g():\n    return 0"),
        ("solution", "%%writefile part.py\ndef h():\n    return 8"),
        ("wrong", "%%writefile part.py\ndef h():\n    return 9"),
        ("test", "assert g() == 1 and timed == 1"),
        ("test", "assert 'return 8' in open('part.py').read()"),
        ("test", "%%capture shown\ng()\nprint('x')"),
        ("test", "assert shown.stdout == 'x\\n'"),
    ],
    "async": [
        ("solution", "import asyncio\nasync def fetch(x):\n    await asyncio.sleep(0)\n"
         "    return x + 1\nready = await fetch(1)"),
        ("wrong", "async def fetch(x):\n    return x\nready = 0"),
        ("test", "assert ready == 2"),
        ("test", "assert await fetch(4) == 5"),
        ("test", "import asyncio\n"
         "assert await asyncio.gather(fetch(1), fetch(2)) == [2, 3]"),
    ],
    "partial credit": [
        ("solution", "def grade_me(n):\n    return [i % 3 == 0 for i in range(n)]"),
        ("wrong", "def grade_me(n):\n    return [i % 2 == 0 for i in range(n)]"),
        ("half", "right = sum(a == b for a, b in zip(grade_me(4), [1, 0, 0, 1]))\n"
         "right / 4"),
        ("half", "points = 0.0\nif grade_me(1) == [True]:\n    points += 0.25\n"
         "if grade_me(4)[3]:\n    points += 0.25\npoints"),
        ("half", "0 if grade_me(3)[1] else 1"),
        ("half", "'text'"),
        ("half", "grade_me(3)[1] is False;"),
    ],
    "empty and zero": [
        ("solution", "done = 1"),
        ("wrong", "raise RuntimeError"),
        ("test", "# only a comment"),
        ("test", "print('Success!')"),
        ("test", "done"),
    ],
    "numpy": [
        ("setup", "import numpy as np"),
        ("solution", "def norm(a):\n    return (a - a.mean()) / a.std()\n"
         "def fill(a):\n    a[...] = 1\ngrid = np.arange(6).reshape(2, 3)\n"
         "mask = grid > 2\nrecord = np.array([(1, 2.0)], dtype=[('a', int), ('b', float)])\n"
         "poly = np.poly1d([1, 2])"),
        ("wrong", "def norm(a):\n    return a\ndef fill(a):\n    a = 1\n"
         "grid = np.arange(6)\nmask = grid\nrecord = np.zeros(1)\npoly = 1"),
        ("test", "x = norm(np.arange(4.0))\nassert x.shape == (4,)\n"
         "assert np.isclose(x.std(), 1) and isinstance(x, np.ndarray)"),
        ("test", "z = np.zeros(3)\nfill(z)\nnp.testing.assert_array_equal(z, 1)"),
        ("test", "z = np.zeros((2, 2))\nfill(z[0])\nassert z.sum() == 2"),
        ("test", "assert grid.shape == (2, 3) and grid[mask].sum() == 12\n"
         "assert mask.dtype == bool and grid.dtype == np.int64"),
        ("test", "assert record['b'][0] == 2.0 and record.dtype.names == ('a', 'b')"),
        ("test", "assert poly(3) == 5 and poly.order == 1"),
    ],
    "tests that read source": [
        ("solution", "def loop(n):\n    total = 0\n    for i in range(n):\n"
         "        total += i\n    return total"),
        ("wrong", "def loop(n):\n    return sum(range(n))"),
        ("test", "import inspect\nassert 'for ' in inspect.getsource(loop)"),
        ("test", "import ast, inspect\ntree = ast.parse(inspect.getsource(loop))\n"
         "assert any(isinstance(n, ast.For) for n in ast.walk(tree))"),
        ("test", "assert 'sum' not in loop.__code__.co_names"),
        ("test", "assert loop.__name__ == 'loop' and loop.__doc__ is None"),
    ],
    "names asked for in other ways": [
        ("solution", "def present():\n    return 1\nvalue = 2"),
        ("wrong", "def presents():\n    return 1"),
        ("test", "assert 'present' in globals() and 'value' in dir()"),
        ("test", "assert globals()['present']() == 1"),
        ("test", "assert eval('present() + value') == 3"),
        ("test", "import __main__\nassert __main__.present() == 1"),
        ("test", "try:\n    present\nexcept NameError:\n    assert False, 'not defined'"),
        ("test", "assert callable(present)\nget_ipython().run_cell('y = present()')\n"
         "assert y == 1"),
    ],
    "strings and text": [
        ("solution", "answer = 'Ünïcode'\ntext = '''a\nb'''\n"
         "def words(s):\n    return s.lower().split()"),
        ("wrong", "answer = 'x'\ntext = ''\ndef words(s):\n    return s.split()"),
        ("test", "import hashlib\n"
         "assert hashlib.md5(answer.encode()).hexdigest()[:4] == "
         "hashlib.md5('Ünïcode'.encode()).hexdigest()[:4]"),
        ("test", "import re\nassert re.match('a\\nb$', text)"),
        ("test", "assert words('A b') == ['a', 'b']"),
    ],
}  # fmt: skip

GROUPS = {"functions": FUNCTIONS, "classes": CLASSES, "world": WORLD}
