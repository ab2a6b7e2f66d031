"""Folders of limited size that come and go: working copies, homes, clean copies.

What lies in them was made by strangers: no link is followed, nothing is believed to
be shallow, short or readable, and what a killed process leaves is removed later.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

PREFIX = "autograder-scratch-"
MOST_FILES = 20_000
PAGE = 4096  # what a file takes in multiples of
MOST_SUBMITTED = 1000  # files and folders beside a notebook: each costs time
DEEPEST, LONGEST = 32, 1000
MOST_REMARKS = 10
_held: dict[Path, int] = {}


# --- folders of this process ------------------------------------------------------


def claim() -> Path:
    """A new folder of this process; `remove` it, or `sweep` does when we are dead."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        if _hold(folder) and folder.exists():  # else it is being swept away
            return folder


def remove(folder: Path) -> None:
    """Remove a folder with all that it holds, however it was made."""
    with suppress(OSError):
        empty(folder)
        folder.rmdir()
    if folder in _held:
        os.close(_held.pop(folder))


def sweep() -> None:
    """Remove the folders of processes that are dead: nobody holds their locks."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if _hold(folder):
            remove(folder)


def _hold(folder: Path) -> bool:
    """Lock one's own folder as long as this process lives; False if another does."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    with suppress(OSError):
        if os.fstat(lock).st_uid == os.geteuid():
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _held[folder] = lock
            return True
    os.close(lock)
    return False


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
            os.rmdir(entry.path)


# --- what others made -------------------------------------------------------------


def copy(source: Path, target: Path, most_bytes: int) -> list[str]:
    """Copy folders and regular files; what was left out, and why.

    Left out are notebooks (unsaid), links, devices, pipes, and what is too much.
    """
    return _walk(source, target, most_bytes, shutil.copyfile)


class View:
    """What is fit to be seen of a folder: links to its regular files, no notebooks."""

    def __init__(self, source: Path, most_bytes: int) -> None:
        self.folder = claim()
        source = source.resolve()
        self._left_out = _walk(source, self.folder, most_bytes, os.symlink)

    def hide(self, path: Path, remark: str) -> None:
        """Leave out one more."""
        if path.is_symlink():
            path.unlink()
        else:
            remove(path)
        self._left_out.append(remark)

    def left_out(self) -> list[str]:
        """What is not seen, and why: the first few, and their number."""
        if len(self._left_out) <= MOST_REMARKS:
            return list(self._left_out)
        count = f"left out in all: {len(self._left_out)} files or folders"
        return [*self._left_out[:MOST_REMARKS], count]

    def close(self) -> None:
        """Remove the links."""
        remove(self.folder)


def _walk(
    source: Path, target: Path, most_bytes: int, place: Callable[[str, Path], object]
) -> list[str]:
    size = count = 0
    left_out = []
    waiting = [Path()]
    while waiting:
        folder = waiting.pop()
        (target / folder).mkdir(exist_ok=True)
        for entry in _entries(source / folder):
            name, about = folder / entry.name, entry.stat(follow_symlinks=False)
            count += 1
            pages = -(-about.st_size // PAGE)
            reason = _unwanted(name, about, count, size + pages * PAGE > most_bytes)
            if not reason and stat.S_ISDIR(about.st_mode):
                waiting.append(name)
            elif not reason and name.suffix != ".ipynb":
                reason = _placed(place, entry.path, target / name)
                size += pages * PAGE
            if reason:
                left_out.append(f"{str(name)!r} was left out: {reason}")
    return left_out


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []


def _placed(place: Callable[[str, Path], object], source: str, target: Path) -> str:
    try:
        if not os.access(source, os.R_OK):
            return "it cannot be read (Permission denied)"
        place(source, target)
    except (PermissionError, FileNotFoundError) as error:
        return f"it cannot be read ({error.strerror})"
    return ""


def _unwanted(name: Path, about: os.stat_result, count: int, full: bool) -> str:
    if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
        return "it is a link or no regular file"
    if len(name.parts) > DEEPEST or len(str(name)) > LONGEST:
        return "the folders are nested too deep"
    if count > MOST_SUBMITTED:
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
