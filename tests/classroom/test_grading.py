"""Grading a class: whatever one submission is like, the others get their grades."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.classroom import grading
from autograder.classroom.demo import fresh_copy
from autograder.course import Course

ROOT = Path(__file__).resolve().parents[2]


def test_an_error_of_any_kind_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = fresh_copy(Course(ROOT), tmp_path / "course")

    def fails(*_: object) -> str:
        raise FileNotFoundError("something\nunforeseen")

    monkeypatch.setattr(grading, "_autograde", fails)
    results = list(grading.grade_class(course, "rnn_lstm", ["a", "b"]))
    assert [(r.student, r.graded) for r in results] == [("a", False), ("b", False)]
    assert results[0].remarks == ["not graded: FileNotFoundError: something"]
