"""Namespaces: what is killed with a process kept apart, and what it can see."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from autograder.engine.processes import (
    apart,
    libc,
    privileges,
    watching,
)
from tests.engine.processes.confined import (
    NO_NAMESPACES,
    become_ordinary,
    capabilities,
    in_child,
    is_root,
    without_user_namespaces,
)

ADOPT_ORPHANS = 36


def as_root() -> None:
    if not is_root:
        pytest.skip("needs root")


def inside_first_namespace() -> None:
    """Be an ordinary user whose own PID namespace is one it has made."""
    become_ordinary()
    apart.enter()
    libc.unshare(apart.PIDS)
    pid = os.fork()
    if pid:
        os._exit(os.waitpid(pid, 0)[1] >> 8)
    apart.mount_processes()


PEOPLE: dict[str, Callable[[], None]] = {
    "root": lambda: None,
    "ordinary": become_ordinary,
    "ordinary within": inside_first_namespace,
}
everybody = pytest.mark.parametrize("who", PEOPLE)


@pytest.fixture(autouse=True)
def possible(request: pytest.FixtureRequest) -> None:
    if not is_root and "root" in request.node.name:
        pytest.skip("needs root")
    if not in_child(apart.can_fork_apart, become_ordinary):
        pytest.skip("no namespaces here")


def start(live: Callable[[], Any], *keep: int) -> int:
    libc.prctl(ADOPT_ORPHANS, 1)
    apart.enter()
    return apart.fork_apart(live, keep)


def first_child(pid: int) -> int:
    while not (found := watching.children(pid)):
        time.sleep(0.001)
    return found[0]


def bomb(writing: int) -> None:
    """Daemons that ignore signals, and leave their parents behind."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    for _ in range(20):
        if not os.fork():
            os.setsid()
            if os.fork():
                os._exit(0)
            while True:
                time.sleep(9)
    os.write(writing, b"1")
    time.sleep(99)


def all_gone(reading: int) -> bool:
    """Whether nobody holds the other end of a pipe any more."""
    return os.read(reading, 9) == b""


@everybody
def test_nothing_outlives_it(who: str) -> None:
    def nursery() -> list[Any]:
        reading, writing = os.pipe()
        pid = start(lambda: bomb(writing), writing)
        os.close(writing)
        os.read(reading, 1)
        began = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        gone = watching.children(os.getpid()) == []
        return [gone, all_gone(reading), time.monotonic() - began < 5]

    assert in_child(nursery, PEOPLE[who]) == [True] * 3


@everybody
def test_nothing_outlives_the_process_itself(who: str) -> None:
    def live() -> None:
        reading, writing = os.pipe()
        if not os.fork():
            bomb(writing)
        os.read(reading, 1)

    def nursery() -> bool:
        reading, writing = os.pipe()
        pid = start(live, writing)
        os.close(writing)
        os.waitpid(pid, 0)
        return all_gone(reading)

    assert in_child(nursery, PEOPLE[who])


@everybody
def test_number_1_is_deaf(who: str) -> None:
    """Nor can the process stop or kill it, nor run a handler that it inherited."""

    def live() -> None:
        time.sleep(0.1)  # until it is
        for number in {*signal.valid_signals()} - {signal.SIGCHLD, signal.SIGCONT}:
            with suppress(PermissionError):
                os.kill(1, number)
        time.sleep(0.1)
        os._exit(7)

    def nursery() -> int:
        for number in (signal.SIGUSR1, signal.SIGABRT, signal.SIGRTMIN):
            signal.signal(number, lambda *_: os._exit(3))
        return watching.exit_code(os.waitpid(start(live), 0)[1])

    assert in_child(nursery, PEOPLE[who]) == 7


@everybody
def test_it_dies_with_who_started_it(who: str) -> None:
    def grandparent() -> bool:
        reading, writing = os.pipe()
        nursery = os.fork()
        if not nursery:
            try:
                start(lambda: bomb(writing), writing)
                os.close(writing)
                time.sleep(99)
            finally:
                os._exit(1)
        os.close(writing)
        os.read(reading, 1)
        os.kill(nursery, signal.SIGKILL)
        return all_gone(reading)

    assert in_child(grandparent, PEOPLE[who])


