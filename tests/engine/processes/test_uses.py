"""What notebooks do works in the sandbox, under both kinds of user."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.engine.processes import landlock
from tests.engine.processes import uses
from tests.engine.processes.confined import (
    KINDS,
    ORDINARY,
    become_ordinary,
    confine,
    in_child,
    is_root,
)

ROOT = Path(__file__).resolve().parents[3]
QUICK = [
    uses.arrays, uses.plots, uses.music, uses.shells, uses.threads, uses.processes,
    uses.files, uses.waiting, uses.event_loops,
]  # fmt: skip


def run(use: Callable[[], None], kind: str, folder: Path) -> None:
    if kind == "own user" and not is_root:
        pytest.skip("needs root")
    work = folder / "work"
    work.mkdir()
    in_child(use, lambda: confine(kind, work))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("use", [use.__name__ for use in QUICK])
def test_works(use: str, kind: str, tmp_path: Path) -> None:
    run(getattr(uses, use), kind, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_networks_work(kind: str, tmp_path: Path) -> None:
    if kind == "own user" and not is_root:
        pytest.skip("needs root")
    code = (  # in a new interpreter: TensorFlow survives no fork once it has run
        "from pathlib import Path; from tests.engine.processes import test_uses;"
        f"test_uses.run(test_uses.uses.networks, {kind!r}, Path({str(tmp_path)!r}))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("abi", ["3", "5"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("use", ["files", "threads", "event_loops"])
def test_works_with_older_landlock(
    use: str, kind: str, abi: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (kind, use, abi[0]) == ("ordinary", "event_loops", "3"):
        pytest.skip("the same as with version 5")
    monkeypatch.setenv(landlock.PRETENDED, abi)
    landlock.version.cache_clear()
    try:
        assert landlock.version() == min(int(abi), landlock.version())
        run(getattr(uses, use), kind, tmp_path)
    finally:
        landlock.version.cache_clear()


@pytest.mark.parametrize("kind", KINDS)
def test_files_of_others_are_out_of_reach(kind: str, tmp_path: Path) -> None:
    if kind == "own user" and not is_root:
        pytest.skip("needs root")
    secret = tmp_path / "secret"
    secret.write_text("x")
    work = tmp_path / "work"
    work.mkdir()

    def attempt() -> list[str]:
        found = []
        for mode in ("r", "w"):
            try:
                secret.open(mode).close()
                found.append(mode)
            except PermissionError:
                pass
        done = subprocess.run(["cat", secret], capture_output=True)
        return [*found, done.stdout.decode()]

    secret.chmod(0o666)
    assert in_child(attempt, lambda: confine(kind, work)) == [""]


@pytest.mark.parametrize("abi", ["5", "7"])
@pytest.mark.parametrize("kind", KINDS)
def test_signals_reach_nobody_else(
    kind: str, abi: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "own user" and not is_root:
        pytest.skip("needs root")
    monkeypatch.setenv(landlock.PRETENDED, abi)
    landlock.version.cache_clear()
    work = tmp_path / "work"
    work.mkdir()

    def victim_and_attacker() -> list[bool]:
        if kind == "ordinary":  # of the same user, so only the sandbox is in between
            become_ordinary()
        victim = os.fork()
        if not victim:
            signal.pause()
        os.kill(victim, 0)

        def attack() -> list[bool]:
            tries = [(os.kill, victim), (os.killpg, os.getpgid(victim))]
            return [refused(act, who) for act, who in tries]

        def refused(act: Callable[[int, int], None], who: int) -> bool:
            try:
                act(who, signal.SIGKILL)
            except (PermissionError, ProcessLookupError):
                return True
            return False

        found = in_child(attack, lambda: confine(kind, work))
        alive = os.waitpid(victim, os.WNOHANG)[0] == 0
        os.kill(victim, signal.SIGKILL)
        return [*found, alive]

    try:
        if is_root:
            os.chown(work, ORDINARY, ORDINARY)
        own_session = os.setsid  # the group of the victim is not the tests' own
        assert in_child(victim_and_attacker, own_session) == [True] * 3
    finally:
        landlock.version.cache_clear()
