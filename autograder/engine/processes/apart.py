"""What is a process's own: a disk that nobody else sees, and processes.

Root needs no user namespace for that, nor does who is in one already. Others get one in
which they keep their user id, the only one there is, and hold all capabilities:
`privileges` takes them away again.

A process that is kept apart is killed with all that it has started, in one step. It is
number 2 of a PID namespace. Number 1 waits for it, buries orphans, and ends as it did.
The kernel kills everything in there when that one dies: if it is killed, or if who
started it is gone, for whatever reason. Nothing can outlive it or fork fast enough, and
nothing in there sees or signals a process outside. Number 1 gets no signal that it does
not handle, and handles none, whatever handlers it was forked with:
to be it, `os.abort()` would be without effect.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

from autograder.engine.processes import libc, watching

MOUNTS, USER, PIDS = 0x20000, 0x10000000, 0x20000000
_PRIVATE = 0x44000
"""MS_REC | MS_PRIVATE."""
_SAFELY, _NO_PROGRAMS, _DETACH = 6, 8, 2
"""MS_NOSUID | MS_NODEV, MS_NOEXEC and MNT_DETACH."""
_NEEDED = {signal.SIGCHLD, signal.SIGKILL, signal.SIGSTOP}
"""What number 1 waits for, and what nobody can ignore."""


def enter() -> None:
    """Take a mount namespace; OSError if there can be none.

    As an ordinary user there is no way back, nor a use for the process after a failure.
    """
    user, group = os.geteuid(), os.getegid()
    try:
        libc.unshare(MOUNTS)
    except PermissionError:
        if not user:  # a user namespace would cost root all other user ids
            raise
        libc.unshare(MOUNTS | USER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    libc.mount("none", "/", "", _PRIVATE)  # or what is mounted here is seen outside


def mount_private(folder: str, most_bytes: int, most_files: int) -> None:
    """Put a file system of limited size on `folder`; needs `enter`, else OSError.

    Nobody outside sees it, and it is gone with the last process that does.
    """
    size = f"size={most_bytes},nr_inodes={most_files},mode=711"
    libc.mount("tmpfs", folder, "tmpfs", _SAFELY, size)


def unmount(folder: str) -> None:
    """Give up what `mount_private` has put there, with all that it holds."""
    libc.check(libc.library.umount2(os.fsencode(folder), _DETACH))


def mount_processes() -> None:
    """Show this process and its children no others than those of its PID namespace.

    Without this, /proc keeps the numbers of outside, those of /proc/self included.
    It must be a process in that namespace, not the one that made it, and needs the
    capabilities of before it is confined. OSError where parts of /proc are hidden,
    as containers do: then what was there stays.
    """
    libc.unshare(MOUNTS)  # so that who made the namespace keeps the view of outside
    libc.mount("none", "/", "", _PRIVATE)
    libc.mount("proc", "/proc", "proc", _SAFELY | _NO_PROGRAMS)


@watching.tried
def can_mount() -> None:
    """Whether `enter` and `mount_private` work here."""
    enter()
    mount_private("/proc", 1 << 20, 100)


# --- processes -------------------------------------------------------------------


def fork_apart(child: Callable[[], None], keep: Iterable[int] = ()) -> int:
    """As `watching.fork`, in a PID namespace: the number of process 1 there.

    Kill that one, and wait for it: `watching.exit_code` tells how `child` ended.
    `enter` must have been called before. OSError if it is not possible.
    """
    pid = libc.clone(PIDS)
    if not pid:
        try:
            _be_first(child, keep)
        finally:
            os._exit(1)
    return pid


@watching.tried
def can_fork_apart() -> bool:
    """Whether that works here."""
    enter()
    pid = fork_apart(lambda: os._exit(os.getpid() != 2))
    return os.waitpid(pid, 0)[1] == 0


def _be_first(child: Callable[[], None], keep: Iterable[int]) -> NoReturn:
    libc.die_with_parent()
    process = watching.fork(child, keep)
    for number in signal.valid_signals() - _NEEDED:
        signal.signal(number, signal.SIG_IGN)
    watching.close_all_but(())  # what the process was given is to end with it
    ended, status = os.wait()
    while ended != process:  # an orphan
        ended, status = os.wait()
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else watching.BY_SIGNAL - code)
