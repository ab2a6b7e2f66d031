"""Cells by grade_id; the graded notebook made of the master and a student's answers.

Nothing of a submitted file is believed but the source of its cells: not their tags,
points, flags, order or ids. What was changed beyond the answers has no effect and
becomes a remark for the instructor.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import InstantiateTests, SaveCells
from traitlets.config import Config
from traitlets.utils.importstring import import_item

MAX_NOTEBOOK_BYTES = 32 << 20
MAX_CELLS = 2000
MAX_VALUES = 2_000_000
MAX_SOURCE = 1 << 20
NO_FILE = (errno.EISDIR, errno.ENXIO, errno.ELOOP)
"""Why folders, sockets, and links that were put there meanwhile can't be opened."""
EMPTY = "graded as empty: "
"""So begins a remark that tells why a submission has no answers."""
NO_RESPONSE = "No response."
"""nbgrader's comment on an answer that is as it was given."""


@dataclass(frozen=True)
class Submitted:
    """What is read of a submitted cell."""

    kind: str
    source: str
    grade_id: str | None
    cell_id: str | None
    as_given: bool = False
    """Whether it is what some release had there, by nbgrader's checksum."""


class Unreadable(Exception):
    """A submitted file that is no notebook; the message is for the instructor."""


# --- reading ----------------------------------------------------------------------


def grade_id(cell: NotebookNode) -> str | None:
    """The name that nbgrader knows a cell by."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def tags(cell: NotebookNode) -> list[str]:
    """The cell's tags."""
    return cell.metadata.get("tags", [])


def is_manual(cell: NotebookNode) -> bool:
    """Whether people grade this cell."""
    return utils.is_grade(cell) and (
        utils.is_solution(cell) or cell.cell_type != "code"
    )


def is_autograded(cell: NotebookNode) -> bool:
    """Whether tests in this cell decide its points."""
    return utils.is_grade(cell) and not is_manual(cell)


def marked_lines(source: str, begin: str, end: str) -> set[int]:
    """Numbers, from 1, of the lines between the markers of regions."""
    found, inside = set(), False
    for number, line in enumerate(source.splitlines(), 1):
        inside = (inside and end not in line) or begin in line
        if inside and begin not in line:
            found.add(number)
    return found


def cells_of(content: bytes) -> list[Submitted]:
    """The cells of what a file holds; raises `Unreadable` and nothing else."""
    try:
        cells = _cells(json.loads(_weighed(content)))
    except Unreadable:
        raise
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"the file is no notebook ({type(error).__name__})") from None
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has more than {MAX_CELLS} cells")
    found = [_submitted(cell) for cell in cells if isinstance(cell, dict)]
    if not found:
        raise Unreadable("the notebook has no cells")
    return found


def read_bytes(path: Path) -> bytes:
    """What a regular file holds; a link is not followed, a pipe not waited for.

    Raises:
        Unreadable: when it is no such file, or too large.
        OSError: when it is not the file's fault, such as for want of permission.
    """
    careful = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if path.is_symlink():
        raise Unreadable("the file is a link")
    try:
        with open(
            path, "rb", opener=lambda it, how: os.open(it, how | careful)
        ) as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise Unreadable("it is no regular file")
            if about.st_size > MAX_NOTEBOOK_BYTES:
                most = MAX_NOTEBOOK_BYTES >> 20
                raise Unreadable(f"the file is larger than {most} MB")
            return file.read()
    except OSError as problem:
        if problem.errno not in NO_FILE:
            raise
        raise Unreadable("it is no regular file") from None


def _weighed(content: bytes) -> bytes:
    """What a file holds, as UTF-8, unless more would be made of it than it seems.

    Two bytes can be a dictionary of sixty: values are counted outside of texts.
    """
    if not json.detect_encoding(content).startswith("utf-8"):
        text = content.decode(json.detect_encoding(content), "surrogatepass")
        content = text.encode("utf-8", "surrogatepass")
    plain = content.replace(rb"\\", b"").replace(rb"\"", b"")
    values = plain.count(b'"')
    if values <= MAX_VALUES:
        outside = b"".join(plain.split(b'"')[::2])
        values = values // 2 + sum(map(outside.count, (b"{", b"[", b",")))
    if values > MAX_VALUES:
        raise Unreadable(f"the file holds more than {MAX_VALUES} values")
    return content


def _cells(content: Any) -> list[Any]:
    if isinstance(content, dict) and isinstance(content.get("worksheets"), list):
        content = _upgrade(content)
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("the file is no notebook (it has no list of cells)")
    return cells


