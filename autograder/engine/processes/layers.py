"""What of the sandbox really holds on this machine: found by trying it."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from autograder.engine.processes import landlock, libc, memory, privileges
from autograder.engine.processes.apart import can_fork_apart, can_mount
from autograder.engine.processes.cgroup import can_group
from autograder.engine.processes.system_calls import call_filter
from autograder.engine.processes.watching import tried

SOME_USER = 1_000_000_000


class Layer(NamedTuple):
    """Whether a layer holds, or what stands in for it does; and what to say of it."""

    holds: bool
    told: str


@cache
def effective() -> dict[str, Layer]:
    """Each layer with what really holds of it."""
    abi = landlock.version() if _landlock_holds() else 0
    inside = abi >= 6 or own_user()
    return {
        "files (Landlock)": Layer(abi > 0, f"version {abi}" if abi else "no"),
        "signals stay inside": _layer(inside, "no: own process only"),
        "system calls (seccomp)": _layer(calls_are_filtered(), "no: libseccomp2?"),
        "user id of its own": Layer(inside, "yes" if own_user() else "no: yours"),
        "capabilities are dropped": _layer(_nothing_left(), "no"),
        "processes of its own": _layer(can_fork_apart(), "no: they are followed"),
        "disk of its own (tmpfs)": _layer(can_mount(), "no: sizes are watched"),
        "memory of all (cgroup)": _layer(can_group(), "no: watched 4 times a second"),
    }


def missing() -> list[str]:
    """The layers that do not hold here."""
    return [name for name, layer in effective().items() if not layer.holds]


@tried
def own_user() -> bool:
    """Whether a process can take a user id that nobody has, and give it files.

    Root need not be able to: within a user namespace there are few ids.
    """
    with tempfile.TemporaryFile() as file:
        os.fchown(file.fileno(), SOME_USER, SOME_USER)
        privileges.drop(SOME_USER, keep_reading=True)
        return os.getresuid() == (SOME_USER,) * 3


@tried
def calls_are_filtered() -> bool:
    """Whether the filter of system calls loads and refuses one that works without."""
    os.close(_datagrams())
    call_filter(own_user=False, landlock_abi=1)()  # needs libseccomp and its binding
    return _fails(_datagrams, PermissionError)


@tried
def _landlock_holds() -> bool:
    os.close(os.open("/", os.O_RDONLY))
    libc.no_new_privileges()
    landlock.file_rules((), ())()
    return _fails(lambda: os.open("/", os.O_RDONLY), PermissionError)


@tried
def _nothing_left() -> bool:
    privileges.drop()
    none = not int(memory.status(os.getpid())["CapEff"], 16)
    return none and _fails(lambda: os.chroot("/"), PermissionError)


def _datagrams() -> int:
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).detach()


def _fails(attempt: Callable[[], object], kind: type[BaseException]) -> bool:
    try:
        attempt()
    except kind:
        return True
    return False


def _layer(holds: bool, otherwise: str) -> Layer:
    return Layer(holds, "yes" if holds else otherwise)
