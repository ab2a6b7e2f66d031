"""Seeing a solo: a score, a piano roll with chords and note names, the same as text."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Sequence

import matplotlib.pyplot as plt
from harmony import note_name
from lead_sheets import BAR, LeadSheet, Note
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from writing import musicxml

BARS_IN_A_ROW = 4
ENGRAVING = {  # one page as high as it must be, lines as the file divides them
    "adjustPageHeight": True,
    "breaks": "encoded",
    "footer": "none",
    "header": "none",
    "pageHeight": 60_000,
    "pageWidth": 2100,
    "scale": 45,
    "smuflTextFont": "none",  # it is larger than the score; see SIGNS
    "svgFormatRaw": True,
    "xmlIdSeed": 1,
}
#: what Verovio's own font draws within text, and what every font draws
SIGNS = {"\uea64": "♭", "\uea66": "♯", "\ueca5": "♩"}
IN_MUSIC_FONT = re.compile(
    f'font-family="Leipzig" font-size="[^"]*">([{"".join(SIGNS)}])'
)
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


def engraved(sheet: LeadSheet) -> str | None:
    """The score as SVG; None where Verovio cannot be imported.

    The same sheet always gives the same bytes.
    """
    try:
        import verovio
    except ImportError:
        return None
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions(ENGRAVING)
    toolkit.loadData(musicxml(sheet))
    svg = toolkit.renderToSVG(1)
    return IN_MUSIC_FONT.sub(lambda m: f'font-size="405px">{SIGNS[m[1]]}', svg)


def show_score(sheet: LeadSheet) -> None:
    """Display the score with a text for a screen reader, if it can be engraved."""
    from IPython.display import display

    svg = engraved(sheet)
    if svg is not None:
        picture = base64.b64encode(svg.encode()).decode("ascii")
        alt = (
            f"Score of {sheet.title}: {sheet.length // BAR} bars, four a line, with the"
            " chords above. The same notes stand below as text."
        )
        page = (
            f'<img alt="{html.escape(alt)}" style="background: white; max-width: 100%"'
            f' src="data:image/svg+xml;base64,{picture}">'
        )
        display({"text/html": page, "text/plain": alt}, raw=True)


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


def in_words(sheet: LeadSheet) -> str:
    """What is to be seen in the piano roll, for a screen reader."""
    bars = sheet.length // BAR
    if not sheet.notes:
        return f"Piano roll of {bars} bars without any note."
    pitches = [note.pitch for note in sheet.notes]
    inside = sum(n.pitch % 12 in sheet.chord_at(n.start).tones for n in sheet.notes)
    names = list(dict.fromkeys(chord.name for _, chord in sheet.chords))
    return (
        f"Piano roll of {sheet.title}: {bars} bars, four in a row, with the chords"
        f" {', '.join(names)} above. {len(pitches)} notes from"
        f" {note_name(min(pitches))} to {note_name(max(pitches))}, {inside} of them"
        " filled (tones of the chord), the others hatched. The same notes stand below"
        " as text."
    )


def compare(rows: dict[str, dict[str, float]], columns: Sequence[str]) -> Figure:
    """One panel a measure: a bar for each row, the first row's value as a line."""
    figure, panels = plt.subplots(
        1, len(columns), figsize=(11, 0.32 * len(rows) + 1.1), sharey=True,
        layout="constrained",
    )  # fmt: skip
    names = list(rows)
    for axes, column in zip(panels, columns, strict=True):
        heights = [rows[name][column] for name in names]
        axes.barh(names, heights, color="#2f6f9f", edgecolor="#222222")
        axes.axvline(heights[0], color="#222222", linestyle="--", lw=1)
        axes.set(title=column, xlim=(0, max([*heights, 0.01]) * 1.25))
        for place, height in enumerate(heights):
            axes.text(height, place, f" {height:.2f}", va="center", fontsize=8)
    panels[0].invert_yaxis()
    return figure


def compared_in_words(rows: dict[str, dict[str, float]], columns: Sequence[str]) -> str:
    """The numbers of `compare`, for a screen reader."""
    panels = []
    for column in columns:
        bars = [f"{name} {row[column]:.2f}" for name, row in rows.items()]
        panels.append(f"{column}: {', '.join(bars)}")
    first = next(iter(rows))
    return f"Bars, a panel a measure, the dashed line is {first}. {'; '.join(panels)}."
