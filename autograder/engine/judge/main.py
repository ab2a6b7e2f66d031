"""The judge's process: receives a notebook, judges it, reports cell by cell."""

from __future__ import annotations

import os
import sys

import msgspec

from autograder.engine.interpreter import Interpreter
from autograder.engine.judge.cells import Judge
from autograder.engine.judge.student import Nursery
from autograder.engine.wire.framing import Line, Ready
from autograder.engine.wire.messages import Job, packed

LARGEST_JOB = 1 << 30


def main(
    grader: int, nursery: Nursery, interpreter: Interpreter, folder: str, home: str
) -> None:
    """Judge one notebook."""
    os.environ.update(dict.fromkeys(("HOME", "MPLCONFIGDIR", "TMPDIR"), home))
    sys.path.insert(0, folder)
    line = Line(grader, _wait)
    job = msgspec.msgpack.decode(line.receive(LARGEST_JOB), type=Job)
    judge = Judge(job, nursery, interpreter)
    interpreter.begin(lambda output: judge.outputs.add(output), folder)
    interpreter.shell.builtin_trap.activate()  # display() and get_ipython()
    for judged in judge.run():
        line.send(packed(judged))


def _wait(ready: Ready) -> None:
    ready(None)
