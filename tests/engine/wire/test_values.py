"""Any data arrives as it was sent; nothing else makes anything but a WireError."""

from __future__ import annotations

import collections
import enum
import random
import sys
import time
import tracemalloc
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NoReturn

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.engine.wire.messages import Call, Done, packed, unpacked
from autograder.engine.wire.values import (
    Again,
    Decoder,
    DoesNotCross,
    Mine,
    WireError,
    Yours,
)
from autograder.engine.wire.writing import Encoder
from tests.engine.wire.strategies import ARRAYS, DATA, exactly

ROOM = 1 << 20


def refuse(what: Any) -> NoReturn:
    """Neither lends nor resolves anything."""
    raise DoesNotCross(f"an object of type {type(what).__name__}")


def unknown(node: Any) -> NoReturn:
    """Knows no reference."""
    raise WireError("no such reference")


def sent(value: Any, refer: Callable[[Any], Any] = refuse, room: int = ROOM) -> bytes:
    """The message of a result."""
    return packed(Done(Encoder(refer, room).encode(value)))


def received(data: bytes, resolve: Callable[[Any], Any] = unknown) -> Any:
    """What the values in a message are, whatever it says."""
    message = unpacked(data)
    decoder = Decoder(resolve)
    values = []
    if isinstance(message, Call):
        values = [message.arguments, message.named, message.substitutes]
    if isinstance(message, Done):
        values = [message.value, *(value for _, value in message.changes)]
    found = [decoder.decode(value) for value in values]
    return found[0] if len(found) == 1 else found


def crossed(value: Any) -> Any:
    """There and back."""
    return received(sent(value))


def tree(value: Any) -> Any:
    """A message as nested lists, to be changed."""
    return msgspec.msgpack.decode(sent(value))


def forged(changed: Any) -> Any:
    """What is made of a changed message."""
    return received(msgspec.msgpack.encode(changed))


def replaced(node: Any, old: Any, new: Any) -> Any:
    """The tree with every leaf or list `old` replaced."""
    if node == old and type(node) is type(old):
        return new
    if isinstance(node, list):
        return [replaced(item, old, new) for item in node]
    return node


# --- data -------------------------------------------------------------------------


@given(DATA)
@settings(max_examples=400, deadline=None)
def test_any_data_arrives_exactly(value: Any) -> None:
    assert exactly(crossed(value)) == exactly(value)


@given(ARRAYS)
@settings(max_examples=300, deadline=None)
def test_arrays_arrive_exactly_and_own_their_numbers(value: np.ndarray) -> None:
    back = crossed(value)
    assert exactly(back) == exactly(value) and back.flags.owndata
    assert type(back) is np.ndarray


SHARED = st.one_of(ARRAYS, DATA.filter(lambda v: isinstance(v, (list, dict, set))))


@given(SHARED, DATA)
@settings(max_examples=150, deadline=None)
def test_shared_parts_arrive_shared(part: Any, other: Any) -> None:
    back = crossed([part, {"a": part, 1: other}, (other, [part])])
    assert back[0] is back[1]["a"] is back[2][1][0]
    assert exactly(back[0]) == exactly(part) and exactly(back[2][0]) == exactly(other)
    back = crossed([part, crossed(part)])
    assert back[0] is not back[1]


def test_what_is_shared_crosses_once() -> None:
    large = np.zeros(10_000)
    assert len(sent([large] * 50)) < 2 * large.nbytes


class Colour(enum.IntEnum):
    RED = 7


Pair = collections.namedtuple("Pair", "x y")
BELOW = {
    "enumeration": (Colour.RED, 7),
    "text": (type("S", (str,), {"__str__": lambda self: "lie"})("x"), "x"),
    "number": (type("F", (float,), {})(2.5), 2.5),
    "bytes": (type("B", (bytes,), {})(b"x"), b"x"),
    "named tuple": (Pair(1, 2), (1, 2)),
    "list": (type("L", (list,), {"__iter__": lambda s: iter([9]), "__len__": lambda s: 1})([1, 2]), [1, 2]),
    "dictionary": (collections.OrderedDict(a=1), {"a": 1}),
    "dictionary with a default": (collections.defaultdict(int, a=1), {"a": 1}),
    "bounded queue": (collections.deque([1, 2], 3), collections.deque([1, 2])),
    "counter": (collections.Counter("aab"), {"a": 2, "b": 1}),
    "set": (type("Z", (set,), {})([1]), {1}),
    "masked array": (np.ma.masked_all(2, int).filled(3), np.array([3, 3])),
    "matrix": (np.ones((1, 2)).view(type("M", (np.ndarray,), {})), np.ones((1, 2))),
    "text array": (np.array(["ab", "c"]).view(np.char.chararray), np.array(["ab", "c"])),
}  # fmt: skip