def _upgrade(content: dict[str, Any]) -> Any:
    """Without outputs, which nobody reads and which take long to be checked."""
    try:
        cells = [cell for sheet in content["worksheets"] for cell in sheet["cells"]]
        if len(cells) > MAX_CELLS:
            raise ValueError(f"more than {MAX_CELLS} cells")
        for cell in cells:
            cell.update({"outputs": []} if "outputs" in cell else {})
        return nbformat.convert(nbformat.from_dict(content), 4)
    except Exception as error:
        raise Unreadable(f"the old format could not be read ({error})") from None


def _submitted(cell: dict[str, Any]) -> Submitted:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    metadata = cell.get("metadata")
    grader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = grader.get("grade_id") if isinstance(grader, dict) else None
    return Submitted(
        kind=_text(cell.get("cell_type")) or "",
        source=(_text(source) or "")[:MAX_SOURCE],
        grade_id=_text(name),
        cell_id=_text(cell.get("id")),
        as_given=_is_as_given(cell, source, grader),
    )


def _is_as_given(cell: dict[str, Any], source: Any, grader: Any) -> bool:
    """A master may change after a release; that makes nobody an editor of tests."""
    try:
        made = NotebookNode(cell, source=source.replace("\r\n", "\n"))
        made.metadata = NotebookNode(nbgrader=NotebookNode(grader))
        return bool(grader["checksum"] == utils.compute_checksum(made))
    except (TypeError, LookupError, AttributeError, ValueError, ArithmeticError):
        return False


def _text(value: Any) -> str | None:
    """Text that can be written to a file: JSON can hold halves of characters."""
    if not isinstance(value, str):
        return None
    return value.encode("utf-8", "replace").decode("utf-8")


def rebuild_file(
    stubs: NotebookNode, released: NotebookNode, path: Path
) -> tuple[NotebookNode, list[str], bool]:
    """The notebook to grade, remarks, and whether the file could be read at all."""
    return rebuild_from(stubs, released, partial(read_bytes, path))


def rebuild_from(
    stubs: NotebookNode, released: NotebookNode, read: Callable[[], bytes]
) -> tuple[NotebookNode, list[str], bool]:
    """The same of what `read` gives, which may raise `Unreadable`."""
    try:
        return *rebuild(stubs, released, cells_of(read())), True
    except Unreadable as problem:
        notebook, _ = rebuild(stubs, released, [])
        return notebook, [f"{EMPTY}{problem}"], False


def read_master(path: Path) -> NotebookNode:
    """An instructor's notebook; cells of formats without ids get some."""
    master = nbformat.read(path, as_version=4)
    if (master.nbformat, master.nbformat_minor) < (4, 5):
        master.nbformat_minor = 5
        for number, cell in enumerate(master.cells):
            cell.id = f"cell-{number}"
    return master


def digest_of(master: Path) -> str:
    """Tells one version of a master from another, in graded notebooks."""
    return hashlib.sha256(master.read_bytes()).hexdigest()


# --- the master -------------------------------------------------------------------


def versions(master: NotebookNode, config: Config) -> tuple[NotebookNode, NotebookNode]:
    """The master as students got it, with and without its hidden tests.

    Made by the steps that `nbgrader generate_assignment` takes in this course, except
    that tests which it computes from a solution (AUTOTEST) stay as they stand.
    """
    steps = [
        import_item(step) if isinstance(step, str) else step
        for step in GenerateAssignment(config=config).preprocessors
    ]
    saved = next(n for n, step in enumerate(steps) if issubclass(step, SaveCells))
    stubs = _after(steps[:saved], deepcopy(master), config)
    return stubs, _after(steps[saved:], deepcopy(stubs), config)


def _after(steps: list[Any], notebook: NotebookNode, config: Config) -> NotebookNode:
    for step in steps:
        if not issubclass(step, (SaveCells, InstantiateTests)):
            notebook, _ = step(config=config).preprocess(notebook, {})
    return notebook


# --- master and answers -----------------------------------------------------------


