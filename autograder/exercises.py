"""What a page says of each exercise: points by property, messages, where to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import NamedTuple

from mistune.util import striptags
from nbformat import NotebookNode
from nbgrader import utils

from autograder.course import exercises
from autograder.feedback import NOTE
from autograder.harmless import markdown
from autograder.notebook import EMPTY, NO_RESPONSE, grade_id, is_manual

FIRST_LINE = re.compile(
    r"""\s*(?:\#+|\"{3}|'{3})\s*(?:Check:)?\s*(?P<title>.+?)\s*
    (?:\([\d.]+\ points?\))?\s*(?:\"{3}|'{3})?\s*""",
    re.X,
)
HEADING = re.compile(r'<h([1-6]) id="([^"]*)">(.*?)</h\1>')
NO_MESSAGE = "It gave no message: it took points without a word, or did not run."
PLAIN = ("AssertionError", "NotImplementedError")  # whose messages say it all
OWN_LINE = "It came up in your "


class Heading(NamedTuple):
    """A heading of the notebook: how deep, where on the page, what it says."""

    level: int
    anchor: str
    text: str


@dataclass(frozen=True)
class Check:
    """A property that a graded cell judges."""

    name: str
    title: str
    score: float
    points: float
    message: str = ""
    """What failed, in plain words."""
    open: bool = False
    """Whether people have yet to give its points."""


@dataclass
class Exercise:
    """An answer and what is judged of it."""

    name: str
    title: str
    read: list[Heading]
    """Where the notebook tells of it: the exercise itself, its section."""
    checks: list[Check] = field(default_factory=list)
    commented: list[str] = field(default_factory=list)
    """Cells on which somebody has written a comment."""

    @property
    def score(self) -> float:
        """Of all its checks."""
        return sum(check.score for check in self.checks)

    @property
    def points(self) -> float:
        """Of all its checks."""
        return sum(check.points for check in self.checks)

    @property
    def lost(self) -> list[Check]:
        """The checks that took points."""
        checks = (check for check in self.checks if not check.open)
        return [check for check in checks if check.score < check.points]

    @property
    def open(self) -> bool:
        """Whether people have yet to give points for it."""
        return any(check.open for check in self.checks)


def exercises_of(notebook: NotebookNode) -> list[Exercise]:
    """The exercises of a graded notebook, with its scores and without hidden tests."""
    named = {t: e for e, tests in exercises(notebook).items() for t in tests}
    found: dict[str, Exercise] = {}
    path: list[Heading] = []
    last = ""
    for cell in notebook.cells:
        name = grade_id(cell)
        if cell.cell_type == "markdown" and not utils.is_solution(cell):
            for heading in _headings(cell.source):
                path = [*(h for h in path if h.level < heading.level), heading]
        if name is None:
            continue
        if utils.is_solution(cell):
            last = name
            found[name] = _exercise(name, path, found)
        if (utils.is_grade(cell) or utils.is_task(cell)) and _points(cell):
            home = named.get(name) or last or name
            if home not in found:
                found[home] = _exercise(home, path, found)
            found[home].checks.append(_check(cell, home))
        if _has_comment(cell) and last in found:
            found[last].commented.append(name)
    return [exercise for exercise in found.values() if exercise.checks]


def remarks_of(notebook: NotebookNode) -> tuple[list[str], str]:
    """The grader's remarks, and why the file could not be read, if it could not."""
    remarks = notebook.metadata.get("autograder", {}).get("remarks", [])
    told = [str(remark) for remark in remarks]
    why = next((x for x in told if x.startswith(EMPTY)), "")
    return [x for x in told if x != why], why.removeprefix(EMPTY)


def title_of(cell: NotebookNode, exercise: str = "") -> str:
    """What a graded or folded cell is about."""
    if is_manual(cell) or utils.is_task(cell):
        return "your answer"
    first = cell.source.partition("\n")[0]
    found = FIRST_LINE.fullmatch(first)
    if found and not NOTE.startswith(first.strip()):
        return found["title"]
    words = re.sub(rf"^(test_)?({re.escape(exercise)}(_|$))?", "", grade_id(cell) or "")
    return (words or grade_id(cell) or "code").replace("_", " ")


def _headings(source: str) -> Iterator[Heading]:
    if "#" in source:
        for level, anchor, text in HEADING.findall(markdown(source)):
            yield Heading(int(level), unescape(anchor), unescape(striptags(text)))


def _exercise(name: str, path: list[Heading], found: dict[str, Exercise]) -> Exercise:
    """Called as the heading above it, if that stands for it alone."""
    taken = {exercise.title for exercise in found.values()}
    above = path[-1].text if path else name
    title = above if above not in taken else name
    return Exercise(name, title, path[:-3:-1])


def _has_comment(cell: NotebookNode) -> bool:
    return cell.metadata.nbgrader.get("comment") not in (None, "", NO_RESPONSE)


def _points(cell: NotebookNode) -> float:
    return float(cell.metadata.nbgrader.get("points") or 0)


def _check(cell: NotebookNode, exercise: str) -> Check:
    score = float(cell.metadata.nbgrader.get("score") or 0)
    lost = score < _points(cell) and not is_manual(cell) and not utils.is_task(cell)
    return Check(
        name=str(grade_id(cell)),
        title=title_of(cell, exercise),
        score=score,
        points=_points(cell),
        message=message_of(cell) if lost else "",
        open=bool(cell.metadata.nbgrader.get("open")),
    )


def message_of(cell: NotebookNode) -> str:
    """What a failed check says, and the student's own line that it came from."""
    errors = [x for x in cell.get("outputs", []) if x.output_type == "error"]
    if not errors:
        partly = cell.metadata.nbgrader.get("score")
        return "" if partly else NO_MESSAGE
    error = errors[-1]
    plain = error.ename in PLAIN and error.evalue
    message = error.evalue if plain else f"{error.ename}: {error.evalue}"
    _, marker, own = "\n".join(error.traceback).partition(OWN_LINE)
    return f"{message}\n{marker}{own}".strip()
