"""Warm kernels: a parent process that has imported everything, and its forks.

    grader ── control ──> warm parent ── fork ──> nursery of one submission
                                                    ├─ student kernels (confined)
                                                    └─ the judge (holds the tests)

The parent and the nurseries hold no test and no solution: what a student's kernel
inherits from them tells nothing. A nursery is the subreaper of all that the student's
code starts, so nothing outlives it: daemons, double forks and fork bombs included.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from itertools import pairwise
from multiprocessing.connection import Client, Connection, Listener, Pipe
from pathlib import Path
from typing import Any, NoReturn

from autograder.engine import disk, sandbox

ROOT = Path(__file__).resolve().parents[2]
KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
QUIET = {
    "PYTHONDONTWRITEBYTECODE": "1",
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
TICK = 0.25
STUDENT = "student"


def can_fork() -> bool:
    """Whether warm kernels work on this system."""
    return sys.platform == "linux" and hasattr(socket, "send_fds")


# --- seen from the grader ---------------------------------------------------------


class WarmParent:
    """A process with `preload` imported, from which kernels are forked."""

    def __init__(
        self,
        preload: Iterable[str] = (),
        environment: dict[str, str] | None = None,
        jupyter: bool = False,
    ) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        setup = {
            "preload": list(preload), "control": theirs.fileno(), "jupyter": jupyter,
        }  # fmt: skip
        self.process = _start_python(setup, environment, pass_fds=[theirs.fileno()])
        theirs.close()
        atexit.register(self.close)

    def open(
        self, options: dict[str, Any], places: Iterable[Path] = ()
    ) -> tuple[socket.socket, Connection]:
        """Begin a submission: the line to its nursery and the one to its judge.

        Closing the first ends the submission and every process of it. `places` are
        where the submission's and the course's files lie: they are not told, but
        shown, as student code need not know.
        """
        supervision, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        judge, judges = Pipe()
        folders = [os.open(place, os.O_RDONLY | os.O_DIRECTORY) for place in places]
        with theirs, judges:
            given = [theirs.fileno(), judges.fileno(), *folders]
            socket.send_fds(self._control, [json.dumps(options).encode()], given)
        for folder in folders:
            os.close(folder)
        return supervision, judge

    def close(self) -> None:
        """End the parent and everything that it has forked."""
        self._control.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()


@cache
def warm_parent(
    preload: tuple[str, ...],
    environment: tuple[tuple[str, str], ...] = (),
    jupyter: bool = False,
) -> WarmParent:
    """The parent for this list of modules, started at the first use."""
    return WarmParent(preload, dict(environment), jupyter)


def _start_python(
    setup: dict[str, Any], environment: dict[str, str] | None = None, **more: Any
) -> subprocess.Popen[bytes]:
    """A fresh interpreter with a clean environment that does what `setup` says."""
    disk.sweep()
    kept = {k: v for k, v in os.environ.items() if k in KEPT_ENVIRONMENT}
    return subprocess.Popen(
        [sys.executable, "-m", "autograder.engine.kernel", json.dumps(setup)],
        env={**kept, **QUIET, "PYTHONPATH": str(ROOT), **(environment or {})},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        start_new_session=True, **more,
    )  # fmt: skip


# --- the warm parent --------------------------------------------------------------


def _parent_main(setup: dict[str, Any]) -> NoReturn:
    control = socket.socket(fileno=setup["control"])
    sandbox.adopt_orphans()
    profile = disk.claim()
    os.environ["IPYTHONDIR"] = str(profile)
    interpreter = _warm_up(setup["preload"], setup["jupyter"])
    gc.collect()
    gc.freeze()  # keeps the collector from touching, and so copying, shared pages
    nurseries: set[int] = set()
    control.settimeout(4 * TICK)
    while True:
        _reap(nurseries)
        try:
            message, descriptors, _, _ = socket.recv_fds(control, 1 << 20, 4)
        except TimeoutError:
            continue
        if not message:
            break
        nursery = partial(_nursery_main, message, descriptors, interpreter)
        nurseries.add(fork(nursery, descriptors))
        for descriptor in descriptors:
            os.close(descriptor)
    for pid in nurseries:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    while any(_alive(pid) for pid in nurseries):
        time.sleep(0.01)
        _reap(nurseries)
    disk.remove(profile)
    os._exit(0)


def _nursery_main(message: bytes, descriptors: list[int], interpreter: Any) -> None:
    Nursery(json.loads(message), descriptors, interpreter).run()


def _warm_up(preload: Iterable[str], jupyter: bool = False) -> Any:
    """Import what kernels and judges need, and make the interpreter they inherit."""
    sandbox.missing_layers()  # finds libseccomp while programs can still be run
    sandbox.can_mount()
    for name in preload:
        with suppress(ImportError):
            __import__(name)
    if jupyter:
        import ipykernel.debugger
        import ipykernel.ipkernel
        import ipykernel.kernelapp  # noqa: F401

        return None
    from autograder.engine import judge, student  # noqa: F401
    from autograder.engine.interpreter import Interpreter

    if str(ROOT) in sys.path and ROOT.name != "site-packages":
        sys.path.remove(str(ROOT))  # a repository: courses lie there, not packages
    return Interpreter()


def _reap(nurseries: set[int]) -> None:
    """Bury dead nurseries; kill what one that was killed itself has left behind."""
    for pid in list(nurseries):
        with suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0]:
                nurseries.discard(pid)
    strays = [pid for pid in _children(os.getpid()) if pid not in nurseries]
    for pid in strays:
        kill_tree(pid)


def _alive(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


def fork(child: Callable[[], None], keep: Iterable[int] = ()) -> int:
    """Fork; the child closes all descriptors but `keep`, runs `child` and exits."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _close_all_but({0, 1, 2, *keep})
        child()
        status = 0
    except BaseException:
        sys.__stderr__ and sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def _close_all_but(keep: set[int]) -> None:
    ends = [*sorted(keep), 1 << 20]
    for last, descriptor in pairwise(ends):
        if last + 1 < descriptor:  # given an empty range, closerange() closes all
            os.closerange(last + 1, descriptor)


