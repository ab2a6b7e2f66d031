"""The folders of one submission: working copies and homes of judge and student."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from autograder.engine.processes import apart, disk, memory


class Scratch:
    """A throw-away folder; the student's part is a disk of its own if possible.

    `submission` and `course` are the folders whose files are copied.
    """

    def __init__(self, submission: str, course: str, most_bytes: int) -> None:
        self._submission, self._most_bytes = submission, most_bytes
        self.root = disk.claim()
        self._student = self.root / "student"
        self.work, self.home = self._student / "work", self._student / "home"
        self.judge_work = self.root / "judge" / "work"
        self.judge_home = self.root / "judge" / "home"
        self.root.chmod(0o711)
        self._student.mkdir(0o711)
        self.root.joinpath("judge").mkdir(0o700)
        self.judge_home.mkdir()
        shutil.copytree(course, self.judge_work, ignore=_unwanted)
        self._mounted = apart.can_mount()
        if self._mounted:
            apart.enter()
            apart.mount_private(str(self._student), most_bytes, disk.MOST_FILES)

    def begin(self, user: int | None) -> None:
        """Make the student's copies anew, without notebooks; `user` is to own them."""
        for folder in (self.work, self.home):
            folder.mkdir(exist_ok=True)
            disk.empty(folder)
        disk.copy(Path(self._submission), self.work, self._most_bytes)
        if user is not None:
            for path in (self.work, self.home, *self.work.rglob("*")):
                os.chown(path, user, user, follow_symlinks=False)

    def fits(self, pids: Iterable[int]) -> bool:
        """Whether the student's processes use no more disk than allowed."""
        if self._mounted:
            left = os.statvfs(self.work)
            return left.f_bavail > 0 and left.f_favail > 0
        open_bytes = sum(map(memory.unlinked_bytes, pids))
        folders = [str(self.work), str(self.home)]
        return disk.fits(folders, self._most_bytes - open_bytes)

    def remove(self) -> None:
        """Remove everything."""
        if self._mounted:
            apart.unmount(str(self._student))
        disk.remove(self.root)


def _unwanted(folder: str, names: list[str]) -> set[str]:
    """Notebooks, and links to nowhere: a set-up cell will complain.

    `copytree` itself would look for what a relative link names in the wrong place.
    """
    return {
        name
        for name in names
        if name.endswith((".ipynb", ".ipynb_checkpoints"))
        or not os.path.exists(os.path.join(folder, name))
    }
