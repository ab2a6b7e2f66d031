"""The attack bank where a layer of the sandbox is missing: `python -m` this, as root.

    tests ── lines of JSON ──> grader (is somebody else, on a poorer machine)
                                 └─ warm parent, nursery, judge, student: the engine

A table by category says how many attacks gained nothing; those that did are listed.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from autograder.engine.grading import MachineFault, Settings
from autograder.engine.processes import landlock
from tests.engine.attack_bank import (
    ATTACKS,
    EARNED,
    MASTER,
    SECRET,
    Attack,
    course_of_others,
    learnt,
    state,
)
from tests.engine.processes.confined import become_ordinary, without_user_namespaces
from tests.engine.small_course import grade

ROOT = Path(__file__).parents[2]
MODULE = "tests.engine.bank_settings"
SECONDS, CLEANING_SECONDS = 200, 90
LIMITS = {
    "cell_seconds": 3,
    "call_seconds": 2,
    "submission_seconds": 15,
    "memory_bytes": 1 << 30,
    "disk_bytes": 128 << 20,
    "file_bytes": 16 << 20,
    "processes": 64,
}


class Setting(NamedTuple):
    """Who grades, and what the processes are told of the machine."""

    become: Callable[[], None]
    environment: dict[str, str]


SETTINGS = {
    "root": Setting(lambda: None, {}),
    "ordinary": Setting(become_ordinary, {}),
    "no namespaces": Setting(without_user_namespaces, {}),
    "Landlock 5": Setting(become_ordinary, {landlock.PRETENDED: "5"}),
}
POORER = list(SETTINGS)[1:]


# --- one attack -------------------------------------------------------------------


def gained(attack: Attack, environment: dict[str, str] | None = None) -> list[str]:
    """Grade a hostile submission; what it has gained, learnt or harmed."""
    found = []
    settings = Settings(environment=environment or {})
    with course_of_others() as course:
        before = state(course)
        hand_in = attack.hand_in(course)
        graded = grade(MASTER, submission=hand_in, settings=settings, **LIMITS)
        if state(course) != before:
            found.append("changed what belongs to others")
    if graded.points["test_square"] != 0:
        found.append("points without the work")
    if any(graded.points[name] not in (0, 1) for name in EARNED):
        found.append("more than full points")
    if learnt(graded.notebook.cells):
        found.append("learnt a hidden test")
    if not nothing_survives():
        found.append("left a process behind")
    return found


def nothing_survives() -> bool:
    """Whether the warm parents have no descendants left.

    Without a disk of its own, a nursery removes what was written file by file.
    """
    end = time.monotonic() + CLEANING_SECONDS
    while time.monotonic() < end:
        me = psutil.Process()
        if set(me.children(recursive=True)) == set(me.children()):
            return True
        time.sleep(0.05)
    return False


def share(setting: str) -> list[Attack]:
    """A third of the bank: each attack belongs to one of the poorer settings."""
    number = POORER.index(setting)
    return [a for a in ATTACKS if zlib.crc32(a.name.encode()) % len(POORER) == number]


# --- seen from the tests ----------------------------------------------------------


class Grader:
    """A grader in one of the settings; one that an attack has ended is replaced."""

    def __init__(self, name: str) -> None:
        self._setting = SETTINGS[name]
        self._home = tempfile.TemporaryDirectory(prefix="autograder-test-")
        os.chmod(self._home.name, 0o777)
        self._start()

    def gained(self, name: str) -> list[str]:
        """What the attack of this name has gained; of "" what there is to be known."""
        assert self._process.stdin and self._process.stdout
        with suppress(OSError):
            self._process.stdin.write(name + "\n")
            self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], SECONDS)
        told = self._process.stdout.readline() if ready else ""
        if not told:
            self._process.kill()
            self.close()
            self._start()
            return ["ended or stopped the grader"]
        return list(json.loads(told))

    def close(self) -> None:
        """End it."""
        assert self._process.stdin and self._process.stdout
        with suppress(OSError):
            self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    def _start(self) -> None:
        become, environment = self._setting
        self._process = subprocess.Popen(
            [sys.executable, "-m", MODULE, json.dumps(environment)],
            env={**os.environ, "HOME": self._home.name, "MPLCONFIGDIR": self._home.name,
                 "PYTHONPATH": str(ROOT), "GRADER_TOKEN": SECRET},
            preexec_fn=become, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip


def _serve(environment: dict[str, str]) -> None:
    """Grade the attacks that are named line by line."""
    attacks = {attack.name: attack for attack in ATTACKS}
    for line in sys.stdin:
        name = line.strip()
        try:
            told = gained(attacks[name], environment) if name else _about(environment)
        except MachineFault as fault:
            told = [f"no grade: {fault}"]
        print(json.dumps(told), flush=True)


def _about(environment: dict[str, str]) -> list[str]:
    """The user, the layers that do not hold, and whether an honest answer counts."""
    from autograder.engine.processes import layers

    os.environ.update(environment)
    honest = grade(MASTER, settings=Settings(environment=environment)).points == EARNED
    told = layers.effective()
    missing = [f"{name}: {layer.told}" for name, layer in told.items()]
    return [str(os.geteuid()), str(honest), *missing]


def main() -> None:
    """Run the whole bank in all settings and print the table."""
    rows: dict[str, Counter[str]] = {}
    for name in SETTINGS:
        grader = Grader(name)
        print(name, *grader.gained(""), sep="\n  ", file=sys.stderr, flush=True)
        for attack in ATTACKS:
            row = rows.setdefault(attack.category, Counter())
            found = grader.gained(attack.name)
            row[name] += not found
            if found:
                print(name, attack.name, *found, sep=": ", file=sys.stderr, flush=True)
        grader.close()
    print("| category | attacks |", " | ".join(SETTINGS), "|")
    print("|---" * (2 + len(SETTINGS)) + "|")
    number = Counter(attack.category for attack in ATTACKS)
    for category, row in rows.items():
        cells = [category, number[category], *(row[name] for name in SETTINGS)]
        print("|", " | ".join(map(str, cells)), "|")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _serve(json.loads(sys.argv[1]))
    else:
        main()
