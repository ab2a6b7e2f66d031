"""Every system call there is or may be, made by a confined process that is alone."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import resource
import signal
import socket
import tempfile
import time
from contextlib import suppress
from functools import partial
from operator import ne
from pathlib import Path
from typing import Any

import pytest

from autograder.engine.processes import apart, libc
from tests.engine.processes.confined import (
    KINDS,
    confine,
    in_child,
    needs_root,
)

NUMBERS = [*range(501), 599, 600, 1000, 4095, (1 << 31) - 1]
FILLS = {"zeros": 0, "ones": -1}
SECONDS_TO_END = 10  # where others are at work, too
ADOPT_ORPHANS, NOT_CONFINED = 36, 99


def world(outside: Path) -> list[Any]:
    """What others see: it must be the same afterwards.

    But for mounts below other temporary folders: a copy of one that another test
    has made goes when that test removes its folder.
    """
    elsewhere = [tempfile.gettempdir(), str(outside.parent)]
    mounts = [
        line
        for line in Path("/proc/self/mounts").read_text().splitlines()
        if [place in line for place in elsewhere] != [True, False]
    ]
    about = [(p.name, *p.stat()[:8]) for p in sorted(outside.iterdir())]
    limits = [resource.getrlimit(kind) for kind in range(16)]
    priority = os.getpriority(os.PRIO_PROCESS, 0)
    mine = [os.getcwd(), sorted(os.sched_getaffinity(0)), priority, os.getpgrp()]
    names = [socket.gethostname(), mounts]
    return [about, limits, mine, names, os.sched_getscheduler(0)]


def attempt(number: int, fill: int) -> None:
    """Make one call and end; what a call has forked ends as well."""
    faulthandler.disable()
    us = os.getpid()
    signal.setitimer(signal.ITIMER_REAL, 0.3)  # some wait for what never comes
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    libc.library.syscall(ctypes.c_long(number), *[ctypes.c_long(fill)] * 6)
    os._exit(0 if os.getpid() == us else 1)


def try_all(kind: str, folder: Path, fill: int) -> list[str]:
    """Number and outcome of each call that changed something.

    Run in a child with mounts of its own: those of other tests come and go.
    """
    libc.prctl(ADOPT_ORPHANS, 1)
    outside = folder / "outside"
    inside = folder / "inside"
    sentinel = os.fork()
    if not sentinel:
        signal.pause()
        os._exit(0)
    before = world(outside)
    wrong = []
    for number in NUMBERS:
        pid = os.fork()
        if not pid:
            try:
                confine(kind, inside)
                attempt(number, fill)
            finally:
                os._exit(NOT_CONFINED)
        if os.waitpid(pid, 0)[1] >> 8 == NOT_CONFINED:
            wrong.append(f"{number}: it was not confined")
        deadline = time.monotonic() + SECONDS_TO_END
        left = True
        while left and time.monotonic() < deadline:  # but for the sentinel
            found = os.waitpid(-1, os.WNOHANG)
            left = bool(children() - {sentinel})
            if found[0] == sentinel:
                wrong.append(f"{number}: the sentinel is dead")
                return wrong
        if left:
            wrong.append(f"{number}: something is left")
        after = world(outside)
        changed = [pair for pair in zip(before, after, strict=True) if ne(*pair)]
        wrong += [f"{number} has changed {old} to {new}" for old, new in changed]
        before = after
    os.kill(sentinel, signal.SIGKILL)
    return wrong


def children() -> set[int]:
    with suppress(OSError):
        us = os.getpid()
        text = Path(f"/proc/{us}/task/{us}/children").read_text()
        return {int(pid) for pid in text.split()}
    return set()


@pytest.mark.slow
@needs_root
@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("kind", KINDS)
def test_changes_nothing_outside(kind: str, fill: str, tmp_path: Path) -> None:
    for name in ("inside", "outside"):
        tmp_path.joinpath(name).mkdir()
    tmp_path.joinpath("outside", "file").write_text("x")
    work = partial(try_all, kind, tmp_path, FILLS[fill])
    assert in_child(work, apart.enter, seconds=500) == []
