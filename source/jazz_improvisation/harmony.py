"""Chords: their tones, the scale that fits them, and degrees named relative to them.

A chord is a root and a quality. Every quality has a seven-note scale, so that any of
the twelve pitch classes has a name that means the same over every chord of any key:
`3` is *the chord's* third, `#1` the half tone above its root.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import NamedTuple

NOTE_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
FLAT_SIDE = {"C#": "Db", "F#": "Gb"}  # names over chords such as Ab7
SHARP_SIDE = {"Eb": "D#", "Ab": "G#", "Bb": "A#"}  # and over chords such as E7

#: quality: (chord tones, scale), in semitones above the root
QUALITIES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "6": ((0, 4, 7, 9), (0, 2, 4, 5, 7, 9, 11)),
    "maj7": ((0, 4, 7, 11), (0, 2, 4, 5, 7, 9, 11)),
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

#: how else the kinds of chords are written, after "m" stands for minor
KINDS: dict[str, tuple[str, ...]] = {
    "6": ("", "maj", "69", "6/9", "add9", "maj6"),
    "maj7": ("maj9", "maj13", "maj7#11", "maj9#11", "7maj"),
    "7": ("9", "11", "13", "7b9", "7#9", "7#11", "9#11", "7b13", "13b9", "7b9b13"),
    "7sus4": ("sus", "sus4", "sus2", "7sus", "9sus", "9sus4", "13sus", "5"),
    "7#5": ("+", "aug", "+7", "7+", "7+5", "aug7", "7alt", "alt", "7#5#9", "7#9#5"),
    "7b5": ("7-5", "9b5"),
    "m7": ("m", "m9", "m11", "m13", "madd9"),
    "m6": ("m69", "m6/9"),
    "mM7": ("mmaj7", "mmaj9"),
    "m7b5": ("0", "07", "m7-5", "m9b5"),
    "dim7": ("dim", "o", "o7"),
}
READABLE = (
    "Chords that can be read have a root (C, F#, Bb) and a kind: none, 6, maj7, 7, 9,"
    " 13 (with b9, #9, #11), sus, + or 7#5 or alt, 7b5, m or - (m7, m9, m6, mM7), m7b5"
    " or ø, dim or °; a bass note may follow (/E)."
)


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
    """The chord that a player means by a symbol: `Bb7`, `F#m7b5`, `C-7`, `Gmaj7/B`.

    A flat is `b`, a minus means minor. A plain triad counts as a sixth chord, which
    claims no seventh; a seventh in the bass (`C/Bb`) makes it a seventh chord. Altered
    dominants count as `7#5`, other tensions are left out.

    Raises:
        ValueError: `symbol` is not a chord symbol; the message lists what is.
    """
    text = symbol.strip().translate(str.maketrans("♭♯−–", "b#--"))
    match = re.fullmatch(r"([A-G][b#]?)(.*?)(?:/([A-G][b#]?))?", text)
    quality = _named_quality(match[2]) if match else None
    if match is None or quality is None:
        raise ValueError(
            f"{symbol!r} is not a chord symbol that can be read. {READABLE}"
        )
    root = _pitch_class(match[1])
    if quality == "6" and match[3]:
        above = (_pitch_class(match[3]) - root) % 12
        quality = {10: "7", 11: "maj7"}.get(above, quality)
    return Chord(root, quality)


def _pitch_class(name: str) -> int:
    shift = {"b": -1, "#": 1}.get(name[1:], 0)
    return (NOTE_NAMES.index(name[0]) + shift) % 12


def _named_quality(kind: str) -> str | None:
    """The key of QUALITIES that a player's suffix means; None if it is unknown."""
    kind = re.sub(r"[()\s,]", "", kind)
    for sign, plain in (("Δ7", "maj7"), ("Δ", "maj7"), ("°", "o"), ("ø", "0")):
        kind = kind.replace(sign, plain)
    kind = re.sub(r"^(minor|min|mi|-)", "m", kind)
    kind = re.sub(r"(Major|major|Maj|maj|Ma(?=\d)|ma(?=\d)|M(?=\d|$))", "maj", kind)
    kind = "mM7" if kind == "mmaj7" else kind
    return next((q for q, names in KINDS.items() if kind == q or kind in names), None)


def chord_from_pitches(pitches: Iterable[int]) -> Chord:
    """The chord that fits these MIDI numbers best, whichever tone lies lowest.

    Every tone is tried as the root; where several fit as well (C6 and Am7 have the same
    tones), it is the lowest one.

    Raises:
        ValueError: fewer than three different pitch classes.
    """
    lowest = min(pitches)
    classes = {pitch % 12 for pitch in pitches}
    if len(classes) < 3:
        raise ValueError("A chord needs at least three different notes.")
    chords = [chord_on(root, classes) for root in sorted(classes)]
    return min(chords, key=lambda c: (len(c.tones ^ classes), c.root != lowest % 12))


def chord_on(root: int, pitch_classes: Iterable[int]) -> Chord:
    """The chord on a known root whose tones come closest to the given ones."""
    above = {(pitch - root) % 12 for pitch in pitch_classes}
    if above & {10, 11}:  # over a seventh the others are tensions: 9 and 13
        above -= {1, 2, 9}
    return Chord(root, min(QUALITIES, key=lambda q: len({*QUALITIES[q][0]} ^ above)))


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
