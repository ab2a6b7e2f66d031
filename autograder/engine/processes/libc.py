"""The few calls into the C library that Python does not offer."""

from __future__ import annotations

import ctypes
import os
import signal

library = ctypes.PyDLL(None, use_errno=True)  # holds Python's lock, for `clone`
library.syscall.restype = ctypes.c_long
_CLONE = {"x86_64": 56, "aarch64": 220}.get(os.uname().machine, -1)  # no such call

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38


def check(result: int) -> int:
    """The result of a call into the C library; raises OSError if it failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def prctl(*arguments: int) -> int:
    """Change or ask what the kernel does with this process."""
    filled = [*arguments, 0, 0, 0, 0][:5]
    return check(library.prctl(*map(ctypes.c_ulong, filled)))


def unshare(namespaces: int) -> None:
    """Take new namespaces of these kinds."""
    check(library.unshare(namespaces))


def mount(source: str, folder: str, kind: str, flags: int, options: str = "") -> None:
    """Mount a file system, or change how one is mounted."""
    texts = [text.encode() for text in (source, kind, options)]
    place = os.fsencode(folder)
    long = ctypes.c_ulong(flags)
    check(library.mount(texts[0], place, texts[1], long, texts[2]))


def clone(namespaces: int) -> int:
    """Fork into new namespaces: as `os.fork`, for who has one thread only.

    The C library does not know of it: what it gives to the child is only good for
    forking and waiting. Unlike `unshare`, it works again and again.
    """
    arguments = (_CLONE, namespaces | signal.SIGCHLD, 0, 0, 0, 0)
    return check(library.syscall(*map(ctypes.c_ulong, arguments)))


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when its parent dies.

    A change of user id or capabilities clears this: ask for it after such.
    """
    prctl(_PR_SET_PDEATHSIG, number)


def adopt_orphans() -> None:
    """Become the parent of all processes below, when their own one has ended."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def no_new_privileges() -> None:
    """Let no program that is run from here gain rights by its set-user-id bit."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
