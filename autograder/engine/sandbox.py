"""Confine this process and its future children for good.

Layers, each independent of the others: Landlock (which files), seccomp (which system
calls), resource limits, and a throw-away user id. They bind the calling thread and
its later children, so `confine` must run before any other thread exists.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
import site
import socket
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
PR_SET_KEEPCAPS, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER = 8, 24, 36
CAP_DAC_READ_SEARCH = 2


@dataclass(frozen=True)
class Policy:
    """What a confined process may use."""

    readable: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    filter_calls: bool = True
    user: int | None = None
    memory_bytes: int | None = None
    processes: int | None = None
    file_bytes: int | None = None
    open_files: int | None = None
    cpu_seconds: int | None = None


def confine(policy: Policy) -> None:
    """Apply `policy`; there is no way back. Raises OSError if a layer fails."""
    if sys.platform != "linux":
        return
    load = policy.filter_calls and seccomp_works() and _call_filter(policy)
    _limit(policy)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    rules = landlock_abi() > 0 and _landlock_ruleset(policy)
    if policy.user is not None:
        _become(policy.user, keep_reading=bool(rules))
    elif os.geteuid():
        _keep_capabilities(0)  # those within a user namespace of its own
    if rules:
        _landlock_restrict(rules)
    if load:
        load()


# --- what this machine has --------------------------------------------------------


def missing_layers() -> list[str]:
    """Names of the layers that this machine lacks, for people to read."""
    layers = {
        "Landlock (file access)": landlock_abi() > 0,
        "seccomp (system calls)": seccomp_works(),
    }
    return [name for name, there in layers.items() if not there]


def describe_layers() -> list[tuple[str, str]]:
    """Every layer with what this machine has of it."""
    abi = landlock_abi()
    calls = "yes" if seccomp_works() else "missing: install libseccomp2"
    user = "throw-away, as the grader runs as root" if can_change_user() else "yours"
    return [
        ("Landlock (file access)", f"version {abi}" if abi else "missing"),
        ("signals stay inside", "yes" if abi >= 6 else "own process only"),
        ("seccomp (system calls)", calls),
        ("user id of student code", user),
        ("disk of its own (tmpfs)", "yes" if can_mount() else "no: sizes are watched"),
    ]  # fmt: skip


@cache
def seccomp_works() -> bool:
    """Whether libseccomp and its binding are here."""
    if sys.platform != "linux":
        return False
    try:
        import pyseccomp  # noqa: F401
    except Exception:
        return False
    return True


def can_change_user() -> bool:
    """Whether student code can run under a user id of its own."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


