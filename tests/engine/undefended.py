"""A grader that defends nothing: here every attack of the bank must show that it works.

    tests ── a line of JSON ──> template (has everything imported)
                                 └─ watcher: counts what is used, and kills
                                     └─ grader (a user of its own, if root)
                                         └─ the notebook with its tests, in IPython,
                                            or the naive reader and a student's side

The machine itself is safe: limits lie somewhat above what an attack needs, the run ends
once the effect that one waits for has been seen, and nothing of it is left.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

SECONDS = 30  # a run ends when its effect is seen: only a busy machine needs so many
HUNG_SECONDS = 4
LINGERING = 0.3
MORE_THAN = {
    "memory": 1200 << 20,
    "processes": 100,
    "disk": 150 << 20,
    "files": 5000,
    "output": 20 << 20,
    "time": 0.7,
}
"""Effects that are counted: bytes, tasks, inodes, seconds of computing."""

LIMITS = {
    resource.RLIMIT_DATA: 6 << 30,
    resource.RLIMIT_FSIZE: 64 << 20,
    resource.RLIMIT_CPU: 10,
    resource.RLIMIT_CORE: 0,
}
PROCESSES = 150
TOUCHED = 7
KEEPCAPS, DUMPABLE, SUBREAPER = 8, 4, 36
ROOT = Path(__file__).parents[2]
_libc = ctypes.CDLL(None, use_errno=True)


# --- seen from the tests ----------------------------------------------------------


class Undefended:
    """The template, and how to ask it for a run."""

    def __init__(self, secret: str) -> None:
        self._home = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            env={**os.environ, "GRADER_TOKEN": secret, "OPENBLAS_NUM_THREADS": "1",
                 "NBGRADER_EXECUTION": "autograde", "IPYTHONDIR": self._home.name,
                 "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip

    def effects(
        self, course: Path, awaited: str = "", over_a_line: bool = False
    ) -> set[str]:
        """Run the notebook that lies there; what was seen, at least until `awaited`.

        The student has a process of its own if it is to send messages.
        """
        assert self._process.stdin and self._process.stdout
        job = {"course": str(course), "awaited": awaited, "line": over_a_line}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        if not select.select([self._process.stdout], [], [], 10 * SECONDS)[0]:
            raise TimeoutError("the watcher itself has been stopped")
        return set(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End the template."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)
        self._home.cleanup()


def is_root() -> bool:
    """Whether a run has a user of its own, so that others are safe from it."""
    return os.geteuid() == 0


def result(course: Path) -> dict[str, Any]:
    """What the student's process has written in the end: outputs and points."""
    with suppress(OSError, ValueError):
        found = json.loads(course.with_name("result.json").read_text())
        if isinstance(found, dict):
            return found
    return {}


# --- the template and the watcher -------------------------------------------------


def main() -> None:
    """Fork a watcher for every line of standard input."""
    import IPython
    import numpy.testing  # noqa: F401

    shell = _shell(IPython.InteractiveShell)
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _watch(json.loads(line), shell)
            return
        os.waitpid(pid, 0)


def _watch(job: dict[str, Any], shell: Any) -> None:
    course, awaited = Path(job["course"]), job["awaited"]
    user = 20000 + os.getpid() % 40000 if is_root() else None
    _libc.prctl(SUBREAPER, 1, 0, 0, 0)
    grader = os.fork()
    if not grader:
        _grade(course, user, None if job["line"] else shell)
        return  # only the student's process gets here: it ends as any Python does
    seen: set[str] = set()
    try:
        _observe(course, awaited, grader, seen)
    except Exception:
        traceback.print_exc()
        seen.add("unclear")
    finally:
        _kill_all(user)
        os.write(1, json.dumps(sorted(seen)).encode() + b"\n")
        os._exit(0)


def _observe(course: Path, awaited: str, grader: int, seen: set[str]) -> None:
    """Add to `seen` until the run ends, or `awaited` is among it, or time is over."""
    end = time.monotonic() + (HUNG_SECONDS if awaited == "hung" else SECONDS)
    status = None
    while status is None and awaited not in seen and time.monotonic() < end:
        seen.update(_used_too_much(course, awaited))
        status = _ended(grader)
        if awaited in ("points", "secret") and result(course):
            return
        time.sleep(0.01)
    if status is not None:
        seen.update(_afterwards(course, status))
    elif awaited not in seen:
        seen.add("hung")


