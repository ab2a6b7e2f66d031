"""Seeing a solo: a piano roll with chords and note names, and the same as text."""

from __future__ import annotations

import matplotlib.pyplot as plt
from harmony import note_name
from lead_sheets import BAR, LeadSheet, Note
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BARS_IN_A_ROW = 4
SHORT = {4: "3", 6: "8", 8: "3+3", 12: "4", 18: "4.", 24: "2"}


def piano_roll(sheet: LeadSheet) -> Figure:
    """Rows of four bars; tones of the chord are filled, others hatched."""
    rows = -(-sheet.length // (BAR * BARS_IN_A_ROW))
    figure, all_axes = plt.subplots(
        rows, 1, figsize=(10, 2.1 * rows), squeeze=False, layout="constrained"
    )
    pitches = [note.pitch for note in sheet.notes] or [60]
    for row, axes in enumerate(all_axes[:, 0]):
        start = row * BAR * BARS_IN_A_ROW
        _draw_frame(axes, start, min(pitches) - 2, max(pitches) + 5)
        _draw_chords(axes, sheet, start)
        for note in sheet.notes:
            if start <= note.start < start + BAR * BARS_IN_A_ROW:
                _draw_note(axes, note, sheet)
    figure.suptitle(f"{sheet.title}  (filled: tone of the chord, hatched: other)")
    return figure


def _draw_frame(axes: Axes, start: int, low: int, high: int) -> None:
    end = start + BAR * BARS_IN_A_ROW
    axes.set(xlim=(start, end), ylim=(low, high), ylabel="pitch")
    axes.set_xticks(
        range(start, end, BAR),
        [f"bar {tick // BAR + 1}" for tick in range(start, end, BAR)],
    )
    ticks = [pitch for pitch in range(low, high) if pitch % 12 in (0, 5)]
    axes.set_yticks(ticks, [note_name(pitch) for pitch in ticks])
    for tick in range(start, end, BAR // 4):
        axes.axvline(tick, color="0.55" if tick % BAR == 0 else "0.9", lw=0.8, zorder=0)


def _draw_chords(axes: Axes, sheet: LeadSheet, start: int) -> None:
    """Names of the chords along the upper edge, whatever the range of the notes."""
    above = axes.get_xaxis_transform()
    end = start + BAR * BARS_IN_A_ROW
    for tick, chord in sheet.chords:
        if start <= tick < end:
            axes.text(
                tick + 1, 0.9, chord.name, transform=above, fontsize=10, weight="bold"
            )


def _draw_note(axes: Axes, note: Note, sheet: LeadSheet) -> None:
    chord = sheet.chord_at(note.start)
    inside = note.pitch % 12 in chord.tones
    axes.barh(
        note.pitch,
        note.length - 0.5,
        left=note.start,
        height=0.9,
        color="#2f6f9f" if inside else "#f3d9a4",
        edgecolor="#222222",
        hatch="" if inside else "////",
        linewidth=0.6,
    )
    axes.text(
        note.start + 0.3, note.pitch + 0.6, note_name(note.pitch, chord), fontsize=7
    )


def note_table(sheet: LeadSheet) -> str:
    """A line a bar: number, chords, notes with their lengths; `.` marks a rest.

    Lengths as fractions of a bar: 2 half, 4. dotted quarter, 4 quarter, 8 eighth, 3 one
    note of a triplet, 3+3 two. A star marks a note outside the chord.
    """
    lines = []
    for start in range(0, sheet.length, BAR):
        here = [c.name for tick, c in sheet.chords if start <= tick < start + BAR]
        names = " ".join(here or [sheet.chord_at(start).name])
        lines.append(
            f"{start // BAR + 1:3}  {names:<14} {' '.join(_bar(sheet, start))}"
        )
    return "\n".join(lines)


def _bar(sheet: LeadSheet, start: int) -> list[str]:
    words, now = [], start
    for note in (n for n in sheet.notes if start <= n.start < start + BAR):
        if note.start > now:
            words.append(".")
        chord = sheet.chord_at(note.start)
        star = "" if note.pitch % 12 in chord.tones else "*"
        length = SHORT.get(note.length, f"{note.length}/48")
        words.append(f"{note_name(note.pitch, chord)}{star}:{length}")
        now = note.end
    return words + (["."] if now < start + BAR else [])
