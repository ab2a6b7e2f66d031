"""Numbers that describe a solo: how it fits its chords, moves, repeats and invents."""

from __future__ import annotations

import html
import itertools
from collections.abc import Iterable, Sequence

from lead_sheets import BAR, TICKS, LeadSheet
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


def intervals(sheet: LeadSheet) -> list[int]:
    """Half tones from each note to the next, without direction."""
    pitches = [note.pitch for note in sheet.notes]
    return [abs(b - a) for a, b in itertools.pairwise(pitches)]


def mean_interval(sheet: LeadSheet) -> float:
    """Half tones from one note to the next, on average."""
    steps = intervals(sheet)
    return sum(steps) / len(steps) if steps else 0.0


def rhythm_variety(sheet: LeadSheet) -> float:
    """Different rhythms of a bar, as a share of the bars."""
    bars: dict[int, list[tuple[int, int]]] = {
        start: [] for start in range(0, sheet.length, BAR)
    }
    for note in sheet.notes:
        start = note.start // BAR * BAR
        bars[start].append((note.start - start, note.length))
    return len(set(map(tuple, bars.values()))) / len(bars) if bars else 0.0


def off_beat_attacks(sheet: LeadSheet) -> float:
    """Share of the notes that start between two beats."""
    off = sum(note.start % TICKS != 0 for note in sheet.notes)
    return off / len(sheet.notes) if sheet.notes else 0.0


def off_beat_long(sheet: LeadSheet) -> float:
    """Share of the notes that start off the beat and last longer than an eighth."""
    off = sum(n.start % TICKS != 0 and n.length > TICKS // 2 for n in sheet.notes)
    return off / len(sheet.notes) if sheet.notes else 0.0


def over_bar_lines(sheet: LeadSheet) -> float:
    """Share of the notes that are held over a bar line."""
    over = sum(n.start // BAR != (n.end - 1) // BAR for n in sheet.notes)
    return over / len(sheet.notes) if sheet.notes else 0.0


def describe(sheet: LeadSheet, corpus: Sequence[LeadSheet]) -> dict[str, float]:
    """The measures of the notebook, by name; one more is an exercise there."""
    return {
        "in chord": in_chord_rate(sheet),
        "strong beats": strong_beat_rate(sheet),
        "mean interval": mean_interval(sheet),
        "range": pitch_range(sheet),
        "same in a row": longest_run(sheet),
        "rhythms": rhythm_variety(sheet),
        "off the beat": off_beat_attacks(sheet),
        "repetition": self_repetition(sheet),
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


def as_html(rows: dict[str, dict[str, float]]) -> str:
    """The same as a table of HTML, with headings for a screen reader."""
    columns = list(next(iter(rows.values())))
    head = "".join(f'<th scope="col">{html.escape(c)}</th>' for c in columns)
    lines = [
        f'<tr><th scope="row" style="text-align: left">{html.escape(name)}</th>'
        + "".join(f"<td>{_cell(row[c])}</td>" for c in columns)
        + "</tr>"
        for name, row in rows.items()
    ]
    return (
        f"<table><thead><tr><td></td>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def _cell(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.2f}"
