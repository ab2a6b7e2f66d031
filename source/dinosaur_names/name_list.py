"""Reading a list of names: one a line, in any plain text file."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONGEST_QUOTE = 40  # characters of a bad line that a message repeats


def read_names(path: str | Path, alphabet: str = LETTERS) -> list[str]:
    """The lines of the text file `path`, lower-cased, without blanks around them.

    Empty lines are skipped; an accent typed as a character of its own is joined with
    its letter (Unicode's form NFC). `alphabet` is lower-cased too. Raises
    `FileNotFoundError` when there is no such file and `ValueError`, saying what is
    wrong and where, when the file is not UTF-8 text, holds no name, or a name has a
    character outside `alphabet`.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ValueError(
            f"{path.name} is not UTF-8 text (byte {problem.start} does not fit):"
            " save it again with the encoding UTF-8."
        ) from None
    lines = [line.strip() for line in _normal(text).splitlines()]
    alphabet = _normal(alphabet)
    for number, line in enumerate(lines, start=1):
        _check_line(line, number, path.name, alphabet)
    names = [line for line in lines if line]
    if not names:
        raise ValueError(f"{path.name} is empty: it needs one name a line.")
    return names


def _normal(text: str) -> str:
    """Lower case, and one way only to write each accented letter."""
    return unicodedata.normalize("NFC", text.lower())


def _check_line(line: str, number: int, file: str, alphabet: str) -> None:
    strange = next((c for c in line if c not in alphabet), None)
    if strange is not None:
        shown = line if len(line) <= LONGEST_QUOTE else line[:LONGEST_QUOTE] + "…"
        raise ValueError(
            f"{file}, line {number}: {shown!r} has the character {strange!r}, which is"
            f" not in the alphabet {alphabet!r}. Change the line, or pass a larger"
            " alphabet."
        )


def build_vocabulary(
    characters: Iterable[str] = LETTERS,
) -> tuple[dict[str, int], dict[int, str]]:
    """`char_to_ix` and `ix_to_char` of `characters` and the newline that ends a name.

    Lower-cased like the names, and sorted, so the same characters always get the same
    indices; newline sorts first and has index 0.
    """
    vocabulary = sorted({"\n", *_normal("".join(characters))})
    char_to_ix = {character: index for index, character in enumerate(vocabulary)}
    return char_to_ix, dict(enumerate(vocabulary))


def split_names(
    names: Sequence[str], held_out: float = 0.1, seed: int = 0
) -> tuple[list[str], list[str]]:
    """Names for training, and a share `held_out` of them, drawn at random, for testing.

    A name that occurs twice is taken once, so that no test name was seen in training.
    Raises `ValueError` when there are not two different names to part.
    """
    distinct = sorted(set(names))
    if len(distinct) < 2:
        raise ValueError(
            f"The list has {len(distinct)} different name(s): at least two are needed,"
            " one to train on and one to hold out."
        )
    order = np.random.default_rng(seed).permutation(len(distinct))
    cut = max(1, round(held_out * len(distinct)))
    held, kept = order[:cut], order[cut:]
    return [distinct[i] for i in kept], [distinct[i] for i in held]
