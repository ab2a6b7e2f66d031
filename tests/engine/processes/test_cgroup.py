"""The kernel holds the memory of a submission, where it lets groups be made."""

from __future__ import annotations

import mmap
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.engine.grading import Settings
from autograder.engine.processes import cgroup, watching
from autograder.engine.wire.messages import Cause
from tests.engine.processes.confined import become_ordinary, in_child
from tests.engine.processes.test_nursery import happens
from tests.engine.small_course import cell, grade, solution

MEGABYTE = 1 << 20
grouped = pytest.mark.skipif(not cgroup.can_group(), reason="no group can be made here")
TABLES = """
import mmap
def f():
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000  # MAP_NORESERVE
    kept = mmap.mmap(-1, 1 << 39, prot=mmap.PROT_READ, flags=flags)
    for at in range(0, SIZE, 2 << 20):
        kept[at]  # 4096 bytes of tables each
    return 1
"""


def take(size: int) -> None:
    mmap.mmap(-1, size).write(b"x" * size)


@pytest.fixture
def group() -> Iterator[cgroup.Group]:
    made = cgroup.Group(100 * MEGABYTE)
    yield made
    made.remove()


def in_group(group: cgroup.Group, action: Callable[[], None]) -> int:
    """How a child ends that enters the group and acts."""

    def child() -> None:
        group.enter()
        action()

    return watching.exit_code(os.waitpid(watching.fork(child), 0)[1])


@grouped
def test_who_takes_too_much_is_killed(group: cgroup.Group) -> None:
    assert in_group(group, lambda: take(30 * MEGABYTE)) == 0 == group.refusals()
    assert in_group(group, lambda: take(300 * MEGABYTE)) == -signal.SIGKILL
    assert group.refusals()


@grouped
def test_the_memory_of_all_is_one(group: cgroup.Group) -> None:
    def several() -> None:
        for _ in range(4):
            os.fork()  # sixteen
        take(30 * MEGABYTE)
        signal.pause()

    def one_dies() -> None:
        signal.alarm(30)
        os.fork() or several()
        os.wait()

    in_group(group, one_dies)
    assert group.refusals()
    for pid in group.folder.joinpath("cgroup.procs").read_text().split():
        os.kill(int(pid), signal.SIGKILL)


@grouped
def test_a_group_is_gone_afterwards(group: cgroup.Group) -> None:
    assert group.folder and group.folder.is_dir()
    group.remove()
    assert not group.folder.exists()


@grouped
def test_what_the_dead_left_is_swept_and_nothing_else(group: cgroup.Group) -> None:
    assert group.folder
    left = group.folder.with_name(f"{cgroup.PREFIX}{1 << 30}")
    left.mkdir()
    cgroup.sweep()
    assert group.folder.exists() and not left.exists()


@grouped
@pytest.mark.parametrize("size, points", [(1 << 32, 1), (1 << 39, 0)])
def test_the_group_alone_holds_a_submission(size: int, points: int) -> None:
    """Page tables of 8 MB and 1 GB, a limit of 400 MB, and nobody who looks."""
    unwatched = Settings(preload=("tests.engine.processes.unwatched",))
    cells = [solution("f", "f = 1"), cell("test", "t", "assert f() == 1")]
    answer = TABLES.replace("SIZE", str(size))
    graded = grade(
        cells, {"f": answer}, settings=unwatched, call_seconds=30, cell_seconds=60,
        memory_bytes=300 * MEGABYTE, disk_bytes=100 * MEGABYTE,
    )  # fmt: skip
    assert graded.points == {"t": points}, graded.output("t")
    if not points:
        assert graded.verdicts["t"].cause == Cause.STUDENT
        assert "more memory was used than allowed" in graded.output("t")
    assert happens(lambda: not [f for p in cgroup._places() for f in p.glob("unw*")])


def test_without_rights_there_is_none() -> None:
    def made() -> bool:
        cgroup.can_group.cache_clear()
        return cgroup.can_group() or cgroup.Group(MEGABYTE).folder is not None

    assert not in_child(made, become_ordinary)


def test_no_group_does_nothing() -> None:
    none = cgroup.Group(0)
    none.enter()
    none.remove()
    assert none.folder is None and none.refusals() == 0


def test_version_2_is_told_by_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group in which `memory.max` is found, as the kernel would make one."""
    mkdir = Path.mkdir

    def make(self: Path, *args: int) -> None:
        mkdir(self, *args)
        for name in ("memory.max", "memory.swap.max", "memory.oom.group"):
            (self / name).write_text("max")
        (self / "memory.events").write_text("low 0\nhigh 3\nmax 4\noom 2\noom_kill 1\n")

    monkeypatch.setattr(cgroup, "_places", lambda: iter([tmp_path / "no", tmp_path]))
    monkeypatch.setattr(Path, "mkdir", make)
    group = cgroup.Group(5 * MEGABYTE)
    assert group.folder and group.folder.parent == tmp_path and group.refusals() == 2
    told = {f.name: f.read_text() for f in group.folder.iterdir()}
    assert told["memory.max"] == f"{5 * MEGABYTE}"
    assert told["memory.swap.max"] == "0" and told["memory.oom.group"] == "1"
