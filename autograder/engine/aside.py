"""What was graded before: it stays until something whole has taken its place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from nbgrader.utils import rmtree

from autograder.notebook import digest_of


def note_file(graded: Path) -> Path:
    """Where the note on a graded folder is, by whoever grades classes."""
    return graded.with_name(f".{graded.name}.json")


def put_aside(*places: Path) -> None:
    """Move graded folders or notebooks out of the way of others."""
    for place in places:
        note_file(place).unlink(missing_ok=True)  # it tells of this grading
        if place.exists():
            _removed(_old(place))
            place.rename(_old(place))


def settle(place: Path) -> None:
    """What was put aside goes, or comes back if nothing has replaced it."""
    if place.exists():
        _removed(_old(place))
    elif _old(place).exists():
        _old(place).rename(place)


def drop_halves(files: Iterable[Path], folder: Path | None) -> None:
    """Have graded again what a grader that was killed has left.

    nbgrader would pass over a `folder` without any notebook, or with half a one, and
    the submission had no grade. (One that lacks some may lack those that are not the
    assignment's.)
    """
    found = [file for file in files if file.exists()]
    halves = [file for file in found if not _is_whole(file)]
    for file in halves:
        file.unlink()
    if folder and (halves or not found):
        shutil.rmtree(folder, ignore_errors=True)


def is_outdated(graded: Path, master: Path) -> bool:
    """Whether it was another version of the master that graded a notebook."""
    with suppress(OSError, ValueError, KeyError):
        about = json.loads(graded.read_bytes())["metadata"]["autograder"]
        return bool(about["master"] != digest_of(master))
    return False


def _is_whole(notebook: Path) -> bool:
    with suppress(OSError, ValueError):
        json.loads(notebook.read_bytes())
        return True
    return False


def _old(place: Path) -> Path:
    return place.with_name(f".{place.name}.old")


def _removed(path: Path) -> None:
    if path.is_dir():
        rmtree(path)
    else:
        path.unlink(missing_ok=True)
