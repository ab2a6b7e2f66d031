"""One limit on the memory of all processes of a submission, held by the kernel.

It counts what no limit of a single process does, page tables and full sockets among
it, and does not look four times a second but always. A group can be made in the group
that this process is in, or beside it: by root on most machines that are no containers,
by others where systemd has given them a part of the tree.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from autograder.engine.processes.watching import fork, tried

TREE = Path("/sys/fs/cgroup")
PREFIX = "autograder-"
_LIMITS = "memory.max", "memory.limit_in_bytes"
_OTHERS = {"memory.swap.max": "0", "memory.swappiness": "0", "memory.oom.group": "1"}
"""What there is of these says which version of cgroups it is, and what it can do."""


class Group:
    """A group for children of this process, which `enter` it.

    There is none if `most_bytes` is 0, or if none can be made: then nothing happens.
    """

    def __init__(self, most_bytes: int) -> None:
        found = (_made(place, most_bytes) for place in _places() if most_bytes)
        self.folder = next(filter(None, found), None)

    def enter(self) -> None:
        """Put this process in, and all that it will start; OSError if that fails."""
        if self.folder:
            self.folder.joinpath("cgroup.procs").write_text("0")

    def refusals(self) -> int:
        """How often the limit left no memory to somebody in there."""
        if not self.folder:
            return 0
        with suppress(OSError):  # version 1
            return int(self.folder.joinpath("memory.failcnt").read_text())
        lines = self.folder.joinpath("memory.events").read_text().splitlines()
        return int(dict(line.split() for line in lines)["oom"])

    def remove(self) -> None:
        """Remove it, when all who were in it are dead."""
        if self.folder:
            with suppress(OSError):
                self.folder.rmdir()


def sweep() -> None:
    """Remove the groups that killed processes have left."""
    for place in _places():
        for folder in place.glob(f"{PREFIX}*"):
            if not Path("/proc", folder.name.removeprefix(PREFIX)).exists():
                with suppress(OSError):
                    folder.rmdir()


@tried
def can_group() -> bool:
    """Whether there can be a group here, and a process can enter it."""
    group = Group(1 << 30)
    _, status = os.waitpid(fork(group.enter), 0)
    group.remove()
    return group.folder is not None and not status


def _made(place: Path, most_bytes: int) -> Path | None:
    """A group at this place, if it can be made and limits memory."""
    folder = place / f"{PREFIX}{os.getpid()}"
    with suppress(OSError):
        folder.mkdir()
        values = dict.fromkeys(_LIMITS, f"{most_bytes}") | _OTHERS
        held = [name for name in values if (folder / name).exists()]
        for name in held:
            (folder / name).write_text(values[name])
        if held:
            return folder
    with suppress(OSError):
        folder.rmdir()
    return None


def _places() -> Iterator[Path]:
    """Where to try: in the group that this process is in, and in the one above.

    A group of version 2 that holds processes cannot limit the memory of groups in it.
    """
    with suppress(OSError):  # there are none at all
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers in ("", "memory"):
                own = TREE / controllers / path.strip("/")
                yield own
                yield own.parent
