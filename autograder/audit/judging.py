"""Has answers judged by the engine: one notebook each, or many in one notebook.

Many answers to one exercise share a notebook, and so its processes: set-up and the
reference answers come once, then each answer with the test cells that may notice it.
At the end comes the reference: if it fails, an answer before it has left something
behind, and each is judged again by itself.
"""

from __future__ import annotations

import ast
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import BoundedSemaphore
from typing import TypeVar

import msgspec
from nbformat import NotebookNode, v4
from nbgrader import utils
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

from autograder.course import Course, exercises
from autograder.engine.execute import IsolatedExecute
from autograder.engine.grading import Settings, judge_notebook
from autograder.engine.plan import Together, global_names, parsed, plain_python
from autograder.engine.scores import points
from autograder.engine.wire.messages import Verdict
from autograder.notebook import (
    grade_id,
    is_autograded,
    marked_lines,
    read_master,
    versions,
)

A = TypeVar("A")
B = TypeVar("B")
Answers = dict[str, str]
"""Sources of solution cells by grade_id; the others hold the reference."""
VISIBLE, HIDDEN = "visible", "hidden"
BATCH = 12  # answers that share a notebook
HASTE = {"call_seconds": 2.0, "cell_seconds": 10.0}  # for answers that may hang


@dataclass(frozen=True)
class Failure:
    """What a part of a test cell said of an answer."""

    exercise: str
    test: str
    part: str
    error: str
    message: str


@dataclass
class Outcome:
    """What became of one answer."""

    failures: list[Failure] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)

    def loses(self, part: str | None = None) -> set[str]:
        """Exercises that lose points; by the visible or the hidden checks alone."""
        return {f.exercise for f in self.failures if part in (None, f.part)}


class Assignment:
    """A master, taken apart: what is judged, by which cells, and what reads what."""

    def __init__(
        self, course: Course, name: str, path: Path, together: Together = False
    ) -> None:
        """Read the master at `path`; `together` as the engine's settings have it."""
        self.name, self.path = name, path
        self.master = read_master(path)
        config = course.config()
        self.stubs, self.released = versions(self.master, config)
        settings = IsolatedExecute(config=config).settings(name)
        self.settings = replace(settings, together=settings.together or together)
        self._begin, self._end = _delimiters(ClearSolutions(config=config), "solution")
        hidden = ClearHiddenTests(config=config)
        self._hidden = hidden.begin_test_delimeter, hidden.end_test_delimeter
        self.cells = {str(grade_id(c)): c for c in self.master.cells if grade_id(c)}
        self.shown = {str(grade_id(c)): c for c in self.released.cells if grade_id(c)}
        self.exercises = tests_of(self.master)
        self.test_of = {t: e for e, tests in self.exercises.items() for t in tests}

    def points(self, exercise: str) -> float:
        """What the exercise is worth."""
        tests = self.exercises[exercise]
        return sum(float(self.cells[t].metadata.nbgrader.points) for t in tests)

    def secret_lines(self, exercise: str) -> set[int]:
        """Numbers of the lines between the solution's markers; else of all."""
        source = self.cells[exercise].source
        regions = marked_lines(source, self._begin, self._end)
        return regions or set(range(1, len(source.splitlines()) + 1))

    def reference(self, exercise: str) -> str:
        """The master's answer, without the markers."""
        return self._unmarked(self.cells[exercise].source)

    def _unmarked(self, source: str) -> str:
        lines = source.splitlines(keepends=True)
        marks = self._begin, self._end
        return "".join(x for x in lines if not any(mark in x for mark in marks))

    def hidden_text(self, test: str) -> str:
        """The secret lines of a test cell."""
        source = self.cells[test].source
        secret = marked_lines(source, *self._hidden)
        return "\n".join(x for n, x in enumerate(source.splitlines(), 1) if n in secret)

    def part(self, test: str, part: str) -> str:
        """The source of a test cell's visible part, or of its hidden part alone.

        There, what a student sees is run without stopping at an error.
        """
        if part == VISIBLE:
            return str(self.shown[test].source)
        return _tolerant(self.cells[test].source, *self._hidden)

    @cached_property
    def noticing(self) -> dict[str, list[str]]:
        """Test cells that can notice an answer: its own, those that read what it
        binds, and those of exercises whose answers do."""
        reads = {e: global_names(self.cells[e].source)[0] for e in self.exercises}
        found = {}
        for exercise in self.exercises:
            binds = global_names(self.cells[exercise].source)[1]
            users = {e for e in self.exercises if reads[e] & binds} | {exercise}
            for _ in self.exercises:  # users of users
                bound = [global_names(self.cells[u].source)[1] for u in users]
                users |= {e for e in self.exercises if reads[e] & set().union(*bound)}
            found[exercise] = [
                t
                for t, e in self.test_of.items()
                if e in users or global_names(self.cells[t].source)[0] & binds
            ]
        return found


