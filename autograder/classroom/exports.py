"""What a learning platform exports: its files, and whose they are by their names.

    Moodle   Full Name_1234567_assignsubmission_file_/notebook.ipynb
             Full Name_1234567_assignsubmission_file_notebook.ipynb
    Canvas   lastnamefirstname_LATE_12345_678901_notebook-1.ipynb
    plain    student/assignment/notebook.ipynb, student/notebook.ipynb, student.ipynb

Nothing is unpacked: files of an archive are read one by one, up to a size.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from autograder.course import CourseError
from autograder.notebook import MAX_NOTEBOOK_BYTES, Unreadable, read_bytes

MAX_FILES = 500_000
ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz")
MOODLE = re.compile(
    r"(?:^|/)(?P<name>[^/]+)_(?P<number>\d+)_assignsubmission_file"
    r"(?:_?/(?:.+/)?|_)(?P<file>[^/]+)$"
)
CANVAS = re.compile(
    r"(?:^|/)(?P<name>[^/_]+)(?P<late>_LATE)?_(?P<number>\d+)_(?P<upload>\d+)"
    r"_(?P<file>[^/]+)$"
)
ATTEMPT = re.compile(r"(?P<stem>.+?)(?:-(\d{1,3})| ?\((\d{1,3})\))")
DOWNLOADED = re.compile(r" ?\(\d{1,3}\)$")
STUDENT = re.compile(r"\w[\w.@+' -]{0,99}(?<!\s)")
"""What can name a folder of nbgrader's, which reads some characters as patterns."""


@dataclass(frozen=True)
class File:
    """One file of an export; `read` raises `Unreadable`."""

    path: PurePosixPath
    time: datetime
    read: Callable[[], bytes]

    @property
    def is_noise(self) -> bool:
        """Whether an operating system or Jupyter left it there."""
        return any(
            part == "__MACOSX" or (part.startswith(".") and part != "..")
            for part in self.path.parts
        )


@dataclass(frozen=True)
class Origin:
    """Whose a file is, by its name."""

    student: str
    """The id to enter, unless the gradebook knows a better one."""
    file: str
    """The file's name as the student gave it."""
    name: str = ""
    number: str = ""
    """The platform's number: in Canvas of the user, in Moodle of the participant."""
    upload: int = 0
    """Grows from upload to upload, in Canvas."""
    late: bool | None = None
    """What Canvas says of it."""
    assignment: str = ""
    """The assignment that its folder is named after."""

    @property
    def attempt(self) -> tuple[str, int]:
        """The file's stem and the number that a browser or Canvas put behind it."""
        stem = PurePosixPath(self.file).stem
        match = ATTEMPT.fullmatch(stem)
        return (match["stem"], int(match[2] or match[3])) if match else (stem, 0)


# --- names ------------------------------------------------------------------------


def origin(
    path: PurePosixPath, assignments: Container[str], notebooks: Container[str]
) -> Origin:
    """Whose a file is, by its path; no student is called like a notebook.

    Raises:
        Unreadable: when the path does not tell.
    """
    found = _of_platform(str(path)) or _plain(path, assignments, notebooks)
    if not STUDENT.fullmatch(found.student):
        raise Unreadable(
            f"'{found.student}' can't be a student's id: use letters, digits, spaces"
            " and . _ - + @ '"
        )
    return found


def _of_platform(path: str) -> Origin | None:
    if match := MOODLE.search(path):
        name = " ".join(match["name"].split())
        student = name.replace(" ", "_")
        return Origin(student, match["file"], name, match["number"])
    if match := CANVAS.search(path):
        return Origin(
            match["number"], match["file"], match["name"], match["number"],
            int(match["upload"]), bool(match["late"]),
        )  # fmt: skip
    return None


def _plain(
    path: PurePosixPath, assignments: Container[str], notebooks: Container[str]
) -> Origin:
    *folders, file = path.parts
    for place, folder in enumerate(folders):
        if folder in assignments and place:
            return Origin(folders[place - 1], file, assignment=folder)
    assignment = folders.pop(0) if folders and folders[0] in assignments else ""
    student = folders[0] if folders else DOWNLOADED.sub("", path.stem)
    found = Origin(student, file, assignment=assignment)
    no_name = not folders and found.attempt[0] in notebooks
    if no_name or len(folders) > 1:
        raise Unreadable(
            "whose it is can't be told: put it into <student>/<assignment>/"
        )
    return found


# --- files ------------------------------------------------------------------------


@contextmanager
def opened(export: Path) -> Iterator[list[File]]:
    """All files of a folder or zip, which can be read until the end of the block.

    Raises:
        CourseError: when it is neither.
    """
    if export.is_dir():
        yield _in_folder(export)
    elif not export.exists():
        raise CourseError(f"There is no folder or zip file {export}.")
    else:
        try:
            archive = zipfile.ZipFile(export)
        except (zipfile.BadZipFile, NotImplementedError):
            raise CourseError(
                f"{export} is neither a folder nor a zip file that is whole:"
                " download it again."
            ) from None
        with archive:
            yield _in_archive(archive, export)


def _in_folder(folder: Path) -> list[File]:
    found = []
    for root, folders, names in os.walk(folder):
        links = [name for name in folders if Path(root, name).is_symlink()]
        for name in names + links:
            path = Path(root, name)
            relative = PurePosixPath(path.relative_to(folder).as_posix())
            time = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
            found.append(File(relative, time, partial(_read, path)))
    return sorted(found, key=lambda file: file.path)


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except OSError as error:
        raise Unreadable(f"it can't be read ({error.strerror})") from None


def _in_archive(archive: zipfile.ZipFile, export: Path) -> list[File]:
    members = [m for m in archive.infolist() if not m.is_dir()]
    if len(members) > MAX_FILES:
        raise CourseError(f"{export} holds more than {MAX_FILES} files.")
    unknown = datetime.fromtimestamp(export.stat().st_mtime, UTC)
    found = [
        File(_path(m), _time(m) or unknown, partial(_unpacked, archive, m))
        for m in members
    ]
    return sorted(found, key=lambda file: file.path)


def _path(member: zipfile.ZipInfo) -> PurePosixPath:
    """Its name; some programs write UTF-8 and don't say so, or accents apart."""
    name = member.filename
    if not member.flag_bits & 0x800:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return PurePosixPath(normalize("NFC", name.replace("\\", "/")))


def _time(member: zipfile.ZipInfo) -> datetime | None:
    """When it was changed: in UTC where the archive says so, else in local time."""
    extra = member.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == 0x5455 and size >= 5 and len(extra) >= 9 and extra[4] & 1:
            return datetime.fromtimestamp(int.from_bytes(extra[5:9], "little"), UTC)
        extra = extra[4 + size :]
    try:
        local = datetime(*member.date_time)
    except ValueError:
        return None
    return local.astimezone(UTC) if local.year > 1980 else None


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    path = _path(member)
    if path.is_absolute() or ".." in path.parts:
        raise Unreadable("its path leads out of the archive")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Unreadable("the file is a link")
    if member.flag_bits & 1:
        raise Unreadable("it is encrypted")
    try:
        with archive.open(member) as file:
            content = file.read(MAX_NOTEBOOK_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError) as error:
        raise Unreadable(f"it can't be unpacked ({type(error).__name__})") from None
    if len(content) > MAX_NOTEBOOK_BYTES:
        raise Unreadable(f"the file is larger than {MAX_NOTEBOOK_BYTES >> 20} MB")
    return content
