"""The student's side: what it answers, and what it keeps of whom."""

from __future__ import annotations

import pytest

from tests.engine.small_course import cell, exercise, grade, solution


def test_names_that_do_not_exist_or_are_modules_are_not_given() -> None:
    assert exercise("f = 1", "assert 'gone' not in globals()\nf\nassert gone")[0] == 0
    points, output = exercise("import json as f", "f.dumps")
    assert points == 0 and "NameError" in output


FUNCTIONS = {
    "def": "def f(x): return -x",
    "lambda": "f = lambda x: -x",
    "built-in": "import operator\nf = operator.neg",
    "partial": "import functools, operator\nf = functools.partial(operator.mul, -1)",
    "cached": "import functools\n@functools.cache\ndef f(x): return -x",
    "wrapped": "import functools\ndef g(x): pass\n@functools.wraps(g)\ndef f(x): return -x",
    "method": "class A:\n    def m(self, x): return -x\nf = A().m",
    "closure": "def make():\n    n = -1\n    return lambda x: n * x\nf = make()",
    "ufunc": "f = np.negative",
    "object": "class A:\n    def __call__(self, x): return -x\nf = A()",
    "nested": "def f(x, n=3): return f(x, n - 1) if n else -x",
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_can_be_called(name: str) -> None:
    points, output = exercise(
        "import numpy as np\n" + FUNCTIONS[name], "assert f(4) == -4"
    )
    assert points == 1, output


def test_classes_cannot_be_called_apart() -> None:
    answer = "class f:\n    def __new__(cls, x): return -x"
    points, output = exercise(answer, "assert f(4) == -4")
    assert points == 0 and "'together'" in output
    assert exercise(answer, "assert f(4) == -4", together=True)[0] == 1


def test_attributes_of_an_object_that_can_be_called_do_not_cross() -> None:
    answer = "class A:\n    n = 5\n    def __call__(self, x): return -x\nf = A()"
    points, output = exercise(answer, "assert f(4) == -4 and f.n == 5")
    assert points == 0 and "an object of type A does not cross" in output


def test_odd_names_and_docstrings_of_functions() -> None:
    for odd in ("'\\ud800'", "'a\\0b'", "'x' * 10**6", "''"):
        answer = f"def f(x): return -x\nf.__name__ = f.__qualname__ = {odd}\nf.__doc__ = {odd}"
        assert exercise(answer, "assert f(4) == -4")[0] == 1
    answer = "def f(x): return -x\nf.__doc__ = 3"
    assert exercise(answer, "assert f(4) == -4 and f.__doc__ is None")[0] == 1


def test_a_function_of_the_test_works_in_the_main_thread_only() -> None:
    answer = """
import threading
def f(g):
    told = []
    def ask():
        try: told.append(g())
        except RuntimeError as error: told.append(str(error))
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return told + [g()]
"""
    test = "told = f(lambda: 5)\nassert 'main thread' in told[0] and told[1] == 5, told"
    points, output = exercise(answer, test)
    assert points == 1, output


def test_a_wrapper_of_a_function_of_the_test_is_the_students_own() -> None:
    answer = """
import functools
def f(g):
    @functools.wraps(g)
    def wrapped(x): return 2 * x
    return wrapped
"""
    assert exercise(answer, "assert f(lambda x: x)(3) == 6")[0] == 1


def test_a_function_of_the_test_given_back_to_it_does_not_cross() -> None:
    test = "def h(g): return g is h\nassert f(h)"
    points, output = exercise("def f(h): return h(h)", test)
    assert points == 0 and "'together'" in output


def test_objects_are_the_same_as_long_as_a_test_holds_them() -> None:
    answer = "class T: pass\nkept = T()\ndef f(x=None): return kept if x is None else x is kept"
    test = "import gc\na = f()\nassert f() is a and f(a)\ndel a\ngc.collect()\nassert f(f())"
    assert exercise(answer, test)[0] == 1


def test_objects_that_no_test_holds_are_let_go() -> None:
    answer = """
import gc, weakref
class T: pass
made = []
def f(n):
    things = [T() for _ in range(n)]
    made.extend(map(weakref.ref, things))
    return things
def left():
    gc.collect()
    return sum(r() is not None for r in made)
"""
    cells = [
        solution("f", answer), cell("test", "a", "x = f(50)\nassert left() == 50"),
        cell("test", "b", "del x\nassert left() > 0"), cell("test", "c", "assert left() == 0"),
    ]  # fmt: skip
    assert grade(cells).points == {"a": 1, "b": 1, "c": 1}


def test_errors_of_a_cell_are_shown_where_they_are() -> None:
    graded = grade([solution("f", "x = 1"), cell("test", "t", "f()")],
                   {"f": "def f():\n    return 1 / 0\nf()"})  # fmt: skip
    assert "ZeroDivisionError" in graded.output("f")
    assert "return" in graded.output("f") and "your cell" not in graded.output("f")


def test_a_test_tells_the_line_of_the_answer_that_failed() -> None:
    _, output = exercise("def f(x):\n    y = x\n    return y / 0", "f(1)")
    assert "return y / 0" in output and "your cell" in output


def test_output_is_cut_in_calls_too() -> None:
    answer = "def f():\n    for _ in range(10**5): print('x' * 1000)\n    return 1"
    test = "import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()) as out:\n"
    test += "    assert f() == 1\nassert 'cut off' in out.getvalue()"
    points, output = exercise(answer, test, output_bytes=1 << 16)
    assert points == 1, output


def test_figures_are_closed_between_graded_cells() -> None:
    answer = "import matplotlib.pyplot as plt\ndef f():\n    plt.figure()\n    return len(plt.get_fignums())"
    cells = [
        solution("f", answer),
        *(cell("test", f"t{n}", "assert f() == 1") for n in range(3)),
    ]
    assert set(grade(cells).points.values()) == {1}


def test_an_object_in_place_of_data_is_told_to_whoever_grades() -> None:
    cells = [
        solution("f", "def f(n): return [i * i for i in range(n)]"),
        cell("test", "test_f", "assert list(f(3)) == [0, 1, 4]"),
    ]
    graded = grade(cells, {"f": "def f(n): return map(lambda i: i * i, range(n))"})
    assert "an object came" in graded.verdicts["test_f"].trouble
    assert graded.points == {"test_f": 0}
    assert not grade(cells).verdicts["test_f"].trouble
