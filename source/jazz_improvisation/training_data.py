"""From the tunes to arrays: one-hot windows, and what a model may know of the chord."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from harmony import QUALITIES, Chord
from lead_sheets import BAR, TICKS, LeadSheet, read_lead_sheet
from tokens import HIGH, LOW, Line, Value, encode

TUNES = Path(__file__).parent / "tunes"
BAND = 4  # half tones that count as one height
CONTEXT_PARTS = {  # name: how many places it takes
    "beat": 4 + 5,
    "chord": len(QUALITIES) + 13,
    "height": (HIGH - LOW) // BAND + 1,
}
CONTEXT_SIZE = sum(CONTEXT_PARTS.values())


def load_tunes(
    folder: str | Path = TUNES, at_most: int | None = None
) -> list[LeadSheet]:
    """Every lead sheet (`*.abc`) of a folder, or the first few, by file name."""
    paths = sorted(Path(folder).glob("*.abc"))[:at_most]
    return [read_lead_sheet(path) for path in paths]


def one_hot(indices: np.ndarray | Sequence[int] | int, n_values: int) -> np.ndarray:
    """Rows of zeros with a one at each index: shape `(*indices.shape, n_values)`."""
    return np.eye(n_values, dtype="float32")[np.asarray(indices, dtype=int)]


def windows(
    tokens: np.ndarray, n_values: int, m: int = 60, Tx: int = 30
) -> tuple[np.ndarray, np.ndarray]:
    """Cut a long sequence of indices into `m` evenly spread windows of `Tx` steps.

    Returns `X (m, Tx, n_values)` and `Y (Tx, m, n_values)`, both one-hot. At step t the
    target is value t of the window and the input is the value before it; the first
    input is all zeros, which is also how a solo starts.

    Raises:
        ValueError: there are fewer than `Tx` tokens.
    """
    if len(tokens) < Tx:
        raise ValueError(f"{len(tokens)} tokens do not fill one window of {Tx}.")
    starts = np.linspace(0, len(tokens) - Tx, m).round().astype(int)
    targets = one_hot(tokens[starts[:, None] + np.arange(Tx)], n_values)
    X = np.zeros_like(targets)
    X[:, 1:] = targets[:, :-1]
    return X, targets.transpose(1, 0, 2)


def heard(*parts: str) -> np.ndarray:
    """Ones at the places of the named CONTEXT_PARTS, zeros elsewhere."""
    return np.concatenate(
        [np.full(size, part in parts, float) for part, size in CONTEXT_PARTS.items()]
    )


def context(chords: LeadSheet, tick: int, pitch: int) -> np.ndarray:
    """What can be known before a note is chosen at `tick`, `(CONTEXT_SIZE,)`.

    One-hot: the beat of the bar, the place in the beat (on it, after one third, half,
    two thirds), quality of the chord, how far the root of the next chord lies above
    this one's (13th place: no other chord follows), height of the line so far.
    """
    chord = chords.chord_at(tick)
    following = next((c for start, c in chords.chords if start > tick), None)
    height = (min(max(pitch, LOW), HIGH) - LOW) // BAND
    return np.concatenate(
        [
            one_hot(tick % BAR // TICKS, 4),
            one_hot(tick % TICKS // 2 % 5, 5),
            one_hot(list(QUALITIES).index(chord.quality), len(QUALITIES)),
            one_hot(_root_motion(chord, following), 13),
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


def conditioned_windows(
    tunes: Sequence[LeadSheet],
    values: Sequence[Value],
    mask: np.ndarray | float = 1.0,
    m: int = 60,
    Tx: int = 30,
) -> tuple[np.ndarray, np.ndarray]:
    """Like `windows`, but each input also holds the `context` of the value to choose.

    `mask` multiplies the context: `heard("beat")` leaves nothing else of it.
    Returns `X (m, Tx, n_values + CONTEXT_SIZE)` and `Y (m, Tx, n_values)`.
    """
    index = {value: i for i, value in enumerate(values)}
    encoded = [encode(tune) for tune in tunes]
    tokens = np.array([index[value] for part in encoded for value in part])
    known = np.concatenate(
        [contexts(t, part) for t, part in zip(tunes, encoded, strict=False)]
    )
    X, Y = windows(tokens, len(values), m, Tx)
    starts = np.linspace(0, len(tokens) - Tx, m).round().astype(int)
    extra = mask * known[starts[:, None] + np.arange(Tx)]
    return np.concatenate([X, extra], axis=2).astype("float32"), Y.transpose(1, 0, 2)
