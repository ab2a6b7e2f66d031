"""Outputs from a student's process as a notebook may hold them: of valid form."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import nbformat
from nbformat import NotebookNode


def fill(notebook: NotebookNode, outputs: dict[int, list[Any]]) -> None:
    """Put the outputs of its cells, by their numbers, into the notebook."""
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
