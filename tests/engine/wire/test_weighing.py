"""Few bytes that would become many objects are counted before anything is made."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable
from typing import Any

import msgpack
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.engine.wire.messages import Conversation, Done, packed, unpacked
from autograder.engine.wire.values import Decoder, Mine, WireError
from autograder.engine.wire.weighing import objects
from autograder.engine.wire.writing import Encoder

MANY, FEW, MOST = 8_000_000, 1000, 1 << 40
LEAF = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats()
    | st.text(max_size=300) | st.binary(max_size=300)
    | st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=20))
)  # fmt: skip
TREES = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=20) | st.dictionaries(st.integers(0, 999), inner)
    ),
)


def counted(tree: Any) -> int:
    if isinstance(tree, dict):
        return 1 + len(tree) + sum(map(counted, tree.values()))
    return 1 + (sum(map(counted, tree)) if isinstance(tree, list) else 0)


@given(TREES)
def test_objects_are_counted_as_a_decoder_makes_them(tree: Any) -> None:
    assert objects(msgpack.packb(tree), MOST) == counted(tree)


@pytest.mark.parametrize("size", [31, 32, 255, 256, 65535, 65536])
def test_every_length_of_text_bytes_and_lists(size: int) -> None:
    for tree in ("x" * size, b"x" * size, [None] * size, dict.fromkeys(range(size))):
        assert objects(msgpack.packb([tree, 1]), MOST) == counted([tree, 1])
    long = msgpack.packb([msgpack.ExtType(1, b"x" * size), 1])
    assert objects(long, MOST) == 3


@given(st.binary(max_size=100))
def test_anything_can_be_counted(data: bytes) -> None:
    assert objects(data, 1000) >= 0


def a_list_of(one: bytes) -> Callable[[int], bytes]:
    """The answer of a list of many such."""
    end = msgpack.packb([]) if one else b""
    return lambda n: (
        b"\x93\x03\x93\x04\xa4list\xdd" + struct.pack("!I", n) + n * one + end
    )


def an_output_of(one: bytes) -> Callable[[int], bytes]:
    return lambda n: b"\x92\x05\x81\xa1d\xdd" + struct.pack("!I", n) + n * one


FORGED = {
    "nothing": a_list_of(b"\xc0"),
    "numbers": a_list_of(b"\xcb" + 8 * b"\1"),
    "sets": a_list_of(msgpack.packb([4, "set", []])),
    "words": a_list_of(msgpack.packb([6, "int", "1"])),
    "scalars": a_list_of(msgpack.packb([5, "u1", b"1"])),
    "references": a_list_of(msgpack.packb([1, 5])),
    "handles": a_list_of(msgpack.packb([0, 1, "x", "y", None])),
    "outputs": an_output_of(b"\x80"),
    "outputs with keys": an_output_of(b"\x81\xa1a\xc0"),
}  # fmt: skip


def peak(action: Callable[[], Any]) -> int:
    """The most bytes that it holds at a time."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", FORGED)
def test_forged_messages_stay_small(name: str) -> None:
    forge = FORGED[name]
    small, large = forge(FEW), forge(MANY)
    unpacked(small)
    undefended = msgspec.msgpack.Decoder(Conversation)
    each = peak(lambda: undefended.decode(forge(FEW * 10))) / (FEW * 10)
    assert each * MANY > 50 << 20, "a control: it would take much"

    def refused() -> None:
        with pytest.raises(WireError, match="too many"):
            unpacked(large)

    assert peak(refused) < 1 << 20


def test_honest_messages_are_not_refused() -> None:
    numbers = np.arange(4_000_000.0)
    values = [
        numbers,
        "x" * (4 << 20),
        list(range(900_000)),
        {n: (n,) for n in range(99_999)},
    ]
    data = packed(Done(Encoder(lambda _: None, 1 << 28).encode(values)))
    back = decoded(unpacked(data), lambda _: None)
    assert back[1:] == values[1:] and (back[0] == numbers).all()


SMALL_KINDS = {
    "words": [6, "int", "1"],
    "scalars": [5, "u1", b"1"],
    "types": [6, "numpy", "int8"],
}


@pytest.mark.parametrize("name", SMALL_KINDS)
def test_small_kinds_weigh_too(name: str) -> None:
    again = [3, 0]

    def laughs(count: int) -> Any:
        items = [[4, "list", [SMALL_KINDS[name]] * 1000], *[again] * count]
        message = unpacked(msgpack.packb([3, [4, "list", items], []]))
        return decoded(message, lambda node: None)

    assert len(laughs(9)) == 10
    with pytest.raises(WireError, match="too large"):
        laughs(3000)


def test_objects_that_stay_over_there_weigh_more() -> None:
    def handles(count: int) -> Any:
        encoder = Encoder(lambda n: Mine(len(encoder.written), "x"), 1 << 28)
        message = packed(Done(encoder.encode([object()] * count)))
        return decoded(unpacked(message), lambda node: node)

    assert len(handles(1000)) == 1000
    with pytest.raises(WireError, match="too large"):
        handles(100_000)


def decoded(message: Conversation, resolve: Callable[[Any], Any]) -> Any:
    assert isinstance(message, Done)
    return Decoder(resolve).decode(message.value)
