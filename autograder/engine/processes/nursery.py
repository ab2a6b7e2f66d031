"""The nursery of one submission: starts judge and students, watches, buries them.

It is the subreaper of all that the student's code starts, so nothing outlives it:
daemons, double forks and fork bombs included.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from typing import Any, NoReturn

import msgspec

from autograder.engine.limits import Limits
from autograder.engine.processes import (
    confinement,
    layers,
    libc,
    memory,
    watching,
)
from autograder.engine.processes.apart import can_fork_apart, fork_apart
from autograder.engine.processes.cgroup import Group, can_group
from autograder.engine.processes.scratch import Scratch
from autograder.engine.wire.messages import Cause

TICK = 0.25
LAST_MOMENT = 1.0
TOO_MUCH_MEMORY = "more memory was used"
RESERVE_BYTES = 256 << 20  # with less than this left, the machine is in danger
FIRST_USER = 1_000_000_000
UNCONFINED = 77  # exit status of a student's process that cannot be confined
NOT_OF_ITS_OWN = (-signal.SIGKILL, -signal.SIGTERM, UNCONFINED)
"""Ends that somebody else may be behind: if it happens again, it was the student."""


class Nursery:
    """Lives until the grader closes its line, and leaves nothing behind."""

    def __init__(
        self, limits: Limits, grader: socket.socket, scratch: Scratch, interpreter: Any
    ) -> None:
        self.limits, self.grader = limits, grader
        self.scratch, self.interpreter = scratch, interpreter
        self.judge = self.student = 0
        most = limits.memory_bytes + limits.disk_bytes  # files may lie in memory
        self._group, self._refusals = Group(most if can_group() else 0), 0
        self._reason = ("", Cause.MACHINE)
        self._own_memory = memory.own_bytes(os.getpid())

    @classmethod
    def begin(cls, limits: Limits, descriptors: list[int], interpreter: Any) -> None:
        """Serve one submission, in a process forked for it."""
        libc.adopt_orphans()  # all that students start comes here
        libc.die_with_parent(signal.SIGTERM)
        descriptor, judges, *places = descriptors
        submission, course = (f"/proc/self/fd/{place}" for place in places)
        grader = socket.socket(fileno=descriptor)
        try:
            scratch = Scratch(submission, course, limits.disk_bytes)
            nursery = cls(limits, grader, scratch, interpreter)
            signal.signal(signal.SIGTERM, lambda *_: nursery.end())
            nursery.serve(nursery.start_judge(judges))
        except OSError as error:
            grader.send(f"the machine has a problem: {error}".encode()[:900])
            raise

    def serve(self, judge: socket.socket) -> NoReturn:
        """Answer the judge and watch the student, until the grader has enough."""
        lines = [self.grader, judge]
        while True:
            ready, _, _ = select.select(lines, [], [], TICK)
            if self.grader in ready:
                self.end()
            if judge in ready and not self._answer(judge):
                lines.remove(judge)
            self._watch()

    def end(self) -> NoReturn:
        """Leave nothing behind."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is being done
        self._bury()
        self._group.remove()
        self.scratch.remove()
        os._exit(0)

    # children

    def start_judge(self, grader: int) -> socket.socket:
        """Fork the judge, which speaks to `grader`; the line to it."""
        from autograder.engine.judge.main import main

        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        student = self._start_student()
        work, home = str(self.scratch.judge_work), str(self.scratch.judge_home)

        def live() -> None:
            confinement.confine_judge((work, home), self.limits)
            line = NurseryLine(theirs, student)
            main(grader, line, self.interpreter, work, home)

        self.judge = watching.fork(live, (grader, theirs.fileno(), student))
        watching.note(f"judge {self.judge}, student {self.student}")
        for descriptor in (grader, student):
            os.close(descriptor)
        theirs.close()
        return ours

    def _start_student(self) -> int:
        """Fork a confined process; the judge's end of the line to it."""
        from autograder.engine.student.side import main

        judges, students = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        work, home = str(self.scratch.work), str(self.scratch.home)
        user = FIRST_USER + os.getpid() if layers.own_user() else None  # nobody has it
        self.scratch.begin(user)

        def live() -> None:
            try:
                os.setsid()
                null = os.open(os.devnull, os.O_RDWR)
                for descriptor in (0, 1, 2):
                    os.dup2(null, descriptor)
                os.environ |= dict.fromkeys(("HOME", "MPLCONFIGDIR", "TMPDIR"), home)
                self._group.enter()
                confinement.confine_student((work, home), self.limits, user)
            except BaseException:
                os._exit(UNCONFINED)
            main(students.fileno(), self.interpreter, work, self.limits)

        self._reason, self._refusals = ("", Cause.MACHINE), self._group.refusals()
        fork = fork_apart if can_fork_apart() else watching.fork
        self.student = fork(live, [students.fileno()])
        students.close()
        return judges.detach()

    # requests

    def _answer(self, judge: socket.socket) -> bool:
        request = judge.recv(100)
        if request == b"interrupt":
            watching.note("student interrupted: it took too long")
            self._interrupt()
            judge.send(b"done")
        elif request == b"reason":
            self._watch()
            self._await_end()
            judge.send(msgspec.json.encode(self._reason))
        elif request == b"student":
            watching.note("a fresh process for the student")
            self._bury(self.judge)
            student = self._start_student()
            socket.send_fds(judge, [b"student"], [student])
            os.close(student)
        return bool(request)

    def _interrupt(self) -> None:
        """Apart, the student's process is the first child of the number 1 there."""
        if self.student:
            apart = can_fork_apart()
            found = watching.children(self.student) if apart else [self.student]
            watching.send_signal(found[:1], signal.SIGINT)

    # watching

    def _watch(self) -> None:
        self._note_deaths()
        if self.student and (excess := self._excess()):
            self._reason = (f"{excess} than allowed", Cause.STUDENT)
            watching.note(f"student killed: {self._reason[0]}")
            self._bury(self.judge)

    def _await_end(self) -> None:
        """Its line ends a moment before the student's process does, or number 1.

        Who is alive still has closed the line itself, or sent too much.
        """
        end = time.monotonic() + LAST_MOMENT
        while self.student and time.monotonic() < end:
            time.sleep(0.001)
            self._note_deaths()
        if self.student:
            self._reason = ("it gave up its line", Cause.STUDENT)

    def _note_deaths(self) -> None:
        while found := watching.reap():
            pid, status = found
            if pid == self.student:
                self._reason = self._told(status)
                watching.note(f"student ended: {self._reason[0]}")
                self.student = 0

    def _told(self, status: int) -> tuple[str, Cause]:
        """Why a student's process that nobody here has killed is gone, and by whom."""
        if self._group.refusals() > self._refusals:
            return (f"{TOO_MUCH_MEMORY} than allowed", Cause.STUDENT)
        foreign = watching.exit_code(status) in NOT_OF_ITS_OWN
        cause = Cause.MACHINE if foreign else Cause.STUDENT
        return (watching.describe_exit(status), cause)

    def _excess(self) -> str:
        """Which limit all the student's processes together exceed, or nothing."""
        pids = watching.descendants(os.getpid(), [self.judge])
        short = memory.available_bytes() < RESERVE_BYTES
        most = self.limits.memory_bytes // (4 if short else 1)
        if memory.total_bytes(pids, self._own_memory) > most:
            return TOO_MUCH_MEMORY
        most = self.limits.processes + 1  # number 1 is none of theirs
        if sum(map(memory.threads, pids)) > most:
            return "more processes or threads were started"
        if not self.scratch.fits(pids):
            return "more disk space was used"
        return ""

    def _bury(self, *spare: int) -> None:
        """Kill the student's process and all that was started, but for `spare`."""
        while watching.kill_below(spare):
            while watching.reap():  # in any order: one may wait for another to be gone
                pass
            time.sleep(0.001)
        self.student = 0


class NurseryLine:
    """What the judge asks its nursery for."""

    def __init__(self, line: socket.socket, first: int) -> None:
        self._line, self._first = line, [first]

    def student(self) -> int:
        """The line to a fresh process; the one before is killed."""
        if self._first:
            return self._first.pop()
        self._line.send(b"student")
        _, descriptors, _, _ = socket.recv_fds(self._line, 100, 1)
        return descriptors[0]

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the student's code; it has been sent then."""
        self._line.send(b"interrupt")
        self._line.recv(100)

    def reason(self) -> tuple[str, Cause]:
        """Why the student's process is gone, and who is behind that."""
        self._line.send(b"reason")
        return msgspec.json.decode(self._line.recv(1000), type=tuple[str, Cause])
