"""Groups of submissions alike beyond what the course forces: a hint, never a verdict.

Code is compared by passages of LENGTH words in a row. Comments, layout, brackets and
the names that somebody chose make no difference. Passages of what was handed out do
not count, nor do those that many of a class have written alike: they are what the
task asks for. The fewer have a passage, the more it weighs.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Indel

LENGTH = 12
ALIKE = 0.8
"""So much of the shorter answers, by weight, stands in the longer ones, too."""
LEAST = 40
"""So many passages must two share, which few others have: some ten lines."""
MANY = 2.0
"""What more than MANY times the root of a class have written alike is forced."""
FEW = 5  # are not many, however small the class
SAME_CELL = 0.9
MOST_WORDS = 20_000  # of a submission
WORD = re.compile(
    r"""
      \#.*
    | (?P<quotes>"{3}|'{3}) [\s\S]*? (?:(?P=quotes)|\Z)               # a docstring
    | (?P<text>"(?:\\.|[^"\\\n])*+"? | '(?:\\.|[^'\\\n])*+'?)
    | (?P<name>\.?[^\W\d]\w*)
    | (?P<other>\d[\w.]* | [^\s\w(),;])
    """,
    re.VERBOSE,
)
FILLED = re.compile(r"\{[^{}]*\}")  # what an f-string takes from elsewhere
KEYWORDS = frozenset(keyword.kwlist)
NAME = "name"

Answers = Mapping[str, str]
"""Sources by the names of cells."""
Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Group:
    """Submissions of which each is alike another one."""

    students: list[str]
    share: float
    """Of the pair that is least alike."""
    cells: list[str] = field(default_factory=list)
    """Cells that all of them have nearly the same."""


def words(source: str) -> list[str]:
    """The words of a cell, in a form that renaming and reformatting leave as it is."""
    return [word for match in WORD.finditer(source) if (word := _word(match))]


def _word(match: re.Match[str]) -> str:
    if name := match["name"]:
        return name if name in KEYWORDS or name[0] == "." else NAME
    text = FILLED.sub("{}", match["text"][1:-1]) if match["text"] else ""
    return text or match["other"] or ""


def groups(answers: Mapping[str, Answers], given: Iterable[str]) -> list[Group]:
    """Groups of a class's answers by student; the most alike first.

    `given` is the code that was handed out.
    """
    students = list(answers)
    every = [
        _together(map(passages, answers[student].values())) for student in students
    ]
    pairs = _pairs(every, _together(map(passages, given)))
    found = [
        _group(answers, [students[n] for n in members], share)
        for members, share in _joined(pairs)
    ]
    return sorted(found, key=lambda group: -group.share)


def passages(source: str) -> Hashes:
    """A number for each passage of a cell."""
    numbers = np.array([_number(w) for w in words(source)[:MOST_WORDS]], np.uint64)
    if len(numbers) < LENGTH:
        return np.empty(0, np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(numbers, LENGTH)
    return (windows * FACTORS).sum(axis=1, dtype=np.uint64)


FACTORS = np.random.default_rng(0).integers(1, 2**63, LENGTH, dtype=np.uint64)


@lru_cache(maxsize=1 << 16)
def _number(word: str) -> int:
    return crc32(word.encode("utf-8", "replace"))


def _together(parts: Iterable[Hashes]) -> Hashes:
    return np.concatenate([np.empty(0, np.uint64), *parts])


def _pairs(every: list[Hashes], given: Hashes) -> dict[tuple[int, int], float]:
    """Who is alike, and how much; by lists of who has a passage, not pair by pair."""
    number = len(every)
    values, which = np.unique(_together(every), return_inverse=True)
    owner = np.repeat(np.arange(number), [len(part) for part in every])
    once = np.unique(owner * len(values) + which)  # each passage once for each owner
    owner, which = np.divmod(once, max(len(values), 1))
    having = np.bincount(which, minlength=len(values))
    telling = having <= max(MANY * math.sqrt(number), FEW)
    telling &= ~np.isin(values, given)
    weights = np.log((number + 1) / np.maximum(having, 1)) * telling
    owners, starts = owner[np.argsort(which, kind="stable")], np.cumsum(having) - having
    whole = np.bincount(owner, weights[which], number)
    found: dict[tuple[int, int], float] = {}
    for one, mine in enumerate(
        np.split(which, np.searchsorted(owner, range(1, number)))
    ):
        mine = mine[telling[mine] & (having[mine] > 1)]
        if len(mine) < LEAST:
            continue
        lengths = having[mine]
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1]) + np.repeat(starts[mine] - ends + lengths, lengths)
        others = owners[places]
        shared = np.bincount(others, np.repeat(weights[mine], lengths), number)
        enough = np.bincount(others, minlength=number) >= LEAST
        share = shared / np.maximum(np.minimum(whole, whole[one]), 1e-9)
        for other in np.flatnonzero(enough & (share >= ALIKE)):
            if other > one:
                found[one, int(other)] = float(share[other])
    return found


def _joined(pairs: dict[tuple[int, int], float]) -> list[tuple[list[int], float]]:
    """Whoever is alike the same one is in one group, with the least share in it."""
    members: dict[int, set[int]] = {}
    for pair in pairs:
        both = set().union(*(members.get(one, {one}) for one in pair))
        members |= dict.fromkeys(both, both)
    shares: dict[tuple[int, ...], float] = {}
    for (one, _), share in pairs.items():
        group = tuple(sorted(members[one]))
        shares[group] = min(share, shares.get(group, 1.0))
    return [(list(group), share) for group, share in shares.items()]


def _group(answers: Mapping[str, Answers], students: list[str], share: float) -> Group:
    first, *others = students
    cells = [
        name
        for name, source in answers[first].items()
        if (mine := words(source)[:MOST_WORDS])
        and all(
            Indel.normalized_similarity(mine, words(answers[o].get(name, "")))
            >= SAME_CELL
            for o in others
        )
    ]
    return Group(students, round(share, 3), cells)
