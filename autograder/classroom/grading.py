"""Grades the submissions of an assignment; a bad one stops nobody."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice
from typing import TypeVar

from nbgrader.coursedir import CourseDirectory

from autograder.classroom.bundle import Bundle
from autograder.classroom.gradebook import Records, digest_of, read_note
from autograder.classroom.grader import (
    Failure,
    Graded,
    Grader,
    Submission,
    instead,
    read_submission,
)
from autograder.course import Course, place_of
from autograder.engine.execute import IsolatedExecute

NO_ID = "the name of this folder can't be a student's id: rename it"
Item = TypeVar("Item")


class State(StrEnum):
    """What a run did with a submission."""

    GRADED = "graded"
    UNCHANGED = "unchanged"
    """Nothing that its grade depends on has changed since it was graded."""
    FAILED = "failed"


@dataclass(frozen=True)
class Step:
    """One submission is done."""

    student: str
    state: State
    reason: str = ""
    """Why it has no grade."""


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class How:
    """Who grades, and what is graded again."""

    workers: int = 1
    scheduler: str = ""
    force: bool = False


def grade_class(
    course: Course, bundle: Bundle, students: Iterable[str], how: How | None = None
) -> Generator[Step]:
    """Grade these students' submissions; each step is in the gradebook when it comes.

    Interrupted, it first tells the rest of what is there.

    Raises:
        KeyboardInterrupt: after that.
        CourseError: when the gradebook or the cluster can't be used.
    """
    how = how or How()
    most = IsolatedExecute(config=bundle.config).disk_bytes
    directory = course.directory()
    with Records(course, bundle) as records:
        known = set() if how.force else records.known()
        done: deque[Step] = deque()  # those that need no worker
        unread: deque[tuple[Submission, Graded | Failure]] = deque()

        def to_grade() -> Iterator[Submission]:
            for student in students:
                if not student.isprintable():
                    done.append(Step(student, State.FAILED, NO_ID))
                    continue
                found = _read(directory, bundle, student, most)
                if isinstance(found, Failure):
                    unread.append((Submission(student), found))
                elif student in known and _is_graded(directory, bundle, found):
                    done.append(Step(student, State.UNCHANGED))
                else:
                    yield found

        interrupted = None
        try:
            with closing(_graded(bundle, to_grade(), how)) as answers:
                for item in answers:
                    for other in chain(_taken(unread), [item]):
                        records.add(*other)
                    yield from chain(_told(records.entered), _taken(done))
            for item in _taken(unread):
                records.add(*item)
            records.flush()
        except KeyboardInterrupt as pressed:
            interrupted = pressed
            records.flush()
        yield from chain(_told(records.entered), _taken(done))
        if interrupted:
            raise interrupted


def _graded(
    bundle: Bundle, submissions: Iterator[Submission], how: How
) -> Generator[tuple[Submission, Graded | Failure]]:
    first = list(islice(submissions, how.workers))
    submissions = chain(first, submissions)
    if first and (how.scheduler or 1 < how.workers == len(first)):
        from autograder.classroom.cluster import on_cluster  # takes a second

        yield from on_cluster(bundle, submissions, how.workers, how.scheduler)
        return
    grader = Grader(bundle)
    try:
        for submission in submissions:
            yield submission, grader.grade(submission)
    finally:
        grader.close()


def _read(
    directory: CourseDirectory, bundle: Bundle, student: str, most: int
) -> Submission | Failure:
    folder = place_of(directory, "submitted", student, bundle.assignment)
    try:
        found = read_submission(folder, student, bundle.masters, directory.ignore, most)
    except OSError as problem:
        name = problem.filename or folder
        return Failure(
            f"{name} can't be read: {problem.strerror}. Mend that, grade again"
        )
    if not found.notebooks:
        names = " or ".join(f"{name}.ipynb" for name in bundle.masters)
        help_ = instead(folder, bundle.masters) or ": ask for it again"
        return Failure(f"no {names} in {folder}{help_}")
    return found


def _is_graded(
    directory: CourseDirectory, bundle: Bundle, submission: Submission
) -> bool:
    student = submission.student
    graded = place_of(directory, "autograded", student, bundle.assignment)
    note = read_note(graded)
    return note is not None and note.digest == digest_of(bundle, submission)


def _told(entered: deque[tuple[str, Graded | Failure]]) -> Iterator[Step]:
    for student, answer in _taken(entered):
        if isinstance(answer, Failure):
            yield Step(student, State.FAILED, f"not graded: {answer.reason}")
        else:
            yield Step(student, State.GRADED)


def _taken(items: deque[Item]) -> Iterator[Item]:
    """Each once, whatever stops whoever takes them."""
    while items:
        yield items.popleft()
