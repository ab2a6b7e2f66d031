"""The system calls that a notebook may make; the kernel refuses all others.

Refused calls fail with EPERM. Those since Linux 5.1, also ones that do not exist yet,
fail with ENOSYS instead: the C library then does what it did before it had them.

The lists were found by watching NumPy, TensorFlow, plots, music, shells, threads,
processes, files and event loops. Names and numbers are those of x86_64 and aarch64;
each lacks some of the calls.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import product

from autograder.engine.processes import libc

# no connect: daemons listen on such sockets, and Landlock does not know of these; no
# sendmsg: a file within a message would count as nobody's
_ALLOWED = """
    read write readv writev pread64 pwrite64 preadv pwritev lseek close
    close_range dup dup2 dup3 pipe pipe2 sendfile copy_file_range stat lstat fstat
    newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat
    getdents getdents64 getcwd chdir fchdir rmdir unlink unlinkat rename renameat
    renameat2 link linkat symlink symlinkat ftruncate fallocate fsync fdatasync
    sync_file_range flock umask getxattr lgetxattr fgetxattr listxattr
    llistxattr flistxattr

    brk munmap mremap mprotect madvise msync get_mempolicy membarrier

    fork vfork execve exit exit_group wait4 waitid getpid getppid gettid getpgid getpgrp
    setpgid getsid set_tid_address set_robust_list get_robust_list rseq
    arch_prctl futex sched_yield sched_getaffinity sched_getparam sched_getscheduler
    sched_getattr sched_get_priority_max sched_get_priority_min sched_rr_get_interval
    getpriority ioprio_get getcpu getuid geteuid getgid getegid getresuid getresgid
    getgroups capget getrlimit setrlimit getrusage times sysinfo uname getrandom

    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend
    sigaltstack signalfd signalfd4 pause restart_syscall alarm setitimer getitimer
    timer_create timer_settime timer_gettime timer_getoverrun timer_delete
    timerfd_create timerfd_settime timerfd_gettime time gettimeofday clock_gettime
    clock_getres clock_nanosleep nanosleep

    select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_wait
    epoll_pwait epoll_pwait2 eventfd eventfd2

    bind listen accept accept4 getsockname getpeername getsockopt shutdown sendto
    recvfrom
"""
# these seem to succeed, as programs end or complain when they fail; who may write a
# file of others may set its times to now, too; cores are shared among sessions, of
# which a submission is one
_IGNORED = """
    setsid sched_setscheduler sched_setparam sched_setattr setpriority ioprio_set mbind
    set_mempolicy chown fchown lchown fchownat utime utimes futimesat fadvise64
