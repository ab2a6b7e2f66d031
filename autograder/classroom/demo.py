"""The whole way in one command, on a sample class in a course of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from rich.console import Console

from autograder.classroom.bundle import make_bundle
from autograder.classroom.feedback import renew_feedback, show_pages
from autograder.classroom.grading import How, cores, grade_class
from autograder.classroom.results import Result, read_results
from autograder.classroom.sample_class import hand_in, read_answers
from autograder.classroom.table import show_results, with_progress
from autograder.course import CONFIG_FILE, Course, CourseError
from autograder.release import build_release

SAMPLES = Path("tests") / "sample_class"


def run_demo(course: Course, console: Console) -> list[Result]:
    """Release, hand in, grade, give feedback; prints a table per assignment."""
    if not (course.root / SAMPLES).is_dir():
        raise CourseError(
            f"The demo grades the sample class in {course.root / SAMPLES}, which is not"
            " there: run it in the course's repository."
        )
    demo = fresh_copy(course, course.root / "demo")
    results = []
    for folder in sorted((course.root / SAMPLES).iterdir()):
        if folder.is_dir() and folder.name in demo.assignments():
            results += _demo_assignment(demo, folder, console)
    console.print(f"\nGradebook       {demo.root / 'gradebook.db'}")
    console.print(f"Feedback pages  {demo.root / 'feedback'}/<student>/<assignment>/")
    console.print(f"In the browser  cd {demo.root} && jupyter lab  (Formgrader)")
    return results


def fresh_copy(course: Course, root: Path) -> Course:
    """An empty course in `root` with this course's source and configuration."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    shutil.copy(course.root / CONFIG_FILE, root)
    ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    shutil.copytree(course.root / "source", root / "source", ignore=ignore)
    return Course(root)


def _demo_assignment(demo: Course, samples: Path, console: Console) -> list[Result]:
    assignment = samples.name
    build_release(demo, assignment)
    answers = [read_answers(path) for path in sorted(samples.glob("*.py"))]
    for student in answers:
        hand_in(demo, assignment, student)
    students = [student.student for student in answers]
    bundle = make_bundle(demo, assignment)
    running = grade_class(demo, bundle, students, How(workers=cores()))
    steps = list(
        with_progress(console, f"Grading {assignment}", running, len(students))
    )
    told = {student.student: student.remark for student in answers}
    results = [r for r in read_results(demo, assignment, steps) if r.student in told]
    for result in results:
        result.remarks.insert(0, told[result.student])
    graded = [result.student for result in results if result.points]
    rows = renew_feedback(demo, assignment, graded)
    show_pages(console, assignment, rows, len(graded))
    show_results(console, assignment, results)
    return results
