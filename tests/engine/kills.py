"""Kills at random times change no grade: `python -m tests.engine.kills 200 [seed]`.

A class is graded by `nbgrader autograde` while SIGKILL hits, in turn, each kind of
process that takes part, the command itself included. The command is run again until
it succeeds. Gradebook and graded files then must be those of an undisturbed run.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from autograder.engine.processes.watching import children
from tests.engine.small_class import autograde, make_course, submit
from tests.engine.small_course import cell, solution

VICTIMS = ("student", "init", "judge", "nursery", "parent", "grader")
IN_A_ROUND = 10
MOST_RUNS = 25
PAUSE = "import time; time.sleep(0.05)\n"
MASTER = [
    cell("setup", "setup", f"{PAUSE}import numpy as np"),
    solution("f", "def f(x): return x * 2"),
    cell("test", "test_f", f"assert f(2) == 4\n{PAUSE}assert f(3) == 6"),
    solution("g", "def g(x): return np.sort(x)"),
    cell("test", "test_g", f"{PAUSE}assert list(g(np.array([2, 1]))) == [1, 2]"),
    cell("manual", "essay", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"),
]
STUDENTS: dict[str, dict[str, str]] = {
    "right": {"f": f"{PAUSE}def f(x): return x + x", "g": "g = np.sort"},
    "half": {"f": "print('hello')\ndef f(x): return 4", "g": "def g(x): return sorted(x)"},
    "wrong": {"f": "def f(x): return x", "g": "def g(x): return x", "essay": "x = 2"},
    "raises": {"f": f"{PAUSE}1 / 0", "g": "def g(x): return np.sort(x)"},
    "quits": {"f": "def f(x): return 2 * x", "g": "import os\ndef g(x): os._exit(3)"},
    "nothing": {},
}  # fmt: skip
SCORES = """
    select student_id, base_cell.name, auto_score, manual_score, needs_manual_grade
    from grade join base_cell on grade.cell_id = base_cell.id
    join submitted_notebook on grade.notebook_id = submitted_notebook.id
    join submitted_assignment
        on submitted_notebook.assignment_id = submitted_assignment.id
"""


@dataclass
class Report:
    """What was done, and in which rounds something came out differently."""

    killed: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    runs: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kills = ", ".join(f"{name} {self.killed[name]}" for name in VICTIMS)
        return (
            f"{self.killed.total()} kills ({kills}) in {self.rounds} gradings of"
            f" {len(STUDENTS)} submissions, {self.runs} runs of the command:"
            f" {len(self.wrong)} differ from an undisturbed one"
        )


def kill_at_random(count: int, seed: int = 0) -> Report:
    """Grade the class again and again until so many processes were killed."""
    chance, report = random.Random(seed), Report()
    with tempfile.TemporaryDirectory() as folder:
        course = _make_class(Path(folder, "course"))
        undisturbed = Path(folder, "undisturbed")
        shutil.copytree(course, undisturbed)
        if autograde(undisturbed).wait():
            raise RuntimeError("even an undisturbed run fails")
        while (left := count - report.killed.total()) > 0:
            disturbed = Path(folder, f"round{report.rounds}")
            shutil.copytree(course, disturbed)
            _one_round(disturbed, min(left, IN_A_ROUND), chance, report)
            differences = list(_differences(found(undisturbed), found(disturbed)))
            report.wrong += [f"round {report.rounds}: {d}" for d in differences]
            report.rounds += 1
            print(report, *differences, sep="\n", file=sys.stderr, flush=True)
            shutil.rmtree(disturbed)
    return report


def _make_class(root: Path) -> Path:
    root.mkdir()
    make_course(root, MASTER)
    for student, answers in STUDENTS.items():
        submit(root, student, answers)
    return root


def _one_round(course: Path, kills: int, chance: random.Random, report: Report) -> None:
    """Run the command until it succeeds; the first `kills` kills meet resistance."""
    wanted = report.killed.total() + kills
    for _ in range(MOST_RUNS):
        grader = autograde(course)
        report.runs += 1
        while grader.poll() is None and report.killed.total() < wanted:
            time.sleep(chance.uniform(0, 0.4))
            _kill(grader, _next_victim(report, chance), report)
        if grader.wait() == 0:
            return
    report.wrong.append(f"round {report.rounds}: never succeeded")


def _next_victim(report: Report, chance: random.Random) -> str:
    """One of those that were killed least often; the command ends a run, so less."""
    weights = {name: report.killed[name] for name in VICTIMS}
    return min(VICTIMS, key=lambda name: (weights[name], chance.random()))


def _kill(grader: subprocess.Popen[bytes], victim: str, report: Report) -> None:
    """Wait until there is such a process, and kill it."""
    end = time.monotonic() + 10
    while grader.poll() is None and time.monotonic() < end:
        if pid := _find(grader.pid, victim):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                report.killed[victim] += 1
            return
        time.sleep(0.002)


# --- the processes of a grader ----------------------------------------------------


def _find(grader: int, victim: str) -> int | None:
    if victim == "grader":
        return grader
    for warm in children(grader):
        if found := processes_below(warm).get(victim):
            return found
    return None


def processes_below(warm: int) -> dict[str, int]:
    """The processes of a submission and their warm parent; none if none is graded.

    The student's process is below number 1 of its namespace, if it has one.
    """
    for nursery in children(warm):
        below = children(nursery)
        if len(below) == 2:
            init = next((pid for pid in below if children(pid)), below[0])
            (judge,) = {*below} - {init}
            student = (children(init) or [init])[0]
            return {
                "student": student, "judge": judge, "nursery": nursery,
                "init": init, "parent": warm,
            }  # fmt: skip
    return {}


# --- what came out ----------------------------------------------------------------


def found(course: Path) -> dict[str, Any]:
    """Scores by student and cell, and graded files by path."""
    with closing(sqlite3.connect(course / "gradebook.db")) as gradebook:
        rows = [tuple(row) for row in gradebook.execute(SCORES)]
    scores = {f"score of {row[0]} in {row[1]}": row[2:] for row in rows}
    scores["number of scores"] = len(rows)
    graded = course / "autograded"
    files = (path for path in sorted(graded.rglob("*")) if path.is_file())
    return scores | {str(path.relative_to(graded)): _content(path) for path in files}


def _content(path: Path) -> Any:
    """All that a file holds but how long things took."""
    if path.suffix != ".ipynb":
        return path.read_bytes()
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.get("autograder", {}).pop("seconds", None)
    return nbformat.writes(notebook)


def _differences(right: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    for name in sorted({*right, *other}):
        if right.get(name) != other.get(name):
            missing = "missing" if name not in other else "not as it should be"
            yield f"{name}: {missing}"


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    result = kill_at_random(count, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    print(result, *result.wrong, sep="\n")
    sys.exit(bool(result.wrong))