"""
# a file system without them: programs know that, and copy without
_NO_EXTENDED_ATTRIBUTES = """
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
"""

# Allowed with certain arguments: the position of each, the bits that matter (all, if
# none are named), and the values that they may have.
_WITH = """
preadv2,pwritev2 5=0           # no asking what the page cache holds
clone 0&0x7E00B080=0           # no namespaces, foreign parent, tracing, descriptor
mmap 3&0x40020=0               # of a file, without huge pages
mmap 3&0x40021=0x20            # anonymous, nor shared: some process answers for it
socket,socketpair 0=1 1&0xF=1  # local streams: datagrams need no connection
setsockopt 1=1 2=2,9,13,16,20,21  # reuse, lingering, credentials, timeouts; no sizes
fcntl 1=0,1,2,3,4,5,6,7,36,37,38  # duplicates, flags, locks; no leases, owners, notices
fcntl 1=1030,1032                 # a duplicate that closes, a pipe's size
ioctl 1=0x5401,0x540F,0x5413,0x802C542A  # about terminals
ioctl 1=0x541B,0x5421,0x5450,0x5451      # what can be read; flags
prctl 0=3,15,16,21,23,39,0x53564D41  # names; asking for dumps, seccomp, privileges
prctl 0=1 1=9                  # as `libc.die_with_parent`
prlimit64,sched_setaffinity 0=0  # of the caller
creat,mkdir 1&0o6000=0         # no set-user-id or set-group-id bit, here and below
mkdirat 2&0o6000=0
"""
_OPEN = """
open 2&0o6000=0
openat 3&0o6000=0
truncate
"""
# old versions of Landlock let whoever may read a file cut it off: ask for writing, too
_OPEN_BEFORE_LANDLOCK_3 = """
open 2&0o6000=0 1&0o1000=0
open 2&0o6000=0 1&0o1003=0o1001,0o1002
openat 3&0o6000=0 2&0o1000=0
openat 3&0o6000=0 2&0o1003=0o1001,0o1002
"""
_MODES = """
chmod,fchmod 1&0o6000=0
fchmodat,fchmodat2 2&0o6000=0
"""
_THIS_PROCESS = 0x5EC0FFEE
"""Stands in a program for the process that will load it."""
_NUMBERS = {"fchmodat2": 452}
"""Calls that an old libseccomp does not know by name."""
_SINCE_LINUX_5_1 = range(424, 600)
"""The numbers are the same on every architecture."""
_PR_SET_SECCOMP, _FILTER = 22, 2
Condition = tuple[int, int, int]
"""Position of an argument, the bits that matter, their value."""
Rule = tuple[str, Sequence[Condition]]


def call_filter(own_user: bool, landlock_abi: int) -> Callable[[], None]:
    """A function that binds the calling process to these calls for good.

    It raises OSError if the kernel does not take the filter. Only it need run in the
    process that is to be confined. `own_user` says whether that one runs under a user
    id of its own, `landlock_abi` which version of Landlock holds it as well.
    """
    program = _program(own_user, landlock_abi)

    def load() -> None:
        ours = program.replace(_word(_THIS_PROCESS), _word(os.getpid()))
        instructions = ctypes.create_string_buffer(ours, len(ours))
        about = struct.pack("HP", len(ours) // 8, ctypes.addressof(instructions))
        libc.no_new_privileges()
        place = ctypes.create_string_buffer(about)
        libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.addressof(place))

    return load


@cache
def _program(own_user: bool, landlock_abi: int) -> bytes:
    """The filter in the kernel's language: it takes long to make, so keep it."""
    import pyseccomp as sc

    calls = sc.SyscallFilter(sc.ERRNO(errno.EPERM))
    calls.set_attr(sc.Attr.ACT_BADARCH, sc.KILL_PROCESS)  # no call of other systems
    with suppress(OSError):  # an older libseccomp searches from first to last
        calls.set_attr(sc.Attr.CTL_OPTIMIZE, 2)

    def number(name: str) -> int:
        return _NUMBERS.get(name) or int(sc.resolve_syscall(sc.Arch.NATIVE, name))

    def rule(action: int, call: int, tests: Sequence[Condition] = ()) -> None:
        with suppress(OSError, ValueError):  # this architecture does not have it
            arguments = (sc.Arg(p, sc.MASKED_EQ, mask, v) for p, mask, v in tests)
            calls.add_rule(action, call, *arguments)

    for name, tests in _allowed(own_user, landlock_abi):
        rule(sc.ALLOW, number(name), tests)
    modes = [name for name, _ in _read(_MODES)]
    for name in [*_IGNORED.split(), *([] if own_user else modes)]:
        rule(sc.ERRNO(0), number(name))
    # but for "now" by name: Path.touch() makes a file when this fails only
    for test in (sc.Arg(1, sc.EQ, 0), sc.Arg(2, sc.NE, 0)):
        calls.add_rule(sc.ERRNO(0), "utimensat", test)
    for name in _NO_EXTENDED_ATTRIBUTES.split():
        rule(sc.ERRNO(errno.ENOTSUP), number(name))
    known = {number(name) for name in [*_ALLOWED.split(), *modes]}
    for call in {*_SINCE_LINUX_5_1, number("execveat")} - known:
        rule(sc.ERRNO(errno.ENOSYS), call)
    with tempfile.TemporaryFile() as file:
        calls.export_bpf(file)
        file.seek(0)
        return file.read()


def _allowed(own_user: bool, landlock_abi: int) -> Iterator[Rule]:
    yield from ((name, []) for name in _ALLOWED.split())
    yield from _read(_WITH)
    yield from _read(_OPEN if landlock_abi >= 3 else _OPEN_BEFORE_LANDLOCK_3)
    settled = own_user or landlock_abi >= 6  # whom else a signal may reach
    yield from _read("kill,tgkill,tkill" + ("" if settled else f" 0={_THIS_PROCESS}"))
    if own_user:  # else these are seemingly done: Landlock does not know of them
        yield from _read(_MODES)


def _read(table: str) -> Iterator[Rule]:
    for line in table.strip().splitlines():
        names, *tests = line.partition("#")[0].split()
        for name in names.split(","):
            for conditions in product(*map(_conditions, tests)):
                yield name, conditions


def _conditions(test: str) -> list[Condition]:
    argument, _, values = test.partition("=")
    position, _, bits = argument.partition("&")
    mask = int(bits or "0xFFFFFFFF", 0)
    return [(int(position), mask, int(value, 0)) for value in values.split(",")]


def _word(value: int) -> bytes:
    return value.to_bytes(4, sys.byteorder)
