"""Every attack of the bank works where nothing defends: the bank's own control."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.engine import undefended
from tests.engine.attack_bank import (
    ATTACKS,
    SECRET,
    WRONG,
    Attack,
    course_of_others,
    learnt,
    state,
)
from tests.engine.undefended import Undefended

HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.S)

HONEST = pytest.mark.parametrize("name", ["honest", "messages/honest"])
STARTING = {"time"}
"""What an interpreter of its own takes for a student's process with a line."""


@pytest.fixture(scope="module")
def nobody() -> Iterator[Undefended]:
    grader = Undefended(SECRET)
    yield grader
    grader.close()


@pytest.mark.parametrize("attack", ATTACKS, ids=[a.name for a in ATTACKS])
def test_attack_works(attack: Attack, nobody: Undefended) -> None:
    if attack.stock == "unsafe" and not undefended.is_root():
        pytest.skip("would harm its user")
    assert attack.works in effects(attack, nobody)


@HONEST
def test_a_wrong_answer_has_no_effect(name: str, nobody: Undefended) -> None:
    honest = Attack(name, "", "answer", "", "", "", WRONG)
    assert not effects(honest, nobody) - STARTING


@HONEST
def test_a_right_answer_earns_its_points(name: str, nobody: Undefended) -> None:
    right = "def square(x): return x * x"
    honest = Attack(name, "", "answer", "", "", "", right)
    assert effects(honest, nobody) - STARTING == {"points"}


def test_every_attack_says_how_it_works() -> None:
    known = {"points", "secret", "changed", "neighbour", "survivor", "uncleaned"}
    known |= {"stopped", "hung", *undefended.MORE_THAN}
    assert {attack.works for attack in ATTACKS} <= known
    over_a_line = {a.works for a in ATTACKS if a.category == "messages"}
    assert not over_a_line & STARTING, "seen in an honest run, too"


def effects(attack: Attack, nobody: Undefended) -> set[str]:
    """What a submission achieves where nothing defends."""
    with course_of_others() as course:
        text = attack.hand_in(course)
        if attack.without == "hidden tests":
            text = _without_hidden_tests(text)
        course.joinpath("work/notebook.ipynb").write_text(text)
        before = state(course)
        seen = nobody.effects(
            course, attack.works, over_a_line=attack.category == "messages"
        )
        result = undefended.result(course)
        points = result.get("points", {})
        if points.get("test_square") or any(points[n] > 1 for n in points):
            seen.add("points")
        if learnt(result.get("cells", [])):
            seen.add("secret")
        if state(course) != before:
            seen.add("changed")
    return seen


def _without_hidden_tests(text: str) -> str:
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        cell["source"] = HIDDEN.sub("", cell["source"])
    return json.dumps(notebook)
