"""Musical values: a melody as a sequence of tokens relative to its chords.

A value says which degree of the chord is played, whether the line rises or falls to
it, and how long it lasts. Nothing in it depends on the key, so one chorus teaches the
model something about all twelve.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harmony import degree_of, pitch_class_of
from lead_sheets import LeadSheet, Note

LENGTHS = {24: "half", 18: "dotted quarter", 12: "quarter", 6: "eighth", 4: "triplet"}
REST = "rest"
FIRST_PITCH = 70  # B flat above middle C: where the first note is looked for


class Value(NamedTuple):
    """One musical value.

    `degree` is a name over the chord (see `harmony.degree_of`) or "rest"; `motion` is
    "up" (1 to 12 half tones), "down" or "same"; `length` is in ticks.
    """

    degree: str
    motion: str
    length: int

    def __str__(self) -> str:
        words = [self.degree, self.motion, LENGTHS.get(self.length, str(self.length))]
        return " ".join(word for word in words if word)


def rest(length: int) -> Value:
    """The value of a silence."""
    return Value(REST, "", length)


def next_pitch(value: Value, pitch_class: int, before: int) -> int:
    """The pitch of this class that `value` reaches from the pitch `before`."""
    if value.motion == "up":
        return before + 1 + (pitch_class - before - 1) % 12
    if value.motion == "down":
        return before - 1 - (before - 1 - pitch_class) % 12
    return before - 5 + (pitch_class - before + 5) % 12  # nearest: itself if it can be


def lengths_of(ticks: int) -> list[int]:
    """Note lengths that fill `ticks` as far as they can: triplets, then long to short."""
    if ticks % 6 and ticks >= 4:  # what is left after a triplet or two are eighths
        return [4, *lengths_of(ticks - 4)]
    found = []
    for length in (24, 12, 6):
        found += [length] * (ticks // length)
        ticks %= length
    return found


def note_length(ticks: int) -> int:
    """The longest note value of LENGTHS that is not longer than `ticks`."""
    return max((length for length in LENGTHS if length <= ticks), default=min(LENGTHS))


def encode(sheet: LeadSheet) -> list[Value]:
    """The melody of a lead sheet as values; `decode` brings it back.

    The round trip is exact for notes of the five lengths in LENGTHS and leaps up to an
    octave. Other lengths become the next shorter one and a rest, so that the rhythm
    stays in place; wider leaps are folded into an octave.
    """
    values: list[Value] = []
    now, before = 0, FIRST_PITCH
    for note in sorted(sheet.notes):
        values += map(rest, lengths_of(note.start - now))
        motion = ["same", "up", "down"][(note.pitch > before) - (note.pitch < before)]
        degree = degree_of(note.pitch, sheet.chord_at(note.start))
        values.append(Value(degree, motion, note_length(note.length)))
        now, before = note.start + values[-1].length, note.pitch
    return values + [rest(length) for length in lengths_of(sheet.length - now)]


def decode(values: Iterable[Value], chords: LeadSheet) -> LeadSheet:
    """Play values over the chords of a lead sheet, from its start to its end.

    Each value starts where the one before it ends: the note is placed first and the
    clock moves afterwards. What reaches over the end is cut, what lies behind it is
    left out.
    """
    notes: list[Note] = []
    now, before = 0, FIRST_PITCH
    for value in values:
        if now >= chords.length:
            break
        length = min(value.length, chords.length - now)
        if value.degree != REST:
            pitch_class = pitch_class_of(value.degree, chords.chord_at(now))
            before = next_pitch(value, pitch_class, before)
            notes.append(Note(now, length, before))
        now += length
    return chords.with_notes(notes, "improvisation")


def vocabulary(sequences: Iterable[Sequence[Value]]) -> list[Value]:
    """Every value that occurs, sorted: the order never depends on hashing."""
    return sorted({value for sequence in sequences for value in sequence})
