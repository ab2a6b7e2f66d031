"""Copies are found however they are dressed up; independent answers are not."""

from __future__ import annotations

import ast
import random
import re
import time
from pathlib import Path

import nbformat
import pytest

from autograder.classroom.alike import LEAST, groups, passages, words
from autograder.course import Course
from tests.answers import COMPLETE

ROOT = Path(__file__).parents[2]
COURSE = Course(ROOT)
MARK = re.compile(r"^# %% (.+)$", re.MULTILINE)


def bank(assignment: str) -> dict[str, dict[str, str]]:
    """Right answers that were written independently of each other, and the master's."""
    found = {"master": _answers(COURSE.master(assignment))}
    for path in sorted((ROOT / "audit" / assignment / "right").glob("*.py")):
        _, *parts = MARK.split(path.read_text("utf-8"))
        found[path.stem] = dict(zip(parts[::2], parts[1::2], strict=True))
    return found


def _answers(path: Path) -> dict[str, str]:
    cells = nbformat.read(path, as_version=4).cells
    return {
        c.metadata.nbgrader.grade_id: re.sub(r"(?m)^\s*###.*\n?", "", c.source)
        for c in cells
        if c.cell_type == "code" and c.metadata.get("nbgrader", {}).get("solution")
    }


def handed_out(assignment: str) -> list[str]:
    released = COURSE.release(assignment) / COURSE.master(assignment).name
    cells = nbformat.read(released, as_version=4).cells
    return [c.source for c in cells if c.cell_type == "code"]


class Renamed(ast.NodeTransformer):
    """All names that the code binds, by others; function names stay."""

    def __init__(self, tree: ast.AST) -> None:
        bound = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
        names = (n for n in ast.walk(tree) if isinstance(n, ast.Name))
        bound |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
        self.names = {name: f"my_{name[::-1]}" for name in bound}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self.names[node.arg]
        return node


def dressed_up(source: str, seed: int) -> str:
    """Renamed, laid out anew, other quotes, other comments and docstrings."""
    rng, tree = random.Random(seed), ast.parse(source)
    lines = ast.unparse(Renamed(tree).visit(tree)).splitlines()
    made = []
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()))
        made += [f"{indent}# step {rng.random()}"] * (rng.random() < 0.3)
        made.append(line.replace("'", '"') if rng.random() < 0.5 else f"{line}  # ok")
    return "\n".join(made)


def long_enough(answers: dict[str, str]) -> bool:
    return sum(len(passages(source)) for source in answers.values()) > 5 * LEAST


@pytest.mark.parametrize("assignment", COMPLETE)
def test_independent_answers_are_not_alike(assignment: str) -> None:
    answers = bank(assignment)
    assert len(answers) >= 5
    assert groups(answers, handed_out(assignment)) == []


@pytest.mark.parametrize("assignment", COMPLETE)
def test_copies_of_each_independent_answer_are_found_and_nothing_else(
    assignment: str,
) -> None:
    answers, given = bank(assignment), handed_out(assignment)
    copied = [name for name in answers if long_enough(answers[name])]
    assert len(copied) >= 4
    for seed, name in enumerate(copied):
        copies = {
            f"copy_{n}": {
                cell: dressed_up(source, seed + 100 * n)
                for cell, source in answers[name].items()
            }
            for n in range(2)
        }
        (group,) = groups(answers | copies, given)
        assert group.students == [name, "copy_0", "copy_1"]
        assert group.share > 0.9 and set(group.cells) == set(answers[name])


@pytest.mark.parametrize("assignment", ["rnn_lstm", "dinosaur_names"])
def test_a_copy_of_which_one_exercise_was_written_anew_is_found(
    assignment: str,
) -> None:
    answers, given = bank(assignment), handed_out(assignment)
    whole = [n for n in answers if set(answers[n]) == set(answers["master"])][1:]
    one, other = whole[0], whole[1]
    anew = min(answers[one], key=lambda cell: len(answers[one][cell]))
    copy = {c: dressed_up(source, 5) for c, source in answers[one].items()}
    copy[anew] = answers[other][anew]
    (group,) = groups(answers | {"copy": copy}, given)
    assert group.students == [one, "copy"] and anew not in group.cells


def test_what_was_handed_out_and_what_many_write_is_forced() -> None:
    common, rare = bank("rnn_lstm")["textbook"], bank("rnn_lstm")["loops"]
    many = {f"s{n}": common for n in range(30)}
    few = {f"t{n}": rare for n in range(3)}
    (group,) = groups(many | few, [])
    assert group.students == ["t0", "t1", "t2"]
    assert groups(many | few, rare.values()) == []


def test_short_answers_tell_nothing() -> None:
    short = {"double": "def double(x):\n    return 2 * x"}
    assert groups({f"s{n}": short for n in range(4)}, []) == []
    assert groups({}, []) == [] and groups({"s": {}}, []) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("total = a + b  # sum", "s=first+ second"),
        ('f(x["a"])', "g( y['a'], )"),
        ('def f(x):\n    """Adds."""\n    return x', "def g(y): return y"),
        ("for i in range(3):\n\n    a.append(i)", "for k in span(3): b.append(k)"),
        ('f"W{gate}"', 'f"W{my_gate}"'),
    ],
)
def test_names_comments_and_layout_make_no_difference(one: str, other: str) -> None:
    assert words(one) == words(other) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [("a + b", "a - b"), ("x.sum()", "x.mean()"), ("f(1)", "f(2)"), ("'a'", "'b'")],
)
def test_what_is_computed_makes_one(one: str, other: str) -> None:
    assert words(one) != words(other)


@pytest.mark.parametrize(
    "source",
    ["'''" * 100_000, '"' * 300_000, "(" * 300_000, "def f(:\n  '", "\x00\ud800"],
)  # fmt: skip
def test_code_that_is_none_takes_no_time_and_stops_nobody(source: str) -> None:
    start = time.monotonic()
    answers = bank("rnn_lstm")
    hostile = {"bad_1": {"x": source}, "bad_2": {"x": source}}
    assert groups(answers | hostile, []) == []
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("text", ['x = "' + '\\"' * 200_000, '"""' + "\n" * 10**6])
def test_what_has_no_end_is_read_once(text: str) -> None:
    """By the square of its length it would take hours."""
    assert len(words(text)) < 10