def tests_of(master: NotebookNode) -> dict[str, list[str]]:
    """Test cells with points by the answer they judge; by name, else that above."""
    found: dict[str, list[str]] = {}
    by_name = {test: e for e, tests in exercises(master).items() for test in tests}
    above = ""
    for cell in filter(grade_id, master.cells):
        name = str(grade_id(cell))
        if utils.is_solution(cell) and not utils.is_grade(cell):
            above = name if cell.cell_type == "code" else above
        elif is_autograded(cell) and cell.metadata.nbgrader.get("points"):
            exercise = by_name.get(name, above)
            if exercise:
                found.setdefault(exercise, []).append(name)
    return found


def _delimiters(step: object, kind: str) -> tuple[str, str]:
    names = (f"begin_{kind}_delimeter", f"end_{kind}_delimeter")
    begin, end = (str(getattr(step, name)) for name in names)
    return begin, end


def _tolerant(source: str, begin: str, end: str) -> str:
    """The source; what stands outside its regions may fail without an effect.

    As it is where the cell's last value counts as points.
    """
    secret = marked_lines(source, begin, end)
    plain = plain_python(source)
    if not secret or not plain:
        return source
    tree = parsed(plain)
    last = tree.body[-1]
    if isinstance(last, ast.Expr) and not isinstance(last.value, ast.Call):
        return source
    tree.body = _softened(tree.body, secret, set())
    return ast.unparse(ast.fix_missing_locations(tree))


KEPT = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def _softened(
    body: list[ast.stmt], secret: set[int], deciding: set[str]
) -> list[ast.stmt]:
    """Statements, each in a `try` of its own unless something secret is in it.

    Functions that hold something secret go into `deciding`: calls of them count.
    """
    made: list[ast.stmt] = []
    for statement in body:
        lines = set(range(statement.lineno, (statement.end_lineno or 0) + 1))
        names = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
        if lines & secret and not lines <= secret:
            if isinstance(statement, ast.FunctionDef):
                deciding.add(statement.name)
            for part in ("body", "orelse", "finalbody"):
                inner = getattr(statement, part, [])
                setattr(statement, part, _softened(inner, secret, deciding))
        elif not (lines & secret or names & deciding or isinstance(statement, KEPT)):
            passing = ast.ExceptHandler(ast.Name("Exception"), None, [ast.Pass()])
            statement = ast.Try([statement], [passing], [], [])
        made.append(statement)
    return made


