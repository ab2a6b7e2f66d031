"""Which cell runs where, and whose a name is."""

from __future__ import annotations

import ast
import gc
import marshal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode

from autograder.engine.limits import Limits
from autograder.engine.plan import global_names, parsed, plain_python, plan, role
from autograder.engine.wire.messages import Cell, Role
from tests.engine.small_course import cell, solution, tagged

MARKDOWN = nbformat.v4.new_markdown_cell("text", id="text")
TEST = cell("test", "t", "assert 1")

ROLES = [
    (MARKDOWN, Role.SKIPPED),
    (cell("plain", "p", "  \n"), Role.SKIPPED),
    (cell("plain", "p", "x = 1"), Role.ANSWER),
    (solution("s", "x = 1"), Role.ANSWER),
    (cell("manual", "m", "x = 1"), Role.ANSWER),
    (cell("setup", "s", "x = 1"), Role.SETUP),
    (cell("locked", "l", "x = 1"), Role.SETUP),
    (cell("demo", "d", "x = 1"), Role.DEMO),
    (TEST, Role.APART),
    (tagged(cell("test", "t", "assert 1"), "together"), Role.TOGETHER),
    (tagged(cell("solution", "s", "x = 1"), "together"), Role.ANSWER),
    (tagged(cell("setup", "s", "x = 1"), "together"), Role.SETUP),
    (tagged(cell("test", "t", "assert 1"), "demo"), Role.APART),
]


@pytest.mark.parametrize("made, expected", ROLES)
def test_roles(made: NotebookNode, expected: Role) -> None:
    assert role(made) is expected


@pytest.mark.parametrize(
    "together, expected",
    [(True, Role.TOGETHER), (False, Role.APART), (["t"], Role.TOGETHER),
     (["other"], Role.APART), ([], Role.APART)],
)  # fmt: skip
def test_settings_choose_graded_cells(together, expected: Role) -> None:
    assert role(TEST, together) is expected
    assert role(cell("setup", "t", "x = 1"), together) is Role.SETUP


def planned(
    *cells: NotebookNode, answers: dict[str, str] | None = None
) -> dict[str, Cell]:
    """The cells of a job by name; `answers` stand in the rebuilt notebook."""
    master = nbformat.v4.new_notebook(cells=list(cells))
    rebuilt = nbformat.from_dict(nbformat.reads(nbformat.writes(master), as_version=4))
    for found in rebuilt.cells:
        found.source = (answers or {}).get(found.id, found.source)
    return {c.name: c for c in plan(rebuilt, master, Limits(), False).cells}


def test_names_that_answers_bind_are_asked() -> None:
    cells = planned(
        cell("setup", "s", "import numpy as np\nLIMIT = 1"),
        solution("a", "def f(): return LIMIT\nx: int = 1"),
        cell(
            "test",
            "t",
            "def close(a): return np.abs(a) < LIMIT\nassert close(f()) and x and len('a')",
        ),
    )
    assert cells["t"].asks == ["f", "x"]
    assert cells["a"].binds == ["f", "x"] and cells["a"].asks == []
    assert cells["s"].binds == ["LIMIT", "np"]


def test_the_master_says_what_answers_bind() -> None:
    """Not what was handed in: it can give its names to nothing else."""
    cells = planned(
        cell("setup", "s", "LIMIT = 1"), solution("a", "f = 1"),
        cell("test", "t", "assert f < LIMIT"), answers={"a": "LIMIT = 9\nf = 3"},
    )  # fmt: skip
    assert cells["t"].asks == ["f"] and cells["a"].binds == ["f"]
    assert cells["a"].source == "LIMIT = 9\nf = 3"


def test_who_binds_last_has_the_name() -> None:
    cells = planned(
        cell("setup", "s1", "x = 1"), cell("test", "t1", "x"),
        solution("a", "x = 2"), cell("test", "t2", "x"),
        cell("locked", "s2", "x = 3"), cell("test", "t3", "x"),
        cell("test", "t4", "x = 4"), solution("b", "x = 5"), cell("test", "t5", "x"),
    )  # fmt: skip
    asked = {name: "x" in c.asks for name, c in cells.items() if name[0] == "t"}
    assert asked == {"t1": False, "t2": True, "t3": False, "t4": False, "t5": True}


def test_a_substitution_by_name_is_found() -> None:
    cells = planned(
        solution("a", "def f(): pass"), cell("test", "t", "substituted('f', 1)"),
    )  # fmt: skip
    assert "f" in cells["t"].asks


def test_what_a_test_expects_is_not_asked() -> None:
    """Though it looks like a name: the student's process sees what it is asked for."""
    cells = planned(
        solution("a", "def capital(country): return 'Lima'"),
        cell("setup", "s", "globals().get('hint')"),
        cell(
            "test",
            "t",
            "kept = len('Quito')\nassert capital('Peru') == 'Lima' and kept == word",
        ),
    )
    assert cells["s"].asks == [] and cells["t"].asks == ["capital", "word"]


