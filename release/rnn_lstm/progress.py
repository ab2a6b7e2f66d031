"""What the checks of a notebook gave, exercise by exercise, while it is worked on."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explain import broken, paragraph, wrapped

HERE = Path(__file__).absolute().parent
ORIGINAL = HERE / "original"  # the notebook as it was handed out
GRADING = os.environ.get("NBGRADER_EXECUTION") == "autograde"
NOT_RUN = "not run yet"
BEYOND = (
    "Grading runs these checks and, for the same points, others on sizes and values"
    " that you do not see here."
)
Cell = dict[str, Any]


@dataclass
class Check:
    """One check cell; `said` is why it did not pass, empty when it did."""

    cell: str
    exercise: str
    title: str
    points: float
    said: str = NOT_RUN


# --- the notebook -----------------------------------------------------------------


def read(path: Path) -> list[Cell]:
    """The cells of a notebook, each with its source as one text."""
    cells: list[Cell] = json.loads(path.read_text("utf-8"))["cells"]
    for cell in cells:
        cell["source"] = "".join(cell["source"])
    return cells


def grader(cell: Cell) -> dict[str, Any]:
    """What nbgrader notes of a cell; empty for cells that are nobody's concern."""
    found: dict[str, Any] = cell["metadata"].get("nbgrader", {})
    return found


def checks_of(cells: list[Cell]) -> list[Check]:
    """The check cells, in their order."""
    found, exercise = [], ""
    for cell in cells:
        if grader(cell).get("solution"):
            exercise = grader(cell)["grade_id"]
        elif grader(cell).get("points"):
            title = cell["source"].splitlines()[0].removeprefix("# Check: ")
            points, name = grader(cell)["points"], grader(cell)["grade_id"]
            found.append(Check(name, exercise, title.rpartition(" (")[0], points))
    return found


def handed_out() -> list[Cell]:
    """The notebook of this folder as it was handed out, or the best known."""
    for folder in (ORIGINAL, HERE):
        for path in sorted(folder.glob("*.ipynb")):
            if checks_of(cells := read(path)):
                return cells
    return []


# --- in the kernel ----------------------------------------------------------------

_seen: dict[str, Check] = {}  # by the source of the check cell


def watch() -> None:
    """From now on note how each check ends, and show its message plainly."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or GRADING:
        return
    cells = handed_out()
    checks = {check.cell: check for check in checks_of(cells)}
    given = {cell["source"].strip() for cell in cells if grader(cell).get("locked")}
    _seen.clear()
    for cell in cells:
        if check := checks.get(grader(cell).get("grade_id", "")):
            _seen[cell["source"].strip()] = check

    def shown(
        shell: Any, _: Any, error: Any, trace: Any, tb_offset: Any = None
    ) -> None:
        if shell.history_manager.input_hist_raw[-1].strip() in _seen or isinstance(
            error, NotImplementedError
        ):
            error._render_traceback_ = lambda: wrapped(paragraph(error, given))
        shell.showtraceback((type(error), error, trace), tb_offset=tb_offset)

    def ended(result: Any) -> None:
        source = str(result.info.raw_cell).strip()
        error = result.error_before_exec or result.error_in_exec
        if check := _seen.get(source):
            check.said = "" if error is None else _one_line(paragraph(error, given))
            return
        for name in {check.exercise for check in _seen.values()}:
            if re.search(rf"^def {name}\b", source, re.MULTILINE):
                broken.pop(name, None)
                if isinstance(error, SyntaxError):
                    place = f"line {error.lineno}: {error.msg}"
                    broken[name] = f"its cell has a syntax error in {place}"
                    shell.user_ns.pop(name, None)  # an older one would be checked

    shell.set_custom_exc((Exception, KeyboardInterrupt), shown)
    for old in list(shell.events.callbacks["post_run_cell"]):
        if old.__module__ == __name__:
            shell.events.unregister("post_run_cell", old)
    shell.events.register("post_run_cell", ended)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def show_progress() -> None:
    """A table: what the checks gave so far, exercise by exercise."""
    from IPython.display import display

    checks = list(_seen.values())
    rows = "".join(
        f"<tr><th scope=row style='text-align:left'>{html.escape(name)}</th>"
        f"<td>{passed} of {count}</td><td>{points:g} of {worth:g}</td>"
        f"<td style='text-align:left'>{_lines_of_html(todo)}</td></tr>"
        for name, passed, count, points, worth, todo in summary(checks)
    )
    heads = "".join(f"<th scope=col>{head}</th>" for head in HEADS)
    page = (
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        f"<p>{BEYOND}</p>"
    )
    plain = "\n".join([*lines(checks), BEYOND])
    display({"text/html": page, "text/plain": plain}, raw=True)


def _lines_of_html(text: str) -> str:
    return "<br>".join(html.escape(line) for line in text.splitlines())


HEADS = ("Exercise", "Checks passed", "Points", "Still to do")
Row = tuple[str, int, int, float, float, str]


def summary(checks: list[Check]) -> Iterator[Row]:
    """(exercise, passed, checks, points, out of, what is to do), and the sums."""
    for name in dict.fromkeys(check.exercise for check in checks):
        own = [check for check in checks if check.exercise == name]
        yield _row(name, own, _todo(own))
    yield _row("together", checks, "")


def _row(name: str, checks: list[Check], todo: str) -> Row:
    passed = [check for check in checks if not check.said]
    points, worth = (sum(c.points for c in some) for some in (passed, checks))
    return name, len(passed), len(checks), points, worth, todo


def _todo(checks: list[Check]) -> str:
    """What is to do in one exercise; a reason that several checks gave stands once."""
    reasons: dict[str, list[str]] = {}
    for check in checks:
        if check.said:
            reasons.setdefault(check.said.partition(" Shapes there")[0], []).append(
                check.title
            )
    return "\n".join(
        reason if len(titles) == len(checks) else f"{', '.join(titles)}: {reason}"
        for reason, titles in reasons.items()
    )


def lines(checks: list[Check], colour: bool = False) -> Iterator[str]:
    """The table for a terminal."""
    rows = list(summary(checks))
    wide = max(len(row[0]) for row in rows)
    for name, passed, count, points, worth, todo in rows:
        mark = ("\x1b[32m", "\x1b[0m") if passed == count else ("\x1b[31m", "\x1b[0m")
        mark = mark if colour else ("", "")
        yield (
            f"{mark[0]}{name:{wide}}  {passed:2} of {count:2} checks"
            f"  {points:3g} of {worth:3g} points{mark[1]}"
        )
        if todo:
            yield from (f"    {line}" for line in wrapped(todo))