class Bench:
    """Where answers to one assignment are judged; made by `bench`."""

    def __init__(self, assignment: Assignment, folder: Path, workers: int) -> None:
        """A bench with a working copy in `folder`."""
        self.assignment, self._folder, self._workers = assignment, folder, workers
        self._turns = BoundedSemaphore(workers)

    def whole(
        self,
        answers: Answers | None = None,
        stubs: bool = False,
        environment: dict[str, str] | None = None,
    ) -> Outcome:
        """All test cells as grading runs them, on a notebook with these answers."""
        a = self.assignment
        surroundings = a.settings.environment | (environment or {})
        settings = replace(a.settings, environment=surroundings)
        notebook = deepcopy(a.stubs if stubs else a.master)
        for cell in notebook.cells:
            if not stubs and utils.is_solution(cell):
                cell.source = (answers or {}).get(
                    str(grade_id(cell)), a._unmarked(cell.source)
                )
        verdicts = self._judged(notebook, a.master, settings)
        outcome = Outcome()
        for cell in notebook.cells:
            name = str(grade_id(cell))
            if name in a.test_of:
                _record(outcome, a, name, "", cell, verdicts[name])
        return outcome

    def many(
        self,
        exercise: str,
        sources: Sequence[str],
        tests: Sequence[str],
        done: Callable[[int], None] = lambda number: None,
        hasty: bool = False,
    ) -> list[Outcome]:
        """Outcomes of answers to one exercise, by these test cells.

        `hasty`: those that take their time are taken to hang.
        """
        batches = [sources[n : n + BATCH] for n in range(0, len(sources), BATCH)]

        def judge(batch: Sequence[str]) -> list[Outcome]:
            outcomes = self._batch(exercise, batch, tests, hasty)
            done(len(batch))
            return outcomes

        return [outcome for found in self.map(judge, batches) for outcome in found]

    def map(self, function: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """Results in order; several at once, of which as many judge as may."""
        with ThreadPoolExecutor(self._workers) as pool:
            yield from pool.map(function, items)

    def _batch(
        self, exercise: str, sources: Sequence[str], tests: Sequence[str], hasty: bool
    ) -> list[Outcome]:
        a = self.assignment
        reference = a.reference(exercise)
        notebook = self._notebook(exercise, [*sources, reference], tests)
        same = [reference] * (len(sources) + 1)
        master = self._notebook(exercise, same, tests)
        known = a.settings.limits
        short = {k: min(v, getattr(known, k)) for k, v in HASTE.items() if hasty}
        limits = msgspec.structs.replace(known, **short, submission_seconds=600)
        together = a.settings.together
        if not isinstance(together, bool):
            names_there = map(grade_id, notebook.cells)
            together = [n for n in names_there if n and n.split("@")[0] in together]
        settings = replace(a.settings, limits=limits, together=together)
        verdicts = self._judged(notebook, master, settings)
        outcomes = [Outcome() for _ in same]
        for cell in notebook.cells:
            name, _, rest = str(grade_id(cell)).partition("@")
            if rest and name in a.test_of:
                number, _, part = rest.partition("@")
                verdict = verdicts[str(grade_id(cell))]
                _record(outcomes[int(number)], a, name, part, cell, verdict)
        if outcomes[-1].failures and len(sources) > 1:
            return [self._batch(exercise, [s], tests, hasty)[0] for s in sources]
        return outcomes[:-1]

    def _notebook(
        self, exercise: str, sources: Sequence[str], tests: Sequence[str]
    ) -> NotebookNode:
        """Set-up and references up to the last test, then each source and the tests."""
        a = self.assignment
        names = sorted(global_names(a.cells[exercise].source)[1])
        needed = self._needed(tests)
        notebook = v4.new_notebook()
        last = max(map([*a.cells].index, tests), default=0)
        end = a.master.cells.index(a.cells[[*a.cells][last]])
        for cell in a.master.cells[:end]:
            name = str(grade_id(cell))
            if cell.cell_type == "code" and (name not in a.test_of or name in needed):
                notebook.cells.append(deepcopy(cell))
        for number, source in enumerate(sources):
            forget = f"for _ in {names!r}: globals().pop(_, None)"
            notebook.cells.append(v4.new_code_cell(forget, id=f"forget-{number}"))
            notebook.cells.append(_copy(a.cells[exercise], source, f"{number}"))
            for test in tests:
                for part in (VISIBLE, HIDDEN):
                    if part == VISIBLE or a.hidden_text(test):
                        text = a.part(test, part)
                        mark = f"{number}@{part}"
                        notebook.cells.append(_copy(a.cells[test], text, mark))
        return notebook

    def _needed(self, tests: Sequence[str]) -> set[str]:
        """Test cells that bind names which these read."""
        a = self.assignment
        reads = {t: global_names(a.cells[t].source)[0] for t in a.test_of}
        binds = {t: global_names(a.cells[t].source)[1] for t in a.test_of}
        found: set[str] = set()
        for _ in range(len(a.test_of)):
            wanted = {n for t in (*tests, *found) for n in reads[t] - binds[t]}
            more = {t for t in a.test_of if binds[t] & wanted} - found
            if not more:
                break
            found |= more
        return found

    def _judged(
        self, notebook: NotebookNode, master: NotebookNode, settings: Settings
    ) -> dict[str, Verdict]:
        trusted = self.assignment.path.parent.resolve()
        with self._turns:
            return judge_notebook(notebook, master, self._folder, trusted, settings)


def _copy(cell: NotebookNode, source: str, mark: str) -> NotebookNode:
    made = deepcopy(cell)
    made.source = source
    made.id = made.metadata.nbgrader.grade_id = f"{grade_id(cell)}@{mark}"
    return made


def _record(
    outcome: Outcome,
    assignment: Assignment,
    test: str,
    part: str,
    cell: NotebookNode,
    verdict: Verdict,
) -> None:
    worth = float(cell.metadata.nbgrader.points)
    score = float(points(cell, verdict) or 0)
    outcome.seconds[test] = outcome.seconds.get(test, 0) + verdict.seconds
    outcome.scores[test] = min(score, outcome.scores.get(test, score))
    if score < worth:
        errors = [o for o in cell.outputs if o.output_type == "error"]
        told = errors[-1].evalue if errors else verdict.trouble or f"{score:g} points"
        kind = "Hang" if verdict.trouble else verdict.error or ""
        exercise = assignment.test_of[test]
        text = re.sub(r"\x1b\[[\d;]*m", "", str(verdict.trouble or told))
        outcome.failures.append(Failure(exercise, test, part, kind, text))


@contextmanager
def bench(assignment: Assignment, workers: int) -> Iterator[Bench]:
    """A bench with a working copy of the files that students have."""
    with tempfile.TemporaryDirectory(prefix="autograder-audit-") as work:
        source = assignment.path.parent
        skip = shutil.ignore_patterns("*.ipynb", ".ipynb_checkpoints", "__pycache__")
        shutil.copytree(source, work, ignore=skip, dirs_exist_ok=True)
        yield Bench(assignment, Path(work), workers)
