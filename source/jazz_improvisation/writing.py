"""Writing lead sheets: scores (MusicXML) and MIDI files."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import music21
from harmony import Chord, note_name
from lead_sheets import BAR, TICKS, LeadSheet, Note, chord_spans

BARS_IN_A_LINE = 4
#: what music21 calls the qualities of chords
KINDS = {
    "6": "major-sixth",
    "maj7": "major-seventh",
    "7": "dominant-seventh",
    "7sus4": "suspended-fourth",
    "7#5": "augmented-seventh",
    "7b5": "dominant-seventh",
    "m7": "minor-seventh",
    "m6": "minor-sixth",
    "mM7": "minor-major-seventh",
    "m7b5": "half-diminished-seventh",
    "dim7": "diminished-seventh",
}


def to_stream(sheet: LeadSheet) -> music21.stream.Score:
    """The lead sheet as a music21 score: one voice in bars, chord symbols above it.

    The chord symbols come in last: music21 would make them a second voice.
    """
    part = music21.stream.Part(id="melody")
    part.partName, part.partAbbreviation = "Melody", "Mel."
    part.append(music21.meter.TimeSignature("4/4"))
    for note in sheet.notes:
        chord = sheet.chord_at(note.start)
        part.insert(Fraction(note.start, TICKS), _sounding(note, chord))
    part.insert(0, _key_signature(part, sheet.sharps))
    part.makeRests(
        fillGaps=True,
        inPlace=True,
        timeRangeFromBarDuration=False,
        refStreamOrTimeRange=[0, sheet.length / TICKS],
    )
    part = part.makeNotation()
    bars = list(part.getElementsByClass(music21.stream.Measure))
    bars[0].insert(0, music21.tempo.MetronomeMark("Swing", number=sheet.tempo))
    for start, chord in sheet.chords:
        bars[start // BAR].insert(Fraction(start % BAR, TICKS), _symbol(chord))
    for bar in bars[BARS_IN_A_LINE::BARS_IN_A_LINE]:
        bar.insert(0, music21.layout.SystemLayout(isNew=True))
    score = music21.stream.Score([part])
    composer = sheet.composer or "improvised by a machine"
    score.insert(0, music21.metadata.Metadata(title=sheet.title, composer=composer))
    return score


def musicxml(sheet: LeadSheet) -> str:
    """The score as the text of a MusicXML file."""
    exporter = music21.musicxml.m21ToXml.GeneralObjectExporter(to_stream(sheet))
    return exporter.parse().decode("utf-8")


def _symbol(chord: Chord) -> music21.harmony.ChordSymbol:
    """A chord symbol; a flat fifth is told as an altered degree."""
    name = chord.name
    root = name[:2].replace("b", "-") if name[1:2] in ("b", "#") else name[0]
    symbol = music21.harmony.ChordSymbol(root=root, kind=KINDS[chord.quality])
    if chord.quality == "7b5":
        flat = music21.harmony.ChordStepModification("alter", 5, -1)
        symbol.addChordStepModification(flat)
    if chord.quality == "7sus4":
        symbol.chordKindStr = "7sus4"
    return symbol


def _sounding(note: Note, chord: Chord | None = None) -> music21.note.Note:
    """A music21 note, spelt to fit `chord`; music21 writes a flat as `-`."""
    name = note_name(note.pitch, chord).replace("b", "-")
    return music21.note.Note(name, quarterLength=Fraction(note.length, TICKS))


def _key_signature(
    part: music21.stream.Part, sharps: int | None
) -> music21.key.KeySignature:
    """The given signature, or the one that leaves the fewest accidentals to write."""
    if sharps is not None:
        return music21.key.KeySignature(sharps)
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