@everybody
def test_ends_are_told(who: str) -> None:
    def nursery() -> list[int]:
        apart.enter()
        found = []
        for live in (
            lambda: os._exit(7), os.abort, lambda: os.kill(os.getpid(), 9), lambda: 1 / 0
        ):  # fmt: skip
            pid = apart.fork_apart(live)
            found.append(watching.exit_code(os.waitpid(pid, 0)[1]))
        pid = apart.fork_apart(lambda: time.sleep(99))
        os.kill(first_child(pid), signal.SIGTERM)
        return [*found, watching.exit_code(os.waitpid(pid, 0)[1])]

    assert in_child(nursery, PEOPLE[who]) == [7, -6, -9, 1, -15]


def test_an_end_is_told_directly_or_by_who_stands_in() -> None:
    codes = {0: 0, 77: 77, 128: 128, 137: -9, 134: -6, 192: -64, 193: 193, 255: 255}
    assert {code: watching.exit_code(code << 8) for code in codes} == codes
    assert watching.exit_code(signal.SIGKILL) == -9
    assert "SIGKILL" in watching.describe_exit(137 << 8)


@everybody
def test_sees_nobody_else(who: str) -> None:
    def look(writing: int) -> None:
        outside = os.readlink("/proc/self")
        apart.mount_processes()
        numbers = sorted(int(n) for n in os.listdir("/proc") if n.isdigit())
        told = [os.getpid(), os.getppid(), os.readlink("/proc/self"), numbers, outside]
        os.write(writing, repr(told).encode())

    def nursery() -> list[Any]:
        reading, writing = os.pipe()
        pid = start(lambda: look(writing), writing)
        process = first_child(pid)
        seen = eval(os.read(reading, 999))
        ours = int(os.readlink("/proc/self")) == os.getpid()
        os.waitpid(pid, 0)
        return [seen[:4], int(seen[4]) == process, ours]

    seen, known, ours = in_child(nursery, PEOPLE[who])
    assert seen == [2, 1, "2", [1, 2]]
    assert known, "the old /proc keeps the numbers of outside"
    assert ours, "the nursery keeps its own /proc"


@everybody
def test_orphans_are_buried(who: str) -> None:
    def live(writing: int) -> None:
        for _ in range(5):
            if not os.fork():
                if not os.fork():
                    time.sleep(0.05)
                os._exit(0)
            os.wait()
        time.sleep(0.5)
        apart.mount_processes()
        numbers = [n for n in os.listdir("/proc") if n.isdigit()]
        os.write(writing, bytes([len(numbers)]))

    def nursery() -> int:
        reading, writing = os.pipe()
        start(lambda: live(writing), writing)
        return os.read(reading, 1)[0]

    assert in_child(nursery, PEOPLE[who]) == 2


@everybody
def test_private_disk(who: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    def nursery() -> list[Any]:
        apart.enter()
        apart.mount_private(str(tmp_path), 1 << 20, 10)
        tmp_path.joinpath("file").write_text("x")
        room = os.statvfs(tmp_path)
        pid = apart.fork_apart(
            lambda: os._exit(tmp_path.joinpath("file").read_text() != "x")
        )
        seen = os.waitpid(pid, 0)[1] == 0
        apart.unmount(str(tmp_path))
        return [room.f_blocks * room.f_bsize, room.f_files, seen, os.listdir(tmp_path)]

    assert in_child(nursery, PEOPLE[who]) == [1 << 20, 10, True, []]
    assert os.listdir(tmp_path) == []


@everybody
def test_capabilities_are_dropped(who: str) -> None:
    def drop() -> list[Any]:
        apart.enter()
        held = capabilities()
        privileges.drop()
        again = os.popen("grep -E 'Cap(Prm|Eff|Bnd|Amb)' /proc/self/status").read()
        return [held > 0, capabilities(), *again.split()[1::2]]

    assert in_child(drop, PEOPLE[who]) == [True, 0, *["0" * 16] * 4]


def test_says_so_where_there_are_none() -> None:
    as_root()

    def ask() -> list[Any]:
        from autograder.engine.processes import layers

        for tried in (apart.can_mount, apart.can_fork_apart, layers.effective):
            tried.cache_clear()  # another test may have asked with namespaces
        return [apart.can_mount(), apart.can_fork_apart(), layers.effective()]

    before = Path(NO_NAMESPACES).read_text()
    mounts, apart_, said = in_child(ask, without_user_namespaces)
    assert not mounts and not apart_
    assert said["processes of its own"][1].startswith("no")
    assert said["disk of its own (tmpfs)"][1].startswith("no")
    assert said["system calls (seccomp)"][0]
    assert Path(NO_NAMESPACES).read_text() == before
