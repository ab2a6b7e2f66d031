"""Kills a class run at random moments, and compares what the next run makes of it.

python -m tests.classroom.kills 200
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from autograder.classroom.gradebook import LOCK
from autograder.course import Course
from tests.classroom.term import ASSIGNMENT, files, make_course, tables

VICTIMS = ("head", "worker", "warm parent", "Ctrl-C")
ROOT = Path(__file__).parents[2]


def start(course: Course, *options: str) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "autograder", "--course", str(course.root)]
    return subprocess.Popen(
        [*command, "grade", ASSIGNMENT, *options], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip


def run(course: Course, *options: str) -> tuple[int, str]:
    """Its exit status, and what it printed."""
    process = start(course, *options)
    told, _ = process.communicate(timeout=300)
    return process.returncode, told


def victims(head: int, which: str) -> list[int]:
    """The processes of this kind that belong to a run."""
    with suppress(psutil.NoSuchProcess):
        if which in ("head", "Ctrl-C"):
            return [head]
        wanted = "engine.processes.parent" if which == "warm parent" else "spawn_main"
        every = psutil.Process(head).children(recursive=True)
        return [p.pid for p in every if wanted in " ".join(p.cmdline())]
    return []


def disturb(course: Course, which: str, seconds: float, *options: str) -> bool:
    """Start a run, and end one of its processes then; whether there was one."""
    process = start(course, *options)
    await_lock(course)
    time.sleep(seconds)
    while not (found := victims(process.pid, which)) and process.poll() is None:
        time.sleep(0.1)
    for pid in found[:1]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT if which == "Ctrl-C" else signal.SIGKILL)
    process.communicate(timeout=300)
    return bool(found)


def await_lock(course: Course) -> None:
    """Until a run has begun."""
    lock = course.root / LOCK
    end = time.monotonic() + 60
    while not (lock.exists() and lock.read_text()) and time.monotonic() < end:
        time.sleep(0.05)


def left_over(course: Course) -> list[str]:
    """Folders of a run that did not come to their places."""
    found = (course.root / "autograded").rglob(".*")
    return [str(path) for path in found if path.name.endswith((".new", ".old"))]


def main(number: int) -> None:
    """So many kills; tells of each difference."""
    random.seed(number)
    differences = 0
    with tempfile.TemporaryDirectory() as folder:
        pattern = make_course(Path(folder) / "pattern")
        whole = Course(Path(folder) / "whole")
        shutil.copytree(pattern.root, whole.root)
        took = time.monotonic()
        run(whole, "--workers", "1")
        took = time.monotonic() - took
        for turn in range(number):
            which = random.choice(VICTIMS)
            workers = random.choice("12")
            course = Course(Path(folder) / f"{turn}")
            shutil.copytree(pattern.root, course.root)
            after = random.uniform(0, took)
            found = disturb(course, which, after, "--workers", workers)
            run(course, "--workers", "1")
            same = tables(course) == tables(whole) and files(course) == files(whole)
            differences += not same or bool(left_over(course))
            print(f"{turn} {which} after {after:.1f} s, {workers=} {found=} {same=}")
            shutil.rmtree(course.root)
    print(f"{differences} differences in {number} runs")


if __name__ == "__main__":
    main(int(sys.argv[1]))
