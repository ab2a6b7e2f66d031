"""Landlock: the files that a process and its later children may see and change."""

from __future__ import annotations

import os
import site
import struct
import sys
from collections.abc import Callable, Iterable
from functools import cache

from autograder.engine.processes import libc

NEWEST = 7
PRETENDED = "AUTOGRADER_LANDLOCK"
"""In the environment, for tests: the highest version that is made use of."""

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_ASK_VERSION, _LOG_NOTHING = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1, 2, 4, 8
_TRUNCATE, _CONTROL = 1 << 14, 1 << 15
_READ = _EXECUTE | _READ_FILE | _READ_FOLDER
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _CONTROL
_BIND_AND_CONNECT = _SOCKETS_AND_SIGNALS = 3
_KINDS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many kinds of access to files each version knows (16 since version 5)."""


@cache
def version() -> int:
    """The version in use: the kernel's, no newer than `NEWEST`; 0 if there is none.

    2 lets files move between folders, 3 guards against cutting them off, 4 has TCP,
    5 device controls, 6 abstract sockets and signals, 7 silence in the audit log.
    """
    found: int = libc.library.syscall(_CREATE, None, 0, _ASK_VERSION)
    return max(0, min(found, int(os.environ.get(PRETENDED, NEWEST)), NEWEST))


def file_rules(readable: Iterable[str], writable: Iterable[str]) -> Callable[[], None]:
    """A function that lets the calling thread and its later children see these only.

    It needs `no_new_privileges`. The places are opened here, while they still can be.
    Raises OSError if there is no Landlock.
    """
    abi = version()
    everything = (1 << _KINDS.get(abi, 16)) - 1
    handled = struct.pack("Q", everything)
    handled += struct.pack("Q", _BIND_AND_CONNECT) if abi >= 4 else b""
    handled += struct.pack("Q", _SOCKETS_AND_SIGNALS) if abi >= 6 else b""
    rules = libc.check(libc.library.syscall(_CREATE, handled, len(handled), 0))
    for path in readable:
        _allow(rules, path, _READ)
    for path in writable:
        _allow(rules, path, everything & ~_CONTROL)
    _allow(rules, os.devnull, (_READ_FILE | _WRITE_FILE | _TRUNCATE) & everything)

    def apply() -> None:
        quiet = _LOG_NOTHING if abi >= 7 else 0
        libc.check(libc.library.syscall(_RESTRICT, rules, quiet))
        os.close(rules)

    return apply


def _allow(rules: int, path: str, access: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no rule
    try:
        if not os.path.isdir(path):
            access &= _ON_FILES
        rule = struct.pack("=Qi", access, place)
        libc.check(libc.library.syscall(_ADD_RULE, rules, 1, rule, 0))
    finally:
        os.close(place)


@cache
def system_paths() -> tuple[str, ...]:
    """What any Python program reads: no home, no data of anybody.

    Python and its packages are told apart from what else lies beside them.
    """
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, "/usr", "/usr/local"}
    parts = ("bin", "lib", "lib64", "include", "pyvenv.cfg", "share/jupyter")
    return (
        *(os.path.join(prefix, part) for prefix in prefixes for part in parts),
        *site.getsitepackages(), site.getusersitepackages(),
        "/lib", "/lib64", "/bin", "/usr/libexec", "/usr/share/fonts", "/etc/fonts",
        "/usr/share/zoneinfo", "/usr/share/mime", "/etc/ld.so.cache", "/etc/localtime",
        "/etc/mime.types", "/dev/random", "/dev/urandom", "/proc/meminfo",
        "/proc/cpuinfo", "/proc/stat", "/proc/self", "/sys/devices/system/cpu",
    )  # fmt: skip
