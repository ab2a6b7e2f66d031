"""This course's own tests, in the quick audit that every `make test` runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.audit.audit import FEW, audit
from autograder.course import Course
from tests.answers import COMPLETE

COURSE = Course.here(Path(__file__).parents[2])


@pytest.mark.slow
@pytest.mark.parametrize("assignment", COMPLETE)
def test_right_answers_are_accepted_and_wrong_ones_refused(assignment: str) -> None:
    (report,) = audit(COURSE, assignment, quick=True)
    told = [*report.faults, *(fault for row in report.rows for fault in row.faults)]
    survivors = [survivor.diff for row in report.rows for survivor in row.survivors]
    assert (told, survivors) == ([], [])
    assert {row.mutants for row in report.rows} == {(FEW, FEW)}
