"""Checks a whole notebook from the command line, as it will be handed in.

python check.py                    run it from a fresh kernel, list all checks
python check.py --restore CELL     put a cell back as it was handed out
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from progress import (
    BEYOND,
    HERE,
    ORIGINAL,
    Cell,
    Check,
    checks_of,
    grader,
    handed_out,
    lines,
    read,
)


def warnings(cells: list[Cell], original: list[Cell], path: Path) -> Iterator[str]:
    """What would make grading differ from what the student sees."""
    names = [file.name for file in ORIGINAL.glob("*.ipynb")]
    if names and path.name not in names:
        yield f"The notebook is called {path.name}: hand it in as {names[0]}."
    found = Counter(grader(cell)["grade_id"] for cell in cells if grader(cell))
    sources = {
        grader(cell)["grade_id"]: cell["source"] for cell in cells if grader(cell)
    }
    for cell in filter(grader, original):
        name = grader(cell)["grade_id"]
        if not found[name]:
            yield f"The cell {name} is missing: {restore_with(name)}."
        elif found[name] > 1:
            yield f"The cell {name} is there {found[name]} times: keep one."
        elif grader(cell)["locked"] and _plain(sources[name]) != _plain(cell["source"]):
            yield (
                f"The cell {name} was edited, which grading ignores:"
                f" {restore_with(name)}."
            )


def _plain(source: str) -> list[str]:
    return [line.rstrip() for line in source.strip().splitlines()]


def restore_with(name: str) -> str:
    """How to get a cell back."""
    return f"`python check.py --restore {name}` puts it back"


def run(path: Path, seconds: int, say: Any) -> list[Cell]:
    """The cells with the outputs that a fresh kernel gives, from the top."""
    try:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import (
            CellExecutionError,
            CellTimeoutError,
            DeadKernelError,
        )
    except ImportError:
        raise SystemExit("First: pip install -r requirements.txt") from None
    notebook = nbformat.read(path, as_version=4)
    code = [number for number, c in enumerate(notebook.cells) if c.cell_type == "code"]
    client = NotebookClient(
        notebook,
        timeout=seconds,
        interrupt_on_timeout=True,
        allow_errors=True,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    stopped, endless, exercise = "", "", ""  # why the rest is not run; which one hangs
    with client.setup_kernel():
        for done, number in enumerate(code, start=1):
            say(f"\rcell {done} of {len(code)} ")
            cell = notebook.cells[number]
            if grader(cell).get("solution"):
                exercise = cell.id
            client.timeout = max(2, seconds // 10) if exercise == endless else seconds
            try:
                if not stopped:
                    client.execute_cell(cell, number)
            except DeadKernelError:
                stopped = f"the kernel ended in the cell {cell.get('id')} (exit? quit?)"
            except (CellTimeoutError, CellExecutionError):
                pass
            if stopped:
                cell.outputs = [_error(stopped)]
            error = error_of(cell)
            if error and error["ename"] == "KeyboardInterrupt":
                endless = exercise
    say("\r" + " " * 30 + "\r")
    return [dict(cell) for cell in notebook.cells]


def _error(text: str) -> Any:
    import nbformat

    return nbformat.v4.new_output("error", ename="NotRun", evalue=text)


def error_of(cell: Cell) -> Any:
    """The error that ended a cell, or None."""
    return next(
        (o for o in cell.get("outputs", []) if o["output_type"] == "error"), None
    )


def judge(checks: list[Check], ran: list[Cell], original: list[Cell]) -> None:
    """Note in each check how its cell ended."""
    by_name = {grader(c)["grade_id"]: c for c in reversed(ran) if grader(c)}
    given = {grader(c)["grade_id"]: c["source"] for c in original if grader(c)}
    for check in checks:
        cell = by_name.get(check.cell)
        if cell is None:
            check.said = "its check cell is missing"
        elif _plain(cell["source"]) != _plain(given[check.cell]):
            check.said = "its check cell was edited"
        else:
            check.said = message_of(cell)


def message_of(cell: Cell) -> str:
    """Why a cell ended with an error; empty if it did not."""
    error = error_of(cell)
    if error is None:
        return ""
    return " ".join(error["traceback"]) or error["evalue"] or error["ename"]


def out_of_order(ran: list[Cell]) -> Iterator[str]:
    """Cells that fail from the top, though they ran when the notebook was saved."""
    told = set()
    code = [cell for cell in ran if cell["cell_type"] == "code"]
    for number, cell in enumerate(code):
        error = error_of(cell)
        if error is None or error["ename"] != "NameError":
            continue
        name = [*str(error["evalue"]).split("'"), "", ""][1]
        maker = next((c for c in code[number:] if _makes(name, c["source"])), None)
        if name and maker:
            own = [c for c in code[:number] if not grader(c).get("locked", False)]
            users = [c for c in own if re.search(rf"\b{name}\b", c["source"])]
            user = (users or [cell])[-1].get("id", number)
            told.add(
                f"The cell {user} uses `{name}`, which the cell {maker.get('id')} makes"
                " further down: move that up."
            )
    yield from sorted(told)


def _makes(name: str, source: str) -> bool:
    starts = (
        f"{name} =",
        f"{name}=",
        f"def {name}(",
        f"class {name}",
        f"import {name}",
    )
    return any(line.startswith(starts) for line in source.splitlines())


def restore(path: Path, name: str) -> None:
    """Put one cell back as it was handed out; the old notebook is kept beside it."""
    wanted = [
        c for c in handed_out() if name in (grader(c).get("grade_id"), c.get("id"))
    ]
    if not wanted:
        code = (c for c in handed_out() if c["cell_type"] == "code")
        known = ", ".join(str(grader(c).get("grade_id", c.get("id"))) for c in code)
        raise SystemExit(f"No cell is called {name}. There are: {known}.")
    notebook = json.loads(path.read_text("utf-8"))
    answer = False
    for cell in notebook["cells"]:
        known = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in (known, cell.get("id")):
            cell["source"] = wanted[0]["source"].splitlines(keepends=True)
            answer = bool(grader(wanted[0]).get("solution"))
            break
    else:
        notebook["cells"].insert(_place(notebook["cells"], name), _as_stored(wanted[0]))
    number = 1
    while (kept := path.with_name(f"{path.stem}.before-{number}.ipynb")).exists():
        number += 1
    shutil.copyfile(path, kept)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
    old = "Your answer" if answer else "What stood there"
    print(f"{name} is as it was handed out. {old} is in {kept.name}")
    print("If it is open in JupyterLab: File, Reload Notebook from Disk.")


def _as_stored(cell: Cell) -> Cell:
    return {**cell, "source": cell["source"].splitlines(keepends=True)}


def _place(cells: list[Cell], name: str) -> int:
    """Where a lost cell belongs: behind the last one that stood before it."""
    before: list[str] = []
    for cell in handed_out():
        if name in (grader(cell).get("grade_id"), cell.get("id")):
            break
        before.append(cell.get("id", ""))
    places = [n for n, cell in enumerate(cells) if cell.get("id") in before]
    return max(places, default=-1) + 1


def find(name: str | None) -> Path:
    """The notebook to check; raises `SystemExit` with what to do."""
    if name is not None:
        path = Path(name)
        if not path.is_file():
            raise SystemExit(f"There is no file {path}.")
        return path
    names = [file.name for file in ORIGINAL.glob("*.ipynb")]
    mine = [HERE / n for n in names if (HERE / n).is_file()]
    mine = mine or sorted(HERE.glob("*.ipynb"))
    if len(mine) != 1:
        raise SystemExit(
            f"Name the notebook: python check.py NOTEBOOK ({len(mine)} here)"
        )
    return mine[0]


def main() -> int:
    """The command; 0 when nothing is open."""
    about = argparse.ArgumentParser("check.py", description="Check your notebook.")
    about.add_argument("notebook", nargs="?", help="default: the one in this folder")
    about.add_argument("--restore", metavar="CELL", help="put a cell back")
    about.add_argument(
        "--seconds", type=int, default=120, help="that a cell may take (default: 120)"
    )
    given = about.parse_args()
    path = find(given.notebook)
    try:
        cells = read(path)
    except (ValueError, KeyError, TypeError):
        raise SystemExit(f"{path.name} is no notebook, or a damaged one.") from None
    if given.restore:
        restore(path, given.restore)
        return 0
    terminal = sys.stdout.isatty()
    original = handed_out()
    print(f"Running {path.name} from a fresh kernel.")
    ran = run(
        path, given.seconds, lambda text: terminal and print(text, end="", flush=True)
    )
    checks = checks_of(original)
    judge(checks, ran, original)
    told = [*warnings(cells, original, path), *out_of_order(ran)]
    print(*lines(checks, terminal and "NO_COLOR" not in os.environ), sep="\n")
    print(BEYOND)
    print(*told, sep="\n", end="\n" if told else "")
    return 1 if told or any(check.said for check in checks) else 0


if __name__ == "__main__":
    sys.exit(main())
