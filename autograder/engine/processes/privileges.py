"""User ids and capabilities: what a process is allowed because of who it is."""

from __future__ import annotations

import os
import struct
from contextlib import suppress

from autograder.engine.processes import libc

_PR_CAPBSET_DROP = 24
_PR_CAP_AMBIENT, _CLEAR_ALL = 47, 4
_PR_SET_SECUREBITS = 28
_ROOT_IS_NOBODY = 0b101111
"""No capabilities by being root, by change of user id or as ambient ones, for good."""
_CAPABILITY_VERSION = 0x20080522
_CAP_DAC_READ_SEARCH = 2


def drop(user: int | None = None, keep_reading: bool = False) -> None:
    """Give up every capability for good, of this process and what it will run.

    It works for root as well, and within a user namespace where root is the only user:
    root then is an ordinary user whose number happens to be 0. Who is root can give
    that up, too, for a `user`, its group and no other. `keep_reading` keeps the
    capability to read any file: Python itself may live below a private home folder.
    Only for who is held by Landlock.
    """
    for capability in range(64):
        with suppress(OSError):  # there are no more, or one may not
            libc.prctl(_PR_CAPBSET_DROP, capability)
    with suppress(OSError):  # needs a capability itself: there may be none
        libc.prctl(_PR_SET_SECUREBITS, _ROOT_IS_NOBODY)
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    libc.prctl(_PR_CAP_AMBIENT, _CLEAR_ALL)
    kept = 1 << _CAP_DAC_READ_SEARCH if keep_reading else 0
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    effective_permitted_inherited = struct.pack("6I", kept, kept, 0, 0, 0, 0)
    libc.check(libc.library.capset(header, effective_permitted_inherited))
    libc.no_new_privileges()
