"""Each call that the filter refuses works without it, in the same process else."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyseccomp
import pytest

from autograder.engine.processes import libc
from autograder.engine.processes.system_calls import call_filter
from tests.engine.processes.confined import failure, in_child, is_root

HERE = -100
FILE = b"file"
OWN_NAMESPACES = 0x0C020000  # UTS, IPC, mounts: what a call changes is gone with it
NUMBERS = {"setxattrat": 463, "file_getattr": 468, "file_setattr": 469}


def call(name: str, *arguments: Any) -> int:
    number = NUMBERS.get(name) or pyseccomp.resolve_syscall(0, name)
    given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return libc.check(libc.library.syscall(ctypes.c_long(number), *given))


def forked(flags: int) -> int:
    """What clone() with these flags says, in a child whose children are its own."""
    pid = os.fork()
    if not pid:
        inner = os.fork()
        if not inner:
            found = failure(
                lambda: call("clone", flags | 17, 0, 0, 0, 0) or os._exit(0)
            )
            os._exit(1 if found else 0)
        status = os.waitpid(inner, 0)[1]
        os._exit(status >> 8)
    if os.waitpid(pid, 0)[1]:
        raise PermissionError(1, "")
    return 0


def clone3() -> int:
    about = (ctypes.c_uint64 * 8)(0, 0, 0, 0, 17, 0, 0, 0)
    return call("clone3", about, 64) or os._exit(0)


def descriptor(flags: int = os.O_RDWR) -> int:
    return os.open(FILE, flags)


def integer(value: int) -> Any:
    return ctypes.byref(ctypes.c_int(value))


def queue_signal(name: str, *who: int) -> int:
    about = ctypes.create_string_buffer(struct.pack("3i", 17, 0, -1), 128)
    return call(name, *who, 17, about)


def message() -> int:
    one, _ = socket.socketpair()
    return one.sendmsg([b"x"])


def connect() -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as us:
        server.bind("here")
        server.listen()
        us.connect("here")


def keep_buffer(option: int, value: bytes) -> None:
    socket.socketpair()[0].setsockopt(socket.SOL_SOCKET, option, value)


def setxattrat() -> int:
    text = ctypes.create_string_buffer(b"x")
    about = struct.pack("QII", ctypes.addressof(text), 1, 0)
    return call("setxattrat", HERE, FILE, 0, b"user.x", about, 16)


def file_setattr() -> int:
    about = ctypes.create_string_buffer(24)
    if not call_works_without("file_getattr", HERE, FILE, about, 24, 0):
        about = ctypes.create_string_buffer(24)
    return call("file_setattr", HERE, FILE, about, 24, 0)


def call_works_without(name: str, *arguments: Any) -> bool:
    return not failure(lambda: call(name, *arguments))


def remote_memory(name: str) -> int:
    one, two = (ctypes.create_string_buffer(8) for _ in range(2))
    vectors = [struct.pack("QQ", ctypes.addressof(b), 8) for b in (one, two)]
    return call(name, os.getpid(), vectors[0], 1, vectors[1], 1, 0)


def same_affinity() -> int:
    mask = ctypes.create_string_buffer(128)
    call("sched_getaffinity", os.getppid(), 128, mask)
    return call("sched_setaffinity", os.getppid(), 128, mask)


def handle() -> int:
    room = ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 136)
    return call("name_to_handle_at", HERE, FILE, room, integer(0), 0)


def made(*arguments: Any) -> None:
    call(*arguments)
    assert os.stat("new").st_mode & 0o6000


SHARED = (0, 4096, 3, 0x21, -1, 0)
REFUSED: dict[str, Callable[[], Any]] = {
    # attributes of files
    "fchmod set-user-id": lambda: call("fchmod", descriptor(), 0o4755),
    "fchmod set-group-id": lambda: call("fchmod", descriptor(), 0o2755),
    "chmod": lambda: call("chmod", FILE, 0o4755),
    "fchmodat": lambda: call("fchmodat", HERE, FILE, 0o4755),
    "fchmodat2": lambda: call("fchmodat2", HERE, FILE, 0o4755, 0),
    "openat set-user-id": lambda: made("openat", HERE, b"new", 0o101, 0o4755),
    "open set-user-id": lambda: made("open", b"new", 0o101, 0o4755),
    "creat set-user-id": lambda: made("creat", b"new", 0o4755),
    "mkdir set-user-id": lambda: call("mkdir", b"new", 0o4755),
    "mknod set-user-id": lambda: made("mknod", b"new", 0o104755, 0),
    "mknodat pipe": lambda: call("mknodat", HERE, b"new", 0o10644, 0),
    "fsetxattr": lambda: call("fsetxattr", descriptor(), b"user.x", b"x", 1, 0),
    "setxattr": lambda: call("setxattr", FILE, b"user.x", b"x", 1, 0),
    "lsetxattr": lambda: call("lsetxattr", FILE, b"user.x", b"x", 1, 0),
    "fremovexattr": lambda: call("fremovexattr", descriptor(), b"user.old"),
    "removexattr": lambda: call("removexattr", FILE, b"user.old"),
    "lremovexattr": lambda: call("lremovexattr", FILE, b"user.old"),
    "setxattrat": setxattrat,
    "file_setattr": file_setattr,
    "name_to_handle_at": handle,
    "F_SETLEASE": lambda: call("fcntl", descriptor(0), 1024, 0),
    "F_NOTIFY": lambda: call("fcntl", os.open(".", 0), 1026, 2),
    "F_NOTIFY in other words": lambda: call(
        "fcntl", os.open(".", 0), 1026 | 1 << 32, 2
    ),
    "F_SETOWN": lambda: call("fcntl", socket.socketpair()[0].detach(), 8, os.getpid()),
    "F_SETOWN_EX": lambda: call(
        "fcntl", socket.socketpair()[0].detach(), 15, struct.pack("ii", 1, os.getpid())
    ),
    "F_SETSIG": lambda: call("fcntl", descriptor(), 10, 9),
    "F_SETPIPE_SZ": lambda: call("fcntl", os.pipe()[0], 1031, 1 << 20),
    "FIOSETOWN": lambda: call(
        "ioctl", socket.socketpair()[0].detach(), 0x8901, integer(os.getpid())
    ),
    "FIOASYNC": lambda: call(
        "ioctl", socket.socketpair()[0].detach(), 0x5452, integer(1)
    ),
    "FS_IOC_GETFLAGS": lambda: call("ioctl", descriptor(), 0x80086601, integer(0)),
    # what is in the page cache, which lasts from one submission to the next
    "preadv2 without waiting": lambda: os.preadv(
        descriptor(0), [bytearray(1)], 0, os.RWF_NOWAIT
    ),
    "mincore": lambda: call("mincore", 0, 0, 0),
    # other processes
    "ptrace": lambda: call("ptrace", 0, 0, 0, 0),
    "process_vm_readv": lambda: remote_memory("process_vm_readv"),
    "process_vm_writev": lambda: remote_memory("process_vm_writev"),
    "kcmp": lambda: call("kcmp", os.getpid(), os.getpid(), 0, 0, 0),
    "pidfd_open": lambda: call("pidfd_open", os.getpid(), 0),
    "pidfd_send_signal": lambda: call(
        "pidfd_send_signal", os.open("/proc/self", 0), 0, 0, 0
    ),
    "rt_sigqueueinfo": lambda: queue_signal("rt_sigqueueinfo", os.getpid()),
    "rt_tgsigqueueinfo": lambda: queue_signal(
        "rt_tgsigqueueinfo", os.getpid(), os.getpid()
    ),
    "prlimit64": lambda: call("prlimit64", os.getppid(), 7, 0, 0),
    "sched_setaffinity": same_affinity,
    "new user namespace": lambda: forked(0x10000000),
    "new network": lambda: forked(0x40000000),
    "a foreign parent": lambda: forked(0x8000),
    "clone3": clone3,
    "unshare": lambda: call("unshare", 0x04000000),
    "setns": lambda: call("setns", os.open("/proc/self/ns/uts", 0), 0),
    "mount": lambda: call("mount", b"x", b".", b"tmpfs", 0, 0),
    "umount2": lambda: call("umount2", b"/proc", 2),
    "open_tree": lambda: call("open_tree", HERE, b"/", 0),
    "fsopen": lambda: call("fsopen", b"tmpfs", 0),
    "chroot": lambda: call("chroot", b"."),
    "sethostname": lambda: call("sethostname", b"x", 1),
    "personality": lambda: call("personality", 0xFFFFFFFF),
    "seccomp": lambda: call("seccomp", 2, 0, integer(0)),
    "keep dumps from": lambda: call("prctl", 4, 0, 0, 0, 0),
    "adopt orphans": lambda: call("prctl", 36, 1, 0, 0, 0),
    # memory and channels that nobody answers for
    "shared memory": lambda: call("mmap", *SHARED),
    "memfd_create": lambda: call("memfd_create", b"x", 0),
    "memfd_secret": lambda: call("memfd_secret", 0),
    "shmget": lambda: call("shmget", 0, 4096, 0o1600),
    "semget": lambda: call("semget", 0, 1, 0o1600),
    "msgget": lambda: call("msgget", 0, 0o1600),
    "mq_open": lambda: call("mq_open", b"x", 0o102, 0o600, 0),
    "mlock": lambda: call("mlock", ctypes.create_string_buffer(9), 9),
    "userfaultfd": lambda: call("userfaultfd", 0),
    "io_uring_setup": lambda: call(
        "io_uring_setup", 1, ctypes.create_string_buffer(120)
    ),
    "io_setup": lambda: call("io_setup", 1, ctypes.byref(ctypes.c_long(0))),
    "bpf": lambda: call("bpf", 0, struct.pack("IIII", 2, 4, 4, 1) + bytes(112), 128),
    "perf_event_open": lambda: call(
        "perf_event_open", struct.pack("IIQ", 1, 64, 0) + bytes(48), 0, -1, -1, 0
    ),
    "keyctl": lambda: call("keyctl", 0, -2, 1),
    "add_key": lambda: call("add_key", b"user", b"x", b"x", 1, -2),
    "inotify_init1": lambda: call("inotify_init1", 0),
    "fanotify_init": lambda: call("fanotify_init", 0, 0),
    "syslog": lambda: call("syslog", 10, 0, 0),
    # sockets
    "network": lambda: call("socket", 2, 1, 0),
    "netlink": lambda: call("socket", 16, 3, 0),
    "datagrams": lambda: call("socket", 1, 2, 0),
    "datagrams in pairs": lambda: call("socketpair", 1, 2, 0, (ctypes.c_int * 2)()),
    "packets in pairs": lambda: call("socketpair", 1, 5, 0, (ctypes.c_int * 2)()),
    "connect": connect,
    "sendmsg": message,
    "large buffers": lambda: keep_buffer(7, struct.pack("i", 1 << 20)),
    "packet filters": lambda: keep_buffer(44, struct.pack("i", 0)),
}
NOT_EVERYWHERE = {
    "memfd_secret", "userfaultfd", "bpf", "perf_event_open", "kcmp", "fanotify_init",
    "setxattrat", "file_setattr", "io_uring_setup", "fsetxattr", "setxattr",
    "lsetxattr", "fremovexattr", "removexattr", "lremovexattr", "FS_IOC_GETFLAGS",
    "clone3", "fchmodat2", "preadv2 without waiting",
}  # fmt: skip
"""What a kernel or a file system may lack: its control is not asked for then."""
SEEMING = {
    "chmod",
    "fchmodat",
    "fchmodat2",
    "fchmod set-user-id",
    "fchmod set-group-id",
}
"""Calls that without an own user seem to succeed."""


def prepare(folder: Path) -> None:
    os.chdir(folder)
    os.umask(0)
    Path(os.fsdecode(FILE)).write_text("x")
    failure(lambda: os.setxattr(FILE, "user.old", b"x"))
    if is_root:
        libc.unshare(OWN_NAMESPACES)
        libc.mount("none", "/", "", 0x44000)


@pytest.mark.parametrize("own_user", [True, False])
@pytest.mark.parametrize("name", REFUSED)
def test_is_refused(name: str, own_user: bool, tmp_path: Path) -> None:
    def attempt() -> list[Any]:
        before = os.stat(FILE)
        found = failure(REFUSED[name])
        now = os.stat(FILE)
        same = (before.st_mode, before.st_uid) == (now.st_mode, now.st_uid)
        return [found, same and not os.path.exists("new")]

    for folder in ("free", "held"):
        tmp_path.joinpath(folder).mkdir()
    free, _ = in_child(attempt, lambda: prepare(tmp_path / "free"))
    if free:
        if name in NOT_EVERYWHERE or not is_root:
            pytest.skip(f"here it fails with {free} anyway")
        raise AssertionError(f"without the filter: {free}")
    load = call_filter(own_user, 7)
    held, same = in_child(attempt, lambda: prepare(tmp_path / "held"), load)
    seeming = not own_user and name in SEEMING
    assert held in ([""] if seeming else ["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"])
    assert same


UNSEEN: dict[str, Callable[[], Any]] = {
    "fchown": lambda: os.fchown(descriptor(), 7, 7),
    "chown": lambda: os.chown(FILE, 7, 7),
    "lchown": lambda: os.lchown(FILE, 7, 7),
    "chmod": lambda: os.chmod(FILE, 0o600),
    "fchmod": lambda: os.fchmod(descriptor(), 0o600),
    "utime": lambda: os.utime(FILE, (1, 1)),
    "futimens": lambda: os.utime(descriptor(), (1, 1)),
    "priority": lambda: os.nice(3),
    "scheduler": lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)),
}


@pytest.mark.parametrize("name", UNSEEN)
def test_seems_to_succeed(name: str, tmp_path: Path) -> None:
    def attempt() -> bool:
        def state() -> tuple[Any, ...]:
            about = os.stat(FILE)
            owner, times = (about.st_uid, about.st_gid), about.st_mtime
            scheduled = os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)
            return about.st_mode, owner, times, scheduled

        before = state()
        UNSEEN[name]()
        return state() != before

    for folder in ("free", "held"):
        tmp_path.joinpath(folder).mkdir()
    if is_root:
        assert in_child(attempt, lambda: prepare(tmp_path / "free"))
    load = call_filter(False, 7)
    assert not in_child(attempt, lambda: prepare(tmp_path / "held"), load)


CUT: dict[str, Callable[[], Any]] = {
    "truncate": lambda: os.truncate(FILE, 0),
    "open to read": lambda: os.open(FILE, os.O_RDONLY | os.O_TRUNC),
    "open to do neither": lambda: os.open(FILE, 3 | os.O_TRUNC),
}


@pytest.mark.parametrize("name", CUT)
def test_old_landlock_lets_files_be_cut_off(name: str, tmp_path: Path) -> None:
    """The second version does not see this: the filter has to."""

    def use() -> str:
        for mode in ("w", "r+", "a", "w+"):
            open(FILE, mode).close()
        Path("other").write_text("x")
        os.ftruncate(descriptor(), 1)
        return failure(CUT[name])

    def begin() -> None:
        prepare(tmp_path)

    assert not in_child(use, begin, call_filter(False, 3))
    assert in_child(use, begin, call_filter(False, 2)) == "EPERM"


def test_signals_without_landlock_reach_oneself_only(tmp_path: Path) -> None:
    def attempt() -> list[str]:
        us, them = os.getpid(), os.getppid()
        each = [(n, w) for n in ("kill", "tkill") for w in ((us, 0), (them, 0))]
        each += [("tgkill", (us, us, 0)), ("tgkill", (them, them, 0))]
        each += [("kill", (-1, 0)), ("kill", (0, 0))]
        return [failure(lambda c=c: call(c[0], *c[1])) for c in each]

    expected = ["", "EPERM"] * 3 + ["EPERM"] * 2
    assert in_child(attempt, call_filter(False, 5)) == expected
    assert set(in_child(attempt, call_filter(True, 5))) == {""}
    assert set(in_child(attempt, call_filter(False, 6))) == {""}


def test_reads_at_a_place_as_ever(tmp_path: Path) -> None:
    def attempt() -> str:
        found = bytearray(1)
        os.preadv(descriptor(0), [found], 0)
        return found.decode()

    assert in_child(attempt, lambda: prepare(tmp_path), call_filter(True, 7)) == "x"
