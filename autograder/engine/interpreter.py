"""An IPython kernel without ZeroMQ: it runs cells and tells their outputs.

The shell is `ipykernel`'s own, so that magics, rich outputs, plots, comms and
tracebacks are those of any notebook. Only the last step differs: messages that a
kernel would publish on its IOPub socket go to a function. There is no thread and no
socket, so an interpreter can be made in a warm parent and be ready after a fork.
"""

from __future__ import annotations

import ast
import gc
import io
import math
import os
import random
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from itertools import chain
from typing import Any, cast

import numpy.random
from ipykernel.ipkernel import IPythonKernel
from IPython.core.history import HistoryManager
from jupyter_client.session import Session
from msgspec.msgpack import Ext

from autograder.engine.wire.errors import CELL_FILE

Output = dict[str, Any]
Publish = Callable[[Output], None]

CUT: Output = {
    "output_type": "stream",
    "name": "stdout",
    "text": "\n[the rest of the output was cut off]\n",
}
OBJECT = 64  # bytes that the smallest object takes
DEEPEST = 100  # lists and dictionaries in one another
KEPT = ("stream", "display_data", "update_display_data", "execute_result", "error")
"""Messages that become outputs of a cell; the rest (comms, payloads) has no reader."""


class _Publisher(Session):
    """A Jupyter session whose messages go to `publish` instead of a socket."""

    publish: Publish = staticmethod(lambda output: None)

    def send(
        self, stream: Any, msg_or_type: Any, content: Any = None, *_: Any, **__: Any
    ) -> Any:
        """Hand on what belongs to a cell's outputs, in notebook form."""
        if isinstance(msg_or_type, dict):
            kind, content = msg_or_type["header"]["msg_type"], msg_or_type["content"]
        else:
            kind = msg_or_type
        if kind in KEPT:
            self.publish({"output_type": kind, **(content or {})})
        elif kind == "clear_output":
            self.publish({"output_type": "clear_output"})


class _Stream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr` of a cell: collects text, hands it on in pieces."""

    encoding = "utf-8"
    errors = "replace"
    piece = 1 << 14

    def __init__(self, name: str, session: _Publisher) -> None:
        self.name, self._session = name, session
        self._parts: list[str] = []
        self._length = 0
        self._lock = threading.RLock()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        with self._lock:
            self._parts.append(text)
            self._length += len(text)
            if self._length > self.piece:
                self.flush()
        return len(text)

    def flush(self) -> None:
        with self._lock:
            text, self._parts, self._length = "".join(self._parts), [], 0
            if text:
                self._session.send(None, "stream", {"name": self.name, "text": text})


class Interpreter:
    """A kernel in this process. Make one in the warm parent, then fork."""

    def __init__(self) -> None:
        # else a thread writes a database
        HistoryManager.enabled = False  # type: ignore[assignment]
        self.session = _Publisher(key=b"")
        self.kernel = IPythonKernel(session=self.session)
        self.shell = shell = cast(Any, self.kernel.shell)
        shell.system = _run_in_shell
        shell.enable_gui = lambda gui=None: None  # there is no event loop
        shell.compile.get_code_name = _code_name
        self._transform = shell.transform_cell
        shell.transform_cell = self._transform_if_needed
        self.namespace: dict[str, Any] = shell.user_ns
        self._prepare_plots()
        self._warm_up()

    @staticmethod
    def _prepare_plots() -> None:
        """Let plots be shown inline; the backend attaches itself to the shell."""
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
        with suppress(ImportError):
            import matplotlib.pyplot as plt
            import matplotlib_inline.backend_inline  # noqa: F401

            plt.close(plt.figure())  # loads the backend

    def _warm_up(self) -> None:
        """Load what the first cell and the first traceback load."""
        for source in ("None", "%time None", "1 / 0", "def _(): raise ValueError\n_()"):
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                self.shell.run_cell(source)
        self.shell.reset()
        self.shell.execution_count = 1
        sys.last_value = sys.last_traceback = None

    def begin(self, publish: Publish, folder: str) -> None:
        """Start a new life after a fork: own outputs, folder and random numbers."""
        self.session.publish = publish
        gc.set_threshold(50_000, 20, 20)  # calls make many short-lived containers
        os.chdir(folder)
        self.namespace["_dh"][:] = [folder]
        sys.stdout = _Stream("stdout", self.session)
        sys.stderr = _Stream("stderr", self.session)
        tempfile.tempdir = None
        random.seed()
        numpy.random.seed()

    def _transform_if_needed(self, source: str) -> str:
        """IPython's transformation, which is slow, for cells that need it."""
        if not self.shell.input_transformers_post:
            with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
                ast.parse(source)
                return source if source.endswith("\n") else source + "\n"
        return self._transform(source)

    def run(self, source: str) -> str | None:
        """Run one cell; return the name of the exception that ended it, or None."""
        result = self.shell.run_cell(source, store_history=True)
        self.flush()
        error = result.error_before_exec or result.error_in_exec
        return None if error is None else type(error).__name__

    def show(self, value: Any) -> None:
        """Publish the value of a cell's last expression."""
        data, metadata = self.shell.display_formatter.format(value)
        self.session.publish(
            {"output_type": "execute_result", "data": data, "metadata": metadata}
        )

    @staticmethod
    def flush() -> None:
        """Hand on what has been printed; a cell may have put anything there."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()


def _code_name(source: str, transformed: str, number: int) -> str:
    """The file name of a cell's code in tracebacks."""
    return f"{CELL_FILE}{number}"


def _run_in_shell(command: str) -> None:
    """`!command` without the pseudo-terminal that a confined process cannot open."""
    if told := subprocess.getoutput(command, errors="replace"):
        print(told)


def size_of(value: Any, depth: int = 0) -> float:
    """Bytes that an output takes, about: in memory, where nothing is free.

    Those of one that is too deep for some reader are without end.
    """
    if depth > DEEPEST:
        return math.inf
    if isinstance(value, dict):
        parts = chain(value.keys(), value.values())
        return OBJECT + sum(size_of(part, depth + 1) for part in parts)
    if isinstance(value, (list, tuple)):
        return OBJECT + sum(size_of(part, depth + 1) for part in value)
    if isinstance(value, Ext):  # which no honest side sends
        return OBJECT + memoryview(value.data).nbytes
    return OBJECT + len(value) if isinstance(value, (str, bytes)) else OBJECT
