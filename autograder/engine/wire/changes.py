"""What a callee has changed in the arguments that it was given.

Only the judge's own functions change what belongs to the student (a substituted
`clip` may work in place); in the other direction arguments are copies for good.
"""

from __future__ import annotations

from typing import Any

import numpy as np

MUTABLE = (list, dict, set, np.ndarray)


def states(values: list[Any]) -> dict[int, Any]:
    """What tells later which of `values` have changed, by their numbers."""
    return {n: _state(v) for n, v in enumerate(values) if type(v) in MUTABLE}


def changed(values: list[Any], before: dict[int, Any]) -> list[int]:
    """Numbers of the values that no longer are in the state they were in."""
    return [n for n, old in before.items() if _differs(old, _state(values[n]))]


def contents(value: Any) -> Any:
    """A copy one level deep: `value` itself would only be referred to."""
    return np.array(value, order="K") if type(value) is np.ndarray else value.copy()


def repeat(mine: Any, after: Any) -> None:
    """Make the change in one's own object."""
    if isinstance(mine, np.ndarray):
        mine[...] = after
    elif isinstance(mine, list):
        mine[:] = after
    else:
        mine.clear()
        mine.update(after)


def _state(value: Any) -> Any:
    if type(value) is np.ndarray:
        plain = value.dtype.kind != "O"
        return value.shape, value.tobytes() if plain else list(value.flat)
    return [*value.keys(), *value.values()] if type(value) is dict else list(value)


def _differs(before: Any, after: Any) -> bool:
    """Members are compared by identity: they have states of their own."""
    if type(before) is tuple:  # of an array
        (shape, old), (now, new) = before, after
        return shape != now or (
            old != new if type(old) is bytes else _differs(old, new)
        )
    pairs = zip(before, after, strict=False)
    return len(before) != len(after) or any(a is not b for a, b in pairs)
