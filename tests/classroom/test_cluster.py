"""A cluster that shares nothing with whoever asks: real schedulers, real workers."""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from distributed import Security

from autograder.classroom import cluster
from autograder.classroom.bundle import make_bundle
from autograder.classroom.grader import Submission
from autograder.classroom.grading import How, State, grade_class
from autograder.course import Course, CourseError
from tests.classroom.scale import pretend
from tests.classroom.term import ASSIGNMENT, make_course, tables

pytestmark = pytest.mark.slow
STUDENTS = ["early", "right", "wrong"]


@contextmanager
def dask_cluster(
    folder: Path,
    protocol: str,
    environment: dict[str, str],
    *words: str,
    host: str = "127.0.0.1",
    there: Sequence[str] = (),
) -> Iterator[str]:
    """A scheduler and a worker as the docs start them, in a folder of their own.

    `host` is where the scheduler listens, `there` what a worker is started by.
    """
    started = []
    try:
        log = folder / "scheduler"
        options = ["--port", "0", "--host", host, "--protocol", protocol]
        started.append(_dask(log, environment, "scheduler", "--no-dashboard", *options))
        address = _told(log, rf"Scheduler at:\s+({protocol}://[\d.:]+)")
        options = ["--nthreads", "1", "--nworkers", "1", "--no-dashboard", *words]
        log = folder / "worker"
        started.append(
            _dask(log, environment, "worker", address, *options, there=there)
        )
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(30)


def _dask(
    log: Path, environment: dict[str, str], *words: str, there: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*there, sys.executable, "-m", "dask", *words],
        env=os.environ | environment, cwd=log.parent,
        stdout=log.open("wb"), stderr=subprocess.STDOUT,
    )  # fmt: skip