# --- killing ----------------------------------------------------------------------


def _children(pid: int) -> list[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        files = [f"/proc/{pid}/task/{t}/children" for t in threads]
        return [int(c) for f in files for c in Path(f).read_text().split()]
    except OSError:
        return []


def descendants(pid: int, spare: int = 0) -> list[int]:
    """All processes below `pid`, without the tree of `spare`."""
    found = [child for child in _children(pid) if child != spare]
    for child in found:  # which grows meanwhile: no recursion, chains can be long
        found += _children(child)
    return found


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def kill_tree(pid: int) -> None:
    """Kill a child and its descendants; they are stopped first, so none can fork."""
    seen: list[int] = []
    while (now := [pid, *descendants(pid)]) != seen:
        _signal(now, signal.SIGSTOP)
        seen = now
    _signal(seen, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)


# --- the nursery of one submission ------------------------------------------------


class Nursery:
    """Forks the judge and the student's kernels, watches and buries them."""

    def __init__(
        self, options: dict[str, Any], descriptors: list[int], interpreter: Any
    ) -> None:
        self.options, self.interpreter = options, interpreter
        self.grader = socket.socket(fileno=descriptors[0])
        self.to_judge, *shown = descriptors[1:]
        self.places = [f"/proc/self/fd/{folder}" for folder in shown]
        self.scratch: Path | None = None
        self._mounted = False
        self.judge = self.student = 0
        self.reason = ""
        self._own_memory = 0
        self._spoilt = False
        self._next_watch = 0.0

    def run(self) -> None:
        """Live until the grader closes its line."""
        sandbox.adopt_orphans()
        sandbox.die_with_parent(signal.SIGTERM)
        signal.signal(signal.SIGTERM, lambda *_: self.end())
        self._own_memory = _private_memory(os.getpid())
        if self.places:
            self._make_folders()
        self.user = self._throw_away_user()
        line, judges_line = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if self.options.get("jupyter"):
            self._start_jupyter()
        else:
            self._start_judge(judges_line)
        judges_line.close()
        lines = [self.grader, line]
        while True:
            ready, _, _ = select.select(lines, [], [], TICK)
            if self.grader in ready:
                self._serve_grader()
            if line in ready and not self._serve_judge(line):
                lines.remove(line)
            self._watch()

    def end(self) -> NoReturn:
        """Leave nothing behind."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is being done
        while pids := _children(os.getpid()):
            for pid in pids:
                kill_tree(pid)
        if self.scratch:
            if self._mounted:
                sandbox.unmount(str(self.scratch / STUDENT))
            disk.remove(self.scratch)
        os._exit(0)

    # children

    def _make_folders(self) -> None:
        """Working copies and homes; the student's on an own disk if possible."""
        submission, course = self.places
        limits = self.options["limits"]
        self.scratch = disk.claim()
        self.options |= working_copy(self.scratch, course)
        self._mounted = sandbox.can_mount() and sandbox.mount_private(
            str(self.scratch / STUDENT), limits["disk_bytes"], disk.MOST_FILES
        )
        restore(self.options, submission)

    def _throw_away_user(self) -> int | None:
        """A user id that nobody has, if this process may take one."""
        if not (self.options.get("own_user", True) and sandbox.can_change_user()):
            return None
        user = 1_000_000_000 + os.getpid()
        try:
            for folder in self.options["folders"]:
                for place, _, names in os.walk(folder):
                    for path in (place, *(os.path.join(place, n) for n in names)):
                        os.chown(path, user, user, follow_symlinks=False)
        except OSError:
            return None
        return user

    def _start_judge(self, line: socket.socket) -> None:
        from autograder.engine import judge

        student = self._start_student()

        def live() -> None:
            sandbox.die_with_parent()
            job = Connection(self.to_judge)
            judge.main(job, NurseryLine(line, student), self.interpreter, self.options)

        keep = (self.to_judge, line.fileno(), student.fileno())
        self.judge = fork(live, keep)
        os.close(self.to_judge)
        student.close()

    def _start_student(self) -> Connection:
        """Fork a confined kernel; the judge's end of the line to it."""
        from autograder.engine import student

        judges, students = Pipe()

        def live() -> None:
            self._confine(students.fileno())
            folder = self.options["folders"][0]
            student.main(students, self.interpreter, folder, self.options["limits"])

        self.reason = ""
        self.student = fork(live, [students.fileno()])
        students.close()
        return judges

    def _start_jupyter(self) -> None:
        def live() -> None:
            self._confine()
            _run_jupyter_kernel(self.options["jupyter"])

        os.close(self.to_judge)
        self.student = fork(live)

    def _confine(self, *keep: int) -> None:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os.environ.update(self.options.get("environment", {}))
        confine_student(self.options, self.user)
        sandbox.die_with_parent()  # a change of user id has cleared it

    # requests

    def _serve_grader(self) -> None:
        message = self.grader.recv(100)
        if not message:
            self.end()
        if self.student:
            _signal([self.student], int(message))

    def _serve_judge(self, line: socket.socket) -> bool:
        request = line.recv(100)
        if request == b"interrupt" and self.student:
            _signal([self.student], signal.SIGINT)
        elif request == b"reason":
            self._watch(now=True)
            line.send((self.reason or "the process ended").encode())
        elif request == b"new":
            self._bury_student()
            student = self._start_student()
            with student:
                socket.send_fds(line, [b"student"], [student.fileno()])
        return bool(request)

    # watching

    def _watch(self, now: bool = False) -> None:
        if not now and time.monotonic() < self._next_watch:
            return
        self._next_watch = time.monotonic() + TICK
        with suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                self._note_death(*found)
        if self.student and (reason := self._excess()):
            self.reason = reason
            self._bury_student()

    def _note_death(self, pid: int, status: int) -> None:
        if pid == self.student:
            code = os.waitstatus_to_exitcode(status)
            self.reason = self.reason or _describe_exit(code)
            self.student = 0
            if self.options.get("jupyter"):
                self.grader.send(str(code).encode())

    def _excess(self) -> str:
        """Which limit all the student's processes together exceed, or nothing."""
        limits = self.options["limits"]
        pids = descendants(os.getpid(), spare=self.judge)
        memory = sum(max(0, _private_memory(p) - self._own_memory) for p in pids)
        if memory > limits["memory_bytes"]:
            return "more memory was used than allowed"
        if sum(map(_threads, pids)) > limits["processes"]:
            return "more processes or threads were started than allowed"
        if not self._disk_fits(pids, limits["disk_bytes"]):
            self._spoilt = True
            return "more disk space was used than allowed"
        return ""

    def _disk_fits(self, pids: list[int], most_bytes: int) -> bool:
        if self._mounted:
            left = os.statvfs(self.options["folders"][0])
            return left.f_bavail > 0 and left.f_favail > 0
        open_bytes = sum(map(disk.unlinked_bytes, pids))
        return disk.fits(self.options["folders"], most_bytes - open_bytes)

    def _bury_student(self) -> None:
        """Kill the student's kernel and all that its code has started."""
        while pids := [p for p in _children(os.getpid()) if p != self.judge]:
            for pid in pids:
                kill_tree(pid)
        self.student = 0
        if self._spoilt:
            restore(self.options, self.places[0])
            self.user = self._throw_away_user()
            self._spoilt = False


def confine_student(options: dict[str, Any], user: int | None) -> None:
    """Put this process into the sandbox of a student's kernel."""
    limits = options["limits"]
    sandbox.confine(
        sandbox.Policy(
            writable=tuple(options["folders"]),
            readable=tuple(options.get("readable", ())),
            user=user,
            memory_bytes=limits["memory_bytes"],
            processes=limits["processes"],
            file_bytes=limits["file_bytes"],
            open_files=limits["open_files"],
            cpu_seconds=int(limits["submission_seconds"]),
        )
    )


class NurseryLine:
    """What the judge asks its nursery for."""

    def __init__(self, line: socket.socket, first: Connection) -> None:
        self._line, self._first = line, [first]

    def student(self) -> Connection:
        """The line to a fresh kernel; the one before is killed."""
        if self._first:
            return self._first.pop()
        self._line.send(b"new")
        _, descriptors, _, _ = socket.recv_fds(self._line, 100, 1)
        return Connection(descriptors[0])

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the student's kernel."""
        self._line.send(b"interrupt")

    def reason(self) -> str:
        """Why the student's kernel is gone."""
        self._line.send(b"reason")
        return self._line.recv(1000).decode()


def working_copy(scratch: Path, course: str) -> dict[str, Any]:
    """Make the judge's folders, with the course's own files; options that name all."""
    work, home = str(scratch / STUDENT / "work"), str(scratch / STUDENT / "home")
    judge = scratch / "judge"
    scratch.chmod(0o711)
    scratch.joinpath(STUDENT).mkdir(0o711)
    judge.mkdir(0o700)
    judge.joinpath("home").mkdir()
    skip = shutil.ignore_patterns("*.ipynb", ".ipynb_checkpoints")
    with suppress(shutil.Error):  # links to nowhere: a set-up cell will complain
        shutil.copytree(course, judge / "work", ignore=skip)
    return {
        "folders": [work, home],
        "judge_folders": [str(judge / "work"), str(judge / "home")],
        "environment": {"HOME": home, "MPLCONFIGDIR": home, "TMPDIR": home},
    }


def restore(options: dict[str, Any], submission: str) -> None:
    """Make the working copy of the submission's files anew, without its notebooks.

    The folders themselves stay: the sandbox of who uses them knows them by number.
    """
    work, home = map(Path, options["folders"])
    for folder in (work, home):
        folder.mkdir(exist_ok=True)
        disk.empty(folder)
    disk.copy(Path(submission), work, options["limits"]["disk_bytes"])


def _private_memory(pid: int) -> int:
    """Bytes that no other process has: in memory and swapped out."""
    about = _status(pid)
    return (int(about.get("RssAnon", 0)) + int(about.get("VmSwap", 0))) << 10


def _threads(pid: int) -> int:
    return int(_status(pid).get("Threads", 0))


def _status(pid: int) -> dict[str, str]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines)
    return {name: value.split()[0] for name, _, value in pairs if value.strip()}


