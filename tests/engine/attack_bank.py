"""Submissions that try to cheat, to spy or to do harm, one small file each.

Every file in attacks/<category>/ starts with what it `tries` and its `place`: it is
the answer itself (or that to another exercise), the first cell before a wrong answer,
or a function `hand_in` that damages the notebook. `works` is the effect that it has
where nothing defends, see undefended.py; `without` a layer that is missing there, too.
`stock` says when it must not run unconfined. @COURSE@ stands for the course's folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from tests.engine.small_course import cell, solution

FOLDER = Path(__file__).parent / "attacks"
SECRET = "ORACLE_7F3A"
WRONG = "def square(x):\n    return x * 3"
SHARED = ("/tmp", "/var/tmp", "/dev/shm")
"""Folders of everybody: an attack leaves files there that are named as the course is."""

OWN = ("output", "files", "result.json", "home", "work")
"""What a grader writes itself, in a course and beside it."""

MASTER = [
    cell("setup", "setup", """
import contextlib, copy, statistics, sys
import numpy as np
import numpy.testing
def close(a, b): np.testing.assert_allclose(a, b)
@contextlib.contextmanager
def substituted(name, function):
    names = vars(sys.modules["__main__"])
    before, names[name] = names[name], function
    try: yield
    finally: names[name] = before
""".strip()),
    solution("square", "def square(x):\n    return x * x"),
    solution("apply", "def apply(f, x):\n    return f(x)"),
    cell("test", "test_apply", f"""
### BEGIN HIDDEN TESTS
def _oracle(x, token="{SECRET} "):
    return np.multiply(x, x)
close(apply(_oracle, 5), 25)
### END HIDDEN TESTS
""".strip()),
    solution("fourth", "def fourth(x):\n    return square(square(x))"),
    cell("test", "test_fourth", """
### BEGIN HIDDEN TESTS
with substituted("square", lambda x: np.multiply(x, x)):
    close(fourth(3.0), 81)
### END HIDDEN TESTS
""".strip()),
    cell("test", "test_square", f"""
assert square(3) == 9
close(square(np.array([2., 5.])), [4, 25])
### BEGIN HIDDEN TESTS
def _ref_square(x, token="{SECRET} "):
    return np.multiply(x, x)
for value in (2, 7.5, np.arange(4.0)):
    close(square(value), _ref_square(value))
### END HIDDEN TESTS
""".strip()),
    solution("cube", "def cube(x):\n    return x * x * x"),
    cell("test", "test_cube", """
close(cube(np.arange(3.)), [0, 1, 8])
### BEGIN HIDDEN TESTS
with open("out.txt", "w") as file:
    file.write("tested")
close(copy.copy(cube(2.0)), 8)
### END HIDDEN TESTS
""".strip()),
]  # fmt: skip
EARNED = {"test_apply": 1, "test_fourth": 1, "test_square": 1, "test_cube": 1}


@dataclass(frozen=True)
class Attack:
    """One hostile submission."""

    name: str
    tries: str
    place: str
    works: str
    without: str
    stock: str
    text: str

    @property
    def category(self) -> str:
        """The folder it lies in."""
        return self.name.split("/")[0]

    def hand_in(self, course: Path = Path("/nowhere")) -> str:
        """The submitted file, by somebody who knows where the course lies."""
        text = self.text.replace("@COURSE@", str(course))
        replaced = {"square": WRONG}
        if self.place not in ("first", "notebook"):
            replaced["square" if self.place == "answer" else self.place] = text
        notebook = master()
        for found in notebook["cells"]:
            found["source"] = replaced.get(found["id"], found["source"])
        if self.place == "first":
            first = nbformat.v4.new_code_cell(text, id="first")
            notebook["cells"].insert(0, dict(first))
        if self.place == "notebook":
            tools: dict[str, Any] = {}
            exec(text, tools)
            damaged = tools["hand_in"](notebook)
            if damaged is not None:
                return damaged
        return json.dumps(notebook)


def master() -> Any:
    """The master as plain data, with the source of each cell in one piece."""
    notebook = json.loads(nbformat.writes(nbformat.v4.new_notebook(cells=MASTER)))
    for found in notebook["cells"]:
        found["source"] = "".join(found["source"])
    return notebook


def learnt(cells: Any) -> bool:
    """Whether cells show the secret: in the test's own cell only its error counts."""
    shown = []
    for found in cells:
        outputs = found.get("outputs") or []
        if (found["metadata"].get("nbgrader") or {}).get("grade_id") == "test_square":
            outputs = [output.get("evalue") for output in outputs]
        shown.append(outputs)
    return SECRET in str(shown)


# --- what belongs to others -------------------------------------------------------


@contextmanager
def course_of_others() -> Iterator[Path]:
    """A course with a master, scores and a folder `work` for one submission."""
    quick = Path("/dev/shm")
    roomy = quick.is_dir() and shutil.disk_usage(quick).free > 1 << 30
    place = quick if roomy else None
    world = Path(tempfile.mkdtemp(prefix="autograder-attacked-", dir=place))
    course = world / "course"
    for name in ("course/source/ps1", "course/work", "home"):
        world.joinpath(name).mkdir(parents=True)
    course.joinpath("source/ps1/notebook.ipynb").write_text(json.dumps(master()))
    course.joinpath("file").write_text("untouched")
    world.joinpath("output").touch()
    with sqlite3.connect(course / "gradebook.db") as scores:
        scores.execute("create table grade (auto_score, manual_score)")
        scores.execute("insert into grade values (0, 0)")
    scores.close()
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind(str(course / "log"))
    for path in (world, *world.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    try:
        yield course
    finally:
        log.close()
        subprocess.run(["chmod", "-R", "u+rwx", "--", str(world)], capture_output=True)
        subprocess.run(["rm", "-rf", "--", str(world), *_strays(course)], check=True)


def _strays(course: Path) -> list[str]:
    """Files in everybody's folders that bear the course's name."""
    pattern = f"{course.parent.name}?*"
    return [str(found) for place in SHARED for found in Path(place).glob(pattern)]


def state(course: Path) -> list[Any]:
    """All that belongs to others; equal as long as nobody changes anything."""
    found: list[Any] = [_strays(course)]
    for folder, below, names in os.walk(course.parent):
        below[:] = [name for name in below if name not in OWN]
        everything = [Path(folder, name) for name in (*below, *names)]
        found += [_about(path) for path in everything if path.name not in OWN]
    return sorted(found, key=str)


def _about(path: Path) -> Any:
    about = path.lstat()
    text = path.read_bytes() if path.is_file() else b""
    time = about.st_mtime_ns if path.is_file() else 0
    return str(path), about.st_mode, time, text, _attributes(path)


def _attributes(path: Path) -> list[str]:
    with suppress(OSError):
        return os.listxattr(path, follow_symlinks=False)
    return []


def _read(path: Path) -> Attack:
    text = path.read_text("utf-8")
    head = dict(re.findall(r"^# (\w+): (.*)$", text, re.M))
    name = str(path.relative_to(FOLDER).with_suffix(""))
    optional = (head.get(key, "") for key in ("works", "without", "stock"))
    return Attack(name, head["tries"], head["place"], *optional, text)


ATTACKS = [_read(path) for path in sorted(FOLDER.glob("*/*.py"))]
