"""Runs a notebook's cells in a forked child, fast: for trying many answers."""

from __future__ import annotations

import contextlib
import functools
import io
import linecache
import multiprocessing
import os
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot  # once here, not in every child
import nbformat

matplotlib.use("agg")

SOURCE = Path(__file__).resolve().parent.parent / "source"
TIMEOUT = 120


@functools.cache
def master(assignment: str) -> nbformat.NotebookNode:
    """The instructor's notebook of `assignment`, read once: not to be changed."""
    (path,) = (SOURCE / assignment).glob("*.ipynb")
    return nbformat.read(path, as_version=4)


def cell(assignment: str, cell_id: str) -> str:
    """Source of one cell of the master."""
    return next(c.source for c in master(assignment).cells if c.id == cell_id)


def replaced(assignment: str, cell_id: str, old: str, new: str) -> dict[str, str]:
    """The reference answer of `cell_id` with `old` replaced by `new`: a mistake."""
    source = cell(assignment, cell_id)
    assert old in source, f"{cell_id} does not contain {old!r}"
    return {cell_id: source.replace(old, new)}


def exercise_of(test_id: str, solutions: list[str]) -> str:
    """The solution cell that a test cell judges: the longest name that fits."""
    fits = [s for s in solutions if (test_id + "_").startswith(f"test_{s}_")]
    return max(fits, key=len, default="")


def grade_cells(
    assignment: str, answers: Mapping[str, str] | None = None
) -> dict[str, tuple[float, float, str]]:
    """`{test cell: (points, out of, error)}` of the master with `answers` put in.

    Demonstration and free cells do not run. `answers` maps a solution cell's id to
    the source that stands there; the other solution cells hold the reference.
    """
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(theirs, assignment, answers or {}))
    child.start()
    theirs.close()
    try:
        if not ours.poll(TIMEOUT):
            raise TimeoutError(f"{assignment}: no result after {TIMEOUT} s")
        return ours.recv()
    finally:
        child.kill()
        child.join()


def lost(
    assignment: str, answers: Mapping[str, str] | None = None
) -> dict[str, dict[str, str]]:
    """`{exercise: {failed test cell: error}}`: where these answers lose points."""
    solutions = [
        c.id
        for c in master(assignment).cells
        if c.metadata.get("nbgrader", {}).get("solution")
    ]
    failures: dict[str, dict[str, str]] = {}
    for test, (points, out_of, error) in grade_cells(assignment, answers).items():
        if points < out_of:
            failures.setdefault(exercise_of(test, solutions), {})[test] = error
    return failures


def _child(pipe: Any, assignment: str, answers: Mapping[str, str]) -> None:
    os.environ["NBGRADER_EXECUTION"] = "autograde"
    os.chdir(SOURCE / assignment)
    sys.path.insert(0, str(SOURCE / assignment))
    for name in ("checks",):  # its GRADING flag must see the variable above
        sys.modules.pop(name, None)
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    result = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for c in master(assignment).cells:
            grader = c.metadata.get("nbgrader", {})
            setup = "setup" in c.metadata.get("tags", [])
            if c.cell_type != "code" or not (
                grader.get("grade") or grader.get("solution") or setup
            ):
                continue
            error, name = "", f"<{c.id}>"
            text = answers.get(c.id, c.source)
            linecache.cache[name] = (len(text), None, text.splitlines(True), name)
            try:
                exec(compile(text, name, "exec"), vars(main))
            except BaseException as problem:
                error = f"{type(problem).__name__}: {problem}"
            if grader.get("grade"):
                points = grader["points"]
                result[c.id] = (0 if error else points, points, error)
            elif error and setup:
                raise RuntimeError(f"set-up cell {c.id}: {error}")
    pipe.send(result)
