"""Post-processing of a solo: what an editor would mend, and a count of what was mended.

Done once or twice, the result is the same. The rules, in this order:

* starts and ends are rounded to eighths or triplets, once, and never at random;
* two notes never start closer together than a triplet; one note sounds at a time;
* a note that lasts a quarter or starts on beat 1 or 3 belongs to the chord's scale (or,
  held into another chord from off the beat, to that chord's: an anticipation);
* the line stays within the range and leaps no further than `max_leap`;
* the same pitch sounds at most `max_same` times in a row, wherever the run begins.

What is changed on beat 1 or 3 becomes a tone of the chord: no strong beat gets worse.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import NamedTuple

from lead_sheets import TICKS, LeadSheet, Note, quantise
from tokens import HIGH, LOW


def polish(
    sheet: LeadSheet, *, max_leap: int = 12, max_same: int = 3
) -> tuple[LeadSheet, Counter[str]]:
    """The mended melody, and how many notes each rule changed."""
    changes: Counter[str] = Counter()
    rhythm = [note for note in quantise(sheet.notes) if note.start < sheet.length]
    rhythm = [_within(note, sheet.length) for note in rhythm]
    kept = set(_times(sheet.notes))
    changes["rhythm"] = len(kept - set(_times(rhythm)))
    rules = Rules(sheet, max_leap, max_same)
    line: list[Note] = []
    for note in rhythm:
        before = [earlier.pitch for earlier in line[-max_same:]]
        reason = rules.fault(note, before)
        if not reason and note[:2] not in kept and not rules.fits_strong_beat(note):
            reason = "clash"  # it was moved there
        if reason:
            changes[reason] += 1
            note = rules.mended(note, before)
        line.append(note)
    return dataclasses.replace(sheet, notes=tuple(line)), +changes


def _within(note: Note, end: int) -> Note:
    return note._replace(length=min(note.length, end - note.start))


def _times(notes: tuple[Note, ...] | list[Note]) -> list[tuple[int, int]]:
    return [(note.start, note.length) for note in notes]


class Rules(NamedTuple):
    """What no note may break, over the chords of a sheet."""

    sheet: LeadSheet
    max_leap: int
    max_same: int

    def fault(self, note: Note, before: list[int]) -> str:
        """Which rule `note` breaks after the pitches `before`, or nothing."""
        strong = note.start % (2 * TICKS) == 0 or note.length >= TICKS
        if strong and not self._in_scale(note):
            return "clash"
        if not LOW <= note.pitch <= HIGH:
            return "range"
        if before and abs(note.pitch - before[-1]) > self.max_leap:
            return "leap"
        if len(before) == self.max_same and set(before) == {note.pitch}:
            return "repetition"
        return ""

    def _in_scale(self, note: Note) -> bool:
        chords = [self.sheet.chord_at(note.start)]
        if note.start % TICKS:
            chords.append(self.sheet.chord_at(note.end - 1))
        return any(note.pitch % 12 in chord.scale | chord.tones for chord in chords)

    def fits_strong_beat(self, note: Note) -> bool:
        """Whether `note` is a tone of its chord if it starts on beat 1 or 3."""
        strong = note.start % (2 * TICKS) == 0
        return not strong or note.pitch % 12 in self.sheet.chord_at(note.start).tones

    def mended(self, note: Note, before: list[int]) -> Note:
        """The nearest pitch that breaks no rule; other octaves of it are near."""

        def distance(other: Note) -> tuple[float, int]:
            same_name = (other.pitch - note.pitch) % 12 == 0
            steps = abs(other.pitch - note.pitch)
            return (steps / 8 if same_name else steps, other.pitch)

        others = [note._replace(pitch=pitch) for pitch in range(LOW, HIGH + 1)]
        allowed = [n for n in others if not self.fault(n, before)]
        return min(filter(self.fits_strong_beat, allowed), key=distance)
