"""Post-processing of a solo: what an editor would mend, and a count of what was mended.

Done once or twice, the result is the same. The rules, in this order:

* starts and ends are rounded to eighths or triplets, once, and never at random;
* two notes never start closer together than a triplet; one note sounds at a time;
* no note crosses a bar line, so that notes and rests fill every bar exactly;
* a note that lasts a quarter or starts on beat 1 or 3 belongs to the chord's scale;
* the line stays within the range and leaps no further than `max_leap`;
* the same pitch sounds at most `max_same` times in a row, wherever the run begins.
"""

from __future__ import annotations

from collections import Counter

from harmony import Chord
from lead_sheets import BAR, TICKS, LeadSheet, Note, quantise
from tokens import HIGH, LOW


def polish(
    sheet: LeadSheet, *, max_leap: int = 9, max_same: int = 2
) -> tuple[LeadSheet, Counter[str]]:
    """The mended melody, and how many notes each rule changed."""
    changes: Counter[str] = Counter()
    rhythm = _mend_rhythm(sheet)
    changes["rhythm"] = len(set(_times(sheet.notes)) - set(_times(rhythm)))
    line: list[Note] = []
    for note in rhythm:
        chord = sheet.chord_at(note.start)
        before = [earlier.pitch for earlier in line[-max_same:]]
        reason = _fault(note, note.pitch, chord, before, max_leap, max_same)
        if reason:
            changes[reason] += 1
            note = note._replace(pitch=_mended(note, chord, before, max_leap, max_same))
        line.append(note)
    return sheet.with_notes(line, sheet.title), +changes


def _times(notes: tuple[Note, ...] | list[Note]) -> list[tuple[int, int]]:
    return [(note.start, note.length) for note in notes]


def _mend_rhythm(sheet: LeadSheet) -> list[Note]:
    cut = []
    for note in quantise(sheet.notes):
        end = min(note.end, (note.start // BAR + 1) * BAR)
        if note.start < sheet.length:
            cut.append(note._replace(length=end - note.start))
    return cut


def _fault(
    note: Note,
    pitch: int,
    chord: Chord,
    before: list[int],
    max_leap: int,
    max_same: int,
) -> str:
    """Which rule `pitch` would break at the place of `note`, or nothing."""
    strong = note.start % (2 * TICKS) == 0 or note.length >= TICKS
    if strong and pitch % 12 not in chord.scale | chord.tones:
        return "clash"
    if not LOW <= pitch <= HIGH:
        return "range"
    if before and abs(pitch - before[-1]) > max_leap:
        return "leap"
    if len(before) == max_same and all(pitch == earlier for earlier in before):
        return "repetition"
    return ""


def _mended(
    note: Note, chord: Chord, before: list[int], max_leap: int, max_same: int
) -> int:
    """The nearest pitch that breaks no rule; other octaves of the note are near."""

    def distance(pitch: int) -> tuple[float, int]:
        same_name = (pitch - note.pitch) % 12 == 0
        steps = abs(pitch - note.pitch)
        return (steps / 8 if same_name else steps, pitch)

    allowed = [
        p
        for p in range(LOW, HIGH + 1)
        if not _fault(note, p, chord, before, max_leap, max_same)
    ]
    return min(allowed, key=distance)
