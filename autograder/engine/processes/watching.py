"""Processes seen from outside: forking, measuring and killing them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import datetime
from functools import cache, wraps
from itertools import pairwise
from pathlib import Path

BY_SIGNAL = 128
"""What is added to a signal's number, where it is told by an exit status."""


def fork(child: Callable[[], None], keep: Iterable[int] = ()) -> int:
    """Fork; the child closes all descriptors but `keep`, runs `child` and exits."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        close_all_but(keep)
        child()
        status = 0
    except BaseException:
        sys.__stderr__ and sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def tried(attempt: Callable[[], object]) -> Callable[[], bool]:
    """A question: does this work here? Asked once, of a child that ends.

    It works if it neither raises nor returns False; nothing changes here.
    """

    def child() -> None:
        with suppress(Exception):
            os._exit(attempt() is False)
        os._exit(1)

    @cache
    @wraps(attempt)
    def works() -> bool:
        return os.waitpid(fork(child), 0)[1] == 0

    return works


def close_all_but(keep: Iterable[int]) -> None:
    """Close what was inherited; the standard descriptors stay."""
    ends = [*sorted({0, 1, 2, *keep}), 1 << 20]
    for last, descriptor in pairwise(ends):
        if last + 1 < descriptor:  # given an empty range, closerange() closes all
            os.closerange(last + 1, descriptor)


def note(text: str) -> None:
    """A line for the log of this run."""
    sys.stderr.write(f"{datetime.now():%H:%M:%S} process {os.getpid()}: {text}\n")
    sys.stderr.flush()


# --- looking ----------------------------------------------------------------------


def children(pid: int) -> list[int]:
    """The processes that `pid` has started or adopted."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        files = [f"/proc/{pid}/task/{t}/children" for t in threads]
        return [int(c) for f in files for c in Path(f).read_text().split()]
    except OSError:
        return []


def descendants(pid: int, spare: Collection[int] = ()) -> list[int]:
    """All processes below `pid`, without those of `spare` and what is below them."""
    found = [child for child in children(pid) if child not in spare]
    for child in found:  # which grows meanwhile: no recursion, chains can be long
        found += children(child)
    return found


# --- killing ----------------------------------------------------------------------


def send_signal(pids: Iterable[int], number: int) -> None:
    """To each that is still there."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def kill_below(spare: Collection[int] = ()) -> bool:
    """Kill all that this process has started or adopted; whether there was anybody.

    They are stopped first, so none can fork, and are left to `reap`. Who was a child
    of theirs may have to be killed by the next call. `spare` is as in `descendants`.
    """
    seen: list[int] = []
    while (now := descendants(os.getpid(), spare)) != seen:
        send_signal(now, signal.SIGSTOP)
        seen = now
    send_signal(seen, signal.SIGKILL)
    return bool(seen)


def reap() -> tuple[int, int] | None:
    """A child that has ended, and its status."""
    with suppress(ChildProcessError):
        pid, status = os.waitpid(-1, os.WNOHANG)
        return (pid, status) if pid else None
    return None


def exit_code(status: int) -> int:
    """How a process ended, from what `os.waitpid` gave: a signal is less than 0.

    Who stands in for a process, as shells do, tells of its signal by a number too.
    """
    code = os.waitstatus_to_exitcode(status)
    return BY_SIGNAL - code if BY_SIGNAL < code <= BY_SIGNAL + signal.SIGRTMAX else code


def describe_exit(status: int) -> str:
    """The same in words."""
    code = exit_code(status)
    if code >= 0:
        return f"the process ended itself with status {code}"
    with suppress(ValueError):
        return f"the process was ended by {signal.Signals(-code).name}"
    return f"the process was ended by signal {-code}"