@cache
def landlock_abi() -> int:
    """Version of the kernel's Landlock, 0 if there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, _libc.syscall(_LANDLOCK_CREATE, None, 0, 1))


# --- a disk of its own ------------------------------------------------------------

_NEW_MOUNTS, _NEW_USER = 0x20000, 0x10000000
_MOUNT_PRIVATE, _MOUNT_SAFELY = 0x44000, 6
"""MS_REC | MS_PRIVATE, and MS_NOSUID | MS_NODEV."""


def mount_private(folder: str, most_bytes: int, most_files: int) -> bool:
    """Put a file system of limited size on `folder`, for this process and its children.

    Nobody else sees it, and it is gone with the last of them. Needs root or a user
    namespace; after a failure in the latter the process is of no more use.
    """
    user, group = os.geteuid(), os.getegid()
    if _libc.unshare(_NEW_MOUNTS | (_NEW_USER if user else 0)):
        return False
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    size = f"size={most_bytes},nr_inodes={most_files},mode=711".encode()
    place = os.fsencode(folder)
    return not (
        _libc.mount(None, b"/", None, _MOUNT_PRIVATE, None)
        or _libc.mount(b"tmpfs", place, b"tmpfs", _MOUNT_SAFELY, size)
    )


def unmount(folder: str) -> None:
    """Give up what `mount_private` has put there, with all that it holds."""
    _check(_libc.umount2(os.fsencode(folder), 2))  # MNT_DETACH


@cache
def can_mount() -> bool:
    """Whether `mount_private` works here: tried in a process that ends."""
    if sys.platform != "linux":
        return False
    pid = os.fork()
    if not pid:
        worked = False
        with suppress(BaseException):
            worked = mount_private("/proc", 1 << 20, 100)
        os._exit(not worked)
    return os.waitpid(pid, 0)[1] == 0


# --- resources and user -----------------------------------------------------------


def _limit(policy: Policy) -> None:
    own = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    memory = policy.memory_bytes
    limits = {
        resource.RLIMIT_DATA: memory and memory + own,
        resource.RLIMIT_NPROC: policy.processes if policy.user is not None else None,
        resource.RLIMIT_FSIZE: policy.file_bytes,
        resource.RLIMIT_NOFILE: policy.open_files,
        resource.RLIMIT_CPU: policy.cpu_seconds,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in limits.items():
        if value is not None:
            _, hard = resource.getrlimit(kind)
            value = value if hard < 0 else min(value, hard)
            resource.setrlimit(kind, (value, value))
    if policy.file_bytes is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # an OSError is clearer


def _become(user: int, keep_reading: bool) -> None:
    """Give up root for `user`, with no capability but reading what Landlock allows.

    That one is kept because Python itself may live below a private home folder.
    """
    _prctl(PR_SET_KEEPCAPS, 1)
    for capability in range(64):
        with suppress(OSError):
            _prctl(PR_CAPBSET_DROP, capability)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    _keep_capabilities(1 << CAP_DAC_READ_SEARCH if keep_reading else 0)


def _keep_capabilities(kept: int) -> None:
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0)
    _check(_libc.capset(header, data))


def die_with_parent(signal_number: int = signal.SIGKILL) -> None:
    """Have the kernel send `signal_number` here when the parent dies."""
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal_number)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent dies."""
    if sys.platform == "linux":
        _prctl(PR_SET_CHILD_SUBREAPER, 1)


def hide_memory() -> None:
    """Let no process of the same user look into this one."""
    if sys.platform == "linux":
        _prctl(PR_SET_DUMPABLE, 0)


def _prctl(*arguments: int) -> None:
    _check(_libc.prctl(*map(ctypes.c_ulong, arguments), *[ctypes.c_ulong(0)] * 3))


def _check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


# --- Landlock: which files --------------------------------------------------------

_LANDLOCK_CREATE, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_BITS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many kinds of access each version knows (16 since version 5)."""


class _Ruleset(ctypes.Structure):
    _fields_ = [(n, ctypes.c_uint64) for n in ("files", "network", "scoped")]


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("access", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def _landlock_ruleset(policy: Policy) -> int:
    abi = landlock_abi()
    everything = (1 << _BITS_BY_ABI.get(abi, 16)) - 1
    handled = _Ruleset(everything, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = _check(_libc.syscall(_LANDLOCK_CREATE, ctypes.byref(handled), size, 0))
    for path in (*system_paths(), *policy.readable):
        _allow(ruleset, path, _READ)
    for path in policy.writable:
        _allow(ruleset, path, everything & ~_IOCTL)
    _allow(ruleset, "/dev/null", (_READ_FILE | _WRITE_FILE | _TRUNCATE) & everything)
    return ruleset


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        access &= _ON_FILES
    rule = _PathRule(access, place)
    _check(_libc.syscall(_LANDLOCK_ADD_RULE, ruleset, 1, ctypes.byref(rule), 0))
    os.close(place)


def _landlock_restrict(ruleset: int) -> None:
    _check(_libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0))
    os.close(ruleset)


@cache
def _installation() -> tuple[str, ...]:
    """Where Python and its packages are, without what else lies beside them."""
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, "/usr", "/usr/local"}
    parts = ("bin", "lib", "lib64", "include", "pyvenv.cfg", "share/jupyter")
    places = [os.path.join(prefix, part) for prefix in prefixes for part in parts]
    packages = [*site.getsitepackages(), site.getusersitepackages()]
    return tuple(p for p in (*places, *packages) if os.path.exists(p))


def system_paths() -> Iterable[str]:
    """What any Python program reads: no home, no data of anybody."""
    yield from _installation()
    yield from (
        "/lib", "/lib64", "/bin", "/usr/libexec", "/usr/share/fonts", "/etc/fonts",
        "/usr/share/zoneinfo", "/usr/share/mime", "/etc/ld.so.cache", "/etc/localtime",
        "/etc/mime.types", "/dev/zero", "/dev/random", "/dev/urandom", "/proc/meminfo",
        "/proc/cpuinfo", "/proc/stat", "/proc/self", "/sys/devices/system/cpu",
    )  # fmt: skip


# --- seccomp: which system calls --------------------------------------------------

_NEW_NAMESPACES = 0x7E020080
"""Flags of clone(): mount, cgroup, UTS, IPC, user, PID, network and time namespaces."""

_SHARED_MEMORY = 0x21
"""MAP_SHARED | MAP_ANONYMOUS: memory that no process has to answer for."""
_NOTIFY = 1026
"""F_NOTIFY: like inotify it tells when the size of one's files is looked up."""

