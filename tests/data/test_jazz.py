"""The corpus: in metre, in harmony, varied, and the MIDI made from the text."""

from __future__ import annotations

import itertools
import re
import sys
from collections import Counter
from pathlib import Path

import music21
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "source" / "jazz_improvisation"))

import measures  # noqa: E402
from lead_sheets import BAR, TICKS, LeadSheet  # noqa: E402
from reading import read_lead_sheet  # noqa: E402
from tokens import LENGTHS, decode, encode, vocabulary  # noqa: E402
from writing import write_midi  # noqa: E402

TUNES = ROOT / "data" / "jazz"
README = (TUNES / "README.md").read_text()
README = README[README.index("24 choruses before") :]
PATHS = sorted(TUNES.glob("*.abc"))
NAMES = [path.stem for path in PATHS]
#: pitch classes of every quality, spelt out here once more and independently
INTERVALS = {
    "maj7": {0, 4, 7, 11},
    "7": {0, 4, 7, 10},
    "m7": {0, 3, 7, 10},
    "m7b5": {0, 3, 6, 10},
    "dim7": {0, 3, 6, 9},
    "6": {0, 4, 7, 9},
    "m6": {0, 3, 7, 9},
    "7#5": {0, 4, 8, 10},
    "7sus4": {0, 5, 7, 10},
}
LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@pytest.fixture(scope="module")
def sheets() -> dict[str, LeadSheet]:
    return {path.stem: read_lead_sheet(path) for path in PATHS}


@pytest.fixture(scope="module", params=PATHS, ids=NAMES)
def parsed(request) -> tuple[Path, music21.stream.Score]:
    """A tune, and how music21 itself reads it."""
    return request.param, music21.converter.parse(request.param, forceSource=True)


def bars_of(path: Path) -> list[str]:
    """The bars of an ABC file as text."""
    music = [x for x in path.read_text().splitlines() if not re.match(r"[A-Z]:", x)]
    return [bar for bar in re.split(r"\|\]?", " ".join(music)) if bar.strip()]


def eighths_in(bar: str) -> float:
    """Length of a bar by plain counting, without music21."""
    bar = re.sub(r'"[^"]*"', "", bar)
    total = 0.0
    for triplet, _, length in re.findall(r"(\(3)?([_=^]?[A-Ga-gz][,']*)(\d*)", bar):
        total += int(length or 1)
        total -= 1 if triplet else 0  # three notes in the time of two
    return total


def pitch_classes(symbol: str) -> set[int]:
    root, quality = re.fullmatch(r"([A-G][b#]?)(.*)", symbol).groups()
    shift = {"b": -1, "#": 1}.get(root[1:], 0)
    return {(LETTERS[root[0]] + shift + i) % 12 for i in INTERVALS[quality]}


def test_there_are_64_choruses_of_12_16_or_32_bars():
    assert len(PATHS) == 64
    assert {len(bars_of(path)) for path in PATHS} == {12, 16, 32}


def test_every_common_progression_of_the_idiom_is_there():
    forms = Counter(re.search(r"^R:(.*)$", p.read_text(), re.M)[1] for p in PATHS)
    assert forms == {
        "blues": 21, "minor blues": 8, "ii-V-I": 9, "rhythm changes": 5,
        "ballad": 6, "bossa": 6, "modal": 5, "minor form": 4,
    }  # fmt: skip


def test_every_key_occurs(sheets):
    roots = Counter(sheet.chords[0][1].root for sheet in sheets.values())
    assert len(roots) == 12
    assert len({sheet.sharps for sheet in sheets.values()}) >= 11


def share(sheets, condition):
    notes = [(sheet, note) for sheet in sheets.values() for note in sheet.notes]
    return sum(condition(sheet, note) for sheet, note in notes) / len(notes)


def test_the_rhythm_is_that_of_jazz(sheets):
    def long_off_beat(_, note):
        return note.start % TICKS != 0 and note.length > TICKS // 2

    def over_a_bar_line(_, note):
        return note.start // BAR != (note.end - 1) // BAR

    assert share(sheets, long_off_beat) >= 0.10
    assert share(sheets, over_a_bar_line) >= 0.05