@pytest.mark.parametrize("name", BELOW)
def test_a_subclass_arrives_as_its_base_whatever_it_overrides(name: str) -> None:
    value, base = BELOW[name]
    assert exactly(crossed(value)) == exactly(base)


@pytest.mark.parametrize("value", [np.str_("ab"), np.bytes_(b"ab")], ids=repr)
def test_numpys_own_text_keeps_its_type(value: Any) -> None:
    assert exactly(crossed(value)) == exactly(value)


REFERRED = {
    "function": len, "lambda": lambda: 0, "generator": (x for x in "a"),
    "slice": slice(1), "ellipsis": ..., "module": random, "class": Colour,
    "structured": np.zeros(2, "i4,f8"), "record": np.zeros(2, "i4,f8")[0],
    "raw memory": np.zeros(2, "V3"), "dtype with fields": np.dtype("i4,f8"),
    "file": open, "exception": ValueError("x"), "bytearray": bytearray(b"x"),
    "own ufunc": np.frompyfunc(abs, 1, 1), "generic alias": list[int],
}  # fmt: skip


@pytest.mark.parametrize("name", REFERRED)
def test_what_is_no_data_is_referred_to(name: str) -> None:
    value, seen = REFERRED[name], []

    def refer(it: Any) -> Any:
        seen.append(it)
        return Mine(3, "thing")

    back = received(sent([1, value], refer), lambda node: (type(node), node.number))
    assert back == [1, (Mine, 3)] and seen[0] is value
    with pytest.raises(DoesNotCross, match=r"tag this graded cell 'together'"):
        sent([1, value])


def test_a_reference_comes_back_as_what_it_is_over_there() -> None:
    back = received(
        sent([len, len], lambda _: Yours(5)), lambda node: (type(node), node.number)
    )
    assert back == [(Yours, 5)] * 2


def test_given_objects_are_told_by_number() -> None:
    mine = [1]
    node = Encoder(refuse, ROOM, {id(mine): 4}).encode([mine, 2])
    back = received(packed(Done(node)), lambda given: ("given", given.number))
    assert back == [("given", 4), 2]


# --- limits of the sender ---------------------------------------------------------


def nested(depth: int, kind: Callable[[Any], Any] = lambda x: [x]) -> Any:
    made = 1
    for _ in range(depth):
        made = kind(made)
    return made


TOO_MUCH = {
    "deep list": nested(10_000),
    "deep dictionary": nested(10_000, lambda x: {1: x}),
    "deep tuple": nested(10_000, lambda x: (x,)),
    "long text": "x" * (ROOM + 1),
    "long bytes": bytes(ROOM + 1),
    "many arrays": [np.zeros(1000) for _ in range(200)],
    "large array": np.broadcast_to(1.0, (1 << 20, 1 << 20)),
    "many items": [None] * ROOM,
    "many pairs": dict.fromkeys(range(ROOM)),
    "many objects": np.full(ROOM, None),
}  # fmt: skip


@pytest.mark.parametrize("name", TOO_MUCH)
def test_too_much_is_not_sent(name: str) -> None:
    with pytest.raises(WireError, match=r"too (large|deep)"):
        sent(TOO_MUCH[name])


