"""Folders of limited size that come and go: working copies, homes, clean copies.

What lies in them was made by strangers: no link is followed, nothing is believed to
be shallow, short or readable, and what a killed process leaves is removed later.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PREFIX = "autograder-scratch-"
MOST_FILES = 20_000
DEEPEST, LONGEST = 32, 1000
_held: dict[Path, int | None] = {}


# --- folders of this process ------------------------------------------------------


def claim() -> Path:
    """A new folder of this process; `remove` it, or `sweep` does when we are dead."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = _lock(folder)
        if folder.exists():  # nobody has swept it away meanwhile
            _held[folder] = lock
            return folder


def remove(folder: Path) -> None:
    """Remove a folder with all that it holds, however it was made."""
    with suppress(OSError):
        empty(folder)
        folder.rmdir()
    lock = _held.pop(folder, None)
    if lock is not None:
        os.close(lock)


def sweep() -> None:
    """Remove the folders of processes that are dead: nobody holds their locks."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        lock = _lock(folder)
        if lock is not None:
            remove(folder)
            os.close(lock)


def _lock(folder: Path) -> int | None:
    """Hold one's own folder as long as this process lives; None if another does."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    with suppress(OSError):
        if os.fstat(lock).st_uid == os.geteuid():
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
    os.close(lock)
    return None


def empty(folder: Path) -> None:
    """Remove all that a folder holds.

    What lies deeper is first moved up: paths stay short, and nothing recurs.
    """
    os.chmod(folder, 0o755)
    while entries := list(os.scandir(folder)):
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
                continue
            os.chmod(entry.path, 0o700)
            for inner in list(os.scandir(entry.path)):
                if inner.is_dir(follow_symlinks=False):
                    os.chmod(inner.path, 0o700)  # else it cannot be moved
                    os.rename(inner.path, folder / f"{PREFIX}{os.urandom(8).hex()}")
                else:
                    os.unlink(inner.path)
            os.rmdir(entry.path)


# --- what others made -------------------------------------------------------------


def copy(source: Path, target: Path, most_bytes: int) -> list[str]:
    """Copy folders and regular files; what was left out, and why.

    Left out are notebooks (unsaid), links, devices, pipes, and what is too much.
    """
    size = count = 0
    left_out = []
    waiting = [Path()]
    while waiting:
        place = waiting.pop()
        (target / place).mkdir(exist_ok=True)
        for entry in _entries(source / place):
            name, about = place / entry.name, entry.stat(follow_symlinks=False)
            count += 1
            reason = _unwanted(name, about, count, size + about.st_size > most_bytes)
            if not reason and stat.S_ISDIR(about.st_mode):
                waiting.append(name)
            elif not reason and name.suffix != ".ipynb":
                reason = _copy_file(entry.path, target / name)
                size += about.st_size
            if reason:
                left_out.append(f"{str(name)!r} was left out: {reason}")
    return left_out


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []


def _copy_file(source: str, target: Path) -> str:
    try:
        shutil.copyfile(source, target, follow_symlinks=False)
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    return ""


def _unwanted(name: Path, about: os.stat_result, count: int, full: bool) -> str:
    if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
        return "it is a link or no regular file"
    if len(name.parts) > DEEPEST or len(str(name)) > LONGEST:
        return "the folders are nested too deep"
    if count > MOST_FILES:
        return "there are too many files"
    return "the files are too large" if full else ""


def fits(folders: Iterable[str], most_bytes: int) -> bool:
    """Whether what lies below `folders` is as little as allowed, and can be seen."""
    size = count = 0
    waiting = list(folders)
    while waiting:
        try:
            for entry in os.scandir(waiting.pop()):
                count += 1
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
        except (FileNotFoundError, NotADirectoryError):
            continue  # things change while one looks
        except OSError:  # hidden below a path that is too long, or forbidden
            return False
        if size > most_bytes or count > MOST_FILES:
            return False
    return True


def unlinked_bytes(pid: int) -> int:
    """Size of the files that a process holds open and that have no name any more."""
    size = 0
    with suppress(OSError):
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                about = os.stat(entry.path)
                if stat.S_ISREG(about.st_mode) and not about.st_nlink:
                    size += about.st_blocks * 512
    return size
