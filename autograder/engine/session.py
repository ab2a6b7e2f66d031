"""Judge one notebook: the grader's side of the engine, without nbgrader's database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgpack
import nbformat
from nbformat import NotebookNode
from nbgrader import utils

from autograder.engine import kernel
from autograder.engine.names import (
    compiled,
    definitions,
    global_names,
    imports,
    mentioned,
)
from autograder.notebook import grade_id, is_autograded, tags

MAX_JUDGES = 4


@dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    cell_seconds: float = 30
    call_seconds: float = 20
    submission_seconds: int = 300
    memory_bytes: int = 4 << 30
    processes: int = 256
    open_files: int = 256
    file_bytes: int = 256 << 20
    disk_bytes: int = 1 << 30
    output_bytes: int = 8 << 20
    message_bytes: int = 256 << 20


@dataclass
class Verdict:
    """What the judge found out about one cell."""

    ran: bool = False
    error: str | None = None
    trouble: str = ""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether the cell ran to its end and every check held."""
        return self.ran and not self.error and not self.trouble


@dataclass
class Settings:
    """Where kernels come from and what they may see besides the submission."""

    preload: tuple[str, ...] = ("numpy", "matplotlib.pyplot")
    environment: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    cold: bool = False


def judge_notebook(
    notebook: NotebookNode,
    master: NotebookNode,
    folder: Path,
    trusted: Path,
    settings: Settings,
) -> dict[str, Verdict]:
    """Run a rebuilt notebook; put outputs into it; verdicts by grade_id.

    `folder` holds the submission's files, which a working copy is made of; `trusted`
    the assignment's own modules and data, for the judge. A cell that has no verdict
    did not run.
    """
    cells = _plan(notebook, master)
    verdicts: dict[int, Verdict] = {}
    outputs: dict[int, list[Any]] = {}
    for _ in range(MAX_JUDGES):
        job = {"cells": cells, "imports": _imports(master), "trusted": str(trusted)}
        _judge_once(job, folder, settings, verdicts, outputs)
        missing = [n for n in range(len(cells)) if n not in verdicts]
        if not missing:
            break
        _give_up(cells, missing[0], verdicts)
    _fill(notebook, outputs)
    return {
        name: verdicts[number]
        for number, cell in enumerate(notebook.cells)
        if (name := grade_id(cell)) and number in verdicts
    }


def _give_up(
    cells: list[dict[str, Any]], fatal: int, verdicts: dict[int, Verdict]
) -> None:
    """The judge itself died in cell `fatal`: leave it out, and what is judged."""
    trouble = "the judge could not finish this cell"
    verdicts[fatal] = Verdict(ran=True, error="JudgeDied", trouble=trouble)
    for number in verdicts:
        if cells[number]["role"] == "graded" or number == fatal:
            cells[number]["role"] = "skipped"


# --- what runs where --------------------------------------------------------------


def _plan(notebook: NotebookNode, master: NotebookNode) -> list[dict[str, Any]]:
    solutions = {grade_id(c): c.source for c in master.cells if utils.is_solution(c)}
    return [_planned(cell, solutions) for cell in notebook.cells]


def _planned(cell: NotebookNode, solutions: dict[str | None, str]) -> dict[str, Any]:
    """A cell as the judge is told of it: `source` for the student's kernel, `here` for
    its own, and the names that the latter (or the master's solution) reads and binds.
    """
    role, name = _role(cell), grade_id(cell)
    here = ""
    if role in ("setup", "graded"):
        here = cell.source
    elif role == "helper":
        role, here = "setup", definitions(cell.source)
    theirs = solutions.get(name, "") if name and role == "student" else here
    reads, binds = map(sorted, global_names(theirs))
    return {
        "role": role, "source": cell.source, "here": here,
        "reads": reads, "mentions": sorted(mentioned(here)), "binds": binds,
        "name": name or "", "code": compiled(here, f"<{name}>") if here else [],
    }  # fmt: skip


def _role(cell: NotebookNode) -> str:
    if cell.cell_type != "code" or not cell.source.strip():
        return "skipped"
    if is_autograded(cell):
        return "graded"
    if not utils.is_locked(cell):
        return "student"
    if "demo" in tags(cell):
        return "skipped"
    return "setup" if "setup" in tags(cell) else "helper"


