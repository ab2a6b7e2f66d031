"""Runs functions in forked children under parts of the sandbox."""

from __future__ import annotations

import errno
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest

from autograder.engine.processes import apart, landlock, libc, memory, privileges
from autograder.engine.processes.system_calls import call_filter

THROW_AWAY, ORDINARY = 1_000_123_456, 100_321
KINDS = ["own user", "ordinary"]
SECONDS = 100
NO_NAMESPACES = "/proc/sys/user/max_user_namespaces"
_BIND, _SET_DUMPABLE = 4096, 4
is_root = os.geteuid() == 0
needs_root = pytest.mark.skipif(not is_root, reason="needs root")


def in_child(
    action: Callable[[], Any], *prepare: Callable[[], Any], seconds: int = SECONDS
) -> Any:
    """What `action` returns in a forked child; its traceback if it fails."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        signal.alarm(seconds)
        os.close(reading)
        try:
            for step in prepare:
                step()
            result: Any = [True, action()]
        except BaseException:
            result = [False, traceback.format_exc()]
        finally:
            os.write(writing, msgpack.packb(result))
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as told:
        answer = told.read()
    status = os.waitpid(pid, 0)[1]
    assert answer, f"the child ended with {os.waitstatus_to_exitcode(status)}"
    worked, value = msgpack.unpackb(answer)
    assert worked, value
    return value


def become_ordinary() -> None:
    """Be an ordinary user who can read Python, wherever it is installed."""
    if os.geteuid():  # already
        return
    make_reachable(Path(sys.base_prefix))
    os.setgroups([])
    os.setresgid(ORDINARY, ORDINARY, ORDINARY)
    os.setresuid(ORDINARY, ORDINARY, ORDINARY)
    libc.prctl(_SET_DUMPABLE, 1)  # as of a program that this user has started


def confine(kind: str, folder: Path) -> None:
    """Put this process into the sandbox, as one of `KINDS`, with a folder to write."""
    own = kind == "own user"
    abi = landlock.version()
    for place in (folder, *folder.rglob("*")) if not os.geteuid() else ():
        user = THROW_AWAY if own else ORDINARY
        os.chown(place, user, user)
    if not own:
        become_ordinary()
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.chdir(folder)
    for name in ("HOME", "TMPDIR", "MPLCONFIGDIR"):
        os.environ[name] = str(folder)
    tempfile.tempdir = None
    load = call_filter(own, abi)
    rules = landlock.file_rules(landlock.system_paths(), [str(folder)])
    privileges.drop(THROW_AWAY if own else None, keep_reading=own)
    rules()
    load()


def capabilities() -> int:
    """The capabilities that this process holds, one bit each."""
    return int(memory.status(os.getpid())["CapEff"], 16)


def failure(action: Callable[[], Any]) -> str:
    """The name of the error number that `action` fails with; nothing if it works."""
    try:
        action()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return ""


def without_user_namespaces() -> None:
    """A machine where ordinary users can make none: in a namespace of its own."""
    make_reachable(Path(sys.base_prefix))
    reading, writing = os.pipe()
    pid = os.getpid()
    helper = os.fork()
    if not helper:
        try:
            os.read(reading, 1)
            for kind in ("uid_map", "gid_map"):
                text = f"0 0 1\n{ORDINARY} {ORDINARY} 1"
                Path(f"/proc/{pid}/{kind}").write_text(text)
        finally:
            os._exit(0)
    libc.unshare(apart.USER)
    os.write(writing, b"1")
    os.waitpid(helper, 0)
    Path(NO_NAMESPACES).write_text("0")
    os.setgroups([])
    os.setresgid(ORDINARY, ORDINARY, ORDINARY)
    os.setresuid(ORDINARY, ORDINARY, ORDINARY)
    libc.prctl(_SET_DUMPABLE, 1)


def make_reachable(place: Path) -> None:
    """Show Python to all users below a private folder, in this process only."""
    hidden = [p for p in reversed(place.parents) if not p.stat().st_mode & 1]
    if not hidden:
        return
    apart.enter()
    aside = tempfile.mkdtemp()
    libc.mount(str(place), aside, "", _BIND)
    libc.mount("tmpfs", str(hidden[0]), "tmpfs", 0, "mode=755")
    place.mkdir(parents=True)
    libc.mount(aside, str(place), "", _BIND)
    apart.unmount(aside)
    os.rmdir(aside)
