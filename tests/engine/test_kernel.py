"""Warm kernels: what they inherit, who speaks to them, what is left of them."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import KernelProvisionerFactory

from autograder.engine import kernel
from autograder.engine.provisioner import WarmProvisioner
from autograder.engine.session import Settings
from tests.engine.small_course import cell, grade, solution

CELLS = [
    cell("setup", "setup", "import numpy as np"),
    solution("f", "def f(): return np.ones(2)"),
    cell("test", "test_f", "assert f().sum() == 2"),
]


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KernelManager:
    """A manager of a kernelspec that asks for our provisioner."""
    folder = tmp_path / "specs" / "confined"
    folder.mkdir(parents=True)
    about = {"kernel_provisioner": {"provisioner_name": "autograder-warm"}}
    spec = {"argv": [], "display_name": "x", "language": "python", "metadata": about}
    folder.joinpath("kernel.json").write_text(json.dumps(spec))
    specs = KernelSpecManager(kernel_dirs=[str(folder.parent)])
    factory = KernelProvisionerFactory.instance()
    entry = type("Entry", (), {"load": staticmethod(lambda: WarmProvisioner)})
    monkeypatch.setitem(factory.provisioners, "autograder-warm", entry)
    return KernelManager(kernel_name="confined", kernel_spec_manager=specs)


def interrupt(manager: KernelManager, client: Any) -> Any:
    """The reply of what was interrupted; ipykernel itself may swallow one signal."""
    for _ in range(10):
        manager.interrupt_kernel()
        with suppress(queue.Empty):
            return client.get_shell_msg(timeout=6)
    raise AssertionError("it could not be interrupted")


def test_speaks_jupyter(manager: KernelManager, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    manager.start_kernel(cwd=str(work))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        told = []
        source = "import os, socket\nprint(os.getcwd(), os.environ.get('HOME'))\n1 + 1"
        client.execute_interactive(source, timeout=60, output_hook=told.append)
        assert str(work) in str(told) and "'text/plain': '2'" in str(told)
        told.clear()
        source = f"open({str(tmp_path / 'x')!r}, 'w')"
        client.execute_interactive(source, timeout=60, output_hook=told.append)
        assert "PermissionError" in str(told)
        endless = client.execute("print('running', flush=True)\nwhile True: pass")
        while "running" not in str(client.get_iopub_msg(timeout=60)["content"]):
            pass
        reply = interrupt(manager, client)
        assert reply["parent_header"]["msg_id"] == endless
        told.clear()
        client.execute_interactive("'alive'", timeout=60, output_hook=told.append)
        assert "alive" in str(told)
        assert manager.is_alive()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert not manager.is_alive()


def test_starts_fast() -> None:
    """A fork is ready in far less than 0.2 s of processor time."""
    grade(CELLS)
    started = time.monotonic()
    for _ in range(3):
        grade(CELLS)
    assert (time.monotonic() - started) / 3 < 1.0


def test_cold_kernels_judge_alike() -> None:
    assert grade(CELLS, settings=Settings(cold=True)).points == {"test_f": 1}
    wrong = {"f": "def f(): return np.zeros(2)"}
    assert grade(CELLS, wrong, settings=Settings(cold=True)).points == {"test_f": 0}


@pytest.mark.parametrize("victim", ["grader", "parent", "nursery", "both"])
def test_nothing_outlives_a_kill(victim: str, tmp_path: Path) -> None:
    """Kill -9 of any process of ours leaves none of the student's behind."""
    marker = "x" + os.urandom(4).hex()
    script = tmp_path / "grader.py"
    script.write_text(f"""
from tests.engine.small_course import cell, grade, solution
daemon = '''
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        import subprocess
        subprocess.run(["sleep", "{int(marker[1:], 16)}"])
    os._exit(0)
time.sleep(60)
'''
grade([solution("f", daemon), cell("test", "test_f", "f()")], cell_seconds=60)
""")
    root = Path(kernel.__file__).parents[2]
    grader = subprocess.Popen([sys.executable, str(script)], cwd=root, env={
        **os.environ, "PYTHONPATH": str(root)})  # fmt: skip
    needle = str(int(marker[1:], 16))
    assert _wait(lambda: _running(needle)), "the daemon should run by now"
    (parent,) = psutil.Process(grader.pid).children()
    nursery = parent.children()[0]
    victims = {"grader": [grader.pid], "parent": [parent.pid],
               "nursery": [nursery.pid], "both": [grader.pid, parent.pid]}  # fmt: skip
    for pid in victims[victim]:
        os.kill(pid, signal.SIGKILL)
    assert _wait(lambda: not _running(needle)), "the daemon should be gone"
    grader.kill()
    grader.wait()


def _running(needle: str) -> bool:
    found = subprocess.run(["ps", "axo", "args"], capture_output=True, text=True)
    return any(
        line.startswith("sleep") and needle in line
        for line in found.stdout.splitlines()
    )


def _wait(condition) -> bool:
    end = time.monotonic() + 15
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False
