"""All layers in the order in which the nursery of a submission puts them on."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from autograder.engine.processes import apart, libc, memory, watching
from tests.engine.processes import uses
from tests.engine.processes.confined import (
    KINDS,
    become_ordinary,
    confine,
    in_child,
    is_root,
)

SIZE = 200 << 20


@pytest.mark.parametrize("kind", KINDS)
def test_a_submission(kind: str, tmp_path: Path) -> None:
    if kind == "own user" and not is_root:
        pytest.skip("needs root")
    if not in_child(apart.can_fork_apart, become_ordinary):
        pytest.skip("no namespaces here")
    tmp_path.chmod(0o777)

    def student(work: Path, use: str) -> None:
        apart.mount_processes()
        confine(kind, work)
        libc.die_with_parent()
        getattr(uses, use)()
        Path("pids").write_text(f"{os.getpid()} {os.readlink('/proc/self')}")
        Path(f"done {use}").touch()
        os.fork()  # both wait, and only a kill can end them
        while True:
            signal.pause()

    def nursery() -> list[str]:
        if kind == "ordinary":
            become_ordinary()
        apart.enter()
        apart.mount_private(str(tmp_path), SIZE, 1000)
        work = tmp_path / "work"
        work.mkdir()
        for use in ("arrays", "shells", "threads"):  # each in a fresh kernel
            pid = apart.fork_apart(lambda use=use: student(work, use))
            while not work.joinpath(f"done {use}").exists():
                assert os.waitpid(pid, os.WNOHANG)[0] == 0, "it has ended"
            assert memory.total_bytes(watching.descendants(pid)) > 0
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            assert work.joinpath("pids").read_text() == "2 2"
            work.rename(tmp_path / use)
            work.mkdir()
        return sorted(os.listdir(tmp_path))

    assert in_child(nursery) == ["arrays", "shells", "threads", "work"]
    assert os.listdir(tmp_path) == []
