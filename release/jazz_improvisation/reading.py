"""Reading lead sheets from ABC, MusicXML and MIDI files."""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from pathlib import Path

import music21
from harmony import Chord, chord_from_pitches, chord_on, parse_chord
from lead_sheets import (
    BAR,
    TICKS,
    LeadSheet,
    LeadSheetError,
    LeadSheetWarning,
    Note,
    progression,
    quantise,
)


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
    if not path.read_bytes().strip():
        raise LeadSheetError(f"{path.name} is empty.")
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
    written = float(score.highestTime) * TICKS  # a last bar of rest counts too
    end = max([round(written), *(n.end for n in notes), *(t + 1 for t, _ in found)])
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
        (score.metadata.composer or "") if score.metadata else "",
        _sharps(score),
    )


def _warn(message: str) -> None:
    warnings.warn(message, LeadSheetWarning, stacklevel=3)


def _parsed(path: Path) -> music21.stream.Stream:
    """What music21 makes of a file; in ABC the chord symbols are read here."""
    try:
        if path.suffix.lower() != ".abc":
            return music21.converter.parse(path, forceSource=True)
        text = _with_plain_chords(_text(path))
        return music21.converter.parse(text, format="abc", forceSource=True)
    except LeadSheetError as problem:
        raise LeadSheetError(f"{path.name}: {problem}") from problem
    except Exception as problem:  # whatever the many parsers behind it raise
        raise LeadSheetError(
            f"{path.name} could not be read as ABC, MusicXML or MIDI ({problem})."
        ) from problem


def _text(path: Path) -> str:
    """The text of a file in UTF-8, or in the encoding of older programs."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        _warn(f"{path.name} is not in UTF-8: its letters were read as Latin-1.")
        return path.read_text(encoding="latin-1")


def _with_plain_chords(abc: str) -> str:
    """ABC text whose chord symbols music21 understands (it drops others silently)."""

    def plain(match: re.Match[str]) -> str:
        symbol = match[1].strip()
        if symbol[:1] in tuple("^_<>@") or symbol.upper() in ("N.C.", "NC"):
            return ""  # a remark, or no chord
        try:
            return f'"{parse_chord(symbol).name}"'
        except ValueError as problem:
            raise LeadSheetError(f"{problem}") from problem

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


def _sharps(score: music21.stream.Score) -> int | None:
    """The first key signature, as a number of sharps."""
    signatures = list(score.recurse().getElementsByClass("KeySignature"))
    return int(signatures[0].sharps) if signatures else None
