"""Lead sheets: a melody and its chord symbols (`reading` and `writing` know files).

Times are whole numbers of ticks, 12 to a quarter note, so that eighths (6) and
triplets (4) are both exact.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harmony import Chord, parse_chord

TICKS = 12
BAR = 4 * TICKS
GRIDS = ((0, 6, 12), (0, 4, 8, 12))  # eighths and triplets within one beat


class LeadSheetError(ValueError):
    """A file that cannot be used as a lead sheet; the message says what to do."""


class LeadSheetWarning(UserWarning):
    """Something in a file was changed or left out so that it can be used."""


class Note(NamedTuple):
    """One sounding note: start and length in ticks, pitch as a MIDI number."""

    start: int
    length: int
    pitch: int

    @property
    def end(self) -> int:
        """The first tick after the note."""
        return self.start + self.length


@dataclasses.dataclass(frozen=True)
class LeadSheet:
    """A melody over chords; `chords` holds (start, chord), all times are in ticks."""

    title: str
    notes: tuple[Note, ...]
    chords: tuple[tuple[int, Chord], ...]
    length: int
    tempo: int = 132  # quarter notes a minute
    composer: str = ""
    sharps: int | None = None  # key signature, flats are negative; None: not known

    def chord_at(self, tick: int) -> Chord:
        """The chord that sounds at `tick` (before the first one: the first)."""
        return next(
            (c for start, c in reversed(self.chords) if start <= tick),
            self.chords[0][1],
        )

    def with_notes(self, notes: Iterable[Note], title: str) -> LeadSheet:
        """Another melody over the same chords."""
        return dataclasses.replace(self, notes=tuple(notes), title=title, composer="")


def progression(text: str, tempo: int = 132, title: str = "") -> LeadSheet:
    """Chords without a melody from text: bars divided by `|`, `%` repeats a bar.

    >>> progression("F7 | Bb7 | % | Gm7 C7").length // BAR
    4
    """
    chords: list[tuple[int, Chord]] = []
    bars = [bar.split() for bar in text.strip().strip("|").split("|")]
    for number, names in enumerate(bars):
        names = bars[number] = bars[number - 1] if names == ["%"] and number else names
        if not names:
            raise LeadSheetError(f"Bar {number + 1} of the progression holds no chord.")
        if len(names) > 4:
            raise LeadSheetError(
                f"Bar {number + 1} of the progression holds {len(names)} chords: there"
                " are four beats, so four at most."
            )
        for place, name in enumerate(names):
            start = number * BAR + place * BAR // len(names) // TICKS * TICKS
            chords.append((start, parse_chord(name)))
    return LeadSheet(title or text.strip(), (), tuple(chords), len(bars) * BAR, tempo)


def quantise(notes: Iterable[tuple[float, float, int]]) -> list[Note]:
    """Round starts and ends, in ticks and not yet whole, to eighths or triplets.

    Each beat takes whichever of the two grids lies closer to what starts and ends in
    it. One note at a time: a note that starts together with another is dropped (the
    higher stays), one that reaches into the next is cut. Doing it twice changes
    nothing more.
    """
    heard = sorted(notes, key=lambda note: (note[0], note[2]))
    beats = defaultdict(list)
    for start, length, _ in heard:
        for point in (start, start + length):
            beats[int(point // TICKS)].append(point % TICKS)
    grid = {
        beat: min(GRIDS, key=lambda g: _distance(points, g))
        for beat, points in beats.items()
    }

    def snap(point: float) -> int:
        beat = int(point // TICKS)
        return beat * TICKS + min(grid[beat], key=lambda g: abs(point % TICKS - g))

    melody: dict[int, tuple[int, int]] = {}  # start: (end, pitch)
    for start, length, pitch in heard:
        melody[snap(start)] = (snap(start + length), pitch)
    starts = sorted(melody)
    result = []
    for start, following in zip(starts, [*starts[1:], None], strict=False):
        end, pitch = melody[start]
        if end <= start:  # shorter than half a grid step: one step long
            end = start + _step(start, grid)
        if following is not None:
            end = min(end, following)
        result.append(Note(start, end - start, pitch))
    return result


def _distance(points: Sequence[float], grid: Sequence[int]) -> float:
    return sum(min(abs(point - g) for g in grid) for point in points)


def _step(start: int, grid: dict[int, tuple[int, ...]]) -> int:
    """Ticks from `start` to the next point of its beat's grid."""
    return 4 if len(grid.get(start // TICKS, GRIDS[0])) == 4 else 6


def chord_spans(sheet: LeadSheet) -> list[tuple[int, int, Chord]]:
    """(start, end, chord) of every chord, in ticks; none crosses a bar line."""
    starts = [start for start, _ in sheet.chords] + [sheet.length]
    spans = []
    for (start, chord), end in zip(sheet.chords, starts[1:], strict=False):
        edges = [start, *range((start // BAR + 1) * BAR, end, BAR), end]
        spans += [(a, b, chord) for a, b in itertools.pairwise(edges)]
    return spans
