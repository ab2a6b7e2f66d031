"""Any data that crosses, and how to tell whether it arrived as it was."""

from __future__ import annotations

import struct
from collections import deque
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
"""Halves of characters, which no UTF-8 has, included."""

NUMBERS = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
    hnp.complex_number_dtypes(endianness="?", sizes=(64, 128)),
    hnp.datetime64_dtypes(endianness="?"),
    hnp.timedelta64_dtypes(endianness="?"),
)
DTYPES = st.one_of(
    NUMBERS,
    hnp.byte_string_dtypes(endianness="=", max_len=5),
    hnp.unicode_string_dtypes(endianness="?", max_len=5),
)
NAMED = st.sampled_from(
    [
        int, bool, float, complex, str, bytes, list, dict, set, object, type(None),
        np.float32, np.bool_, np.str_, ValueError, KeyError, np.number,
    ]
)  # fmt: skip
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**200), 2**200),
    st.floats(width=64),
    st.complex_numbers(),
    TEXT,
    st.binary(max_size=20),
    st.fractions(),
    st.builds(range, st.integers(-9, 9), st.integers(-99, 99), st.integers(1, 9)),
    NUMBERS.flatmap(hnp.from_dtype),
    NUMBERS.filter(lambda dtype: dtype.kind not in "mM"),
    NAMED,
)
HASHABLE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.binary()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple), st.frozensets(inner, max_size=3)
    ),
    max_leaves=4,
)


ARRANGED = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "transposed": np.transpose,
    "backward": np.flip,
    "strided": lambda array: np.repeat(np.atleast_1d(array), 2, 0)[::2],
    "locked": lambda array: _locked(array),
}


def _locked(array: np.ndarray) -> np.ndarray:
    made = array.copy()
    made.flags.writeable = False
    return made


ARRAYS = st.builds(
    lambda array, how: np.asanyarray(ARRANGED[how](array)),
    hnp.arrays(DTYPES, SHAPES),
    st.sampled_from(sorted(ARRANGED)),
)
"""In memory of any order."""


@st.composite
def objects(draw: Any, inner: Any) -> np.ndarray:
    """An array of objects."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=3))
    made = np.empty(shape, object)
    for where in np.ndindex(shape):
        made[where] = draw(inner)
    return made


def _containers(inner: Any) -> Any:
    return st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.lists(inner, max_size=4).map(deque),
        st.dictionaries(HASHABLE, inner, max_size=4),
        st.sets(HASHABLE, max_size=4),
        st.frozensets(HASHABLE, max_size=4),
        objects(inner.filter(lambda value: not isinstance(value, np.ndarray))),
    )


DATA = st.recursive(st.one_of(SCALARS, ARRAYS), _containers, max_leaves=12)


def exactly(value: Any) -> Any:
    """What distinguishes `value` from all other data: types, bits, order, flags."""
    kind = type(value)
    if kind is float:
        return "float", struct.pack("d", value)
    if kind is complex:
        return "complex", repr(value)
    if kind in (list, tuple, deque):
        return kind.__name__, [exactly(item) for item in value]
    if kind in (set, frozenset):
        return kind.__name__, sorted(str(exactly(item)) for item in value)
    if kind is dict:
        return "dict", [(exactly(key), exactly(item)) for key, item in value.items()]
    if kind is np.ndarray:
        flags = value.flags
        about = (value.dtype.str, value.shape, flags.writeable, flags.fnc)
        plain = value.dtype.kind != "O"
        return about, value.tobytes() if plain else [exactly(x) for x in value.flat]
    if isinstance(value, np.generic):
        return kind.__name__, value.dtype.str, value.tobytes()
    return kind.__name__, value if kind is str else str(value)