def _describe_exit(code: int) -> str:
    if code >= 0:
        return f"the process ended itself with status {code}"
    with suppress(ValueError):
        return f"the process was ended by {signal.Signals(-code).name}"
    return f"the process was ended by signal {-code}"


def _run_jupyter_kernel(options: dict[str, Any]) -> None:
    """An ordinary kernel on Unix sockets, for whatever speaks Jupyter."""
    from ipykernel import iostream, kernelapp

    def thread(socket: Any, pipe: bool, session: Any) -> Any:
        # its pipe for child processes would be a network socket, which is refused
        return iostream.IOPubThread(socket, pipe=False, session=session)

    vars(kernelapp)["IOPubThread"] = thread
    os.chdir(options["folder"])
    app = kernelapp.IPKernelApp.instance(
        connection_file=options["connection_file"], quiet=True
    )
    app.initialize([])
    app.start()


# --- where there is no fork -------------------------------------------------------


class ColdLine:
    """What a nursery is for a judge, with kernels that start from nothing."""

    def __init__(self, options: dict[str, Any], preload: list[str]) -> None:
        self._setup = {"cold": "student", "options": options, "preload": preload}
        self._process: subprocess.Popen[bytes] | None = None

    def student(self) -> Connection:
        """The line to a fresh kernel; the one before is killed."""
        self.close()
        self._process, connection = _start_cold(self._setup)
        return connection

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the student's kernel."""
        if self._process and sys.platform != "win32":
            self._process.send_signal(signal.SIGINT)

    def reason(self) -> str:
        """Why the student's kernel is gone."""
        with suppress(subprocess.TimeoutExpired):
            return _describe_exit(self._process.wait(1) if self._process else 0)
        return "it did not answer"

    def close(self) -> None:
        """Kill the student's kernel."""
        if self._process:
            self._process.kill()
            self._process.wait()


