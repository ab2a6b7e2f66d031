"""Grades on several processes, of this machine or of a Dask cluster.

Workers keep nothing and share no folder with whoever asks: a task carries the bytes of
a submission, and each worker gets the assignment once.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import dask
from distributed import (
    Client,
    Future,
    LocalCluster,
    Worker,
    WorkerPlugin,
    get_worker,
    wait,
)

from autograder.classroom.bundle import Bundle
from autograder.classroom.grader import Failure, Graded, Grader, Submission
from autograder.course import CourseError
from autograder.engine.processes.parent import LOG, log_file

SAME_HOST = ("127.0.0.1", "localhost", "::1")
PATIENCE = 30  # seconds until a cluster answers, or has a worker
GAVE_UP = "grading it ended its worker process twice"
Task = Callable[[Submission], Graded | Failure]
NOISY = ("distributed", "asyncio", "tornado")
CONFIG = {
    "distributed.scheduler.allowed-failures": 0,  # who is tried again, we decide
    "distributed.admin.large-graph-warning-threshold": "1TB",
    "distributed.admin.low-level-log-length": 10,  # messages with submissions in them
}


def on_cluster(
    bundle: Bundle,
    submissions: Iterable[Submission],
    workers: int,
    scheduler: str = "",
    task: Task | None = None,
) -> Iterator[tuple[Submission, Graded | Failure]]:
    """Each submission with what became of it, as they get ready.

    As many are under way as there are workers. When one dies, it is not known which
    submission is behind it: those that were under way are graded again at the end, one
    by one, and whichever ends a worker then is given up. `task` is what a worker does
    with a submission; by default it grades.

    Raises:
        CourseError: when there is no such cluster, or it goes away.
    """
    task = task or _task
    with _client(workers, scheduler) as client:
        client.register_plugin(_Kept(bundle))
        under_way: dict[Future[Any], Submission] = {}
        suspects: list[Submission] = []

        def some() -> Iterator[tuple[Submission, Graded | Failure]]:
            for future in _finished(client, under_way):
                submission = under_way.pop(future)
                if answer := _answer(future):
                    yield submission, answer
                else:
                    suspects.append(submission)

        size, asked = 0, 0.0
        for submission in submissions:
            if time.monotonic() > asked + 1:  # workers come and go
                size, asked = _size(client), time.monotonic()
            while len(under_way) >= size:
                yield from some()
            under_way[client.submit(task, submission, pure=False)] = submission
        while under_way:
            yield from some()
        for submission in suspects:
            future = client.submit(task, submission, pure=False)
            _finished(client, [future])
            yield submission, _answer(future) or Failure(GAVE_UP)


def _finished(client: Client, futures: Iterable[Future[Any]]) -> list[Future[Any]]:
    """Those that are done, as soon as one is."""
    while True:
        with suppress(TimeoutError):
            first = wait(list(futures), PATIENCE, return_when="FIRST_COMPLETED")
            return list(first.done)
        if client.status != "running" or not client.nthreads():
            raise CourseError(
                "The cluster or its workers are gone. What was graded is kept: start"
                " them, and grade again."
            )


def _answer(future: Future[Any]) -> Graded | Failure | None:
    """What a worker answered, unless it died."""
    with suppress(Exception):
        answer: Graded | Failure = future.result(timeout=PATIENCE)
        return answer
    return None


def _size(client: Client) -> int:
    return max(1, sum(client.nthreads().values()))


class _Kept(WorkerPlugin):
    """What each worker has: the assignment, ready for grading."""

    name = "autograder"

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def setup(self, worker: Worker) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks is interrupted
        if LOG in os.environ:  # a worker of our own
            with open(os.environ[LOG], "a") as log:
                os.dup2(log.fileno(), 1)
                os.dup2(log.fileno(), 2)
        self.grader = Grader(self._bundle)

    def teardown(self, worker: Worker) -> None:
        self.grader.close()


def _task(submission: Submission) -> Graded | Failure:
    kept: Any = get_worker().plugins[_Kept.name]
    grader: Grader = kept.grader
    return grader.grade(submission)


@contextmanager
def _client(workers: int, scheduler: str) -> Iterator[Client]:
    """Connected to a cluster: the one at an address, or one made of this machine."""
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with dask.config.set(CONFIG), _same_environment():
        if not scheduler:
            with _local(workers) as cluster, Client(cluster) as client:
                yield client
            return
        _check_address(scheduler)
        try:
            client = Client(scheduler, timeout=PATIENCE)
            client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, ValueError, TimeoutError) as problem:
            raise CourseError(
                f"No cluster with workers answers at {scheduler} ({problem}): start"
                " `dask scheduler` and `dask worker`, see docs/scaling.md."
            ) from None
        with client:
            yield client


@contextmanager
def _same_environment() -> Iterator[None]:
    """Dask leaves what it sets for its workers."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _local(workers: int) -> LocalCluster:
    """Encrypted, so that nobody else on this machine can talk to it."""
    return LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, memory_limit=0,
        security=True, env={LOG: str(log_file())},
        # no dashboard; a port of its own for the rest, whoever has the usual one
        scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
    )  # fmt: skip


def _check_address(scheduler: str) -> None:
    """Submissions, and what workers are told to do, cross no network in plain."""
    address = urlsplit(scheduler)
    if address.scheme != "tls" and address.hostname not in SAME_HOST:
        raise CourseError(
            f"{scheduler} is on another host and not encrypted: start the cluster with"
            " TLS and use tls://…, see docs/scaling.md."
        )
