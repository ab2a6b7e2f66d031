"""Messages arrive as they were sent; anything else is a WireError."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.engine.limits import Limits
from autograder.engine.wire.messages import (
    Call,
    Cause,
    Cell,
    Done,
    Failed,
    Job,
    Judged,
    Look,
    Role,
    Run,
    Shown,
    Verdict,
    packed,
    unpacked,
)
from autograder.engine.wire.values import WireError

TEXT = st.text(max_size=9)
NUMBER = st.integers(-(2**63), 2**63 - 1)
PLAIN = st.one_of(st.none(), st.booleans(), NUMBER, st.floats(allow_nan=False), TEXT)
JSON = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner)
)
CONVERSATION = st.one_of(
    st.builds(Run, TEXT, st.lists(TEXT), st.lists(TEXT)),
    st.builds(Look, st.lists(TEXT), st.lists(NUMBER)),
    st.builds(Call, NUMBER | TEXT, PLAIN, PLAIN, PLAIN),
    st.builds(Done, PLAIN, st.lists(st.tuples(NUMBER, PLAIN))),
    st.builds(
        Failed, st.lists(st.tuples(TEXT, TEXT)), st.lists(PLAIN), TEXT, TEXT,
        st.none() | NUMBER,
    ),
    st.builds(Shown, st.dictionaries(TEXT, JSON)),
)  # fmt: skip


@given(CONVERSATION)
@settings(deadline=None)
def test_any_message_arrives(
    message: Run | Look | Call | Done | Failed | Shown,
) -> None:
    assert unpacked(packed(message)) == message


NONSENSE = {
    "nothing": b"",
    "no list": msgspec.msgpack.encode({"a": 1}),
    "empty list": msgspec.msgpack.encode([]),
    "unknown kind": msgspec.msgpack.encode([99, 1]),
    "negative kind": msgspec.msgpack.encode([-1, 1]),
    "kind in words": msgspec.msgpack.encode(["call", 1]),
    "too short": msgspec.msgpack.encode([0]),
    "number for text": msgspec.msgpack.encode([0, 5, [], []]),
    "truth for a number": msgspec.msgpack.encode([2, True, None, None, None]),
    "fraction for a number": msgspec.msgpack.encode([2, 1.5, None, None, None]),
    "bytes for text": msgspec.msgpack.encode([1, [b"x"], []]),
    "names in pairs": msgspec.msgpack.encode([4, [["a"]], [], ""]),
    "two messages": 2 * packed(Run("", [], [])),
    "half a message": packed(Run("1 + 1", ["a"], []))[:-1],
    "broken text": packed(Run("abc", [], [])).replace(b"abc", b"\xff\xfe\xfd"),
    "timestamp": msgspec.msgpack.encode([5, {"a": msgspec.Raw(b"\xd6\xff\0\0\0\1")}])[:-3],
    "a job": packed(Job([], {}, Limits())),
    "endless lists": b"\x91" * 10**6,
    "a list that is said to be huge": b"\x93\x01\xdd\xff\xff\xff\xff\x90",
    "a text that is said to be huge": b"\x93\x00\xdb\xff\xff\xff\xff",
    "a map that is said to be huge": b"\x92\x05\xdf\xff\xff\xff\xff",
}  # fmt: skip


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense(name: str) -> None:
    with pytest.raises(WireError, match="not a message"):
        unpacked(NONSENSE[name])


@given(st.binary(max_size=99))
@settings(max_examples=500, deadline=None)
def test_random_bytes_are_a_message_or_an_error(data: bytes) -> None:
    try:
        found = unpacked(data)
    except WireError:
        return
    assert unpacked(packed(found)) == found


def test_a_job_and_its_verdicts_arrive_at_the_other_side() -> None:
    cell = Cell("f", Role.ANSWER, "x = 1", [b"code"], ["x"], ["y"], [])
    job = Job([cell], {"np": "import numpy as np"}, Limits(cell_seconds=2.5))
    assert msgspec.msgpack.decode(packed(job), type=Job) == job
    judged = Judged(
        3,
        Verdict(ran=True, error="ValueError", trouble="slow", cause=Cause.TEST),
        [{"a": 1}],
    )
    assert msgspec.msgpack.decode(packed(judged), type=Judged) == judged


@pytest.mark.parametrize(
    "verdict, passed",
    [
        (Verdict(), False),
        (Verdict(ran=True), True),
        (Verdict(ran=True, error="AssertionError"), False),
        (Verdict(ran=True, trouble="slow", cause=Cause.TEST), False),
        (Verdict(error="AssertionError"), False),
    ],
)
def test_only_a_cell_that_ran_without_error_or_trouble_passed(
    verdict: Verdict, passed: bool
) -> None:
    assert verdict.passed is passed


def test_odd_text_and_huge_numbers_of_outputs_become_text() -> None:
    odd = {"a\ud800": ["\udfff", 2**70, -(2**65)], "fine": [1, 2.5, None, b"x"]}
    shown = unpacked(packed(Shown(odd)))
    assert shown == Shown(
        {"a?": ["?", str(2**70), str(-(2**65))], "fine": [1, 2.5, None, b"x"]}
    )
    judged = Judged(1, Verdict(error="\ud800"), [odd])
    back = msgspec.msgpack.decode(packed(judged), type=Judged)
    assert back.verdict.error == "?" and back.number == 1
