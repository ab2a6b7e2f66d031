"""What stands in the judge for functions and objects of the student's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.engine.judge.stand_ins import OPERATORS, Handle, stand_in
from autograder.engine.wire.values import DoesNotCross, Mine


def call(*about: Any) -> Any:
    """Tells how it was called."""
    return about[1:]


def thing(kind: str = "Thing") -> Any:
    return stand_in(Mine(1, kind), call)


def test_a_function_calls() -> None:
    function = stand_in(Mine(1, "function", "f", "Doc."), call)
    assert function(1, 2, a=3) == ((1, 2), {"a": 3})
    assert (function.__name__, function.__doc__) == ("f", "Doc.")


def test_a_handle_has_a_type_of_that_name_and_nothing_else() -> None:
    assert type(thing()).__name__ == "Thing" and isinstance(thing(), Handle)
    assert type(thing()) is type(thing()) and type(thing("Other")) is not type(thing())
    assert thing() is not thing() and hash(thing()) is not None
    assert {(a := thing()): 1}[a] == 1 and a is not None


def test_what_can_be_called_and_is_no_function_answers_calls_only() -> None:
    made = stand_in(Mine(1, "Poly", ""), call)
    assert made(1, a=2) == ((1,), {"a": 2}) and callable(made)
    assert isinstance(made, Handle) and not callable(thing())
    for ask in (bool, len, lambda x: x == 1, lambda x: x.a, lambda x: x.__name__):
        with pytest.raises(TypeError):
            ask(made)
    with pytest.raises(DoesNotCross):
        made._call = call


@pytest.mark.parametrize("name", [n for n in OPERATORS.split() if n != "setattr"])
def test_operators_refuse(name: str) -> None:
    with pytest.raises(DoesNotCross, match="of type Thing does not cross"):
        getattr(type(thing()), f"__{name}__")(thing())


def test_attributes_refuse() -> None:
    for ask in (
        lambda x: x.a, lambda x: x.__len, lambda x: x.shape, lambda x: setattr(x, "a", 1),
        lambda x: delattr(x, "a"), lambda x: x.__array_interface__, lambda x: x.__code__,
        np.asarray, np.sum, list, sorted, float, bool,
    ):  # fmt: skip
        with pytest.raises(TypeError) as caught:
            ask(thing())
        if ask is not str.join:
            assert "'together'" in str(caught.value)


@pytest.mark.parametrize(
    "name", ["", "x" * 10**6, "a b\n", "\N{SNOWMAN}", "int", "None"]
)
def test_odd_names(name: str) -> None:
    made = thing(name)
    assert isinstance(made, Handle) and not isinstance(made, int)
    assert len(repr(made)) < 500
