"""How fast is grading? Stock nbgrader, this engine and the floor, in one run.

    python -m autograder.bench [assignment ...]

Both grade the same sample class in this process with one worker; the floor is the
time of the same cells, run plainly in a warm interpreter without any kernel.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import sys
import tempfile
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from rich.console import Console
from rich.table import Table
from traitlets.config import Config

from autograder.classroom.demo import SAMPLES, fresh_copy
from autograder.classroom.sample_class import hand_in, read_answers
from autograder.course import Course, quiet_log
from autograder.engine.preprocessors import AUTOGRADE
from autograder.release import build_release

Scores = dict[str, dict[str, float | None]]


@contextmanager
def sample_course(
    course: Course, assignment: str
) -> Iterator[tuple[Course, list[str]]]:
    """A course in a temporary folder, with the sample class's submissions."""
    with tempfile.TemporaryDirectory() as folder:
        copy = fresh_copy(course, Path(folder, "course"))
        build_release(copy, assignment)
        answers = [
            read_answers(path)
            for path in sorted((course.root / SAMPLES / assignment).glob("*.py"))
        ]
        for student in answers:
            hand_in(copy, assignment, student)
        yield copy, [student.student for student in answers]


def grade(
    course: Course, assignment: str, student: str, isolated: bool
) -> dict[str, float | None]:
    """Grade one submission; the automatic score of each graded cell."""
    converter = course.converter(Autograde, assignment, student)
    converter.update_config(Config({"Execute": {"skip_cells_with_tag": ""}}))
    stock = {name: Autograde.class_traits()[name].default() for name in AUTOGRADE}
    for name, value in (AUTOGRADE if isolated else stock).items():
        if name == "exporter_class":
            value = Autograde.class_traits()[name].default_value
            value = converter.traits()[name].validate(
                converter, AUTOGRADE[name] if isolated else value
            )
        setattr(converter, name, value)
    with quiet_log(), contextlib.suppress(NbGraderException):
        converter.start()
    with course.gradebook() as gradebook:
        name = course.master(assignment).stem
        found = gradebook.find_submission_notebook(name, assignment, student)
        return {grade.name: grade.auto_score for grade in found.grades}


def floor(course: Course, assignment: str, student: str) -> float:
    """Seconds that the bare cells take; demonstrations left out."""
    folder = course.root / "autograded" / student / assignment
    notebook = nbformat.read(folder / course.master(assignment).name, as_version=4)
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.environ["NBGRADER_EXECUTION"] = "autograde"
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        started = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            for cell in notebook.cells:
                if cell.cell_type == "code" and "demo" not in cell.metadata.get(
                    "tags", []
                ):
                    text, name = cell.source, f"<{cell.id}>"
                    lines = text.splitlines(True)
                    linecache.cache[name] = (len(text), None, lines, name)
                    with contextlib.suppress(BaseException):
                        exec(compile(text, name, "exec"), vars(main))
        os.write(writer, str(time.perf_counter() - started).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        return float(pipe.read() or 0)


def plain(course: Course, assignment: str, student: str) -> bool:
    """Whether a submission is one that can be timed: no hang, no broken file."""
    grade(course, assignment, student, isolated=True)
    folder = course.root / "autograded" / student / assignment
    notebook = nbformat.read(folder / course.master(assignment).name, as_version=4)
    remarks = str(notebook.metadata.autograder.remarks)
    return "longer than allowed" not in remarks and "graded as empty" not in remarks


def measure(course: Course, assignment: str, console: Console) -> list[str]:
    """One row of the table; complains where the two disagree about a score."""
    seconds = {}
    scores: dict[bool, Scores] = {}
    with sample_course(course, assignment) as (copy, students):
        students = [s for s in students if plain(copy, assignment, s)]
        for isolated in (False, True):
            started = time.perf_counter()
            scores[isolated] = {
                s: grade(copy, assignment, s, isolated) for s in students
            }
            seconds[isolated] = time.perf_counter() - started
        bare = sum(floor(copy, assignment, s) for s in students)
    for student in students:
        if scores[False][student] != scores[True][student]:
            console.print(f"{assignment}, {student}: scores differ")
    per_minute = [60 * len(students) / seconds[kind] for kind in (False, True)]
    return [
        assignment, str(len(students)), *(f"{rate:.0f}" for rate in per_minute),
        f"{seconds[False] / seconds[True]:.1f}", f"{seconds[True] / bare:.1f}",
    ]  # fmt: skip


def main() -> None:
    """Measure the named assignments (default: all that have a sample class)."""
    course, console = Course.here(), Console()
    table = Table("assignment", "submissions", "stock /min", "engine /min",
                  "times faster", "times the floor")  # fmt: skip
    names = sys.argv[1:] or sorted(p.name for p in (course.root / SAMPLES).iterdir())
    for assignment in names:
        import matplotlib.pyplot  # noqa: F401  (the floor is a warm interpreter)

        table.add_row(*measure(course, assignment, console))
    console.print(table)


if __name__ == "__main__":
    main()
