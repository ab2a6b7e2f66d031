"""No hostile submission gains, learns or harms anything."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from autograder.engine import kernel
from tests.engine.attack_bank import ATTACKS, MASTER, SECRET, Attack
from tests.engine.small_course import grade

SENTINEL = Path("/tmp/autograder-sentinel")
LIMITS = {
    "cell_seconds": 3,
    "call_seconds": 2,
    "submission_seconds": 15,
    "memory_bytes": 1 << 30,
    "disk_bytes": 128 << 20,
    "file_bytes": 16 << 20,
    "processes": 64,
}


@pytest.fixture(autouse=True)
def sentinel() -> Iterator[None]:
    """Files that belong to others must stay as they are."""
    SENTINEL.mkdir(exist_ok=True)
    SENTINEL.joinpath("file").write_text("untouched")
    SENTINEL.chmod(0o777)
    before = SENTINEL.joinpath("file").stat()
    yield
    after = SENTINEL.joinpath("file").stat()
    assert SENTINEL.joinpath("file").read_text() == "untouched"
    assert (before.st_mode, before.st_mtime_ns) == (after.st_mode, after.st_mtime_ns)
    assert list(SENTINEL.iterdir()) == [SENTINEL / "file"]
    assert not list(Path("/tmp").glob("autograder-pwned*"))


@pytest.mark.parametrize("attack", ATTACKS, ids=[a.name for a in ATTACKS])
def test_attack_fails(attack: Attack) -> None:
    graded = grade(MASTER, submission=attack.hand_in(), **LIMITS)
    assert graded.points["test_square"] == 0, "points without the work"
    shown = [c.get("outputs") for c in graded.notebook.cells if c.id != "test_square"]
    assert SECRET not in str(shown), "learnt a hidden test"
    assert nothing_survives()


def test_an_honest_submission_after_all_that() -> None:
    assert grade(MASTER).points == {"test_square": 1, "test_cube": 1}


def nothing_survives() -> bool:
    """Whether the warm parents have no descendants left."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        mine = psutil.Process(os.getpid()).children(recursive=False)
        below = [c for p in mine for c in kernel.descendants(p.pid)]
        if not below:
            return True
        time.sleep(0.05)
    return False
