"""Puts right in a master what has one right form, and changes nothing else.

Ids for all cells and no outputs, in any course; by the house rules, also names in place
of those that JupyterLab makes up, ids that are the names, tags, locks and folded cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode
from nbgrader import utils

from autograder.checking.house import (
    KINDS,
    NOTEBOOK_ABOUT,
    SLUG,
    kind,
    should_fold,
)
from autograder.checking.master import Master, functions
from autograder.notebook import grade_id

OPENING = re.compile(r"#*\s*(set-up|check|try|part|exercise) ?\d*:", re.IGNORECASE)
"""How comments and headings begin, whatever follows."""
MADE_UP = re.compile(r"cell-[0-9a-f]{16}")
"""What JupyterLab's Create Assignment calls a cell."""
WORDS_OF_A_NAME = 3


def mend(master: Master) -> None:
    """Change the notebook and its file."""
    notebook = master.notebook
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)
    for cell in master.code:
        cell.outputs, cell.execution_count = [], None
    if master.rules.house_rules:
        for key in set(notebook.metadata) - NOTEBOOK_ABOUT:
            del notebook.metadata[key]
        _name(master)
        for cell in master.code:
            _mark(cell)
    else:
        _give_ids(master)
    master.path.write_text(nbformat.writes(notebook) + "\n", "utf-8")


def _give_ids(master: Master) -> None:
    """Ids where there is none, or one that another cell has."""
    taken: set[str] = set()
    for number, cell in enumerate(master.cells, 1):
        wanted = cell.get("id") or _slug(grade_id(cell) or f"cell {number}")
        cell.id = _free(wanted, taken)


def _name(master: Master) -> None:
    """Ids that are names; names that say what a cell is."""
    released = _released(master)
    taken = {n for c in master.cells if (n := grade_id(c)) and not MADE_UP.fullmatch(n)}
    ids: set[str] = set()
    answer = ""
    for cell in master.cells:
        name = grade_id(cell)
        if name and MADE_UP.fullmatch(name) and name not in released:
            name = _free(_by_content(cell, answer), taken)
            cell.metadata.nbgrader.grade_id = name
        elif not name:
            name = cell.get("id", "")
            begins = kind(cell)
            if not SLUG.fullmatch(name) or not name.startswith(begins) or name in taken:
                name = _by_content(cell, answer)
            name = _free(name, taken)
        if SLUG.fullmatch(name):
            cell.id = _free(name, ids)
        answer = name if utils.is_solution(cell) else answer


def _released(master: Master) -> set[str]:
    """Names that students have had: grades hang on them."""
    path = master.course.release(master.assignment) / master.path.name
    if not path.is_file():
        return set()
    cells = nbformat.read(path, as_version=4).cells
    return {name for cell in cells if (name := grade_id(cell))}


def _by_content(cell: NotebookNode, answer: str) -> str:
    """A name for a cell that has none of its own."""
    begins = kind(cell)
    if cell.cell_type != "code":
        return next(map(_slug, _texts(cell)), "") or "text"
    if not begins:  # an answer
        return next((f.name for f in functions(cell)), "answer")
    first = next(map(_slug, _texts(cell)), "") or "cell"
    first = first.removeprefix(f"{begins}_")
    about = answer if begins == "test" and answer else ""
    return "_".join(filter(None, (begins, about, first)))


def _texts(cell: NotebookNode) -> Iterator[str]:
    """Its heading or first comment, then its other lines."""
    lines = [line.strip() for line in cell.source.splitlines()]
    yield from (line for line in lines if re.match(r"#+ \S", line))
    yield from filter(None, lines)


def _slug(text: str) -> str:
    """A few words of a text as a name."""
    text = re.sub(r"\(.*?\)|<[^>]*>", " ", OPENING.sub("", text))
    words = re.findall(r"[a-z0-9_]+", text.lower())
    while words and not words[0][0].isalpha():
        words.pop(0)
    return "_".join(words[:WORDS_OF_A_NAME])


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number if another cell has it."""
    made, number = name, 1
    while made in taken:
        number += 1
        made = f"{name}_{number}"
    taken.add(made)
    return made


def _mark(cell: NotebookNode) -> None:
    """Tags, lock and fold as the cell's kind has them."""
    begins, about = kind(cell), cell.metadata
    if grade_id(cell):
        about.nbgrader.locked = not utils.is_solution(cell)
    others = [tag for tag in about.pop("tags", []) if tag not in KINDS]
    if begins in KINDS or others:
        about.tags = [begins] * (begins in KINDS) + others
    shown = about.setdefault("jupyter", NotebookNode())
    shown.pop("source_hidden", None)
    if should_fold(cell):
        shown.source_hidden = True
    if not shown:
        del about["jupyter"]