def _ended(pid: int) -> int | None:
    """Bury whoever is dead; the wait status of `pid` if it was among them."""
    found = None
    with suppress(ChildProcessError):
        while (dead := os.waitpid(-1, os.WNOHANG))[0]:
            if dead[0] == pid:
                found = dead[1]
    return found


def _afterwards(course: Path, status: int) -> Iterator[str]:
    if os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == TOUCHED:
        yield "neighbour"
    elif status:
        yield "uncleaned"
    if not result(course):
        yield "stopped"
    yield from _used_too_much(course, "output")
    end = time.monotonic() + LINGERING
    while _family() and time.monotonic() < end:
        time.sleep(0.01)
        _ended(0)
    if _family():
        yield "survivor"


def _kill_all(user: int | None) -> None:
    """End every descendant; with a user of their own all at the same moment."""
    while True:
        if user is not None and not os.fork():
            os.setresuid(user, user, user)
            with suppress(OSError):
                os.kill(-1, signal.SIGKILL)
            os._exit(0)
        for process in _family() if user is None else []:
            with suppress(psutil.Error):
                process.kill()
        time.sleep(0.005)
        _ended(0)
        if not _family():
            return


# --- what is counted --------------------------------------------------------------


def _family() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _used_too_much(course: Path, awaited: str) -> Iterator[str]:
    """Which effects, or whether the awaited one, are larger than in an honest run."""
    family = _family()
    for name, most in MORE_THAN.items():
        if awaited in (name, "") and _COUNTS[name](course, family) > most:
            yield name


def _sum(count: Callable[[psutil.Process], float]) -> Callable[..., float]:
    def total(course: Path, family: list[psutil.Process]) -> float:
        found = 0.0
        for process in family:
            with suppress(psutil.Error, OSError, ValueError):
                found += count(process)
        return found

    return total


def _memory(process: psutil.Process) -> float:
    """Most bytes that this process has used, tables of its pages included."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    most, tables = (int(n) << 10 for n in re.findall(r"Vm(?:HWM|PTE):\s*(\d+)", status))
    return max(process.memory_full_info().pss, most) + tables


def _seconds(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:4])


def _nameless(process: psutil.Process) -> float:
    """Bytes in open files that no folder holds any more."""
    found = 0
    for link in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(OSError):
            about = link.stat()
            found += about.st_blocks * 512 if not about.st_nlink else 0
    return found


def _disk(course: Path, family: list[psutil.Process]) -> float:
    return 1024 * _du(course, "-sk") + _sum(_nameless)(course, family)


def _du(course: Path, *options: str) -> int:
    """What `du` says: it copes with any depth."""
    command = ["du", *options, str(course / "work")]
    said = subprocess.run(command, capture_output=True, text=True)
    return int(said.stdout.split()[0]) if said.stdout else 0


_COUNTS: dict[str, Callable[[Path, list[psutil.Process]], float]] = {
    "memory": _sum(_memory),
    "processes": _sum(psutil.Process.num_threads),
    "disk": _disk,
    "files": lambda course, _: _du(course, "-s", "--inodes"),
    "output": lambda course, _: sum(f.stat().st_size for f in _written(course)),
    "time": _sum(_seconds),
}


def _written(course: Path) -> Iterator[Path]:
    for name in ("output", "result.json"):
        if course.with_name(name).exists():
            yield course.with_name(name)


# --- the grader and the student ---------------------------------------------------


def _grade(course: Path, user: int | None, shell: Any) -> None:
    """Wait for the notebook's process and clean up, like any simple script."""
    world = course.parent
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(world / "output", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    for theirs, ours in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(theirs, ours)
    if user is not None:
        subprocess.run(["chown", "-R", f"{user}:{user}", str(world)], check=True)
        _become(user)
    _libc.prctl(DUMPABLE, 1, 0, 0, 0)
    os.open(
        course / "source/ps1/notebook.ipynb", os.O_RDONLY
    )  # forgotten, so inherited
    os.setsid()
    before = _condition()
    student = os.fork()
    if not student:
        _study(course, user, shell)
        return
    os.waitpid(student, 0)
    if _condition() != before:
        os._exit(TOUCHED)
    try:
        shutil.rmtree(course / "work")
    except (OSError, RecursionError):
        os._exit(1)
    os._exit(0)


def _condition() -> Any:
    """What nobody else may change about this process."""
    texts = [
        Path("/proc/self", name).read_text() for name in ("limits", "oom_score_adj")
    ]
    return texts, os.nice(0), os.sched_getaffinity(0)


def _become(user: int) -> None:
    """Give up root but for reading: Python may lie in a private folder."""
    _libc.prctl(KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    reading = 1 << 2  # CAP_DAC_READ_SEARCH
    _libc.capset(header, (ctypes.c_uint32 * 6)(reading, reading, 0, 0, 0, 0))


def _study(course: Path, user: int | None, shell: Any) -> None:
    """Run the notebook and write down what it earns, in this very process."""
    for kind, most in LIMITS.items():
        resource.setrlimit(kind, (most, most))
    if user is not None:
        resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))
    os.environ["HOME"] = str(course.parent / "home")
    os.chdir(course / "work")
    sys.path.insert(0, "")
    notebook = json.loads(Path("notebook.ipynb").read_text())
    cells = _run(notebook, shell) if shell else _run_over_a_line(notebook)
    if Path("timestamp.txt").exists():
        Path("timestamp.txt").read_text()
    names = "\n".join(sorted(os.listdir(".")))
    (course.parent / "files").write_text(names, "utf-8")
    master = json.loads((course / "source/ps1/notebook.ipynb").read_text())
    points = {
        about["grade_id"]: _points(about["grade_id"], cells)
        for cell in master["cells"]
        if (about := cell["metadata"].get("nbgrader", {})).get("grade")
    }
    text = json.dumps({"cells": cells, "points": points}, ensure_ascii=False)
    (course.parent / "result.json").write_bytes(text.encode())


