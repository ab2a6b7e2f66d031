"""The warm parent: a process that has imported everything, and forks nurseries.

    grader ── control ──> warm parent ── fork ──> nursery of one submission
                                                    ├─ the judge (holds the tests)
                                                    └─ the student (confined)

The parent and the nurseries hold no test and no solution: what a student's process
inherits from them tells nothing.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import NoReturn

import msgspec

from autograder.engine.limits import Limits
from autograder.engine.processes import cgroup, disk, landlock, layers, libc, watching
from autograder.engine.processes.nursery import Nursery
from autograder.engine.processes.system_calls import call_filter
from autograder.engine.processes.watching import note

ROOT = Path(__file__).resolve().parents[3]
KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
QUIET = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",  # the order of a set is part of what a test sees
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "NBGRADER_EXECUTION": "autograde",
    # idle threads of a BLAS spin, and take the cores from whoever waits for an answer
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
LOG = "AUTOGRADER_LOG"
PAUSE_SECONDS = 1.0


@cache
def log_file() -> Path:
    """Where a run's processes tell what was started, limited and killed, and why.

    A new file; or the one that the environment names, so that workers share one.
    """
    if LOG in os.environ:
        return Path(os.environ[LOG])
    descriptor, name = tempfile.mkstemp(".log", f"autograder-{date.today()}-")
    os.close(descriptor)
    return Path(name)


# --- seen from the grader ---------------------------------------------------------


class WarmParent:
    """A process with `preload` imported, from which submissions are forked."""

    def __init__(self, preload: Iterable[str], environment: dict[str, str]) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        kept = {k: v for k, v in os.environ.items() if k in KEPT_ENVIRONMENT}
        _sweep()
        with theirs, log_file().open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno()), *preload],
                env={**kept, **QUIET, "PYTHONPATH": str(ROOT), **environment},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                start_new_session=True, pass_fds=[theirs.fileno()],
            )  # fmt: skip
        atexit.register(self.close)

    def open(
        self, limits: Limits, places: Iterable[Path]
    ) -> tuple[socket.socket, socket.socket]:
        """Begin a submission: the line to its nursery and the one to its judge.

        Closing the first ends the submission and every process of it. `places` are
        where the submission's and the course's files lie: they are not told, but
        shown, as student code need not know.
        """
        supervision, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        judge, judges = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        folders = [os.open(place, os.O_RDONLY | os.O_DIRECTORY) for place in places]
        try:
            given = [theirs.fileno(), judges.fileno(), *folders]
            socket.send_fds(self._control, [msgspec.json.encode(limits)], given)
        except OSError:
            supervision.close()
            judge.close()
            raise
        finally:
            theirs.close()
            judges.close()
            for folder in folders:
                os.close(folder)
        return supervision, judge

    def close(self) -> None:
        """End the parent and everything that it has forked."""
        self._control.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()


_parents: dict[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], WarmParent] = {}


def warm_parent(
    preload: tuple[str, ...], environment: tuple[tuple[str, str], ...] = ()
) -> WarmParent:
    """The parent for this list of modules; a dead one is replaced."""
    key = preload, environment
    found = _parents.get(key)
    if found is None or found.process.poll() is not None:
        if found:
            found.close()
        found = _parents[key] = WarmParent(preload, dict(environment))
    return found


# --- the parent itself ------------------------------------------------------------


def _main(descriptor: int, preload: Sequence[str]) -> NoReturn:
    control = socket.socket(fileno=descriptor)
    libc.adopt_orphans()
    profile = disk.claim()
    os.environ["IPYTHONDIR"] = str(profile)
    interpreter = _warm_up(preload)
    note(f"warm with {', '.join(preload)}")
    gc.collect()
    gc.freeze()  # keeps the collector from touching, and so copying, shared pages
    nurseries: set[int] = set()
    control.settimeout(PAUSE_SECONDS)
    while True:
        _reap(nurseries)
        try:
            message, descriptors, _, _ = socket.recv_fds(control, 1 << 20, 4)
        except TimeoutError:
            continue
        if not message:
            break
        limits = msgspec.json.decode(message, type=Limits)
        nursery = partial(Nursery.begin, limits, descriptors, interpreter)
        nurseries.add(watching.fork(nursery, descriptors))
        for descriptor in descriptors:
            os.close(descriptor)
    watching.send_signal(nurseries, signal.SIGTERM)
    while nurseries:
        time.sleep(0.01)
        _reap(nurseries)
    disk.remove(profile)
    cgroup.sweep()
    os._exit(0)


def _warm_up(preload: Iterable[str]) -> object:
    """Import what judges and students need, and make the interpreter they inherit."""
    layers.effective()  # what was found and made here is inherited
    if layers.calls_are_filtered():
        call_filter(layers.own_user(), landlock.version())
    for name in preload:
        with suppress(ImportError):
            importlib.import_module(name)
    from autograder.engine.interpreter import Interpreter
    from autograder.engine.judge import main as _judge  # noqa: F401
    from autograder.engine.student import side as _side  # noqa: F401

    if str(ROOT) in sys.path and ROOT.name != "site-packages":
        sys.path.remove(str(ROOT))  # a repository: courses lie there, not packages
    return Interpreter()


def _reap(nurseries: set[int]) -> None:
    """Bury dead nurseries; kill what one that was killed itself has left behind."""
    while found := watching.reap():
        pid, status = found
        if pid in nurseries and status:
            note(f"nursery {pid} died: {watching.describe_exit(status)}")
            _sweep()
        nurseries.discard(pid)
    watching.kill_below(spare=nurseries)


def _sweep() -> None:
    """Remove what killed processes have left."""
    disk.sweep()
    cgroup.sweep()


if __name__ == "__main__":
    # the module that runs as __main__ and the one that others import are two: use one
    from autograder.engine.processes import parent

    parent._main(int(sys.argv[1]), sys.argv[2:])
