"""Warm, confined kernels for whatever speaks Jupyter (`jupyter_client` provisioner).

A kernelspec asks for one like this:

    {"display_name": "Python 3 (confined)", "language": "python", "argv": [],
     "metadata": {"kernel_provisioner": {
         "provisioner_name": "autograder-warm",
         "config": {"preload": ["numpy", "matplotlib.pyplot"]}}}}
"""

from __future__ import annotations

import os
import shutil
import socket
from dataclasses import asdict
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import List, Unicode

from autograder.engine import disk, kernel
from autograder.engine.session import Limits

CHANNELS = ("shell", "iopub", "stdin", "hb", "control")


class _ForkedKernel:
    """As much of `subprocess.Popen` as a provisioner needs."""

    stdin = stdout = stderr = None
    pid = 0

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._code: int | None = None

    def poll(self) -> int | None:
        self._line.setblocking(False)
        try:
            if self._code is None:
                self._code = int(self._line.recv(100) or b"1")
        except BlockingIOError:
            pass
        except OSError:
            self._code = 1
        return self._code

    def wait(self) -> int:
        code = self.poll()
        self._line.close()  # the nursery ends with whatever the kernel has started
        return code or 0

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            self._line.send(str(int(number)).encode())

    def kill(self) -> None:
        self._line.close()
        self._code = -9

    terminate = kill


class WarmProvisioner(LocalProvisioner):
    """Forks kernels from a warm parent; they talk over Unix sockets, not a network."""

    preload = List(Unicode(), ["numpy", "matplotlib.pyplot"]).tag(config=True)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose a private folder for the sockets before nbclient asks for ports."""
        manager: Any = self.parent
        self._private = disk.claim()
        manager.transport, manager.ip = "ipc", str(self._private / "s")
        manager.cache_ports = False
        for number, channel in enumerate(CHANNELS, start=1):
            setattr(manager, f"{channel}_port", number)
        return await super().pre_launch(**kwargs)

    async def launch_kernel(
        self, cmd: list[str], **kwargs: Any
    ) -> KernelConnectionInfo:
        """Fork a confined kernel; its folder is all that it can write."""
        folder = os.path.abspath(kwargs.get("cwd") or os.getcwd())
        connection_file = self._private / "connection.json"
        manager: Any = self.parent
        shutil.copy(manager.connection_file, connection_file)
        home = str(self._private)
        parent = kernel.warm_parent(tuple(self.preload), jupyter=True)
        line, judge = parent.open(
            {
                "jupyter": {"folder": folder, "connection_file": str(connection_file)},
                "folders": [folder, home],
                "limits": {**asdict(Limits()), "submission_seconds": 86_400},
                "environment": {"HOME": home, "IPYTHONDIR": home, "MPLCONFIGDIR": home},
                "own_user": False,
            }
        )
        judge.close()
        self.process = _ForkedKernel(line)  # type: ignore[assignment]
        return self.connection_info

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the sockets."""
        disk.remove(self._private)
