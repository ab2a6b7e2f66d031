"""What the student's code may call back, and until when."""

from __future__ import annotations

import pytest

from autograder.engine.judge.lending import Lending
from autograder.engine.wire.values import DoesNotCross, WireError
from tests.engine.small_course import cell, exercise, solution


def test_a_function_is_lent_for_one_request() -> None:
    lending = Lending()
    with lending.request():
        lent = lending.lend(len)
        assert lending.function(lent.number) is len and lent.name == "len"
        with lending.request():
            inner = lending.lend(max)
            assert lending.function(lent.number) is len
            assert lending.function(inner.number) is max
        with pytest.raises(WireError, match="earlier call"):
            lending.function(inner.number)
    with lending.request(), pytest.raises(WireError, match="earlier call"):
        lending.function(lent.number)


def test_numbers_are_not_given_twice() -> None:
    lending, seen = Lending(), set()
    for _ in range(3):
        with lending.request():
            seen |= {lending.lend(len).number, lending.lend(len).number}
            seen.add(lending.note(ValueError()))
    assert len(seen) == 9


def test_errors_are_known_while_their_request_lasts_and_cannot_be_called() -> None:
    class Callable(ValueError):
        def __call__(self) -> None: ...

    lending, error = Lending(), Callable()
    with lending.request():
        number = lending.note(error)
        assert lending.error(number) is error
        lent = lending.lend(len)
        assert lending.error(lent.number) is None and lending.error(99) is None
        with pytest.raises(WireError, match="only functions"):
            lending.function(number)
    assert lending.error(number) is None


@pytest.mark.parametrize(
    "value", [3, "x", object(), int, type("A", (), {}), ValueError()]
)
def test_only_functions_are_lent(value: object) -> None:
    lending = Lending()
    with lending.request(), pytest.raises(DoesNotCross, match="'together'"):
        lending.lend(value)


def test_a_request_that_fails_ends_too() -> None:
    lending = Lending()
    with pytest.raises(KeyError), lending.request():
        number = lending.lend(len).number
        raise KeyError
    with lending.request(), pytest.raises(WireError):
        lending.function(number)


# --- with a student's code --------------------------------------------------------

SWAP = cell("setup", "tools", """
from contextlib import contextmanager
@contextmanager
def substituted(name, function):
    names = vars(sys.modules["__main__"])
    before, names[name] = names.get(name), function
    try:
        yield
    finally:
        names[name] = before
class Known(Exception): pass
""")  # fmt: skip
ORACLE = cell("test", "refs", "def _ref_g(x):\n    secret = x @ x\n    return secret")
IN_TURN = "with substituted('g', _ref_g):\n    f(np.ones(3))\nassert g(np.ones(3)) == 3"


def with_g(source: str) -> list:
    return [SWAP, ORACLE, solution("g", source)]


BOTH = with_g("def g(x): return x @ x")
KEPT = {
    "for later": ("def g(x): return kept[0](x)", IN_TURN),
    "handed back": (
        "def g(): return kept[0]",
        IN_TURN.replace("g(np.ones(3)) ==", "g()(np.ones(3)) =="),
    ),
    "in a thread": (
        "import threading\ndef g(x):\n    found = []\n"
        "    t = threading.Thread(target=lambda: found.append(kept[0](x)))\n"
        "    t.start()\n    t.join()\n    return found[0]",
        IN_TURN,
    ),
    "as a default": ("def g(x, h=lambda x: kept[0](x)): return h(x)", IN_TURN),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_an_oracle_cannot_be_kept(name: str) -> None:
    answer, test = KEPT[name]
    student = "kept = []\ndef f(x): kept.append(g)"
    points, output = exercise(student, test, *with_g(answer))
    assert points == 0, output
    right = (
        "def g(x): return x @ x"
        if "g()" not in test
        else "def g(): return lambda x: x @ x"
    )
    assert exercise(student, test, *with_g(right))[0] == 1, "a control"


def test_an_oracle_of_a_loop_is_not_one_of_the_next_call() -> None:
    setup = solution(
        "d", "kept = []\ndef d(g, x):\n    kept.append(g)\n    return g(x + 1) - g(x)"
    )
    test = "def _ref(x): return x ** 3\nassert d(_ref, 1) == 7\nassert f(5) == _ref(5)"
    assert exercise("def f(x): return kept[0](x)", test, setup)[0] == 0
    assert exercise("def f(x): return x ** 3", test, setup)[0] == 1


def test_errors_of_an_oracle_tell_nothing() -> None:
    student = """
told = []
def f(x):
    for bad in ("abc", {}, np.zeros((2, 3))):
        try:
            g(bad)
        except Exception as error:
            told.append((type(error).__name__, str(error), len(getattr(error, "__notes__", "")),
                         repr(vars(error).get("secret"))))
    return told
"""
    test = """
with substituted("g", _ref_g):
    told = f(1)
assert [t[0] for t in told] == ["TypeError", "TypeError", "ValueError"], told
assert {t[2] for t in told} == {0} and not any("@" in t[1] or "mul" in t[1] for t in told)
"""
    points, output = exercise(student, test, *BOTH)
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
    else:
        raise ValueError
def known(x): raise Known("here")
try:
    f("known", known)
except Known as error:
    assert str(error) == "here"
"""
    student = "def f(x, h=None):\n    if h: return h(x)\n    return g(x)"
    points, output = exercise(student, test, *BOTH)
    assert points == 1, output


def test_a_failed_check_in_a_function_of_the_test_cannot_be_swallowed_unseen() -> None:
    """The student's code may catch it: the test then sees what `f` gives."""
    test = """
def hint(x): raise AssertionError("look at g")
with substituted("g", hint):
    assert f(1) != 5
"""
    student = "def f(x):\n    try: return g(x)\n    except BaseException: return 5"
    assert exercise(student, test, *BOTH)[0] == 0


def test_an_oracle_that_works_in_place_changes_what_the_student_has() -> None:
    test = """
def _clip(values, most): np.clip(values, -most, most, out=values)
with substituted("g", _clip):
    assert (f() == [1, -1, 0.5]).all()
"""
    student = "def f():\n    x = np.array([3, -3, 0.5])\n    g(x, 1)\n    return x"
    points, output = exercise(student, test, *with_g("def g(x, most): pass"))
    assert points == 1, output


def test_substitutes_are_gone_after_the_call() -> None:
    test = """
def _ref_g(x): return x + g_before(10)
g_before = swap("g", _ref_g)
assert f(1) == [1 - 10], f(1)
swap("g", g_before)
assert f(1) == [-1]
"""
    swap = "def swap(name, value):\n    names = vars(sys.modules['__main__'])\n"
    swap += "    names[name], before = value, names[name]\n    return before"
    first = [cell("setup", "swap", swap), solution("g", "def g(x): return -x")]
    points, output = exercise("def f(x): return [g(x)]", test, *first)
    assert points == 1, output


def test_a_substitute_for_a_missing_answer() -> None:
    test = "with substituted('g', _ref_g):\n    assert f(np.ones(3)) == 3"
    others = [
        SWAP,
        ORACLE,
        solution("g", "def g(x): return x"),
        cell("solution", "gone", "del g"),
    ]
    points, output = exercise("def f(x): return g(x)", test, *others)
    assert points == 1, output
