"""Confine this process and its future children for good.

Layers, each independent of the others: Landlock (which files), seccomp (which system
calls), resource limits, and a throw-away user id. They bind the calling thread and
its later children, so this must run before any other thread exists.
"""

from __future__ import annotations

import os
import resource
import signal
from contextlib import suppress
from pathlib import Path

from autograder.engine.limits import Limits
from autograder.engine.processes import apart, landlock, libc, memory, privileges
from autograder.engine.processes.layers import calls_are_filtered
from autograder.engine.processes.system_calls import call_filter

PR_SET_DUMPABLE = 4
Folders = tuple[str, ...]


def confine_student(writable: Folders, limits: Limits, user: int | None) -> None:
    """All layers, for a process that runs the code of strangers.

    Raises:
        OSError: when a layer that this machine has does not hold.
    """
    with suppress(OSError):  # parts of /proc are hidden here: then it stays as it is
        apart.mount_processes()
    abi = landlock.version()
    hold_calls = call_filter(user is not None, abi) if calls_are_filtered() else None
    hold_files = landlock.file_rules(landlock.system_paths(), writable) if abi else None
    _limit(resource.RLIMIT_DATA, limits.memory_bytes + _own_data())
    _limit(resource.RLIMIT_NPROC, limits.processes + (0 if user else _threads()))
    _limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_CPU, limits.submission_seconds)
    _limit(resource.RLIMIT_CORE, 0)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # an OSError is clearer
    privileges.drop(user, keep_reading=bool(hold_files and user))
    if hold_files:
        hold_files()
    libc.die_with_parent()
    if hold_calls:
        hold_calls()


def confine_judge(writable: Folders, limits: Limits) -> None:
    """Files and memory, for a process that runs the course's own code."""
    libc.die_with_parent()
    libc.prctl(PR_SET_DUMPABLE, 0)  # no process of the same user looks into this one
    _limit(resource.RLIMIT_DATA, limits.memory_bytes + _own_data())
    libc.no_new_privileges()
    if landlock.version():
        landlock.file_rules(landlock.system_paths(), writable)()


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard < 0 else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _own_data() -> int:
    return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()


def _threads() -> int:
    """How many threads this user has already: the limit counts these as well."""
    mine = f"{os.getuid()}"
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())
    found = (memory.status(pid) for pid in pids)
    return sum(int(s["Threads"]) for s in found if s.get("Uid") == mine)
