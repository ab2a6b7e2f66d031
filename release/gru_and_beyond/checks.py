"""What the test cells of every notebook share: kind messages and independent parts.

The functions here raise `AssertionError` with a message for the student. They never
tell an expected value unless the caller asks for it with `reveal=True`, which only
visible checks do.
"""

from __future__ import annotations

import ast
import base64
import dis
import html
import inspect
import io
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np

GRADING = "NBGRADER_EXECUTION" in os.environ


def when_grading(small: Any, full: Any) -> Any:
    """`small` while the notebook is being graded, `full` for everybody else."""
    return small if GRADING else full


def show_figure(figure: Any, alt: str) -> None:
    """Display a matplotlib figure; `alt` is what a screen reader says of it."""
    from IPython.display import display
    from matplotlib import pyplot

    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100, bbox_inches="tight")
    pyplot.close(figure)
    picture = base64.b64encode(stream.getvalue()).decode("ascii")
    source = f"data:image/png;base64,{picture}"
    page = f'<img alt="{html.escape(alt)}" src="{source}">'
    display({"text/html": page, "text/plain": alt}, raw=True)


def probe(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a helper that must run where the student's objects live."""
    function.probe = True  # type: ignore[attr-defined]
    return function


@probe
def result_and_arguments(
    function: Callable[..., Any], *arguments: Any, **named: Any
) -> tuple[Any, tuple[Any, ...]]:
    """Call `function`; give its result, and `arguments` as the call left them.

    For whatever a test asks about a change in place. While grading, a call gets copies,
    so the test's own arrays never change; elsewhere they may, so keep copies to compare
    with.
    """
    return function(*arguments, **named), arguments


@probe
def argument_names(function: Callable[..., Any]) -> list[str]:
    """The names of the arguments that `function` takes."""
    return list(inspect.signature(function).parameters)


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
    nothing = "nothing" if value is None else f"a {type(value).__name__}"
    came = f"{len(results)} values" if results else nothing
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
    expect(actual is not None, f"{message} (found None: was it computed and returned?)")
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
    expect(mapping is not None, f"{name} is None: was it computed and returned?")
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
    """The syntax tree of the last cell that binds `name`, in whatever way.

    Raises `LookupError` when no cell does.
    """
    for source in reversed(vars(sys.modules["__main__"]).get("In", [])):
        tree, bound = _read(source)
        if name in bound:
            return tree
    raise LookupError(f"no cell binds {name}")


NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)
ALLOW_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT  # as IPython does


@lru_cache(maxsize=256)
def _read(source: str) -> tuple[ast.Module, set[str]]:
    """The syntax tree of a cell and the names it binds; none if it is no Python."""
    with suppress(*NOT_PYTHON), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.Module(_statements(source), [])
        return tree, _bound(compile(tree, "cell", "exec", ALLOW_AWAIT))
    return ast.Module([], []), set()


def _statements(source: str) -> list[ast.stmt]:
    """The statements of a cell, with or without magics."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        tree = ast.parse(TransformerManager().transform_cell(source))
    return [inner for statement in tree.body for inner in _inside(statement)]


def _inside(statement: ast.stmt) -> list[ast.stmt]:
    """What `%time` and its like run as if it stood there without them."""
    match statement:
        case ast.Expr(
            ast.Call(
                ast.Attribute(attr="run_cell_magic" | "run_line_magic"),
                [ast.Constant("capture" | "prun" | "time"), *_, ast.Constant(text)],
            )
        ):
            return _statements(text)
    return [statement]


def _bound(code: CodeType, top: bool = True) -> set[str]:
    """The global names that a cell binds, in its functions too."""
    stores = {"STORE_GLOBAL", "STORE_NAME"} if top else {"STORE_GLOBAL"}
    steps = dis.get_instructions(code)
    names = {step.argval for step in steps if step.opname in stores}
    functions = (inner for inner in code.co_consts if isinstance(inner, CodeType))
    return names.union(*(_bound(inner, top=False) for inner in functions))


def words_of(name: str) -> set[str]:
    """What the cell that binds `name` imports and names; raises `LookupError`."""
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
    """Require that the cell that binds `name` neither imports nor names `words`."""
    try:
        used = words_of(name)
    except LookupError:
        raise AssertionError(f"{name} should be a function with `def {name}`") from None
    expect(not used & set(words), message)


def expect_numpy_only(name: str, *others: str) -> None:
    """Require that the cell that binds `name`, if found, uses no framework.

    Nor `others`: modules or names of the course that do the work.
    """
    try:
        used = words_of(name)
    except LookupError:  # made by `exec` or the like
        return
    found = sorted(used & {"tensorflow", "keras", "torch", "jax", *others})
    expect(
        not found,
        f"{name} should be written with NumPy alone, not with {', '.join(found)}:"
        " whatever does it for you hides the steps that this exercise is about.",
    )
