"""Submissions that try to cheat, to spy or to do harm, one small file each.

Every file in attacks/<category>/ starts with what it `tries` and its `place`: it is
the answer itself, the first cell before a wrong answer, or a function `hand_in` that
damages the notebook. `stock` says when it must not run unconfined.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from tests.engine.small_course import cell, solution

FOLDER = Path(__file__).parent / "attacks"
SECRET = "ORACLE_7F3A"
WRONG = "def square(x):\n    return x + 1"

MASTER = [
    cell("setup", "setup", "import numpy as np\nimport numpy.testing\n"
         "def close(a, b): np.testing.assert_allclose(a, b)"),
    solution("square", "def square(x):\n    return x * x"),
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
    cell("test", "test_cube", "close(cube(np.arange(3.)), [0, 1, 8])"),
]  # fmt: skip


@dataclass(frozen=True)
class Attack:
    """One hostile submission."""

    name: str
    tries: str
    place: str
    stock: str
    text: str

    @property
    def category(self) -> str:
        """The folder it lies in."""
        return self.name.split("/")[0]

    def hand_in(self) -> str:
        """The submitted file."""
        notebook: Any = json.loads(
            nbformat.writes(nbformat.v4.new_notebook(cells=MASTER))
        )
        for found in notebook["cells"]:
            if found["id"] == "square":
                found["source"] = self.text if self.place == "answer" else WRONG
            found["source"] = "".join(found["source"])
        if self.place == "first":
            first = nbformat.v4.new_code_cell(self.text, id="first")
            notebook["cells"].insert(0, dict(first))
        if self.place == "notebook":
            tools: dict[str, Any] = {}
            exec(self.text, tools)
            replaced = tools["hand_in"](notebook)
            if replaced is not None:
                return replaced
        return json.dumps(notebook)


def _read(path: Path) -> Attack:
    text = path.read_text("utf-8")
    head = dict(re.findall(r"^# (\w+): (.*)$", text, re.M))
    name = str(path.relative_to(FOLDER).with_suffix(""))
    return Attack(name, head["tries"], head["place"], head.get("stock", ""), text)


ATTACKS = [_read(path) for path in sorted(FOLDER.glob("*/*.py"))]
