"""How errors look on the other side."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.engine.wire.errors import described, rebuilt
from autograder.engine.wire.messages import Failed, packed, unpacked

ARGUMENT = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**60), 2**60), st.text(max_size=9),
    st.floats(allow_nan=False), st.lists(st.integers(), max_size=2),
)  # fmt: skip
KINDS = [ValueError, TypeError, KeyError, IndexError, ZeroDivisionError, AssertionError]


def crossed(error: BaseException) -> Exception:
    failed = unpacked(packed(described(error)))
    assert isinstance(failed, Failed)
    return rebuilt(failed)


@given(st.sampled_from(KINDS), st.lists(ARGUMENT, max_size=3))
@settings(deadline=None)
def test_type_and_text_arrive(kind: type[Exception], arguments: list[object]) -> None:
    error = kind(*arguments)
    back = crossed(error)
    assert type(back) is kind
    if not any(isinstance(a, list) for a in arguments):
        assert back.args == error.args
    elif kind is not KeyError:
        assert str(back) == str(error)


class Mine(KeyError):
    pass


class Silent(ValueError):
    def __str__(self) -> str:
        raise RuntimeError


class Needy(ValueError):
    def __init__(self, a: int, b: int) -> None:
        super().__init__("needs two", a + b)


def test_own_types_arrive_as_the_nearest_that_is_known() -> None:
    assert type(crossed(Mine("k"))) is KeyError and crossed(Mine("k")).args == ("k",)
    assert crossed(Needy(1, 2)).args == ("needs two", 3)
    assert type(crossed(Silent())) is ValueError


def test_errors_of_files_keep_number_and_name() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        Path("/no/such/file").read_text()
    back = crossed(caught.value)
    assert type(back) is FileNotFoundError and back.filename == "/no/such/file"
    assert back.errno == caught.value.errno


def test_long_texts_are_cut() -> None:
    assert len(str(crossed(ValueError("x" * 10**6)))) < 10_000
    assert len(packed(described(ValueError(*["y" * 1000] * 1000)))) < 10_000


def test_many_base_classes_are_cut() -> None:
    kind: type = ValueError
    for _ in range(50):
        kind = type("Below", (kind,), {})
    assert len(described(kind("x")).types) <= 10


def test_half_a_character_in_an_error_crosses() -> None:
    assert "a" in str(crossed(ValueError("a\ud800")))
    assert isinstance(crossed(OSError(2, "x", "a\udcff")), OSError)


def test_large_numbers_in_an_error_cross() -> None:
    assert isinstance(crossed(ValueError(2**70)), ValueError)
    assert isinstance(crossed(KeyError(-(2**64))), KeyError)