def test_names_that_earlier_tests_read_are_asked_again() -> None:
    """A helper of one test may use them in the next one."""
    cells = planned(
        solution("a", "f = 1"), cell("test", "t1", "def help(): return f"),
        cell("test", "t2", "help()"),
    )  # fmt: skip
    assert "f" in cells["t2"].asks and "help" not in cells["t2"].asks


def test_demonstrations_bind_for_nobody() -> None:
    cells = planned(
        cell("demo", "d", "x = y = 1"),
        solution("a", "y = 1"),
        cell("test", "t", "x, y"),
    )
    assert cells["t"].shown_only == ["x"] and "x" not in cells["t"].asks
    assert "y" in cells["t"].asks and cells["d"].code == []


def test_imports_of_the_master_are_kept_by_name() -> None:
    sources = "import os.path, numpy as np\nfrom math import sqrt as root, tau"
    master = nbformat.v4.new_notebook(cells=[solution("a", sources)])
    made = plan(master, master, Limits(), False)
    assert set(made.imports) == {"os", "np", "root", "tau"}
    space: dict[str, object] = {}
    exec(made.imports["root"], space)
    assert "root" in space


def test_code_runs_as_it_stands() -> None:
    code = planned(cell("test", "t", "x = 2\nx * 21"))["t"].code
    space: dict[str, object] = {}
    assert [eval(marshal.loads(c), space) for c in code] == [None, 42]
    quiet = planned(cell("test", "t", "x = 2\nx * 21;"))["t"].code
    assert [eval(marshal.loads(c), {}) for c in quiet] == [None]
    for source in ("%time x", "!ls", "def", "x?", "return 1", "await f()"):
        assert planned(cell("test", "t", source))["t"].code == []


def test_code_of_answers_is_not_made() -> None:
    """It would be compiled in the grader."""
    cells = planned(solution("a", "x = 1"), answers={"a": "x = 2"})
    assert cells["a"].code == []


NAMES = {
    "x = y": ({"y"}, {"x"}),
    "def f(a, b=c): return a + d": ({"c", "d"}, {"f"}),
    "class A(B): x = 1": ({"B"}, {"A"}),
    "import a.b as c, d.e": (set(), {"c", "d"}),
    "from a import b as c": (set(), {"c"}),
    "for x in y: pass": ({"y"}, {"x"}),
    "with a as b: pass": ({"a"}, {"b"}),
    "[i for i in x]": ({"x"}, set()),
    "(y := x)": ({"x"}, {"y"}),
    "def f():\n    global g\n    g = 1": (set(), {"f", "g"}),
    "x += 1": ({"x"}, {"x"}),
    "%time x = y": ({"y"}, {"x"}),
    "%%time\nx = y": ({"y"}, {"x"}),
    "%%capture out\nx = y": ({"y"}, {"x", "out"}),
    "a, (b, *c) = d": ({"d"}, {"a", "b", "c"}),
    "try: pass\nexcept E as e: pass": ({"E"}, {"e"}),
    "match x:\n    case [y, *z]: pass": ({"x"}, {"y", "z"}),
    "x: int = 1": ({"int"}, {"x"}),
    "def": (set(), set()),
    "lambda a: a + b": ({"b"}, set()),
}


@pytest.mark.parametrize("source", NAMES)
def test_global_names(source: str) -> None:
    loaded, bound = global_names(source)
    reads, binds = NAMES[source]
    assert bound >= binds and loaded >= reads
    if "%" not in source:
        assert (loaded, bound) == (reads, binds)


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_can_be_planned(source: str) -> None:
    ast.parse(plain_python(source))
    loaded, bound = global_names(source)
    assert all(isinstance(name, str) for name in loaded | bound)


@pytest.mark.parametrize(
    "source",
    ["x" + "[0]" * 50_000, "(" * 5000, "x = 1\0", "-" * 100_000 + "1", "\ufeffx = 1"],
)
def test_odd_sources_stop_nobody(source: str) -> None:
    cells = planned(solution("a", "x = 1"), TEST, answers={"a": source})
    assert cells["a"].source == source
    global_names(source)


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads change places, and garbage is collected, as often as can be."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-6)
    gc.set_threshold(1, 1, 1)
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("restless")
def test_threads_may_parse_at_once() -> None:
    """With `ast.parse` alone, one in twenty of these fails with CPython 3.11."""
    source = "def f(x):\n    return [x, (x, {x: -(x + 1)})]\n" * 200

    class Slow:
        def __del__(self) -> None:
            sum(range(200))

    def work(_: int) -> int:
        knot = Slow()
        knot.own = knot  # type: ignore[attr-defined]
        return len(parsed(source).body)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(40))) == [200] * 40
