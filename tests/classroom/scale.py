"""How many submissions the head can see to, when grading itself takes no time of it.

    python -m tests.classroom.scale 10000 [100000 ...]

Everything is real but the grading: files, digests, Dask, gradebook, graded folders.
Workers wait a moment, and answer with the same points for all.
"""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from autograder.classroom import cluster, grading
from autograder.classroom.bundle import make_bundle
from autograder.classroom.grader import Graded, Submission
from autograder.classroom.grading import How, grade_class
from autograder.classroom.report import as_page, make_report
from autograder.classroom.results import read_results
from autograder.course import Course
from autograder.engine.scores import Outcome
from tests.classroom.term import ASSIGNMENT, make_course

WAIT = 0.01
SCORES = {"first": ("test_double", "test_double_text"), "second": ("test_size",)}


def pretend(submission: Submission) -> Graded:
    """What a worker answers here."""
    time.sleep(WAIT)
    notebooks = {n: t for n, t in submission.notebooks.items() if isinstance(t, bytes)}
    points = {n: Outcome(dict.fromkeys(cells, 1.0), {}) for n, cells in SCORES.items()}
    return Graded([], notebooks, points)


def measure(course: Course, number: int) -> None:
    """One class of so many."""
    pattern = course.submitted("right", ASSIGNMENT)
    for index in range(number):
        folder = course.submitted(f"s{index:06}", ASSIGNMENT)
        folder.mkdir(parents=True, exist_ok=True)
        for path in pattern.glob("*.ipynb"):
            if not (folder / path.name).exists():
                shutil.copyfile(path, folder / path.name)  # no file has 100,000 links
    start = time.monotonic()
    students = [s for s in course.students(ASSIGNMENT) if s.startswith("s")]
    listed = time.monotonic()
    bundle = make_bundle(course, ASSIGNMENT)
    done = sum(1 for _ in grade_class(course, bundle, students, How(workers=2)))
    graded = time.monotonic()
    again = sum(1 for _ in grade_class(course, bundle, students, How(workers=2)))
    skipped = time.monotonic()
    read = len(read_results(course, ASSIGNMENT))
    end = time.monotonic()
    as_page(make_report(course, ASSIGNMENT))
    told = time.monotonic()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(
        f"{done:>7} submissions: listed in {listed - start:.1f} s,"
        f" entered at {done / (graded - listed):.0f} a second, {again} unchanged seen"
        f" in {skipped - graded:.1f} s, {read} results read in {end - skipped:.1f} s,"
        f" report made in {told - end:.1f} s;"
        f" memory of the head {memory} MB",
        flush=True,
    )


def main(numbers: list[int]) -> None:
    """Each number in a course of its own."""
    on_cluster = cluster.on_cluster
    cluster.on_cluster = lambda *given: on_cluster(*given, task=pretend)  # type: ignore[assignment]
    assert grading.cores()
    for number in numbers:
        with tempfile.TemporaryDirectory() as folder:
            measure(make_course(Path(folder) / "course"), number)


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]])
