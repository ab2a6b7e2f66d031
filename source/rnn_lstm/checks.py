"""What the test cells of every notebook share: kind messages and independent parts.

The functions here raise `AssertionError` with a message for the student. They never
tell an expected value unless the caller asks for it with `reveal=True`, which only
visible checks do.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

GRADING = "NBGRADER_EXECUTION" in os.environ


def when_grading(small: Any, full: Any) -> Any:
    """`small` while the notebook is being graded, `full` for everybody else."""
    return small if GRADING else full


def probe(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a helper that must run where the student's objects live."""
    function.probe = True  # type: ignore[attr-defined]
    return function


@contextmanager
def substituted(name: str, replacement: Callable[..., Any]) -> Iterator[None]:
    """Let the notebook's function `name` be `replacement` inside the `with` block.

    A test of one function stays independent of mistakes in another one that it calls.
    """
    namespace = vars(sys.modules["__main__"])
    missing = object()
    before = namespace.get(name, missing)
    namespace[name] = replacement
    try:
        yield
    finally:
        if before is missing:
            del namespace[name]
        else:
            namespace[name] = before


def expect(condition: object, message: str) -> None:
    """Raise `AssertionError(message)` unless `condition` holds."""
    if not condition:
        raise AssertionError(message)


def expect_results(
    value: Any, names: tuple[str, ...], function: str
) -> tuple[Any, ...]:
    """Require that `function` returned one value for each of `names`; give them."""
    results = tuple(value) if isinstance(value, (tuple, list)) else ()
    came = f"{len(results)} values" if results else type(value).__name__
    expect(
        len(results) == len(names),
        f"{function} should return {len(names)} values ({', '.join(names)}),"
        f" but returned {came}.",
    )
    return results


def expect_shape(value: Any, shape: tuple[int, ...], name: str) -> None:
    """Require an array of exactly `shape`; `name` is how the student knows it."""
    expect(value is not None, f"{name} is None: was it computed and returned?")
    expect(
        hasattr(value, "shape"),
        f"{name} should be an array of shape {shape}, but is a {type(value).__name__}.",
    )
    found = tuple(value.shape)
    expect(
        found == tuple(shape),
        f"{name} should have shape {shape}, but has {found}.",
    )


def expect_close(
    actual: Any,
    expected: Any,
    message: str,
    *,
    tolerance: float = 1e-6,
    reveal: bool = False,
) -> None:
    """Require `actual` to equal `expected` within `tolerance` (relative and absolute).

    `message` says which property failed and where to look. With `reveal=True` the
    first differing entry is added: what was expected and what came.
    """
    expected = np.asarray(expected)
    try:
        found = np.asarray(actual, dtype=np.result_type(expected, float))
    except (TypeError, ValueError):
        kind = type(actual).__name__
        raise AssertionError(f"{message} (found a {kind}, not numbers)") from None
    expect(
        found.shape == expected.shape,
        f"{message} (found shape {found.shape}, expected {expected.shape})",
    )
    with np.errstate(all="ignore"):
        close = np.isclose(found, expected, rtol=tolerance, atol=tolerance)
    if close.all():
        return
    detail = ""
    if reveal:
        where = tuple(int(i) for i in np.argwhere(~close)[0])
        place = f" at index {where}" if where else ""
        detail = (
            f" (first difference{place}: expected {expected[where]:.6g},"
            f" got {found[where]:.6g})"
        )
    raise AssertionError(message + detail)


def expect_keys(mapping: Any, keys: Iterable[str], name: str) -> None:
    """Require a dictionary with at least `keys`; more of them are welcome."""
    expect(
        isinstance(mapping, Mapping),
        f"{name} should be a dictionary, but is a {type(mapping).__name__}.",
    )
    missing = [key for key in keys if key not in mapping]
    expect(
        not missing,
        f"{name} lacks the key(s) {', '.join(missing)};"
        f" it has {', '.join(map(str, mapping))}.",
    )


def expect_unchanged(
    before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray], name: str
) -> None:
    """Require every array of `before` to stand unchanged in `after`."""
    for key, array in before.items():
        expect(
            np.array_equal(array, after[key]),
            f"{name} changed its input {key}: work on a copy"
            f" ({key}.copy()) or make a new array.",
        )


def source_of(name: str) -> ast.Module:
    """The syntax tree of the whole cell that defines the function `name`."""
    function = inspect.unwrap(vars(sys.modules["__main__"])[name])
    lines = linecache.getlines(function.__code__.co_filename)
    tree = ast.parse("".join(lines))
    if name not in (getattr(node, "name", None) for node in tree.body):
        raise OSError(f"the source of {name} was not found")
    return tree


NO_SOURCE = (AttributeError, KeyError, OSError, SyntaxError, TypeError)


def words_of(name: str) -> set[str]:
    """What the cell of function `name` imports and names; raises NO_SOURCE."""
    used = set()
    for node in ast.walk(source_of(name)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            used |= {alias.name.split(".")[0] for alias in node.names}
            used.add((getattr(node, "module", None) or "").split(".")[0])
        elif isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.Attribute):
            used.add(node.attr)
    return used


def forbid(name: str, words: Iterable[str], message: str) -> None:
    """Require that the cell of function `name` neither imports nor names `words`."""
    try:
        used = words_of(name)
    except NO_SOURCE:
        raise AssertionError(f"{name} should be a function with `def {name}`") from None
    expect(not used & set(words), message)


def expect_numpy_only(name: str) -> None:
    """Require that the cell of function `name`, if found, uses no framework."""
    try:
        used = words_of(name)
    except NO_SOURCE:  # made in another way than by a plain `def`
        return
    expect(
        not used & {"tensorflow", "keras", "torch", "jax"},
        f"{name} should be written with NumPy alone: a framework's layers hide"
        " the steps that this exercise is about.",
    )
