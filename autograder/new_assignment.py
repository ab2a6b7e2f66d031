"""Puts a small, complete assignment into a course: an example to make one's own of."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from autograder.course import Course, CourseError

EXAMPLE = Path(__file__).parent / "example"
"""Laid out as a course is: `source/` and `audit/`."""
NAME = "letter_pairs"  # of the example; stands for the new name in all its files
FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def new_assignment(course: Course, name: str) -> list[Path]:
    """Make the assignment `name`: master, files, right and wrong answers.

    Raises:
        CourseError: when the name is not good, or something has it; nothing is made.
    """
    if not FORM.fullmatch(name):
        raise CourseError(
            f"'{name}' can't be the name of an assignment: take letters without"
            " accents, digits, '_' and '-', such as my_first."
        )
    source = course.folder("source", ".", name)
    targets = {"source": source, "audit": course.root / "audit" / name}
    for target in targets.values():
        if os.path.lexists(target):
            raise CourseError(f"{target} is there already: take another name.")
    try:
        with tempfile.TemporaryDirectory(prefix=".new-", dir=course.root) as made:
            for part, target in targets.items():
                _copy(EXAMPLE / part / NAME, Path(made, part), name, target.parent)
            for part, target in targets.items():
                target.parent.mkdir(parents=True, exist_ok=True)
                Path(made, part).rename(target)
    except OSError as problem:
        for target in targets.values():
            shutil.rmtree(target, ignore_errors=True)
        raise CourseError(
            f"{problem.filename}: {problem.strerror}. Nothing was made: mend that, and"
            " try again."
        ) from None
    return [*targets.values()]


def _copy(example: Path, made: Path, name: str, siblings: Path) -> None:
    """The example under its new name; modules that siblings have become links."""
    for path in filter(Path.is_file, sorted(example.rglob("*"))):
        place = path.relative_to(example)
        content = path.read_bytes().replace(NAME.encode(), name.encode())
        target = made / str(place).replace(NAME, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        module = path.suffix == ".py" and path.parent == example
        same = _same(siblings, path.name, content) if module else None
        if same:
            target.symlink_to(Path("..", same.parent.name, same.name))
        else:
            target.write_bytes(content)


def _same(siblings: Path, name: str, content: bytes) -> Path | None:
    """The file of another assignment that is the same, and no link itself."""
    for path in sorted(siblings.glob(f"*/{name}")):
        if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
            return path
    return None
