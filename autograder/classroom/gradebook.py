"""Writes what was graded into nbgrader's gradebook and autograded/, some at a time.

Nothing is ever half there: graded folders are written beside their places, one
transaction enters the points of all of them, then each folder moves to its place and
a note beside it tells what was graded. Whoever is interrupted in between grades these
again, with the same result.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections import deque
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

import msgspec
from nbgrader.api import InvalidEntry, MissingEntry, Student, SubmittedAssignment
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import rmtree
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from autograder.classroom.bundle import Bundle
from autograder.classroom.files import write_whole
from autograder.classroom.grader import Failure, Graded, Submission, laid_out, place
from autograder.course import Course, CourseError, patiently, place_of, quiet_log
from autograder.engine.aside import note_file
from autograder.engine.scores import record, set_aside

MOST, SECONDS = 50, 1.0
"""So many submissions, or what comes in so long, are entered together."""
LOCK = ".autograder.lock"
REFUSED = (InvalidEntry, MissingEntry, SQLAlchemyError)
GIVEN_UP = (CourseError, SQLAlchemyError, KeyboardInterrupt)
Answer = Graded | Failure


class Note(msgspec.Struct):
    """What is known of a graded folder, written beside it."""

    digest: str
    remarks: list[str] = []
    in_doubt: bool = False
    seconds: float = 0.0


def read_note(graded: Path) -> Note | None:
    """The note, if there is a graded folder and its note."""
    if graded.is_dir():
        with suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode(note_file(graded).read_bytes(), type=Note)
    return None


class Past(msgspec.Struct):
    """One grading of a submission: when, and the points that tests gave."""

    time: str
    points: float


def history_file(graded: Path) -> Path:
    """Where a line stands for each time that a folder was graded."""
    return graded.with_name(f".{graded.name}.history")


def read_history(graded: Path) -> list[Past]:
    """All gradings that are known of, the last one last."""
    found = []
    with suppress(OSError):
        for line in history_file(graded).read_bytes().splitlines():
            with suppress(msgspec.MsgspecError):  # half a line, of who was killed
                found.append(msgspec.json.decode(line, type=Past))
    return found


class _OneStep(Session):
    """nbgrader commits at each step; here all steps count together, or none."""

    def commit(self) -> None:
        """What stands around all of them does that."""


class Records:
    """The one writer of a gradebook: a context that enters all at its end.

    Raises:
        CourseError: when another process writes, or the gradebook can't be written.
    """

    def __init__(self, course: Course, bundle: Bundle) -> None:
        self._course, self._bundle = course, bundle
        self._directory = course.directory()
        self._converter = course.converter(Autograde, bundle.assignment)
        self._late = AssignLatePenalties(config=course.config())
        self._late.init_plugin()
        self._waiting: list[tuple[Submission, Answer]] = []
        self.entered: deque[tuple[str, Answer]] = deque()
        self._first = 0.0

    def __enter__(self) -> Self:
        self._lock = _locked(self._course.root / LOCK)
        try:
            self._gradebook = self._course.open_gradebook()
        except BaseException:
            os.close(self._lock)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None or not issubclass(kind, GIVEN_UP):
                self.flush()
        finally:
            self._gradebook.close()
            os.close(self._lock)

    def known(self) -> set[str]:
        """Who has a submission in the gradebook."""
        found = self._gradebook.db.query(Student.id).join(SubmittedAssignment)
        of = SubmittedAssignment.name == self._bundle.assignment
        names = {name for (name,) in found.filter(of)}
        self._gradebook.db.remove()
        return names

    def add(self, submission: Submission, answer: Answer) -> None:
        """Take one more; it is entered with others, within about a second."""
        if not self._waiting:
            self._first = time.monotonic()
        if isinstance(answer, Graded):
            try:
                self._write(submission, answer)
            except OSError as problem:
                answer = Failure(_explained(problem))
            else:
                answer = replace(answer, notebooks={})
        self._waiting.append((submission.without_files(), answer))
        late = time.monotonic() - self._first > SECONDS
        if late or len(self._waiting) >= MOST:
            self.flush()

    def flush(self) -> None:
        """Enter all that waits; after an interruption, what it left waiting."""
        if not self._waiting:
            return
        try:
            patiently(partial(self._enter, self._waiting))
        except REFUSED:  # one of them stops nobody else's
            self._waiting[:] = map(self._entered, self._waiting)
        while self._waiting:
            submission, answer = self._waiting[0]
            self.entered.append((submission.student, self._land(submission, answer)))
            del self._waiting[0]

    # the gradebook

    def _enter(self, items: list[tuple[Submission, Answer]]) -> None:
        """In one transaction, by nbgrader's own methods: first all new students."""
        with quiet_log(), self._gradebook.engine.begin() as all_:
            self._gradebook.db = scoped_session(
                sessionmaker(bind=all_, class_=_OneStep, autoflush=False)
            )
            try:
                if self._converter.create_student:
                    for submission, answer in items:
                        if isinstance(answer, Graded):
                            self._gradebook.update_or_create_student(submission.student)
                    self._gradebook.db.flush()
                for submission, answer in items:
                    self._record(submission, answer)
                self._gradebook.db.flush()
            except InvalidEntry as problem:  # nbgrader's name for any fault
                if isinstance(problem.__context__, OperationalError):
                    raise problem.__context__ from None
                raise
            finally:
                self._gradebook.db.remove()

    def _entered(self, item: tuple[Submission, Answer]) -> tuple[Submission, Answer]:
        """By itself: what became of it."""
        try:
            patiently(partial(self._enter, [item]))
        except REFUSED as problem:
            reason = f"the gradebook refuses it: {problem}".splitlines()[0]
            return item[0], Failure(reason)
        return item

    def _record(self, submission: Submission, answer: Answer) -> None:
        book, name = self._gradebook, self._bundle.assignment
        student = submission.student
        if isinstance(answer, Failure):
            set_aside(book, name, student)
            return
        about = {"timestamp": submission.timestamp} if submission.timestamp else {}
        row = book.update_or_create_submission(name, student, **about)
        for notebook in row.notebooks:
            if found := answer.outcomes.get(notebook.name):
                record(notebook, found)
                notebook.late_submission_penalty = self._penalty(row, notebook)
                continue
            for grade in notebook.grades:
                grade.auto_score, grade.needs_manual_grade = 0, False

    def _penalty(self, row: SubmittedAssignment, notebook: Any) -> float | None:
        """What the course's plug-in takes off for being late, as nbgrader asks it."""
        if row.total_seconds_late <= 0:
            return None
        self._gradebook.db.flush()
        self._gradebook.db.refresh(notebook)
        penalty = self._late.plugin_inst.late_submission_penalty(
            row.student.id, notebook.score, row.total_seconds_late
        )
        if penalty is None:
            return None
        return float(self._late._check_late_penalty(notebook, penalty))

    # the files

    def _places(self, student: str) -> tuple[Path, Path, Path]:
        graded = place_of(
            self._directory, "autograded", student, self._bundle.assignment
        )
        hidden = (graded.with_name(f".{graded.name}.{end}") for end in ("new", "old"))
        return graded, *hidden  # type: ignore[return-value]

    def _write(self, submission: Submission, answer: Graded) -> None:
        _, new, _ = self._places(submission.student)
        _removed(new)
        new.mkdir(parents=True)
        place(new, laid_out(self._bundle, submission))
        for name, content in answer.notebooks.items():
            with (new / f"{name}.ipynb").open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())

    def _land(self, submission: Submission, answer: Answer) -> Answer:
        """Move a graded folder to its place, what was there before out of the way."""
        graded, new, old = self._places(submission.student)
        try:
            note_file(graded).unlink(missing_ok=True)
            if isinstance(answer, Failure):
                _removed(new)
                return answer
            _removed(old)
            if new.exists():  # or an interruption came after this
                if graded.exists():
                    graded.rename(old)
                new.rename(graded)
            _removed(old)
            with quiet_log():
                self._converter.set_permissions(
                    self._bundle.assignment, submission.student
                )
            note = Note(
                digest_of(self._bundle, submission), answer.remarks,
                answer.in_doubt, answer.seconds,
            )  # fmt: skip
            _remember(graded, answer)
            write_whole(note_file(graded), msgspec.json.encode(note))
        except OSError as problem:
            return Failure(_explained(problem))
        return answer


def digest_of(bundle: Bundle, submission: Submission) -> str:
    """The same as long as a grade would be the same."""
    return f"{bundle.digest}:{submission.digest}"


def _remember(graded: Path, answer: Graded) -> None:
    points = sum(
        score or 0.0 for o in answer.outcomes.values() for score in o.scores.values()
    )
    past = Past(datetime.now(UTC).isoformat(timespec="seconds"), points)
    with history_file(graded).open("ab") as file:
        file.write(b"\n" + msgspec.json.encode(past))


def _removed(folder: Path) -> None:
    if folder.exists():
        rmtree(str(folder))


def _explained(problem: OSError) -> str:
    where = f"{problem.filename} can't be written" if problem.filename else "no result"
    return f"{where}: {problem.strerror}"


def _locked(path: Path) -> int:
    """A lock that ends with this process, however it ends."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        who = os.read(lock, 100).decode() or "unknown"
        os.close(lock)
        raise CourseError(
            f"Somebody is grading in this course (process {who}): wait until that ends."
        ) from None
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}".encode())
    return lock
