"""What a callee has changed is found, and can be repeated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.engine.wire import changes

INNER = [1]


def assign(x: Any) -> None:
    x[0] = 5


CHANGES = {
    "append": ([1, 2], lambda x: x.append(3)),
    "sort": ([2, 1], lambda x: x.sort()),
    "clear": ([2, 1], lambda x: x.clear()),
    "an equal item": ([1, True], lambda x: x.reverse()),
    "another inner list": ([INNER], lambda x: assign(x)),
    "key": ({1: 2}, lambda x: x.update({3: 4})),
    "value": ({0: 2}, assign),
    "order": ({1: 1, 2: 2}, lambda x: x.update({1: x.pop(1)})),
    "add": ({1}, lambda x: x.add(2)),
    "numbers": (np.zeros(3), assign),
    "negative zero": (np.zeros(2), lambda x: np.negative(x, out=x)),
    "objects": (np.array([None, "a"], object), assign),
    "shape": (np.zeros((2, 3)), lambda x: setattr(x, "shape", (3, 2))),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found_and_repeated(name: str) -> None:
    value, change = CHANGES[name]
    value, mine = changes.contents(value), changes.contents(value)
    values = ["x", value, (1,), [7]]
    before = changes.states(values)
    assert changes.changed(values, before) == []
    change(value)
    assert changes.changed(values, before) == [1]
    if name != "shape":
        changes.repeat(mine, changes.contents(value))
        assert str(mine) == str(value) and type(mine) is type(value)


def test_what_holds_a_changed_value_has_not_changed_itself() -> None:
    inner = [1]
    values = [inner, [inner], {"a": inner}, np.array([inner, None], object)]
    before = changes.states(values)
    inner.append(2)
    assert changes.changed(values, before) == [0]


def test_what_is_not_a_number_has_not_changed() -> None:
    values = [[float("nan")], np.full(2, np.nan)]
    before = changes.states(values)
    assert changes.changed(values, before) == []