def test_as_much_as_allowed_is_sent() -> None:
    for value in (nested(100), "x" * (ROOM - 1), np.zeros(ROOM // 8 - 9)):
        assert exactly(crossed(value)) == exactly(value)


def test_a_container_that_holds_itself_does_not_cross() -> None:
    itself: list[Any] = []
    itself.append(itself)
    loop: dict[str, Any] = {}
    loop["a"] = [loop]
    array = np.empty(1, object)
    array[0] = array
    for value in (itself, loop, array):
        with pytest.raises(DoesNotCross, match="holds itself"):
            sent(value)


# --- what no encoder writes -------------------------------------------------------


def only_plain(value: Any) -> bool:
    """Whether there is nothing in it but data of exact types."""
    plain = (type(None), bool, int, float, complex, str, bytes, np.ufunc, type)
    kind = type(value)
    if kind in (list, tuple, set, frozenset, range, collections.deque):
        return all(map(only_plain, value))
    if kind is Fraction:
        return only_plain([value.numerator, value.denominator])
    if kind is dict:
        return all(only_plain(k) and only_plain(v) for k, v in value.items())
    if kind is np.ndarray:
        return value.dtype.kind in "biufcSUmM" or all(map(only_plain, value.flat))
    if isinstance(value, np.dtype):
        return value.kind in "biufcSUmM" and value.fields is None
    return kind in plain or (isinstance(value, np.generic) and kind is not np.void)


@given(st.binary(max_size=200))
@settings(max_examples=500, deadline=None)
def test_random_bytes_are_no_message(data: bytes) -> None:
    try:
        value = received(data)
    except WireError:
        return
    assert only_plain(value)


@given(DATA, st.randoms(use_true_random=False), st.integers(1, 8))
@settings(max_examples=400, deadline=None)
def test_changed_bytes_make_data_or_an_error(
    value: Any, dice: random.Random, count: int
) -> None:
    data = bytearray(sent(value))
    for _ in range(count):
        where = dice.randrange(len(data))
        how = dice.randrange(3)
        if how == 0:
            data[where] = dice.randrange(256)
        elif how == 1:
            del data[where : where + dice.randrange(1, 4)]
        else:
            data[where:where] = dice.randbytes(dice.randrange(1, 4))
        if not data:
            break
    try:
        back = received(bytes(data))
    except WireError:
        return
    assert only_plain(back)


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(),
    st.sampled_from(["O", "V8", "i4,f8", "(2,)f8", "big", "text", "list", "set", "dtype",
                     "__import__", "eval", "numpy", "builtins", "", "f8", "m8[9"]),
    st.text(max_size=5), st.binary(max_size=9), st.lists(st.integers(-3, 3), max_size=3),
)  # fmt: skip


def mutate(node: Any, dice: random.Random, leaf: Callable[[], Any]) -> Any:
    """The tree with one place changed."""
    if not isinstance(node, list) or not node or dice.random() < 0.15:
        return leaf()
    made, where = list(node), dice.randrange(len(node))
    how = dice.random()
    if how < 0.1:
        del made[where]
    elif how < 0.2:
        made.insert(where, leaf())
    elif how < 0.3:
        made[where] = made[dice.randrange(len(made))]
    else:
        made[where] = mutate(made[where], dice, leaf)
    return made


@given(
    DATA, st.randoms(use_true_random=False), st.lists(LEAVES, min_size=1, max_size=4)
)
@settings(max_examples=800, deadline=None)
def test_forged_trees_make_data_or_an_error(
    value: Any, dice: random.Random, leaves: list[Any]
) -> None:
    changed = tree([value, value])
    for _ in leaves:
        changed = mutate(changed, dice, lambda: dice.choice(leaves))
    try:
        back = forged(changed)
    except WireError:
        return
    assert only_plain(back)


ARRAY = np.arange(6.0).reshape(2, 3)
FORGED_DTYPES = [
    "O", "|O", "V8", "V", "f8,f8", "(2,)f8", "(1000000000,)i1", "i4,O", "T", "", "x",
    "S99999999999", "U1000000000", "f8[2]", "M8[bad]", "{'names': ['a']}", "@f8",
    "(,)f8", "(1,,2)f8", "f8,", ",", "(", "2f8", "float64\0", "\ud7ff", "object", "void",
]  # fmt: skip


@pytest.mark.parametrize("name", FORGED_DTYPES)
def test_forged_dtypes(name: str) -> None:
    for value in (ARRAY, ARRAY[0, 0], ARRAY.dtype):
        assert forged(replaced(tree(value), "<f8", "<i8")) is not None, "a control"
        with pytest.raises(WireError):
            forged(replaced(tree(value), "<f8", name))


def test_items_of_no_bytes() -> None:
    """They could be as many as one likes."""
    empty = replaced(tree(ARRAY), ARRAY.tobytes(), b"")
    with pytest.raises(WireError):
        forged(replaced(replaced(empty, "<f8", "S0"), [2, 3], [1 << 40]))
    assert exactly(crossed(np.dtype(str))) == exactly(np.dtype(str))


@pytest.mark.parametrize("order", "<>")
def test_characters_that_are_none(order: str) -> None:
    """CPython does not survive a text of them."""
    value = np.array(["abcd", "efgh"], f"{order}U4")
    for whole in (value, value[0]):
        for code in (sys.maxunicode, sys.maxunicode + 1, 2**32 - 1):
            made = np.array(whole).reshape(-1)  # a scalar is in native order
            made.view(made.dtype.str.replace("U4", "u4"))[-1] = code
            changed = replaced(tree(whole), whole.tobytes(), made.tobytes())
            if code <= sys.maxunicode:
                assert ord(np.ravel(forged(changed))[-1][-1]) == code, "a control"
                continue
            with pytest.raises(WireError):
                forged(changed)


FORGED_SHAPES = [
    [2, 4], [7], [-1, 4], [-2, -3], [1 << 62, 4], [1 << 40], [1 << 63], [1] * 100 + [6],
    [2, 3.5], ["2", 3], [[2], 3], None, 6, [None], "23",
]  # fmt: skip


@pytest.mark.parametrize("shape", FORGED_SHAPES, ids=str)
@pytest.mark.parametrize("kind", ["numbers", "objects"])
def test_forged_shapes(shape: Any, kind: str) -> None:
    value = ARRAY if kind == "numbers" else ARRAY.astype(object)
    assert exactly(forged(tree(value))) == exactly(value)
    assert forged(replaced(tree(value), [2, 3], [3, 2])).shape == (3, 2), "a control"
    if shape is None and kind == "numbers":  # that is a scalar
        assert forged(replaced(tree(value), [2, 3], shape)) == value[0, 0]
        return
    with pytest.raises(WireError):
        forged(replaced(tree(value), [2, 3], shape))
    for free in ([-1], [-1, 3], [2, -4]):  # NumPy finds out: no more than there is
        try:
            assert forged(replaced(tree(value), [2, 3], free)).size == 6
        except WireError:
            continue


def test_truncated_arrays() -> None:
    data = ARRAY.tobytes()
    for less in (b"", data[:8], data[:-1]):
        with pytest.raises(WireError):
            forged(replaced(tree(ARRAY), data, less))
    scalar = np.float32(2)
    with pytest.raises(WireError):
        forged(replaced(tree(scalar), scalar.tobytes(), b"\0"))


@pytest.mark.parametrize("number", [-1, -2, 1, 2, 99, 1 << 62])
def test_forged_numbers_of_shared_parts(number: int) -> None:
    part = [5]
    honest = tree([part, part])
    reference = msgspec.to_builtins(Again(0))
    assert forged(honest) == [[5], [5]] and _lists(honest).count(reference) == 1
    with pytest.raises(WireError):
        forged(replaced(honest, reference, [reference[0], number]))


def _lists(node: Any) -> list[Any]:
    if not isinstance(node, list):
        return []
    return [node, *(found for item in node for found in _lists(item))]


def test_references_that_nobody_gave() -> None:
    for node in (Mine(1, "function", "x"), Yours(1)):
        with pytest.raises(WireError):
            received(packed(Done(node)))


NAMES = [
    ("builtins", "eval"), ("builtins", "__import__"), ("builtins", "open"),
    ("builtins", "type"), ("builtins", "memoryview"), ("builtins", "nothing"),
    ("numpy", "load"), ("numpy", "fromfile"), ("numpy", "lib"), ("numpy", "__dict__"),
    ("numpy", "vectorize"), ("numpy", "memmap"), ("os", "system"), ("", ""),
]  # fmt: skip


@pytest.mark.parametrize("module, name", NAMES)
def test_forged_names(module: str, name: str) -> None:
    honest = tree([int])
    assert forged(honest) == [int]
    with pytest.raises(WireError):
        forged(replaced(replaced(honest, "builtins", module), "int", name))


def test_unhashable_keys_and_members() -> None:
    for value in ({(1, 2)}, {(1, 2): 3}):
        assert exactly(crossed(value)) == exactly(value)
        with pytest.raises(WireError):
            forged(replaced(tree(value), "tuple", "list"))


RANGES = [[], [1, 2, 0], [0, 10**9], [0, 2**62], [0, 1.5], ["3"], [0, 9, 1, 1], [[1]]]
FRACTIONS = [[], [1], ["1e999999999"], [1, 0], [1.5, 1], [None, 1], ["1", 2], [1, 2, 3]]


@pytest.mark.parametrize(
    "value, forgeries", [(range(5, 9, 2), RANGES), (Fraction(7, 6), FRACTIONS)]
)
def test_forged_parts_of_ranges_and_fractions(value: Any, forgeries: Any) -> None:
    honest = tree(value)
    (parts,) = (x for x in _lists(honest) if x in ([5, 9, 2], [7, 6]))
    assert forged(honest) == value
    for forgery in forgeries:
        with pytest.raises(WireError):
            forged(replaced(honest, parts, forgery))


def test_a_fraction_of_huge_numbers() -> None:
    small, large = Fraction(3**999, 2**999), Fraction(3**99_999, 2**99_999)
    assert crossed(small) == small
    with pytest.raises(WireError, match="too large"):
        crossed(large)


def test_odd_numbers_of_pairs() -> None:
    changed = tree({1: 2})
    (pairs,) = (x for x in _lists(changed) if x == [1, 2])
    with pytest.raises(WireError):
        forged(replaced(changed, pairs, [1, 2, 3]))


@pytest.mark.parametrize(
    "kind", ["object", "dict", "bytearray", "", "Counter", "__class__"]
)
def test_forged_kinds_of_containers(kind: str) -> None:
    with pytest.raises(WireError):
        forged(replaced(tree([1]), "list", kind))


def test_forged_words() -> None:
    for value in (2**70, "\ud800", 1j):
        honest = tree(value)
        for leaf in [x for x in _leaves(honest) if isinstance(x, (str, float))]:
            for new in ("zz", "0x", "\N{SNOWMAN}", "1" * 9, [1], None, b""):
                try:
                    assert only_plain(forged(replaced(honest, leaf, new)))
                except WireError:
                    continue


def _leaves(node: Any) -> list[Any]:
    if not isinstance(node, list):
        return [node]
    return [found for item in node for found in _leaves(item)]


# --- few bytes that are much ------------------------------------------------------


def cheaply(forge: Callable[[], Any]) -> None:
    """An error, soon and without much memory."""
    tracemalloc.start()
    started = time.process_time()
    try:
        with pytest.raises(WireError):
            forge()
        used = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 20 and used < 200 << 20


@pytest.mark.parametrize("kind", [list, tuple], ids=["lists", "tuples"])
def test_billion_laughs(kind: Any) -> None:
    made: Any = kind("ha")
    for _ in range(60):
        made = kind([made, made])
    cheaply(lambda: crossed(made))
    cheaply(lambda: crossed({1: made}))
    if kind is tuple:  # to hash it is to walk through it
        members: Any = (1, 2)
        for _ in range(20):
            members = (members, members)
        laughs = sent([members])
        cheaply(lambda: received(sent_set(laughs)))


def sent_set(message: bytes) -> bytes:
    """The same message, with a set for each list."""
    return msgspec.msgpack.encode(
        replaced(msgspec.msgpack.decode(message), "list", "set")
    )


def test_some_sharing_is_fine() -> None:
    made: Any = ("ha",)
    for _ in range(12):
        made = (made, made)
    assert crossed(made) == made and crossed({made: 1}) == {made: 1}


@pytest.mark.parametrize("depth", [1_000, 100_000, 1_000_000])
def test_messages_nested_deeply(depth: int) -> None:
    data = sent([])
    core = msgspec.msgpack.encode(tree([])[1])
    assert data.count(core) == 1 and core.endswith(b"\x90")
    inside = core[:-1] + b"\x91"  # a list of one more
    assert received(data.replace(core, inside * 3 + core)) == [[[[]]]]
    cheaply(lambda: received(data.replace(core, inside * depth + core)))
    with pytest.raises(WireError):
        received(b"\x91" * depth)
