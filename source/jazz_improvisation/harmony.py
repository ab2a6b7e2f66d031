"""Chords: their tones, the scale that fits them, and degrees named relative to them.

A chord is a root and a quality. Every quality has a seven-note scale, so that any of
the twelve pitch classes has a name that means the same over every chord of any key:
`3` is *the chord's* third, `#1` the half tone above its root.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

import music21

NOTE_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
FLAT_SIDE = {"C#": "Db", "F#": "Gb"}  # names over chords such as Ab7
SHARP_SIDE = {"Eb": "D#", "Ab": "G#", "Bb": "A#"}  # and over chords such as E7

#: quality: (chord tones, scale), in semitones above the root
QUALITIES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "maj7": ((0, 4, 7, 11), (0, 2, 4, 5, 7, 9, 11)),
    "6": ((0, 4, 7, 9), (0, 2, 4, 5, 7, 9, 11)),
    "7": ((0, 4, 7, 10), (0, 2, 4, 5, 7, 9, 10)),
    "7sus4": ((0, 5, 7, 10), (0, 2, 4, 5, 7, 9, 10)),
    "7#5": ((0, 4, 8, 10), (0, 2, 4, 6, 8, 9, 10)),
    "7b5": ((0, 4, 6, 10), (0, 2, 4, 5, 6, 9, 10)),
    "m7": ((0, 3, 7, 10), (0, 2, 3, 5, 7, 9, 10)),
    "m6": ((0, 3, 7, 9), (0, 2, 3, 5, 7, 9, 11)),
    "mM7": ((0, 3, 7, 11), (0, 2, 3, 5, 7, 9, 11)),
    "m7b5": ((0, 3, 6, 10), (0, 1, 3, 5, 6, 8, 10)),
    "dim7": ((0, 3, 6, 9), (0, 2, 3, 5, 6, 8, 9)),
}


class Chord(NamedTuple):
    """A chord: `root` is a pitch class (0 is C), `quality` a key of QUALITIES."""

    root: int
    quality: str

    @property
    def name(self) -> str:
        """The symbol as musicians write it, for example `Bb7`."""
        major = QUALITIES[self.quality][0][1] == 4
        root = "Db" if major and self.root == 1 else NOTE_NAMES[self.root]
        return root + self.quality

    @property
    def tones(self) -> frozenset[int]:
        """Pitch classes of the chord."""
        return frozenset((self.root + i) % 12 for i in QUALITIES[self.quality][0])

    @property
    def scale(self) -> frozenset[int]:
        """Pitch classes of the scale that fits the chord."""
        return frozenset((self.root + i) % 12 for i in QUALITIES[self.quality][1])


@functools.cache
def parse_chord(symbol: str) -> Chord:
    """The chord that a symbol such as `Bb7`, `F#m7b5` or `Cmaj7` stands for.

    music21 writes a flat as `-` and reads `Bb7` without complaint as wrong notes, so
    the flat after the root (and after a slash) is translated first.

    Raises:
        ValueError: `symbol` is not a chord symbol.
    """
    text = re.sub(r"(^|/)([A-G])b", r"\1\2-", symbol.strip())
    try:
        figure = music21.harmony.ChordSymbol(text)
        root = figure.root().pitchClass
        return Chord(
            root, _quality({(p.pitchClass - root) % 12 for p in figure.pitches})
        )
    except Exception as problem:  # music21 raises many kinds, some without a message
        raise ValueError(
            f"{symbol!r} is not a chord symbol that can be read."
        ) from problem


def chord_from_pitches(pitches: list[int]) -> Chord:
    """The chord whose lowest pitch (MIDI number) is the root: for chords in MIDI files.

    Raises:
        ValueError: fewer than three different pitch classes.
    """
    root = min(pitches) % 12
    above = {(pitch - root) % 12 for pitch in pitches}
    if len(above) < 3:
        raise ValueError("A chord needs at least three different notes.")
    return Chord(root, _quality(above))


def _quality(above: set[int]) -> str:
    """The quality whose tones fit best the intervals `above` the root."""
    third = 3 if 3 in above and 4 not in above else 5 if not above & {3, 4} else 4
    fifth = next((i for i in (7, 6, 8) if i in above), 7)
    seventh = next((i for i in (10, 11, 9) if i in above), None)
    if seventh is None:  # a triad: the seventh that is customary for it
        seventh = 10 if third == 5 or (third == 3 and fifth == 7) else 11
        seventh = 9 if (third, fifth) == (3, 6) else seventh
    wanted = {0, third, fifth, seventh}
    return max(QUALITIES, key=lambda q: len(wanted & set(QUALITIES[q][0])))


def degree_of(pitch: int, chord: Chord) -> str:
    """Name of `pitch` (MIDI number) over `chord`: `1` to `7`, `#1` to `#7` or `b1`."""
    above = (pitch - chord.root) % 12
    scale = QUALITIES[chord.quality][1]
    if above in scale:
        return str(scale.index(above) + 1)
    if above - 1 in scale:
        return f"#{scale.index(above - 1) + 1}"
    return f"b{scale.index((above + 1) % 12) + 1}"


def pitch_class_of(degree: str, chord: Chord) -> int:
    """Pitch class (0 to 11) of a degree name over `chord`."""
    shift = {"#": 1, "b": -1}.get(degree[0], 0)
    above = QUALITIES[chord.quality][1][int(degree[-1]) - 1]
    return (chord.root + above + shift) % 12


def note_name(pitch: int, chord: Chord | None = None) -> str:
    """Name and octave of a MIDI number: 60 is `C4`; spelt to fit `chord`."""
    name = NOTE_NAMES[pitch % 12]
    if chord is not None and chord.root in (0, 1, 3, 5, 8, 10):
        name = FLAT_SIDE.get(name, name)
    elif chord is not None and chord.root in (4, 6, 9, 11):
        sharp = pitch % 12 in chord.tones and 3 not in QUALITIES[chord.quality][0]
        name = SHARP_SIDE.get(name, name) if sharp else name
    return f"{name}{pitch // 12 - 1}"