@contextmanager
def cold_judge(
    options: dict[str, Any],
    places: Iterable[Path],
    preload: Iterable[str],
    environment: dict[str, str],
) -> Iterator[Connection]:
    """A judge that starts from nothing, where there is no fork."""
    setup = {"cold": "judge", "options": options, "preload": list(preload)}
    setup["places"] = list(map(str, places))
    process, connection = _start_cold(setup, environment)
    try:
        yield connection
    finally:
        connection.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)
        process.kill()


def _start_cold(
    setup: dict[str, Any], environment: dict[str, str] | None = None
) -> tuple[subprocess.Popen[bytes], Connection]:
    key = os.urandom(16)
    with Listener(authkey=key) as listener:
        line = {"address": listener.address, "key": key.hex()}
        process = _start_python({**setup, "line": line}, environment)
        connection = listener.accept()
    assert isinstance(connection, Connection)
    return process, connection


def _cold_main(setup: dict[str, Any]) -> None:
    """A judge or a student's kernel, made here and now."""
    line, options = setup["line"], setup["options"]
    connection = Client(line["address"], authkey=bytes.fromhex(line["key"]))
    if setup["cold"] == "student":
        os.environ.update(options["environment"])
        confine_student(options, None)
        interpreter = _warm_up(setup["preload"])
        from autograder.engine import student

        student.main(connection, interpreter, options["folders"][0], options["limits"])
        return
    scratch = disk.claim()
    submission, course = setup["places"]
    options |= working_copy(scratch, course)
    restore(options, submission)
    os.environ.update(options["environment"])
    interpreter = _warm_up(setup["preload"])
    from autograder.engine import judge

    students = ColdLine(options, setup["preload"])
    try:
        judge.main(connection, students, interpreter, options)
    finally:
        students.close()
        os.chdir(scratch.parent)
        disk.remove(scratch)


if __name__ == "__main__":
    # the module that runs as __main__ and the one that others import are two: use one
    from autograder.engine import kernel

    given = json.loads(sys.argv[1])
    (kernel._cold_main if "cold" in given else kernel._parent_main)(given)