def _run(notebook: dict[str, Any], shell: Any) -> list[dict[str, Any]]:
    """Run a notebook as it was handed in; everything that it says is believed."""
    kernel = notebook["metadata"].get("kernelspec", {}).get("name", "python3")
    if kernel != "python3":
        raise LookupError(f"no such kernel: {kernel}")
    ran = []
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        outputs = cell["outputs"]  # a cell that has some was run at home
        if not outputs and "skip-execution" not in cell["metadata"].get("tags", []):
            outputs = shell.outputs_of("".join(cell["source"]))
        ran.append({"metadata": cell["metadata"], "outputs": outputs})
    return ran


def _run_over_a_line(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    from tests.engine.naive_reader import run_over_a_line

    return run_over_a_line(notebook)


def _points(name: str, ran: list[dict[str, Any]]) -> float:
    """Full points, as many as the file says, unless the last cell of this name fails.

    As in nbgrader, a number that is its result says how many.
    """
    points = 1.0
    for cell in ran:
        about = cell["metadata"].get("nbgrader", {})
        if about.get("grade_id") == name:
            told = (_said(output) for output in cell["outputs"])
            said = next((points for points in told if points is not None), None)
            points = about.get("points", 1) if said is None else said
    return points


def _said(output: dict[str, Any]) -> float | None:
    if output["output_type"] == "execute_result":
        return float(output["data"]["text/plain"])
    return 0 if output["output_type"] == "error" else None


def _shell(base: Any) -> Any:
    """IPython that keeps what a cell shows, as kernels do."""
    from IPython.core.displaypub import DisplayPublisher
    from traitlets.config import Config

    class Publisher(DisplayPublisher):
        def publish(self, data: Any, *args: Any, **options: Any) -> None:
            print(data)

    class Shell(base):
        def _showtraceback(self, kind: Any, value: Any, lines: Any) -> None:
            """Keep an error as an output."""
            self.errors.append(
                {"output_type": "error", "ename": kind.__name__, "evalue": str(value)}
            )

        def init_display_pub(self) -> None:
            self.display_pub = Publisher(parent=self, shell=self)

        def outputs_of(self, source: str) -> list[dict[str, Any]]:
            """Run a cell; what it has shown."""
            self.errors: list[dict[str, Any]] = []
            start = os.fstat(1).st_size
            self.run_cell(source, store_history=True)
            sys.stdout.flush()
            sys.stderr.flush()
            text = os.pread(1, 1 << 20, start).decode("utf-8", "replace")
            return [{"output_type": "stream", "text": text}, *self.errors]

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    return Shell.instance(config=config)


if __name__ == "__main__":
    main()
