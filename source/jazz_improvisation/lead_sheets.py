"""Lead sheets (a melody and its chord symbols): reading and writing them.

Times are whole numbers of ticks, 12 to a quarter note, so that eighths (6) and
triplets (4) are both exact.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import music21
from harmony import (
    Chord,
    chord_from_pitches,
    chord_on,
    note_name,
    parse_chord,
)

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

    def chord_at(self, tick: int) -> Chord:
        """The chord that sounds at `tick` (before the first one: the first)."""
        return next(
            (c for start, c in reversed(self.chords) if start <= tick),
            self.chords[0][1],
        )

    def with_notes(self, notes: Iterable[Note], title: str) -> LeadSheet:
        """Another melody over the same chords."""
        return dataclasses.replace(self, notes=tuple(notes), title=title)


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


def read_lead_sheet(path: str | Path, chords: str | None = None) -> LeadSheet:
    """Read a melody with chords from an ABC, MusicXML or MIDI file.

    In MIDI files the chords are the notes of a second track, or those of three and
    more notes that sound together. `chords` (`"F7 | Bb7 | ..."`) replaces or supplies
    them. Repeats are played out; a bar of `N.C.` keeps the chord before it. A pick-up
    is filled up to a whole bar, shorter notes than eighths and triplets are rounded,
    and what lies behind the last of the given `chords` is cut: each with a
    `LeadSheetWarning`.

    Raises:
        LeadSheetError: the file is missing, not readable, not in 4/4, has a chord
            symbol that cannot be read, or has no melody or no chords.
    """
    path = Path(path)
    if not path.is_file():
        raise LeadSheetError(f"There is no file {path}.")
    score = _parsed(path)
    if not isinstance(score, music21.stream.Score):
        raise LeadSheetError(f"{path.name} holds several tunes: give one tune a file.")
    _require_four_four(score, path.name)
    notes, found = _melody_and_chords(_unfolded(score, path.name), path.name)
    given = progression(chords) if chords else None
    if given is None and not found:
        raise LeadSheetError(
            f"{path.name} has no chords: add chord symbols, or pass"
            ' chords="F7 | Bb7 | ...".'
        )
    end = max([note.end for note in notes] + [start + 1 for start, _ in found])
    length = given.length if given else -(-end // BAR) * BAR
    kept = tuple(note for note in notes if note.end <= length)
    if len(kept) < len(notes):
        _warn(
            f"{len(notes) - len(kept)} notes of {path.name} lie behind the chords"
            f" ({length // BAR} bars) and were left out."
        )
    return LeadSheet(
        _title(score) or path.stem.replace("_", " "),
        kept,
        given.chords if given else tuple(found),
        length,
        _tempo(score),
    )


def _warn(message: str) -> None:
    warnings.warn(message, LeadSheetWarning, stacklevel=3)


def _parsed(path: Path) -> music21.stream.Stream:
    """What music21 makes of a file; in ABC the chord symbols are read here."""
    try:
        if path.suffix.lower() != ".abc":
            return music21.converter.parse(path, forceSource=True)
        text = _with_plain_chords(path.read_text(encoding="utf-8"))
        return music21.converter.parse(text, format="abc", forceSource=True)
    except LeadSheetError:
        raise
    except Exception as problem:  # whatever the many parsers behind it raise
        raise LeadSheetError(
            f"{path.name} could not be read as ABC, MusicXML or MIDI ({problem})."
        ) from problem


def _with_plain_chords(abc: str) -> str:
    """ABC text whose chord symbols music21 understands (it drops others silently)."""

    def plain(match: re.Match[str]) -> str:
        symbol = match[1].strip()
        if symbol[:1] in tuple("^_<>@") or symbol.upper() in ("N.C.", "NC"):
            return ""  # a remark, or no chord
        try:
            return f'"{parse_chord(symbol).name}"'
        except ValueError as problem:
            raise LeadSheetError(str(problem)) from problem

    lines = [
        line if re.match(r"[A-Za-z]:|%", line) else re.sub(r'"([^"]*)"', plain, line)
        for line in abc.splitlines()
    ]
    return "\n".join(lines) + "\n"


def _unfolded(score: music21.stream.Score, name: str) -> music21.stream.Score:
    """The score with its repeats played out."""
    if not any(score.recurse().getElementsByClass(music21.bar.Repeat)):
        return score
    try:
        return score.expandRepeats()
    except Exception as problem:  # music21 has several kinds
        raise LeadSheetError(
            f"The repeats of {name} cannot be followed: write them out. ({problem})"
        ) from problem


def _pickup(score: music21.stream.Score, name: str) -> float:
    """Ticks that are missing in the first bar."""
    part = score.parts[0] if score.parts else score
    bars = list(part.getElementsByClass(music21.stream.Measure))
    missing = 4 - bars[0].highestTime if len(bars) > 1 else 0
    if not 0 < missing < 4:
        return 0
    _warn(f"{name} starts with a pick-up: its first bar was filled with a rest.")
    return float(missing * TICKS)


def _require_four_four(score: music21.stream.Score, name: str) -> None:
    for signature in score.recurse().getElementsByClass("TimeSignature"):
        if signature.ratioString not in ("4/4", "2/2"):
            raise LeadSheetError(
                f"{name} is in {signature.ratioString}; only 4/4 can be used here."
            )


def _melody_and_chords(
    score: music21.stream.Score, name: str
) -> tuple[list[Note], list[tuple[int, Chord]]]:
    """Single notes of the first part that has any, and the chords of all parts."""
    melodies: list[list[tuple[float, float, int]]] = []
    symbols: list[tuple[int, Chord]] = []
    blocks: dict[int, set[int]] = defaultdict(set)
    shift = _pickup(score, name)
    for part in score.parts or [score]:
        single = []
        for element in (
            part.stripTies()
            .flatten()
            .getElementsByClass(("Note", "Chord", "ChordSymbol"))
        ):
            start = float(element.offset * TICKS) + shift
            if isinstance(element, music21.harmony.ChordSymbol):
                if not isinstance(element, music21.harmony.NoChord):
                    symbols.append((round(start), _chord_of(element)))
            elif isinstance(element, music21.chord.Chord) and len(element.pitches) > 2:
                blocks[round(start)] |= {p.midi for p in element.pitches}
            elif element.duration.quarterLength:  # grace notes have no length
                length = float(element.duration.quarterLength * TICKS)
                single.append((start, length, max(p.midi for p in element.pitches)))
        melodies.append(single)
    melody = next((m for m in melodies if m), [])
    if not melody:
        raise LeadSheetError(f"{name} has no melody of single notes.")
    sounding = [(t, chord_from_pitches(sorted(b))) for t, b in sorted(blocks.items())]
    chords = sorted(symbols, key=lambda item: item[0]) or sounding
    notes = quantise(melody)
    starts = {note.start for note in notes}
    moved = sum(min(abs(n[0] - s) for s in starts) > 1 for n in melody)
    if moved or len(notes) < len({start for start, _, _ in melody}):
        _warn(
            f"Some notes of {name} are shorter than eighths and triplets, or lie"
            " between them: they were moved to the nearest place or left out."
        )
    return notes, _merged(chords)


def _chord_of(symbol: music21.harmony.ChordSymbol) -> Chord:
    """The chord of a music21 symbol, from its notes (its figures write B-7 for Bb7)."""
    if len(symbol.pitches) < 3:
        raise LeadSheetError(f"The chord symbol {symbol.figure!r} cannot be read.")
    return chord_on(symbol.root().pitchClass, {p.pitchClass for p in symbol.pitches})


def _merged(chords: list[tuple[int, Chord]]) -> list[tuple[int, Chord]]:
    """Without repetitions of the chord that sounds already."""
    return [
        item
        for item, before in zip(chords, [None, *chords[:-1]], strict=False)
        if before is None or before[1] != item[1]
    ]


def _title(score: music21.stream.Score) -> str:
    metadata = score.metadata
    return (metadata.title or metadata.movementName or "") if metadata else ""


def _tempo(score: music21.stream.Score) -> int:
    marks = list(score.recurse().getElementsByClass("MetronomeMark"))
    bpm = marks[0].getQuarterBPM() if marks else None
    return round(bpm) if bpm else 132


def to_stream(sheet: LeadSheet) -> music21.stream.Score:
    """The lead sheet as a music21 score: melody with chord symbols over it, in bars."""
    part = music21.stream.Part(id="melody")
    part.append(music21.meter.TimeSignature("4/4"))
    part.insert(0, music21.tempo.MetronomeMark(number=sheet.tempo))
    for start, chord in sheet.chords:
        root = chord.name.replace("b", "-", 1) if chord.name[1:2] == "b" else chord.name
        part.insert(Fraction(start, TICKS), music21.harmony.ChordSymbol(root))
    for note in sheet.notes:
        chord = sheet.chord_at(note.start)
        part.insert(Fraction(note.start, TICKS), _sounding(note, chord))
    part.insert(0, _key_signature(part))
    score = music21.stream.Score([part])
    score.insert(0, music21.metadata.Metadata(title=sheet.title))
    score.parts[0].makeRests(
        fillGaps=True,
        inPlace=True,
        timeRangeFromBarDuration=False,
        refStreamOrTimeRange=[0, sheet.length / TICKS],
    )
    return score.makeNotation()


def _sounding(note: Note, chord: Chord | None = None) -> music21.note.Note:
    """A music21 note, spelt to fit `chord`; music21 writes a flat as `-`."""
    name = note_name(note.pitch, chord).replace("b", "-")
    return music21.note.Note(name, quarterLength=Fraction(note.length, TICKS))


def _key_signature(part: music21.stream.Part) -> music21.key.KeySignature:
    """The signature that leaves the fewest accidentals to write."""
    names = [p.name for note in part.getElementsByClass("Note") for p in note.pitches]

    def accidentals(signature: music21.key.KeySignature) -> tuple[int, int]:
        scale = {p.name for p in signature.getScale("major").pitches}
        return sum(name not in scale for name in names), abs(signature.sharps)

    return min(map(music21.key.KeySignature, range(-6, 7)), key=accidentals)


def voicing(chord: Chord) -> list[int]:
    """The chord as MIDI numbers: root below, its other tones closely above middle C."""
    others = chord.tones - {chord.root}
    return [
        36 + (chord.root - 36) % 12 + 12 * (chord.root < 4),
        *sorted(55 + (tone - 55) % 12 for tone in others),
    ]


def chord_spans(sheet: LeadSheet) -> list[tuple[int, int, Chord]]:
    """(start, end, chord) of every chord, in ticks; none crosses a bar line."""
    starts = [start for start, _ in sheet.chords] + [sheet.length]
    spans = []
    for (start, chord), end in zip(sheet.chords, starts[1:], strict=False):
        edges = [start, *range((start // BAR + 1) * BAR, end, BAR), end]
        spans += [(a, b, chord) for a, b in itertools.pairwise(edges)]
    return spans


def write_midi(sheet: LeadSheet, path: str | Path) -> Path:
    """Write melody and chords as two tracks of a MIDI file; returns the path."""
    melody, backing = music21.stream.Part(), music21.stream.Part()
    melody.insert(0, music21.tempo.MetronomeMark(number=sheet.tempo))
    for part, voice in ((melody, "Trumpet"), (backing, "ElectricPiano")):
        part.insert(0, getattr(music21.instrument, voice)())
        part.insert(0, music21.meter.TimeSignature("4/4"))
    for note in sheet.notes:
        melody.insert(Fraction(note.start, TICKS), _sounding(note))
    for start, end, chord in chord_spans(sheet):
        block = music21.chord.Chord(
            voicing(chord), quarterLength=Fraction(end - start, TICKS)
        )
        block.volume.velocity = 50
        backing.insert(Fraction(start, TICKS), block)
    path = Path(path)
    music21.stream.Score([melody, backing]).write("midi", fp=path)
    return path
