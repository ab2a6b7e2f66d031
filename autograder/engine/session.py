"""Judge one notebook: the grader's side of the engine, without nbgrader's database."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
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
    global_names,
    imports,
    mentioned,
    plain_python,
    used_in_functions,
)
from autograder.engine.operators import classes, protocols
from autograder.notebook import grade_id, is_autograded, tags

MAX_JUDGES = 4
UNFINISHED = "the judge could not finish this cell"
LAST_SECONDS = 10  # that a judge gets to stop what it does by itself
OVER = "the time for the whole submission was over"


@dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    cell_seconds: float = 30
    call_seconds: float = 10
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
    started: Started | None = None,
) -> dict[str, Verdict]:
    """Run a rebuilt notebook; put outputs into it; verdicts by grade_id.

    `folder` holds the submission's files, which a working copy is made of; `trusted`
    the assignment's own modules and data, for the judge; with `started`, they are
    there already. A cell that has no verdict did not run.
    """
    job = _job(notebook, master)
    cells = job["cells"]
    verdicts: dict[int, Verdict] = {}
    outputs: dict[int, list[Any]] = {}
    end = time.monotonic() + settings.limits.submission_seconds
    for _ in range(MAX_JUDGES):
        with started or Started(folder, trusted, settings) as judge:
            _judge_once(job, judge, settings, end, verdicts, outputs)
        started = None
        missing = [n for n in range(len(cells)) if n not in verdicts]
        if not missing or time.monotonic() > end:
            break
        _give_up(cells, missing[0], verdicts)
    trouble = OVER if time.monotonic() > end else UNFINISHED
    for number in range(len(cells)):
        verdicts.setdefault(number, Verdict(trouble=trouble))
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
    verdicts[fatal] = Verdict(ran=True, error="JudgeDied", trouble=UNFINISHED)
    for number in verdicts:
        if cells[number]["role"] == "graded" or number == fatal:
            cells[number]["role"] = "skipped"


# --- what runs where --------------------------------------------------------------


def _job(notebook: NotebookNode, master: NotebookNode) -> dict[str, Any]:
    """The cells as the judge is told of them, and whose names are whose."""
    code = [c for c in master.cells if c.cell_type == "code"]
    kinds = ("student", "setup", "graded", "demo", "skipped")
    bound: dict[str, set[str]] = {kind: set() for kind in kinds}
    for cell in code:
        bound[_role(cell)] |= global_names(cell.source)[1]
    made = bound["student"] | bound["setup"] | bound["graded"]
    answers = {_key(c): c.source for c in code if _role(c) == "student"}
    solutions = [plain_python(source) for source in answers.values()]
    given = [plain_python(c.source) for c in code if _role(c) == "setup"]
    return {
        "cells": [_planned(cell, answers) for cell in notebook.cells],
        "imports": _imports(code),
        "trusted": sorted(bound["setup"] | bound["graded"] | bound["demo"]),
        "shown_only": sorted(bound["demo"] - made),
        "protocols": sorted(set().union(*map(protocols, solutions + given))),
        "state": sorted(set().union(*map(used_in_functions, solutions))),
        "classes": sorted(set().union(*map(classes, solutions))),
    }


def _key(cell: NotebookNode) -> str:
    return grade_id(cell) or cell.get("id", "")


def _planned(cell: NotebookNode, answers: dict[str, str]) -> dict[str, Any]:
    """A cell as the judge is told of it: `source` for the student's kernel, `here` for
    its own, and the names that the latter (or the master's answer) reads and binds.
    """
    role = _role(cell)
    here = cell.source if role in ("setup", "graded") else ""
    theirs = answers.get(_key(cell), "") if role == "student" else here
    reads, binds = map(sorted, global_names(theirs))
    return {
        "role": role, "source": cell.source, "here": here,
        "reads": reads, "mentions": sorted(mentioned(here)), "binds": binds,
        "name": _key(cell), "code": compiled(here, f"<{_key(cell)}>") if here else [],
    }  # fmt: skip


def _role(cell: NotebookNode) -> str:
    if cell.cell_type != "code" or not cell.source.strip():
        return "skipped"
    if is_autograded(cell):
        return "graded"
    if not utils.is_locked(cell):
        return "student"
    return "demo" if "demo" in tags(cell) else "setup"


def _imports(code: list[NotebookNode]) -> dict[str, str]:
    found: dict[str, str] = {}
    for cell in code:
        found |= imports(cell.source)
    return found


# --- one judge --------------------------------------------------------------------


def _judge_once(
    job: dict[str, Any],
    judge: Connection,
    settings: Settings,
    end: float,
    verdicts: dict[int, Verdict],
    outputs: dict[int, list[Any]],
) -> None:
    seconds = max(0.0, end - time.monotonic())
    job["limits"] = {**asdict(settings.limits), "submission_seconds": seconds}
    judge.send_bytes(msgpack.packb(job, unicode_errors="surrogatepass"))
    for event in _events(judge, end + LAST_SECONDS):
        number = event.pop("cell")
        if job["cells"][number]["role"] == "skipped" and number in verdicts:
            continue
        outputs[number] = event.pop("outputs")
        verdicts[number] = Verdict(ran=True, **event)


class Started:
    """A judge and a student's kernel that wait for a notebook: use once, or close."""

    def __init__(self, folder: Path, trusted: Path, settings: Settings) -> None:
        self._ending = ExitStack()
        self._judge = self._ending.enter_context(_opened((folder, trusted), settings))

    def __enter__(self) -> Connection:
        return self._judge

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End both and all that they have started."""
        self._ending.close()


@contextmanager
def _opened(places: tuple[Path, Path], settings: Settings) -> Iterator[Connection]:
    options: dict[str, Any] = {"limits": asdict(settings.limits)}
    if settings.cold or not kernel.can_fork():
        options |= {"cold": True, "readable": [str(Path(__file__).parents[1])]}
        with kernel.cold_judge(
            options, places, settings.preload, settings.environment
        ) as judge:
            yield judge
        return
    parent = kernel.warm_parent(
        settings.preload, tuple(sorted(settings.environment.items()))
    )
    supervision, judge = parent.open(options, places)
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
    return made


def _text(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode()


def _plain(value: Any, depth: int = 0) -> Any:
    """What any program reads as JSON; ValueError if `value` is nothing of that sort."""
    if depth > 50:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        return {_text(k): _plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v, depth + 1) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _text(value)


def _bundle(kind: Any, value: Any) -> Any:
    if str(kind).endswith("json"):
        return _plain(value)
    return "".join(map(_text, value)) if isinstance(value, list) else _text(value)
