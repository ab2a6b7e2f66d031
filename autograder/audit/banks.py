"""Right and wrong answers that people wrote, in `audit/<assignment>/` of a course.

`right/<style>.py` holds right answers, each below a line `# %% <solution cell>`; with
a line `# together` before them they are right only together.
`mistakes.toml` holds wrong ones, in a table named after the exercise that they cost:

    [[clip]]
    mistake = "clips at five, whatever maxValue is"
    old = "-maxValue, maxValue"     # what stands in the reference
    new = "-5, 5"                   # and what a student wrote there

or `answer = '''…'''`, a whole cell, in place of `old` and `new`; `from = "<style>"`
changes a right answer of the bank in place of the reference; `helpers` stand before the
answer, and `hidden = true` says that only grading can see this one.
`equivalent.toml` sets mutants aside, each with its reason:

    [[clip]]
    before = "return gradients"     # lines as the audit shows them
    after = "return dict(gradients)"
    reason = "a copy is as good"

`kept.json` says what each part of a test noticed when the audit was last kept.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.audit.mutants import Mutant
from autograder.course import CourseError
from autograder.engine.plan import parsed


@dataclass(frozen=True)
class Mistake:
    """A wrong answer: what is wrong, which exercise loses, and the cell's source."""

    exercise: str
    mistake: str
    source: str
    hidden: bool = False
    says: str = ""
    """What a visible check tells of it."""


class Bank:
    """What the folder of an assignment holds; nothing, if there is none."""

    def __init__(self, folder: Path) -> None:
        """A bank in this folder."""
        self.folder = folder

    def right(self, one_by_one: bool = False) -> dict[str, dict[str, str]]:
        """Right answers by style and solution cell; those that are so on their own."""
        paths = sorted(self.folder.glob("right/*.py"))
        found = {path.stem: _cells(path.read_text("utf-8")) for path in paths}
        alone = {k: v for k, (head, v) in found.items() if "\n# together" not in head}
        return alone if one_by_one else {k: v for k, (_, v) in found.items()}

    def mistakes(self, references: dict[str, str]) -> list[Mistake]:
        """Wrong answers, made of the `references` of the exercises.

        Raises:
            CourseError: when an entry fits no exercise or no reference.
        """
        path = self.folder / "mistakes.toml"
        bases = {"": references, **self.right()}
        return [
            _mistake(path, exercise, entry, bases)
            for exercise, entry in _entries(path, references)
        ]

    def equivalent(self, references: dict[str, str]) -> dict[tuple[str, ...], str]:
        """Reasons by exercise, line before and line after."""
        path = self.folder / "equivalent.toml"
        found = {}
        for exercise, entry in _entries(path, references):
            key = exercise, *(_text(path, entry, k) for k in ("before", "after"))
            found[key] = _text(path, entry, "reason").strip()
            if not found[key]:
                raise CourseError(f"{path}, {exercise}: each mutant needs a reason.")
        return found

    def kept(self) -> dict[str, dict[str, int]]:
        """What each part of the tests noticed, by exercise."""
        path = self.folder / "kept.json"
        found: dict[str, dict[str, int]] = {}
        if path.is_file():
            found = json.loads(path.read_text("utf-8"))
        return found

    def keep(self, noticed: dict[str, dict[str, int]]) -> None:
        """Remember what was noticed, for the next audit."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.kept() | noticed, indent=1)
        (self.folder / "kept.json").write_text(text + "\n", "utf-8")


def same(mutant: Mutant) -> tuple[str, ...]:
    """What `Bank.equivalent` knows a mutant by."""
    return mutant.exercise, mutant.before, mutant.after


def _cells(text: str) -> tuple[str, dict[str, str]]:
    head, *parts = re.split(r"^# %% (.*)$", text, flags=re.M)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return head, {name.strip(): source.strip() for name, source in pairs}


def _entries(
    path: Path, exercises: Iterable[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    if not path.is_file():
        return
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as problem:
        raise CourseError(f"{path} is no TOML: {problem}") from None
    for exercise, entries in tables.items():
        if exercise not in exercises or not isinstance(entries, list):
            known = ", ".join(exercises)
            raise CourseError(f"{path}: [[{exercise}]] is none of {known}.")
        for entry in entries:
            yield exercise, entry


def _text(path: Path, entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str):
        raise CourseError(f"{path}: {key} = '…' is missing beside {entry}.")
    return value


def _mistake(
    path: Path,
    exercise: str,
    entry: dict[str, Any],
    bases: dict[str, dict[str, str]],
) -> Mistake:
    name, base = _text(path, entry, "mistake"), entry.get("from", "")
    source = bases.get(base, {}).get(exercise)
    if source is None:
        raise CourseError(f"{path}: right/{base}.py has no answer of {exercise}.")
    if "answer" in entry:
        source = _text(path, entry, "answer")
    else:
        old, new = _text(path, entry, "old"), _text(path, entry, "new")
        if old not in source:
            raise CourseError(
                f"{path}: '{name}' replaces {old!r}, which is not in the"
                f" {base or 'reference'} answer of {exercise}: write what stands there"
                " now."
            )
        source = source.replace(old, new)
    helpers = entry.get("helpers", "")
    says, hidden = entry.get("says", ""), entry.get("hidden", False)
    return Mistake(exercise, name, helpers + source, hidden, says)


# --- answers without any work -----------------------------------------------------

ZEROS = '''\
def _zeros(value):
    """Nothing, in the shape of a result."""
    if isinstance(value, dict):
        return {key: _zeros(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_zeros, value))
    return "" if isinstance(value, str) else 0 * value


'''
RESULTS = ("None", "{}", "[]", "0", *(f"(None,) * {n}" for n in (2, 3, 4)), "given")


def nothing(exercise: str, references: dict[str, str], stub: str) -> dict[str, str]:
    """Answers without work, by what they are; for cells that define one function.

    Zeros have the shapes that the references, which stand apart, would give.
    """
    found = {"the stub": stub}
    for node in parsed(references[exercise]).body:
        if isinstance(node, ast.FunctionDef):
            name = node.name
            for result in RESULTS:
                said = "its arguments" if result == "given" else result
                found[f"returns {said}"] = (
                    f"def {name}(*given, **named):\n    return {result}"
                )
            found["zeros in the shape of the results"] = (
                f"{ZEROS}_course = dict(globals())\n"
                f"for _source in {[*references.values()]!r}:\n"
                "    exec(_source, _course)\n\n\n"
                f"def {name}(*given, **named):\n"
                "    given = __import__('copy').deepcopy(given)\n"
                "    try:\n"
                f"        return _zeros(_course[{name!r}](*given, **named))\n"
                "    except Exception:\n"
                "        return None"
            )
    return found