def _told(log: Path, pattern: str) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if found := re.search(pattern, log.read_text()):
            return found[1]
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def certificates(folder: Path) -> dict[str, str]:
    """Keys for both sides, and the environment variables that name them."""
    made = Security.temporary()
    texts = {
        "ca": made.tls_ca_file,
        "cert": made.tls_worker_cert,
        "key": made.tls_worker_key,
    }
    paths = {name: folder / f"{name}.pem" for name in texts}
    for name, path in paths.items():
        path.write_text(str(texts[name]))
    found = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(paths["ca"])}
    for who in ("SCHEDULER", "WORKER", "CLIENT"):
        for what in ("cert", "key"):
            name = f"DASK_DISTRIBUTED__COMM__TLS__{who}__{what.upper()}"
            found[name] = str(paths[what])
    return found | {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true"}


@pytest.mark.parametrize("protocol", ["tcp", "tls"])
def test_workers_get_all_that_they_need_by_the_line(
    tmp_path: Path, protocol: str
) -> None:
    """The head is a process of its own, as it reads Dask's settings once."""
    course = make_course(tmp_path / "course")
    environment = certificates(tmp_path) if protocol == "tls" else {}
    (tmp_path / "elsewhere").mkdir()
    with dask_cluster(tmp_path / "elsewhere", protocol, environment) as address:
        assert_graded_by(address, course, environment)


def assert_graded_by(
    scheduler: str, course: Course, environment: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "autograder", "--course", str(course.root)]
    command += ["grade", ASSIGNMENT, "--scheduler", scheduler]
    command += [word for student in STUDENTS for word in ("--student", student)]
    told = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "3 graded" in told.stdout
    assert sum('"auto_score": 1.0' in row for row in tables(course)["grade"]) > 5


@pytest.mark.parametrize("bounded", [True, False], ids=["bounded", "control"])
def test_submissions_do_not_pile_up_in_the_head(
    tmp_path: Path, bounded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default Dask keeps its last thousand messages to each worker."""
    if not bounded:
        monkeypatch.delitem(cluster.CONFIG, "distributed.admin.low-level-log-length")
    bundle = make_bundle(make_course(tmp_path / "course"), ASSIGNMENT)
    class_ = (Submission(f"s{n}", {}, {}, [], "") for n in range(60))
    most = 0
    for number, _ in enumerate(cluster.on_cluster(bundle, class_, 1, task=pretend)):
        if number % 20 < 19:  # to look takes time
            continue
        gc.collect()
        alive = sum(type(found) is Submission for found in gc.get_objects())
        most = max(most, alive)
    assert (most <= 20) is bounded, most


@pytest.fixture
def other_host() -> Iterator[tuple[str, list[str]]]:
    """A network of two: this host's address in it, and how to run something there."""
    name, own, its = (f"{kind}{os.getpid()}" for kind in ("host", "own", "its"))
    net = f"10.{os.getpid() // 250 % 250}.{os.getpid() % 250}"
    made = [
        f"ip netns add {name}",
        f"ip link add {own} type veth peer name {its} netns {name}",
        f"ip addr add {net}.1/24 dev {own}",
        f"ip link set {own} up",
        f"ip -n {name} addr add {net}.2/24 dev {its}",
        f"ip -n {name} link set {its} up",
        f"ip -n {name} link set lo up",
    ]
    try:
        for command in made:
            subprocess.run(command.split(), check=True, capture_output=True)
        yield f"{net}.1", f"ip netns exec {name}".split()
    except (OSError, subprocess.CalledProcessError) as problem:
        pytest.skip(f"no network of its own can be made here: {problem}")
    finally:
        for command in (f"ip netns del {name}", f"ip link del {own}"):
            with suppress(OSError):
                subprocess.run(command.split(), check=False, capture_output=True)


def test_two_hosts_that_share_a_network_and_nothing_else(
    tmp_path: Path, other_host: tuple[str, list[str]]
) -> None:
    course = make_course(tmp_path / "course")
    environment = certificates(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    host, there = other_host
    hide = f'mount -t tmpfs none "{course.root}" && ! ls "{course.root}"/*'
    there = [*there, "unshare", "--mount", "sh", "-c", f'{hide} && exec "$@"', "sh"]
    folder = tmp_path / "elsewhere"
    workers = dask_cluster(folder, "tls", environment, host=host, there=there)
    with workers as address:
        assert_graded_by(address, course, environment)
        assert host in address


@pytest.mark.parametrize("address", ["tcp://10.1.2.3:8786", "tcp://grader.example:1"])
def test_nothing_crosses_a_network_in_plain(tmp_path: Path, address: str) -> None:
    course = make_course(tmp_path / "course")
    bundle = make_bundle(course, ASSIGNMENT)
    with pytest.raises(CourseError, match="not encrypted"):
        list(grade_class(course, bundle, STUDENTS, How(scheduler=address)))


def test_no_cluster_there_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = make_course(tmp_path / "course")
    bundle = make_bundle(course, ASSIGNMENT)
    monkeypatch.setattr("autograder.classroom.cluster.PATIENCE", 2)
    how = How(scheduler="tcp://127.0.0.1:9")
    with pytest.raises(CourseError, match="No cluster with workers answers"):
        list(grade_class(course, bundle, STUDENTS, how))
    found = {step.state for step in grade_class(course, bundle, STUDENTS)}
    assert found == {State.GRADED}, "nothing was lost by trying"


def test_a_cluster_that_goes_away_is_one_line_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = make_course(tmp_path / "course")
    bundle = make_bundle(course, ASSIGNMENT)
    monkeypatch.setattr("autograder.classroom.cluster.PATIENCE", 5)
    (tmp_path / "elsewhere").mkdir()
    with dask_cluster(tmp_path / "elsewhere", "tcp", {}, "--no-nanny") as address:
        students = course.students(ASSIGNMENT)
        running = grade_class(course, bundle, students, How(scheduler=address))
        states = [next(running).state]
        (worker,) = [
            process
            for process in psutil.Process().children()
            if "--no-nanny" in process.cmdline()
        ]
        worker.kill()
        with pytest.raises(CourseError, match=r"gone\. What was graded is kept"):
            states += [step.state for step in running]
    assert set(states) == {State.GRADED} and len(states) < len(students)
    again = [step.state for step in grade_class(course, bundle, students)]
    assert again.count(State.UNCHANGED) >= len(states)
    assert set(again) <= {State.GRADED, State.UNCHANGED}
