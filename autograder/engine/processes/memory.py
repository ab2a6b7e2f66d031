"""What processes take, as the kernel counts it, and what the machine has left.

Limits per process miss much of it. Page tables are nobody's data: 64 GB of empty
pages, once looked at, take 131 MB of them and 4 KB of anything else. What waits in
sockets and pipes is no process's memory at all, and lives on as long as one end does.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

_OWN = ("RssAnon", "VmSwap", "VmPTE", "HugetlbPages")
_PIPE = 64 << 10
"""What a pipe holds at most, where its size cannot be set."""


def own_bytes(pid: int) -> int:
    """Bytes that only this process has: in memory, swapped out, and for its tables."""
    about = status(pid)
    return sum(int(about.get(name, 0)) for name in _OWN) << 10


def queue_bytes(pids: Iterable[int]) -> int:
    """Most that the sockets and pipes of these processes can hold, each counted once.

    Those of a process that may not be looked into count as none.
    """
    found = {(f.st_ino, f.st_mode) for pid in pids for f in _open_files(pid)}
    sockets = sum(stat.S_ISSOCK(mode) for _, mode in found)
    pipes = sum(stat.S_ISFIFO(mode) for _, mode in found)
    return sockets * _socket_bytes() + pipes * _PIPE


def unlinked_bytes(pid: int) -> int:
    """Size of the files that a process holds open and that have no name any more."""
    files = (f for f in _open_files(pid) if stat.S_ISREG(f.st_mode))
    return sum(f.st_blocks * 512 for f in files if not f.st_nlink)


def total_bytes(pids: Iterable[int], inherited: int = 0) -> int:
    """Memory of processes together, each without the `inherited` bytes of a fork."""
    each = list(pids)
    own = sum(max(0, own_bytes(pid) - inherited) for pid in each)
    return own + queue_bytes(each)


def available_bytes() -> int:
    """What the whole machine can still give without swapping."""
    return int(_table("/proc/meminfo").get("MemAvailable", 0)) << 10


def threads(pid: int) -> int:
    """How many threads a process has; 0 if it is gone."""
    return int(status(pid).get("Threads", 0))


def status(pid: int) -> dict[str, str]:
    """First words of /proc/PID/status by name; empty for a process that is gone."""
    return _table(f"/proc/{pid}/status")


@cache
def _socket_bytes() -> int:
    """What a socket holds at most: the last message may go a little over its size."""
    try:
        size = int(Path("/proc/sys/net/core/wmem_default").read_text())
    except (OSError, ValueError):  # unless told otherwise, Linux gives this much
        size = 208 << 10
    return size * 9 // 8


def _table(path: str) -> dict[str, str]:
    try:
        text = Path(path).read_text("utf-8", "replace")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.splitlines())
    return {name: value.split()[0] for name, _, value in pairs if value.strip()}


def _open_files(pid: int) -> Iterator[os.stat_result]:
    with suppress(OSError):
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with suppress(OSError):  # closed meanwhile
                yield os.stat(entry.path)