def _imports(master: NotebookNode) -> dict[str, str]:
    found: dict[str, str] = {}
    for cell in master.cells:
        if cell.cell_type == "code":
            found |= imports(cell.source)
    return found


# --- one judge --------------------------------------------------------------------


def _judge_once(
    job: dict[str, Any],
    folder: Path,
    settings: Settings,
    verdicts: dict[int, Verdict],
    outputs: dict[int, list[Any]],
) -> None:
    job["limits"] = asdict(settings.limits)
    end = time.monotonic() + 1.5 * settings.limits.submission_seconds + 10
    with _opened(folder, settings) as judge:
        judge.send_bytes(msgpack.packb(job, unicode_errors="surrogatepass"))
        for event in _events(judge, end):
            number = event.pop("cell")
            if job["cells"][number]["role"] == "skipped" and number in verdicts:
                continue
            outputs[number] = event.pop("outputs")
            verdicts[number] = Verdict(ran=True, **event)


@contextmanager
def _opened(folder: Path, settings: Settings) -> Iterator[Connection]:
    options: dict[str, Any] = {"limits": asdict(settings.limits)}
    if settings.cold or not kernel.can_fork():
        options |= {"cold": True, "readable": [str(Path(__file__).parents[1])]}
        with kernel.cold_judge(
            options, folder, settings.preload, settings.environment
        ) as judge:
            yield judge
        return
    parent = kernel.warm_parent(
        settings.preload, tuple(sorted(settings.environment.items()))
    )
    supervision, judge = parent.open(options, folder)
    with supervision, judge:
        yield judge


def _events(judge: Connection, end: float) -> Iterator[dict[str, Any]]:
    with suppress(EOFError, OSError):
        while judge.poll(max(0.0, end - time.monotonic())):
            event = msgpack.unpackb(
                judge.recv_bytes(), unicode_errors="surrogatepass", strict_map_key=False
            )
            if event.get("done"):
                return
            yield event


# --- outputs ----------------------------------------------------------------------


def _fill(notebook: NotebookNode, outputs: dict[int, list[Any]]) -> None:
    count = 0
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            cell.outputs = _clean(outputs.get(number, []))
            if number in outputs and cell.source.strip():
                count += 1
                cell.execution_count = count


def _clean(raw: list[Any]) -> list[NotebookNode]:
    """Outputs of valid form, as a notebook would show them at last."""
    kept: list[NotebookNode] = []
    shown: dict[str, NotebookNode] = {}
    for output in raw:
        with suppress(Exception):  # a student's process may send anything
            if output["output_type"] == "clear_output":
                kept.clear()
                continue
            made = _output(output)
            display = str(output.get("transient", {}).get("display_id", ""))
            if output["output_type"] == "update_display_data":
                shown[display].update(data=made.data, metadata=made.metadata)
            elif made.output_type == "stream" and _continues(kept, made):
                kept[-1].text += made.text
            else:
                kept.append(made)
                shown[display] = made
    return kept


def _continues(kept: list[NotebookNode], made: NotebookNode) -> bool:
    last = kept[-1] if kept else None
    return bool(last and last.output_type == "stream" and last.name == made.name)


def _output(output: dict[str, Any]) -> NotebookNode:
    kind = output["output_type"]
    if kind == "stream":
        name = "stderr" if output["name"] == "stderr" else "stdout"
        made = nbformat.v4.new_output("stream", name=name, text=_text(output["text"]))
    elif kind == "error":
        traceback = [_text(line) for line in output["traceback"]]
        made = nbformat.v4.new_output(
            "error", ename=_text(output["ename"]), evalue=_text(output["evalue"]),
            traceback=traceback,
        )  # fmt: skip
    else:
        kind = "execute_result" if kind == "execute_result" else "display_data"
        data = {_text(k): _bundle(k, v) for k, v in output["data"].items()}
        made = nbformat.v4.new_output(kind, data=data)
    nbformat.validate(made, ref="output", version=4, version_minor=5)
    return made


def _text(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode()


def _bundle(kind: Any, value: Any) -> Any:
    if str(kind).endswith("json"):
        return value
    return "".join(map(_text, value)) if isinstance(value, list) else _text(value)
