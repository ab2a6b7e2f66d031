"""How fast is grading? Stock nbgrader, this engine and the floor, in one run.

    python -m autograder.bench [assignment ...]

Stock grades the sample class with one worker, as it has no more; `autograder grade`
grades the same submissions, several times over, with one worker and with more. The
floor is the time of the same cells, run plainly in a warm interpreter without a kernel.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import shutil
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

from autograder.classroom.bundle import make_bundle
from autograder.classroom.demo import SAMPLES, fresh_copy
from autograder.classroom.grading import How, State, grade_class
from autograder.classroom.sample_class import hand_in, read_answers
from autograder.course import Course, quiet_log
from autograder.engine import AUTOGRADE
from autograder.release import build_release

WORKERS = (1, 2)
LEAST_TIMES_OVER = 8
BARE_SECONDS = 60
"""Work of a class run at the floor's pace, so that its start is a small part of it."""
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
    course: Course, assignment: str, student: str, isolated: bool, skip: str = ""
) -> dict[str, float | None]:
    """Grade one submission; the automatic score of each graded cell.

    Stock runs all cells but those with the tag `skip`.
    """
    converter = course.converter(Autograde, assignment, student)
    converter.update_config(Config({"Execute": {"skip_cells_with_tag": skip}}))
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


def plain(course: Course, assignment: str, student: str) -> Scores:
    """Scores by student, empty for one that cannot be timed: a hang, a broken file."""
    scores = grade(course, assignment, student, isolated=True)
    folder = course.root / "autograded" / student / assignment
    notebook = nbformat.read(folder / course.master(assignment).name, as_version=4)
    remarks = str(notebook.metadata.autograder.remarks)
    fit = "longer than allowed" not in remarks and "graded as empty" not in remarks
    return {student: scores} if fit else {}


def class_run(
    course: Course, assignment: str, students: list[str], workers: int
) -> tuple[float, Scores]:
    """Seconds of `autograder grade`, set-up included, and what it gave to whom."""
    started = time.perf_counter()
    bundle = make_bundle(course, assignment)
    how = How(workers, force=True)
    assert all(
        step.state is State.GRADED
        for step in grade_class(course, bundle, students, how)
    )
    seconds = time.perf_counter() - started
    name = course.master(assignment).stem
    with course.gradebook() as gradebook:
        found = {
            student: gradebook.find_submission_notebook(name, assignment, student)
            for student in students
        }
        scores = {s: {g.name: g.auto_score for g in n.grades} for s, n in found.items()}
    return seconds, scores


def measure(course: Course, assignment: str, console: Console) -> list[str]:
    """One row of the table; complains where a score is not stock nbgrader's.

    A class run grades each submission some times over, as that of another student.
    """
    with sample_course(course, assignment) as (copy, students):
        students = [s for s in students if plain(copy, assignment, s)]
        bare = sum(floor(copy, assignment, s) for s in students) / len(students)
        started = time.perf_counter()
        stock = {s: grade(copy, assignment, s, isolated=False) for s in students}
        rates = [(time.perf_counter() - started) / len(students)]
        console.log(f"{assignment}: stock, {60 / rates[0]:.1f} a minute")
        times = max(LEAST_TIMES_OVER, round(BARE_SECONDS / bare / len(students)))
        of = {f"{s}-{n}": s for n in range(times) for s in students}
        for clone, student in of.items():
            source = copy.submitted(student, assignment)
            shutil.copytree(source, copy.submitted(clone, assignment))
        for workers in WORKERS:
            seconds, scores = class_run(copy, assignment, list(of), workers)
            rates.append(seconds / len(of))
            console.log(
                f"{assignment}: {workers} at work, {60 / rates[-1]:.1f} a minute"
            )
            for clone, student in of.items():
                if scores[clone] != stock[student]:
                    console.print(f"{assignment}, {student}: scores differ")
    return [
        assignment, f"{len(students)}, {len(of)}", f"{bare:.3f} s",
        *(f"{60 / rate:.1f}" for rate in rates),
        *(f"{rates[0] / rate:.1f}" for rate in rates[1:]),
    ]  # fmt: skip


def main() -> None:
    """Measure the named assignments (default: all that have a sample class)."""
    course, console = Course.here(), Console()
    if not console.is_terminal:  # nothing is cut off in a file
        console.width = 140
    runs = [f"{n} worker{'s' * (n > 1)}" for n in WORKERS]
    table = Table(
        "assignment", "submissions", "floor of one", "stock /min",
        *(f"{run} /min" for run in runs), *(f"{run}: times stock" for run in runs),
    )  # fmt: skip
    names = sys.argv[1:] or sorted(p.name for p in (course.root / SAMPLES).iterdir())
    for assignment in names:
        import matplotlib.pyplot  # noqa: F401  (the floor is a warm interpreter)

        table.add_row(*measure(course, assignment, console))
    console.print(table)


if __name__ == "__main__":
    main()
