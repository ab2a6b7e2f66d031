"""Numbers that describe a solo: how it fits its chords, moves, repeats and invents."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from lead_sheets import TICKS, LeadSheet
from tokens import encode

GROUP = 4  # notes or values that are compared at a time


def in_chord_rate(sheet: LeadSheet) -> float:
    """Share of the sounding time in which the melody plays a tone of the chord."""
    total = sum(note.length for note in sheet.notes)
    inside = sum(
        n.length for n in sheet.notes if n.pitch % 12 in sheet.chord_at(n.start).tones
    )
    return inside / total if total else 0.0


def strong_beat_rate(sheet: LeadSheet) -> float:
    """Share of the notes on beats 1 and 3 that are tones of their chord."""
    strong = [n for n in sheet.notes if n.start % (2 * TICKS) == 0]
    inside = [n for n in strong if n.pitch % 12 in sheet.chord_at(n.start).tones]
    return len(inside) / len(strong) if strong else 0.0


def pitch_range(sheet: LeadSheet) -> int:
    """Half tones from the lowest to the highest note."""
    pitches = [note.pitch for note in sheet.notes]
    return max(pitches) - min(pitches) if pitches else 0


def largest_leap(sheet: LeadSheet) -> int:
    """Half tones of the widest step from one note to the next."""
    pitches = [note.pitch for note in sheet.notes]
    return max((abs(b - a) for a, b in itertools.pairwise(pitches)), default=0)


def longest_run(sheet: LeadSheet) -> int:
    """How often the same pitch sounds in a row, at most."""
    longest = run = 0
    before = None
    for note in sheet.notes:
        run = run + 1 if note.pitch == before else 1
        longest, before = max(longest, run), note.pitch
    return longest


def _groups(sequence: Sequence[object]) -> list[tuple[object, ...]]:
    return [tuple(sequence[i : i + GROUP]) for i in range(len(sequence) - GROUP + 1)]


def self_repetition(sheet: LeadSheet) -> float:
    """Share of groups of four values that were played before in the same solo."""
    groups = _groups(encode(sheet))
    return 1 - len(set(groups)) / len(groups) if groups else 0.0


def novelty(sheet: LeadSheet, corpus: Iterable[LeadSheet]) -> float:
    """Share of groups of four values that occur nowhere in `corpus`."""
    known = {group for tune in corpus for group in _groups(encode(tune))}
    groups = _groups(encode(sheet))
    return sum(g not in known for g in groups) / len(groups) if groups else 0.0


def describe(sheet: LeadSheet, corpus: Sequence[LeadSheet]) -> dict[str, float]:
    """All measures of this module, by name."""
    return {
        "in chord": in_chord_rate(sheet),
        "strong beats in chord": strong_beat_rate(sheet),
        "range": pitch_range(sheet),
        "largest leap": largest_leap(sheet),
        "same pitch in a row": longest_run(sheet),
        "self-repetition": self_repetition(sheet),
        "novelty": novelty(sheet, [tune for tune in corpus if tune is not sheet]),
    }


def as_table(rows: dict[str, dict[str, float]]) -> str:
    """Measures of several solos as a text table, one line each."""
    columns = list(next(iter(rows.values())))
    wide = max(map(len, rows)) + 2
    lines = [" " * wide + "  ".join(columns)]
    for name, row in rows.items():
        cells = [_cell(row[c]).rjust(len(c)) for c in columns]
        lines.append(name.ljust(wide) + "  ".join(cells))
    return "\n".join(lines)


def _cell(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.2f}"