def rebuild(
    stubs: NotebookNode, released: NotebookNode, submitted: Iterable[Submitted]
) -> tuple[NotebookNode, list[str]]:
    """The notebook to grade, and remarks on what was changed beyond the answers.

    Cells are those of `stubs` in their order. A solution cell gets the first submitted
    source of its grade_id; further copies, and code cells that are the student's own,
    follow the cell that they stood behind, without metadata.
    """
    anchors = {("cell", cell.get("id", "")): n for n, cell in enumerate(stubs.cells)}
    anchors |= {_key(cell): number for number, cell in enumerate(stubs.cells)}
    answers: dict[int, Submitted] = {}
    added: dict[int, list[Submitted]] = {}
    remarks: list[str] = []
    place = last = -1
    for cell in submitted:
        number = _find(cell, anchors, released)
        if number is None or number in answers:
            if number is not None:
                remarks.append(f"cell {cell.grade_id or cell.cell_id} appears twice")
            if _runs(cell, number, stubs):
                added.setdefault(place, []).append(cell)
            continue
        if number < last:
            remarks.append(f"cell {_name(stubs.cells[number])} was moved")
        answers[number], place, last = cell, number, max(last, number)
    notebook = deepcopy(stubs)
    notebook.cells = list(_fresh(added.get(-1, []), start=0))
    for number, cell in enumerate(stubs.cells):
        answer = answers.get(number)
        remarks += _remarks(cell, released.cells[number], answer)
        notebook.cells.append(_answered(cell, answer))
        notebook.cells += _fresh(added.get(number, []), start=len(notebook.cells))
    solutions = [n for n, c in enumerate(stubs.cells) if utils.is_solution(c)]
    if added and solutions and not any(number in answers for number in solutions):
        remarks = [f"{EMPTY}this seems to be another assignment's notebook: none of its"
                   " cells is an answer of this one"]  # fmt: skip
    return notebook, remarks


def _key(cell: NotebookNode) -> tuple[str, str]:
    name = grade_id(cell)
    return ("grade_id", name) if name else ("cell", cell.get("id", ""))


def _name(cell: NotebookNode) -> str:
    return grade_id(cell) or cell.get("id", "")


def _find(
    cell: Submitted, anchors: dict[tuple[str, str], int], released: NotebookNode
) -> int | None:
    """Which cell of the master a submitted one is, if any."""
    if cell.grade_id is not None:
        return anchors.get(("grade_id", cell.grade_id))
    number = anchors.get(("cell", cell.cell_id or ""))
    if number is None:  # formats before 4.5 have no ids, and Jupyter may add some
        same = (
            n for (kind, name), n in anchors.items()
            if kind == "cell" and released.cells[n].source == cell.source
            and (cell.cell_id is None or name == f"cell-{n}")
        )  # fmt: skip
        number = next(same, None)
    return number


def _runs(cell: Submitted, number: int | None, stubs: NotebookNode) -> bool:
    """Whether a cell beyond the master's is kept: code, and no copy of a locked one."""
    copied_lock = number is not None and utils.is_locked(stubs.cells[number])
    return cell.kind == "code" and bool(cell.source.strip()) and not copied_lock


def _answered(cell: NotebookNode, answer: Submitted | None) -> NotebookNode:
    """The master's cell with the student's source, where that is the student's.

    Demonstrations may be played with, and are not graded: they are the master's.
    """
    made = deepcopy(cell)
    theirs = utils.is_solution(cell) or utils.is_task(cell)
    plain_code = grade_id(cell) is None and cell.cell_type == "code"
    plain_code &= "demo" not in tags(cell)
    if answer is not None and (theirs or (plain_code and answer.kind == "code")):
        made.source = answer.source
    return made


def _fresh(cells: list[Submitted], start: int) -> Iterable[NotebookNode]:
    for number, cell in enumerate(cells):
        yield nbformat.v4.new_code_cell(cell.source, id=f"added-{start + number}")


def _lines(cell: Submitted | NotebookNode) -> list[str]:
    """Ends of lines, and spaces there, are no edit."""
    return [line.rstrip() for line in cell.source.strip().splitlines()]


def _remarks(
    cell: NotebookNode, released: NotebookNode, answer: Submitted | None
) -> list[str]:
    name = grade_id(cell)
    if name is None:
        return []
    if answer is None:
        return [f"cell {name} is missing"]
    if utils.is_locked(cell) and _lines(answer) != _lines(released):
        unedited = answer.as_given or "AUTOTEST" in cell.source
        return [] if unedited else [f"cell {name} was edited: ignored"]
    if len(answer.source) == MAX_SOURCE:
        return [f"cell {name} is longer than {MAX_SOURCE >> 20} MB: cut"]
    if answer.kind != cell.cell_type:
        return [f"cell {name} was turned into {answer.kind}: ignored"]
    return []
