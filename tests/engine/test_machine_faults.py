"""What the machine does to a submission is never its grade."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook, MissingEntry

from autograder.engine import grading
from autograder.engine.grading import MachineFault, log_file
from autograder.engine.processes import parent
from autograder.engine.wire.messages import Cause
from tests.engine.kills import kill_at_random, processes_below
from tests.engine.small_class import (
    BOUND_BY_PERMISSIONS,
    make_course,
    nbgrader,
    scores,
    submit,
)
from tests.engine.small_course import Graded, cell, grade, solution

SLOW = "import time; time.sleep(0.3)"
MASTER = [
    cell("setup", "setup", f"{SLOW}\nimport numpy as np"),
    solution("f", f"{SLOW}\ndef f(x): return x + 1"),
    cell("test", "test_f", f"assert f(1) == 2\n{SLOW}\nassert f(2) == 3"),
    cell("test", "test_again", "assert f(1) == 2"),
]
VICTIMS = ("student", "init", "judge", "nursery", "parent")


def find() -> dict[str, int]:
    """The process ids of the engine's processes, once all are there."""
    below = (processes_below(warm.process.pid) for warm in parent._parents.values())
    return next((found for found in below if found), {})


@contextmanager
def killer(victims: Sequence[str], delay: float) -> Iterator[list[int]]:
    """Kills a victim in each attempt, `delay` seconds after its processes are there."""
    killed: list[int] = []
    over = threading.Event()
    known = find().get("nursery")  # of a submission that is just ending

    def work() -> None:
        nonlocal known
        while not over.is_set() and len(killed) < len(victims):
            found = find()
            if not found or found["nursery"] == known:
                time.sleep(0.005)
                continue
            known = found["nursery"]
            time.sleep(delay)
            with suppress(ProcessLookupError):
                os.kill(found[victims[len(killed)]], signal.SIGKILL)
                killed.append(found[victims[len(killed)]])

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def all_points(graded: Graded) -> bool:
    return graded.points == {"test_f": 1, "test_again": 1}


def test_positive_control_nothing_is_killed() -> None:
    assert all_points(grade(MASTER)) and not grade(MASTER).remarks


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("delay", [0.0, 0.2, 0.4])
def test_killed_once_costs_nothing(victim: str, delay: float) -> None:
    grade(MASTER)  # the parent is warm
    with killer([victim], delay) as killed:
        graded = grade(MASTER)
    assert killed, "nobody was there to be killed"
    assert all_points(graded)
    assert not any(v.trouble for v in graded.verdicts.values())


def test_kills_of_several_processes_are_no_habit_of_the_answer() -> None:
    answer = {"f": "import time; time.sleep(1.5)\ndef f(x): return x + 1"}
    grade(MASTER)
    with killer(["student", "judge", "init", "nursery"], 1.0) as killed:  # amid f
        graded = grade(MASTER, answer)
    assert len(killed) == 4
    assert all_points(graded)


@pytest.mark.parametrize("victim", VICTIMS)
def test_killed_for_ever_in_a_set_up_cell_is_a_fault(victim: str) -> None:
    grade(MASTER)
    with killer([victim] * 99, 0.1), pytest.raises(MachineFault):
        grade(MASTER)
    assert all_points(grade(MASTER)), "the next submission is graded"


def test_an_answer_that_kills_itself_is_no_fault_of_the_machine() -> None:
    answer = "import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGKILL)"
    graded = grade(MASTER, {"f": answer})
    assert graded.points == {"test_f": 0, "test_again": 0}
    assert graded.verdicts["test_f"].cause is Cause.STUDENT


LUCK = """import os, signal
luck = int(open("luck").read())
calls = []
def f(x):
    calls.append(x)
    if calls == [1, 3]: notice()
    return x + luck
def notice():  # the first test ended at its first check: it was wrong
    os.kill(os.getpid(), signal.SIGKILL)
"""
TESTS = {
    "a check": "assert f(1) == 2\nassert f(2) == 3",
    "a part of the points": "int(f(1) == 2 and f(2) == 3)",
}
GUESSED = [
    solution("f", "def f(x): return x + 1"),
    cell("test", "test_f", TESTS["a check"]),
    solution("late", "g = 0"),
    cell("test", "test_again", "assert f(3) == 4"),
]


@pytest.fixture
def draw(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Iterator[int]]:
    """Lets each attempt find its own number in a file: the next of those given."""
    opened = grading._opened

    def begin(*numbers: int) -> Iterator[int]:
        draws = iter(numbers)

        def open_next(folder: Path, *others: Any) -> Any:
            folder.joinpath("luck").write_text(str(next(draws)))
            return opened(folder, *others)

        monkeypatch.setattr(grading, "_opened", open_next)
        return draws

    return begin


