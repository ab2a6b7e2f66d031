"""Musical values: a melody as a sequence of tokens relative to its chords.

A value says which degree of the chord is played, whether the line rises or falls to
it, and how long it lasts. Nothing in it depends on the key, so one chorus teaches the
model something about all twelve.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harmony import degree_of, pitch_class_of
from lead_sheets import TICKS, LeadSheet, Note

LENGTHS = {24: "half", 18: "dotted quarter", 12: "quarter", 6: "eighth", 4: "triplet"}
REST = "rest"
FIRST_PITCH = 70  # B flat above middle C: where the first note is looked for
LOW, HIGH = 55, 88  # G below middle C to the third E above it: an instrument's range


class Value(NamedTuple):
    """One musical value.

    `degree` is a name over the chord (see `harmony.degree_of`) or "rest"; `motion` is
    "up" (1 to 12 half tones), "down" or "same"; `length` is in ticks.
    """

    degree: str
    motion: str
    length: int

    def __str__(self) -> str:
        """The value in words, for example `3 up quarter`."""
        words = [self.degree, self.motion, LENGTHS.get(self.length, str(self.length))]
        return " ".join(word for word in words if word)


def rest(length: int) -> Value:
    """The value of a silence."""
    return Value(REST, "", length)


def next_pitch(value: Value, pitch_class: int, before: int) -> int:
    """The pitch of this class that `value` reaches from the pitch `before`.

    Beyond the range from LOW to HIGH it is the same note an octave or more back.
    """
    if value.motion == "up":
        pitch = before + 1 + (pitch_class - before - 1) % 12
    elif value.motion == "down":
        pitch = before - 1 - (before - 1 - pitch_class) % 12
    else:  # the nearest one: the same pitch where the chord is still the same
        pitch = before - 5 + (pitch_class - before + 5) % 12
    if pitch > HIGH:
        return pitch - 12
    return pitch + 12 if pitch < LOW else pitch


def _in_triplet(tick: int) -> bool:
    """Whether `tick` lies on the second or third note of a triplet."""
    return tick % TICKS in (4, 8)


def rests(start: int, end: int) -> list[Value]:
    """Rests from `start` to `end`: triplets where a triplet asks for them."""
    steps = []
    while _in_triplet(start) and start < end:
        steps.append(4)
        start += 4
    if start < end:
        last = end % TICKS if _in_triplet(end) else 0
        left = end - last - start
        for length in (24, 12, 6):
            steps += [length] * (left // length)
            left %= length
        steps += [4] * (last // 4)
    return [rest(step) for step in steps]


def note_length(note: Note) -> int:
    """The longest of LENGTHS that is not longer than the note and fits its place."""
    cut_triplet = note.start % TICKS == 0 and 6 < note.length < 12
    if _in_triplet(note.start) or note.length < 6 or cut_triplet:
        return 4
    return max(length for length in LENGTHS if length <= note.length)


def encode(sheet: LeadSheet) -> list[Value]:
    """The melody of a lead sheet as values; `decode` brings it back.

    The round trip is exact for notes of the five lengths in LENGTHS and leaps up to an
    octave, within the range from LOW to HIGH. Other lengths become the next shorter
    one and a rest, so that the rhythm stays in place; wider leaps are folded.
    """
    values: list[Value] = []
    now, before = 0, FIRST_PITCH
    for note in sorted(sheet.notes):
        values += rests(now, note.start)
        motion = ["same", "up", "down"][(note.pitch > before) - (note.pitch < before)]
        degree = degree_of(note.pitch, sheet.chord_at(note.start))
        values.append(Value(degree, motion, note_length(note)))
        now, before = note.start + values[-1].length, note.pitch
    return values + rests(now, sheet.length)


class Line:
    """A melody that grows value by value over the chords of a lead sheet.

    A value starts where the one before it ends. There are two courtesies, as a player
    would show them: what is no triplet waits for the next eighth when a triplet was
    broken off (the note before is held so long), and where the instrument ends the
    line turns back instead of climbing on.
    """

    def __init__(self, chords: LeadSheet) -> None:
        """Start at the first tick of `chords`."""
        self.chords = chords
        self.notes: list[Note] = []
        self.now = 0
        self.pitch = FIRST_PITCH

    def add(self, value: Value) -> None:
        """Place the note (or rest) at the clock first, then move the clock."""
        self._finish_triplet(value)
        length = min(value.length, self.chords.length - self.now)
        if value.degree != REST and length > 0:
            pitch_class = pitch_class_of(value.degree, self.chords.chord_at(self.now))
            self.pitch = next_pitch(value, pitch_class, self.pitch)
            self.notes.append(Note(self.now, length, self.pitch))
        self.now += length

    def _finish_triplet(self, value: Value) -> None:
        wait = -self.now % (2 if value.length == 4 else 6)
        if value.length == 4 and self.now % 12 == 6:
            wait = 6
        if wait and self.notes and self.notes[-1].end == self.now:
            held = self.notes[-1]
            self.notes[-1] = held._replace(length=held.length + wait)
        self.now += wait


def decode(values: Iterable[Value], chords: LeadSheet) -> LeadSheet:
    """Play values over the chords of a lead sheet, from its start to its end.

    What reaches over the end is cut, what lies behind it is left out (see `Line`).
    """
    line = Line(chords)
    for value in values:
        if line.now >= chords.length:
            break
        line.add(value)
    return chords.with_notes(line.notes, "improvisation")


def vocabulary(sequences: Iterable[Sequence[Value]]) -> list[Value]:
    """Every value that occurs, sorted: the order never depends on hashing."""
    return sorted({value for sequence in sequences for value in sequence})
