"""From the tunes to arrays: one-hot windows, and what a model may know of the chord."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from harmony import QUALITIES, Chord
from lead_sheets import BAR, TICKS, LeadSheet, LeadSheetError, LeadSheetWarning
from reading import read_lead_sheet
from tokens import HIGH, LOW, Line, Value, encode

TUNES = Path(__file__).parent / "tunes"
BAND = 4  # half tones that count as one height
CONTEXT_PARTS = {  # name: how many places it takes
    "beat": 4 + 5 + 4,
    "chord": len(QUALITIES) + 13 + 9,
    "line": 12 + (HIGH - LOW) // BAND + 1,
}
CONTEXT_SIZE = sum(CONTEXT_PARTS.values())


class Chorus(NamedTuple):
    """One tune as a model sees it, `T` values long."""

    tokens: np.ndarray  #: index of each value, `(T,)`
    known: np.ndarray  #: `context` before each value, `(T, CONTEXT_SIZE)`


def load_tunes(
    folder: str | Path = TUNES, at_most: int | None = None
) -> list[LeadSheet]:
    """Every lead sheet (`*.abc`) of a folder by file name, or the shortest few.

    A file that cannot be used is left out, with a `LeadSheetWarning` that says why.
    """
    tunes = []
    paths = sorted(Path(folder).glob("*.abc"))
    if at_most is not None:
        paths = sorted(paths, key=lambda path: path.stat().st_size)[:at_most]
    for path in paths:
        try:
            tunes.append(read_lead_sheet(path))
        except LeadSheetError as problem:
            warnings.warn(
                f"{path.name} was left out. {problem}", LeadSheetWarning, stacklevel=2
            )
    return tunes


def one_hot(indices: np.ndarray | Sequence[int] | int, n_values: int) -> np.ndarray:
    """Rows of zeros with a one at each index: shape `(*indices.shape, n_values)`."""
    return np.eye(n_values, dtype="float32")[np.asarray(indices, dtype=int)]


def read_choruses(tunes: Iterable[LeadSheet], values: Sequence[Value]) -> list[Chorus]:
    """Each tune as indices into `values`, with what is known before each of them."""
    index = {value: i for i, value in enumerate(values)}
    choruses = []
    for tune in tunes:
        encoded = encode(tune)
        tokens = np.array([index[value] for value in encoded])
        choruses.append(Chorus(tokens, contexts(tune, encoded)))
    return choruses


def windows(
    choruses: Sequence[Chorus],
    n_values: int,
    rng: np.random.Generator,
    m: int = 60,
    Tx: int = 30,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut `m` windows of `Tx` steps at random; each lies within one tune.

    Returns `X (m, Tx, n_values)` and `Y (Tx, m, n_values)`, both one-hot, and the
    context `(m, Tx, CONTEXT_SIZE)`. At step t the target is value t of the window and
    the input is the value before it; where a tune starts it is all zeros, which is also
    how a solo starts. Every place of every tune that is long enough is as likely.

    Raises:
        ValueError: no tune has `Tx` values.
    """
    places = [
        (chorus, start)
        for chorus in choruses
        for start in range(len(chorus.tokens) - Tx + 1)
    ]
    if not places:
        raise ValueError(f"No tune has the {Tx} values that fill a window.")
    chosen = [places[i] for i in rng.integers(len(places), size=m)]
    cuts = [(chorus, slice(start, start + Tx)) for chorus, start in chosen]
    inputs = np.stack([inputs_of(c.tokens, n_values)[cut] for c, cut in cuts])
    targets = one_hot(np.stack([c.tokens[cut] for c, cut in cuts]), n_values)
    known = np.stack([c.known[cut] for c, cut in cuts])
    return inputs, targets.transpose(1, 0, 2), known


def inputs_of(tokens: np.ndarray, n_values: int) -> np.ndarray:
    """The value before each token, one-hot; zeros before the first: `(T, n_values)`."""
    inputs = np.zeros((len(tokens), n_values), "float32")
    inputs[1:] = one_hot(tokens[:-1], n_values)
    return inputs


def heard(*parts: str) -> np.ndarray:
    """Ones at the places of the named CONTEXT_PARTS, zeros elsewhere."""
    return np.concatenate(
        [
            np.full(size, part in parts, "float32")
            for part, size in CONTEXT_PARTS.items()
        ]
    )


def context(chords: LeadSheet, tick: int, pitch: int) -> np.ndarray:
    """What can be known before a note is chosen at `tick`, `(CONTEXT_SIZE,)`.

    One-hot: the beat of the bar, the place in the beat (on it, after one third, half,
    two thirds), the bar within four; the quality of the chord, how far the root of the
    next chord lies above this one's (13th place: no other chord follows), how many
    beats are left until then (9th place: more than eight); how far the pitch before
    lies above the chord's root, and its height.
    """
    chord = chords.chord_at(tick)
    later = ((start, c) for start, c in chords.chords if start > tick)
    change, following = next(later, (tick + 9 * TICKS, None))
    height = (min(max(pitch, LOW), HIGH) - LOW) // BAND
    return np.concatenate(
        [
            one_hot(tick % BAR // TICKS, 4),
            one_hot(tick % TICKS // 2 % 5, 5),
            one_hot(tick // BAR % 4, 4),
            one_hot(list(QUALITIES).index(chord.quality), len(QUALITIES)),
            one_hot(_root_motion(chord, following), 13),
            one_hot(min(-(-(change - tick) // TICKS), 9) - 1, 9),
            one_hot((pitch - chord.root) % 12, 12),
            one_hot(height, (HIGH - LOW) // BAND + 1),
        ]
    )


def _root_motion(chord: Chord, following: Chord | None) -> int:
    return 12 if following is None else (following.root - chord.root) % 12


def contexts(sheet: LeadSheet, values: Sequence[Value]) -> np.ndarray:
    """`context` before each of the tune's values: `(len(values), CONTEXT_SIZE)`."""
    line, known = Line(sheet), []
    for value in values:
        known.append(context(sheet, line.now, line.pitch))
        line.add(value)
    return np.stack(known)