_REFUSED = """
    ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp
    pidfd_getfd pidfd_open perf_event_open userfaultfd bpf
    mount umount umount2 move_mount open_tree fsopen fsconfig fsmount fspick
    mount_setattr pivot_root chroot unshare setns
    add_key request_key keyctl io_uring_setup io_uring_enter io_uring_register
    init_module finit_module delete_module kexec_load kexec_file_load reboot
    swapon swapoff sethostname setdomainname settimeofday clock_settime clock_adjtime
    adjtimex acct quotactl quotactl_fd open_by_handle_at name_to_handle_at
    fanotify_init iopl ioperm modify_ldt personality vhangup syslog lookup_dcookie
    nfsservctl memfd_secret memfd_create shmget shmat shmctl msgget msgsnd msgrcv
    msgctl semget semop semctl semtimedop mq_open mq_unlink connect
    migrate_pages move_pages inotify_init inotify_init1
"""
_IGNORED = "sched_setscheduler sched_setparam sched_setattr setpriority ioprio_set"
"""Calls that seem to succeed: libraries end the process when they fail."""

_ATTRIBUTES = """
    chmod fchmodat fchmodat2 chown lchown fchownat utime utimes futimesat utimensat
    setxattr lsetxattr removexattr lremovexattr
"""
_SIGNALLING = "tkill rt_sigqueueinfo pidfd_send_signal"


def _call_filter(policy: Policy) -> Callable[[], None]:
    """Refuses system calls that no notebook needs, and every way to a network."""
    import pyseccomp as sc

    no_access, no_family = sc.ERRNO(errno.EPERM), sc.ERRNO(errno.EAFNOSUPPORT)
    calls = sc.SyscallFilter(sc.ALLOW)

    def refuse(name: str, action: int, *conditions: sc.Arg) -> None:
        with suppress(OSError, ValueError):  # a call this architecture does not have
            calls.add_rule(action, name, *conditions)

    for name in _REFUSED.split():
        refuse(name, no_access)
    for name in _IGNORED.split():
        refuse(name, sc.ERRNO(0))
    for name in ("socket", "socketpair"):
        refuse(name, no_family, sc.Arg(0, sc.NE, int(socket.AF_UNIX)))
    for kind in {*range(11)} - {socket.SOCK_STREAM}:  # sendto() needs no connect()
        refuse("socket", no_family, sc.Arg(1, sc.MASKED_EQ, 0xF, int(kind)))
    refuse("mmap", no_access, sc.Arg(3, sc.MASKED_EQ, _SHARED_MEMORY, _SHARED_MEMORY))
    refuse("fcntl", no_access, sc.Arg(1, sc.EQ, _NOTIFY))
    refuse("clone3", sc.ERRNO(errno.ENOSYS))  # its flags lie in memory: use clone
    for bit in range(32):
        if _NEW_NAMESPACES >> bit & 1:
            refuse("clone", no_access, sc.Arg(0, sc.MASKED_EQ, 1 << bit, 1 << bit))
    refuse("prlimit64", no_access, sc.Arg(0, sc.NE, 0))
    if landlock_abi() < 6:
        for name in _SIGNALLING.split():
            refuse(name, no_access)
        for name in ("kill", "tgkill"):
            refuse(name, no_access, sc.Arg(0, sc.NE, os.getpid()))
    if policy.user is None:  # Landlock does not know these: pretend to have done it
        for name in _ATTRIBUTES.split():
            refuse(name, sc.ERRNO(0))
    return calls.load