def test_strong_beats_are_not_always_chord_tones(sheets):
    strong = [
        note.pitch % 12 in sheet.chord_at(note.start).tones
        for sheet in sheets.values()
        for note in sheet.notes
        if note.start % (2 * TICKS) == 0
    ]
    assert 0.85 <= sum(strong) / len(strong) <= 0.95


def test_the_readme_gives_the_statistics(sheets):
    """Each number of the last column, within rounding."""
    notes = [(sheet, note) for sheet in sheets.values() for note in sheet.notes]
    steps = [s for sheet in sheets.values() for s in measures.intervals(sheet)]
    strong = [(s, n) for s, n in notes if n.start % (2 * TICKS) == 0]
    tones = sum(n.pitch % 12 in s.chord_at(n.start).tones for s, n in strong)
    computed = [
        100 * share(sheets, lambda _, n: n.start % TICKS and n.length > 6),
        100 * share(sheets, lambda _, n: n.start // BAR != (n.end - 1) // BAR),
        100 * tones / len(strong),
        100 * share(sheets, lambda _, n: n.start % TICKS != 0),
        100 * share(sheets, lambda s, n: n.pitch % 12 not in s.chord_at(n.start).scale),
        100 * sum(step >= 8 for step in steps) / len(steps),
        sum(steps) / len(steps),
        12,
        0,
        len(vocabulary(encode(sheet) for sheet in sheets.values())),
    ]
    rows = re.findall(r"^\|[^|]*\|[^|]*\| ([\d.]+)[^|]*\|$", README, re.M)
    said = [float(number) for number in rows]
    said[8] = 0  # tempo, a range
    assert said == pytest.approx(computed, abs=0.06)


def test_anticipations_belong_to_the_chord_that_comes(sheets):
    held = [
        note.pitch % 12 in sheet.chord_at(note.end - 1).tones
        for sheet in sheets.values()
        for note in sheet.notes
        if note.start % TICKS
        and sheet.chord_at(note.start) != sheet.chord_at(note.end - 1)
    ]
    assert len(held) > 100 and sum(held) >= 0.8 * len(held)


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_every_bar_sums_to_its_metre(path):
    for number, bar in enumerate(bars_of(path), start=1):
        assert eighths_in(bar) == 8, f"bar {number}: {bar}"


def test_music21_itself_reads_full_bars(parsed):
    _, score = parsed
    for measure in score.parts[0].getElementsByClass("Measure"):
        assert measure.duration.quarterLength == 4
        assert measure.highestTime == 4


def test_chords_mean_the_intended_pitches(parsed, sheets):
    path, score = parsed
    written = re.findall(r'"([^"]*)"', " ".join(bars_of(path)))
    found = list(score.recurse().getElementsByClass("ChordSymbol"))
    assert len(found) == len(written)
    for symbol, chord in zip(written, found, strict=False):
        assert {p.pitchClass for p in chord.pitches} == pitch_classes(symbol), symbol
    unrepeated = [symbol for symbol, _ in itertools.groupby(written)]
    ours = [set(chord.tones) for _, chord in sheets[path.stem].chords]
    assert ours == [pitch_classes(symbol) for symbol in unrepeated]


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_no_accidental_is_in_doubt(path):
    """A letter changed in a bar carries its accidental each time it comes again."""
    for bar in bars_of(path):
        music = re.sub(r'"[^"]*"', "", bar)
        changed = set()
        for accidental, letter in re.findall(r"([_=^]?)([A-Ga-g])", music):
            letter = letter.upper()
            assert accidental or letter not in changed, bar
            changed |= {letter} if accidental else set()


def test_strong_beats_carry_tones_of_the_chord(sheets):
    for name, sheet in sheets.items():
        strong = [n for n in sheet.notes if n.start % (2 * TICKS) == 0]
        tones = [n.pitch % 12 in sheet.chord_at(n.start).tones for n in strong]
        scale = [n.pitch % 12 in sheet.chord_at(n.start).scale for n in strong]
        assert sum(tones) >= 0.85 * len(strong), name
        assert sum(scale) >= 0.95 * len(strong), name


def test_the_lines_are_more_than_arpeggios(sheets):
    """Steps, approach notes from outside the scale, and rests to breathe."""
    notes = [(sheet, note) for sheet in sheets.values() for note in sheet.notes]
    outside = [n for s, n in notes if n.pitch % 12 not in s.chord_at(n.start).tones]
    approaches = [n for s, n in notes if n.pitch % 12 not in s.chord_at(n.start).scale]
    assert len(outside) > 0.12 * len(notes)
    assert len(approaches) > 0.03 * len(notes)
    for name, sheet in sheets.items():
        steps = [
            abs(b.pitch - a.pitch)
            for a, b in zip(sheet.notes, sheet.notes[1:], strict=False)
        ]
        assert max(steps) <= 12, name
        silence = sheet.length - sum(note.length for note in sheet.notes)
        assert silence >= sheet.length / 24, name


def test_the_range_is_that_of_a_real_instrument(sheets):
    pitches = [note.pitch for sheet in sheets.values() for note in sheet.notes]
    assert min(pitches) >= 55 and max(pitches) <= 88


def test_no_chorus_is_a_transposition_of_another(sheets):
    def shape(sheet: LeadSheet) -> list[tuple[int, int, int]]:
        first = sheet.notes[0].pitch
        return [(n.start, n.length, n.pitch - first) for n in sheet.notes]

    for (a, one), (b, two) in itertools.combinations(sheets.items(), 2):
        common = Counter(shape(one)) & Counter(shape(two))
        assert sum(common.values()) < 0.4 * len(one.notes), (a, b)


def test_few_bars_are_used_twice(sheets):
    bars = Counter()
    for sheet in sheets.values():
        for start in range(0, sheet.length, BAR):
            inside = [n for n in sheet.notes if start <= n.start < start + BAR]
            if len(inside) > 3:
                first = inside[0].pitch
                bars[
                    tuple((n.start - start, n.length, n.pitch - first) for n in inside)
                ] += 1
    assert len(bars) > 0.8 * sum(bars.values())


def test_the_vocabulary_has_60_to_100_values_and_1500_tokens(sheets):
    encoded = [encode(sheet) for sheet in sheets.values()]
    assert 60 <= len(vocabulary(encoded)) <= 100
    assert sum(map(len, encoded)) >= 1500


@pytest.mark.parametrize("name", NAMES)
def test_tokens_bring_the_tune_back(name, sheets):
    sheet = sheets[name]
    assert {note.length for note in sheet.notes} <= set(LENGTHS)
    assert decode(encode(sheet), sheet).notes == sheet.notes


@pytest.mark.parametrize("name", NAMES)
def test_the_midi_equals_a_rebuild_from_the_text(name, sheets, tmp_path):
    committed = TUNES / "midi" / f"{name}.mid"
    rebuilt = write_midi(sheets[name], tmp_path / "rebuilt.mid")
    assert committed.read_bytes() == rebuilt.read_bytes()


@pytest.mark.parametrize("name", NAMES[::5])
def test_the_midi_read_back_is_the_same_tune(name, sheets):
    heard = read_lead_sheet(TUNES / "midi" / f"{name}.mid")
    written = sheets[name]
    assert (heard.notes, heard.chords, heard.length, heard.tempo) == (
        written.notes,
        written.chords,
        written.length,
        written.tempo,
    )


def test_every_tune_has_its_midi_and_the_readme_counts_them():
    assert {p.stem for p in (TUNES / "midi").glob("*.mid")} == set(NAMES)
    readme = (TUNES / "README.md").read_text()
    assert f"{len(PATHS)} choruses" in readme
    assert f"{sum(len(bars_of(path)) for path in PATHS)} bars" in readme
    assert "CC0" in readme
