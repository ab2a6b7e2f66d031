"""What is said of the machine is so; memory is counted."""

from __future__ import annotations

import mmap
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from autograder.engine.processes import (
    apart,
    landlock,
    layers,
    libc,
    memory,
    privileges,
)  # fmt: skip
from autograder.engine.processes.system_calls import call_filter
from tests.engine.processes.confined import (
    become_ordinary,
    capabilities,
    in_child,
    needs_root,
)

MEGABYTE = 1 << 20


def forget() -> None:
    for function in (
        layers.effective, layers.own_user, layers.calls_are_filtered,
        landlock.version, apart.can_mount, apart.can_fork_apart,
    ):  # fmt: skip
        function.cache_clear()


@needs_root
def test_root_has_a_user_to_spare() -> None:
    said = in_child(layers.effective, forget)
    assert said["user id of its own"][0] and said["capabilities are dropped"][0]


def test_an_ordinary_user_has_not() -> None:
    said = in_child(layers.effective, forget, become_ordinary)
    assert said["user id of its own"][1].startswith("no")
    assert said["capabilities are dropped"][0] and said["system calls (seccomp)"][0]


@needs_root
def test_root_of_a_user_namespace_has_not_either() -> None:
    def enter() -> None:
        libc.unshare(apart.USER)
        for name, text in {"setgroups": "deny", "uid_map": "0 0 1"}.items():
            Path(f"/proc/self/{name}").write_text(text)
        assert os.geteuid() == 0

    said = in_child(layers.effective, forget, enter)
    assert said["user id of its own"][1].startswith("no")
    assert said["capabilities are dropped"][0] and said["system calls (seccomp)"][0]


def test_nothing_is_claimed_without_seccomp(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise OSError("no libseccomp")

    monkeypatch.setattr(layers, "call_filter", refuse)
    layers.calls_are_filtered.cache_clear()
    assert not layers.calls_are_filtered()
    monkeypatch.setattr(layers, "call_filter", lambda **_: lambda: None)
    layers.calls_are_filtered.cache_clear()
    assert not layers.calls_are_filtered(), "it loads, and refuses nothing"
    layers.calls_are_filtered.cache_clear()


def test_a_filter_that_does_not_load_is_an_error() -> None:
    load = call_filter(own_user=True, landlock_abi=7)

    def twice() -> str:
        load()
        try:
            load()
        except OSError:
            return "refused"
        return ""

    assert in_child(twice) == "refused"


def test_landlock_can_be_older(monkeypatch: pytest.MonkeyPatch) -> None:
    landlock.version.cache_clear()
    now = landlock.version()
    for pretended in (0, 1, 5, 6, 99):
        monkeypatch.setenv(landlock.PRETENDED, str(pretended))
        landlock.version.cache_clear()
        assert landlock.version() == min(now, pretended)
    monkeypatch.undo()
    landlock.version.cache_clear()


@pytest.mark.parametrize("version", range(1, landlock.NEWEST + 1))
def test_landlock_holds(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if landlock.version() < version:
        pytest.skip("this kernel's is older")
    ours, others = tmp_path / "ours", tmp_path / "others"
    for folder in (ours, others):
        folder.mkdir()
        folder.joinpath("file").write_text("x")

    def attempt() -> list[bool]:
        landlock.version.cache_clear()
        assert landlock.version() == version
        libc.no_new_privileges()
        landlock.file_rules(["/usr"], [str(ours)])()
        ours.joinpath("new").write_text("y")
        found = []
        for action in (
            lambda: others.joinpath("file").read_text(),
            lambda: others.joinpath("new").write_text("y"),
            lambda: os.rename(ours / "new", others / "new"),
            lambda: os.listdir(others),
        ):
            try:
                action()
                found.append(True)
            except OSError:
                found.append(False)
        return found

    monkeypatch.setenv(landlock.PRETENDED, str(version))
    assert in_child(attempt) == [False] * 4


def test_page_tables_are_counted() -> None:
    def attempt() -> int:
        before = memory.own_bytes(os.getpid())
        flags, size = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000, 1 << 34
        empty = mmap.mmap(-1, size, flags=flags, prot=mmap.PROT_READ)
        for place in range(0, size, 2 * MEGABYTE):
            empty[place]
        return memory.own_bytes(os.getpid()) - before

    assert in_child(attempt) > 30 * MEGABYTE


def test_queues_are_counted_once() -> None:
    def attempt() -> list[int]:
        us = [os.getpid()]
        before = memory.queue_bytes(us)
        pairs = [socket.socketpair() for _ in range(50)]
        sockets = memory.queue_bytes(us) - before
        child = os.fork()
        if not child:
            os.read(os.pipe()[0], 1)
        both = memory.queue_bytes([*us, child]) - before
        os.kill(child, 9)
        return [sockets, both - sockets, len(pairs)]

    sockets, more, _ = in_child(attempt)
    assert sockets > 20 * MEGABYTE and more < MEGABYTE


def test_memory_of_what_is_gone_is_none() -> None:
    assert memory.own_bytes(1 << 30) == memory.total_bytes([1 << 30]) == 0
    assert memory.threads(os.getpid()) > 0
    assert memory.available_bytes() > 0


def test_another_user_has_nothing_but_reading() -> None:
    if os.geteuid():
        pytest.skip("needs root")

    def attempt(keep: bool) -> list[Any]:
        privileges.drop(1_000_000_007, keep_reading=keep)
        return [capabilities(), *os.getresuid(), os.getgroups()]

    users = [1_000_000_007] * 3
    assert in_child(lambda: attempt(False)) == [0, *users, []]
    assert in_child(lambda: attempt(True)) == [1 << 2, *users, []]