DEFENDED = pytest.mark.parametrize(
    "defended", [True, False], ids=["defended", "control"]
)


@DEFENDED
@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("late", ["g = 0", "if calls == [1]: notice()"])
def test_a_wrong_guess_stays_wrong(
    draw: Callable[..., Iterator[int]], defended: bool, test: str, late: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Who ends his process when he notices it, in a test or an answer, draws in vain."""
    draws = draw(5, 1, 1, 0)
    if not defended:
        monkeypatch.setattr(grading._Trial, "_settle", lambda self: None)
    master = [*GUESSED]
    master[1] = cell("test", "test_f", TESTS[test])
    graded = grade(master, {"f": LUCK, "late": late})
    assert 0 in draws and graded.points["test_f"] == int(not defended)
    found_there = defended and "notice" in late  # the others died in the first test
    assert graded.points["test_again"] == int(not found_there)


@DEFENDED
def test_who_dies_before_the_test_and_elsewhere_each_time_draws_in_vain(
    draw: Callable[..., Iterator[int]], defended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws = draw(1, 2, 3, 0)  # three wrong guesses, and three own cells that are lost
    if not defended:
        monkeypatch.setattr(grading, "MISSING", ("AssertionError",))
    guess = "import os\nluck = int(open('luck').read())\ndef f(x): return x + 1 + luck"
    dies = "if luck == {}: os.kill(os.getpid(), 9)"
    master = [
        solution("guess", "import os\nluck = 0"),
        *(solution(f"own{n}", "pass") for n in (1, 2, 3)),
        *GUESSED,
    ]
    answers = {f"own{n}": dies.format(n) for n in (1, 2, 3)}
    graded = grade(master, {"guess": guess, "f": "pass", **answers})
    assert list(draws) == [] and graded.points["test_f"] == int(not defended)


@DEFENDED
def test_who_is_told_by_the_test_itself_must_be_right_more_often_than_dead(
    draw: Callable[..., Iterator[int]], defended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(5, 1, 5, 5, 5, 5)
    if not defended:
        monkeypatch.setattr(grading._Trial, "_is_confirmed", lambda self: True)
    told = "assert f(1) == 2, f'f(1) is not {f(1)}'"
    master = [GUESSED[0], cell("test", "test_f", told)]
    graded = grade(master, {"f": LUCK.replace("[1, 3]", "[1, 1]")})
    assert graded.points["test_f"] == int(not defended)


@pytest.mark.parametrize("own", [True, False])
def test_a_module_of_the_students_that_kills_in_a_set_up_cell(own: bool) -> None:
    """It is no fault of the machine's; one that the course gave is nobody's answer."""
    deadly = {"wave.py": "import os\nos.kill(os.getpid(), 9)\n"}
    master = [cell("setup", "imports", "import wave"), *MASTER]
    if own:
        graded = grade(master, handed_in=deadly)
        assert all_points(graded), "nothing else hangs on that cell"
        assert graded.verdicts["imports"].cause is Cause.STUDENT
    else:
        with pytest.raises(MachineFault):
            grade(master, files=deadly)


def test_a_test_that_kills_the_judge_costs_its_own_cell() -> None:
    master = [*MASTER, cell("test", "bad", "import os\nos._exit(1)")]
    graded = grade([*master, cell("test", "after", "assert f(1) == 2")])
    assert graded.points == {"test_f": 1, "test_again": 1, "bad": 0, "after": 1}
    assert graded.verdicts["bad"].cause is Cause.TEST


@pytest.mark.slow
def test_kills_at_random_change_no_grade() -> None:
    """More of them: `python -m tests.engine.kills 200`."""
    report = kill_at_random(12)
    assert report.killed.total() == 12 and not report.wrong


def test_an_answer_that_ends_the_judge_costs_its_own_exercise() -> None:
    """No way to do so is known: here another process does it."""
    grade(MASTER)
    answer = {"f": "import time; time.sleep(1)\ndef f(x): return x + 1"}
    master = [*MASTER, solution("g", "g = 1"), cell("test", "test_g", "assert g == 1")]
    with killer(["judge"] * 3, 0.7) as killed:  # amid f
        graded = grade(master, answer)
    assert len(killed) == 3
    assert graded.points == {"test_f": 0, "test_again": 0, "test_g": 1}
    assert graded.verdicts["f"].cause is Cause.STUDENT


STUDENTS_DISK = "import errno\ndef f(x): raise OSError(errno.ENOSPC, 'no space')"
RAISED_AGAIN = {
    "as it came": "_ = f(1)",
    "from it": "try: f(1)\nexcept OSError as e: raise OSError(e.errno, 'in f') from e",
    "amid it": "try: f(1)\nexcept OSError as e: raise OSError(*e.args)",
    "hidden": "try: f(1)\nexcept OSError as e: raise OSError(*e.args) from None",
    "twice": "try:\n    try: f(1)\n    except OSError as e: raise ValueError(str(e))\n"
    "except ValueError: raise OSError(28, 'in f')",
}


@pytest.mark.parametrize("name", RAISED_AGAIN)
def test_a_full_disk_that_the_student_tells_of_is_not_the_machines(name: str) -> None:
    master = [
        solution("f", "def f(x): return x + 1"),
        cell("test", "t", RAISED_AGAIN[name]),
    ]
    assert grade(master).points == {"t": 1}
    graded = grade(master, {"f": STUDENTS_DISK})
    assert graded.points == {"t": 0} and graded.verdicts["t"].error == "OSError"


@pytest.mark.parametrize(
    "before",
    [
        "",
        "try: f(None)\nexcept TypeError: pass\n",
        "try: f(None)\nexcept TypeError:\n    ",
    ],
)
def test_a_full_disk_of_the_judge_is_the_machines(before: str) -> None:
    """Also amid an error of the student's that has nothing to do with it."""
    full = "raise OSError(28, 'No space left')"
    master = [solution("f", "def f(x): return x + 1"), cell("test", "t", before + full)]
    with pytest.raises(MachineFault, match="No space left"):
        grade(master)


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk without room."""
    place = tmp_path / "full"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a disk can be mounted by root only")
    place.joinpath("filler").write_bytes(bytes(60 << 10))
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_keeps_the_old_grade(
    tmp_path: Path, full_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "course"
    root.mkdir()
    make_course(root)
    root.joinpath("source/ps1/data.txt").write_text("x" * (100 << 10))
    text = root.joinpath("release/ps1/p1.ipynb").read_text()
    for student in ("old", "new"):
        folder = root / "submitted" / student / "ps1"
        folder.mkdir(parents=True)
        answered = text.replace("raise NotImplementedError()", "f = lambda x: 2 * x")
        folder.joinpath("p1.ipynb").write_text(answered)
    assert nbgrader(root, "autograde", "ps1", "--student", "old") == 0
    assert scores(root, "old")["test_f"] == 1
    graded = root / "autograded/old/ps1/p1.ipynb"
    before = graded.read_text()
    monkeypatch.setenv("TMPDIR", str(full_disk))
    assert nbgrader(root, "autograde", "ps1", "--force") == 1
    assert scores(root, "old")["test_f"] == 1 and graded.read_text() == before
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        submission = gradebook.find_submission("ps1", "old")
        assert submission.needs_manual_grade
        with pytest.raises(MissingEntry):  # which an export would call 0 points
            gradebook.find_submission("ps1", "new")
    monkeypatch.delenv("TMPDIR")
    assert nbgrader(root, "autograde", "ps1", "--force") == 0
    assert scores(root, "new")["test_f"] == 1
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        assert not gradebook.find_grade("test_f", "p1", "ps1", "old").needs_manual_grade


def test_what_may_not_be_read_keeps_the_old_grade(tmp_path: Path) -> None:
    make_course(tmp_path)
    for student in ("old", "other"):
        submit(tmp_path, student, {"f": "def f(x): return x * 2"})
    command = ("autograde", "ps1", "--force")
    assert nbgrader(tmp_path, *command) == 0
    tmp_path.joinpath("submitted/old/ps1/p1.ipynb").chmod(0)
    assert nbgrader(tmp_path, *command, before=BOUND_BY_PERMISSIONS) == 1
    for student in ("old", "other"):
        assert scores(tmp_path, student)["test_f"] == 1
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        assert gradebook.find_submission("ps1", "old").needs_manual_grade
        assert not gradebook.find_grade(
            "test_f", "p1", "ps1", "other"
        ).needs_manual_grade


def test_the_log_tells_what_was_killed_and_why() -> None:
    before = log_file().read_text()
    grade(MASTER, {"f": "import os\ndef f(x): os._exit(3)"})
    told = log_file().read_text().removeprefix(before)
    assert "judge" in told and "ended itself with status 3" in told
    assert "assert f(1)" not in told, "the log has no tests in it"
