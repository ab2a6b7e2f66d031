"""The student-side modules of the jazz assignment, rule by rule."""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
import subprocess
import sys
import wave
from collections import Counter
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import IPython.display
import music21
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENT = ROOT / "source" / "jazz_improvisation"
sys.path.insert(0, str(ASSIGNMENT))

import band  # noqa: E402
import improvise  # noqa: E402
import measures  # noqa: E402
import players  # noqa: E402
import quiet  # noqa: E402
import sound  # noqa: E402
from harmony import (  # noqa: E402
    QUALITIES,
    Chord,
    chord_from_pitches,
    degree_of,
    note_name,
    parse_chord,
    pitch_class_of,
)
from lead_sheets import (  # noqa: E402
    BAR,
    GRIDS,
    TICKS,
    LeadSheet,
    LeadSheetError,
    LeadSheetWarning,
    Note,
    progression,
    quantise,
)
from pictures import (  # noqa: E402
    compared_in_words,
    engraved,
    in_words,
    note_table,
    piano_roll,
    show_score,
)
from polish import HIGH, LOW, polish  # noqa: E402
from reading import read_lead_sheet  # noqa: E402
from tokens import LENGTHS, Value, decode, encode, rest, vocabulary  # noqa: E402
from training_data import (  # noqa: E402
    CONTEXT_PARTS,
    contexts,
    heard,
    inputs_of,
    load_tunes,
    one_hot,
    read_choruses,
    windows,
)
from writing import musicxml, to_stream, write_midi  # noqa: E402

BLUES = "F7 | Bb7 | F7 | % | Bb7 | Bdim7 | F7 | D7 | Gm7 | C7 | F7 D7 | Gm7 C7"
CHORDS = st.builds(Chord, st.integers(0, 11), st.sampled_from(sorted(QUALITIES)))


def over(chords: list[Chord]) -> LeadSheet:
    """A bar of each chord, without a melody."""
    starts = tuple((BAR * i, chord) for i, chord in enumerate(chords))
    return LeadSheet("random", (), starts, BAR * len(chords))


# --- harmony ---------------------------------------------------------------


@pytest.mark.parametrize("symbol, tones", [
    ("Bb7", {10, 2, 5, 8}), ("Eb7", {3, 7, 10, 1}), ("Ab7", {8, 0, 3, 6}),
    ("Db7", {1, 5, 8, 11}), ("Gb7", {6, 10, 1, 4}), ("B-7", {11, 2, 6, 9}),
    ("F#m7b5", {6, 9, 0, 4}), ("Bbm7", {10, 1, 5, 8}), ("Bmaj7", {11, 3, 6, 10}),
    ("Bdim7", {11, 2, 5, 8}), ("Am7b5", {9, 0, 3, 7}), ("Cmaj7", {0, 4, 7, 11}),
    ("C/Bb", {0, 4, 7, 10}), ("G", {7, 11, 2, 4}), ("Em", {4, 7, 11, 2}),
])  # fmt: skip
def test_chord_symbols_with_flats_mean_what_musicians_write(symbol, tones):
    assert set(parse_chord(symbol).tones) == tones


@pytest.mark.parametrize("symbol", ["", "H7", "hello", "7", "C7x", "Bb--7", "N.C."])
def test_what_is_no_chord_symbol_is_said_clearly(symbol):
    with pytest.raises(ValueError, match=r"not a chord symbol.*maj7.*m7b5 or ø"):
        parse_chord(symbol)


@pytest.mark.parametrize("written, plain", [
    ("C-7", "Cm7"), ("Bb-7", "Bbm7"), ("F#-7", "F#m7"), ("C-", "Cm7"),
    ("Cmin7", "Cm7"), ("Cmi9", "Cm7"), ("C-7b5", "Cm7b5"), ("Cø", "Cm7b5"),
    ("Cø7", "Cm7b5"), ("C°", "Cdim7"), ("C°7", "Cdim7"), ("Cdim", "Cdim7"),
    ("C+", "C7#5"), ("Caug", "C7#5"), ("C7+", "C7#5"), ("C7alt", "C7#5"),
    ("C7(b9)", "C7"), ("C13", "C7"), ("C7#11", "C7"), ("Csus", "C7sus4"),
    ("CM7", "Cmaj7"), ("CΔ", "Cmaj7"), ("CΔ7", "Cmaj7"), ("Cma7", "Cmaj7"),
    ("Cmaj9", "Cmaj7"), ("C6/9", "C6"), ("C", "C6"), ("C/E", "C6"),
    ("C/B", "Cmaj7"), ("Am7/G", "Am7"), ("CmMaj7", "CmM7"), ("B♭7", "Bb7"),
])  # fmt: skip
def test_chords_are_read_as_players_write_them(written, plain):
    assert parse_chord(written) == parse_chord(plain)
    assert parse_chord(plain).name == plain


@given(CHORDS, st.integers(0, 3))
def test_chords_of_midi_files_may_be_inverted(chord, lowest):
    """Tones one above the other, any of them lowest."""
    tones = [48 + (chord.root + i) % 12 for i in QUALITIES[chord.quality][0]]
    pitches = [tone + 12 * (place < lowest) for place, tone in enumerate(tones)]
    found = chord_from_pitches(pitches)
    assert found.tones == chord.tones
    root_lowest = min(pitches) % 12 == chord.root
    assert found == chord or not root_lowest


def test_triads_of_midi_files_claim_no_seventh():
    names = [chord_from_pitches(p).name for p in ([60, 64, 67], [64, 67, 72])]
    assert names == ["C6", "C6"]
    assert chord_from_pitches([57, 60, 64]).name == "Am7"
    with pytest.raises(ValueError, match="three different"):
        chord_from_pitches([60, 67, 72])


@given(CHORDS, st.integers(30, 100))
def test_every_pitch_has_one_name_over_every_chord(chord, pitch):
    degree = degree_of(pitch, chord)
    assert pitch_class_of(degree, chord) == pitch % 12


@given(CHORDS)
def test_degrees_1_3_5_7_are_the_tones_of_a_seventh_chord(chord):
    if "sus" not in chord.quality:
        seventh = "6" if chord.quality in ("6", "m6") else "7"
        degrees = ["1", "3", "5", seventh]
        assert {pitch_class_of(d, chord) for d in degrees} == chord.tones


@pytest.mark.parametrize("pitch, chord, name", [
    (61, "Ab7", "Db4"), (61, "A7", "C#4"), (68, "E7", "G#4"), (63, "B7", "D#4"),
    (70, "F#7", "A#4"), (66, "D7", "F#4"), (63, "Cm7", "Eb4"), (70, "Edim7", "Bb4"),
])  # fmt: skip
def test_notes_are_spelt_to_fit_their_chord(pitch, chord, name):
    assert note_name(pitch, parse_chord(chord)) == name


def test_chord_names_can_be_read_again():
    for root in range(12):
        for quality in QUALITIES:
            chord = Chord(root, quality)
            assert parse_chord(chord.name) == chord, chord.name


# --- reading and writing ---------------------------------------------------


def test_a_lead_sheet_survives_musicxml_and_midi(tmp_path):
    tune = read_lead_sheet(ASSIGNMENT / "tunes" / "blues_in_a_flat.abc")
    to_stream(tune).write("musicxml", tmp_path / "tune.musicxml")
    write_midi(tune, tmp_path / "tune.mid")
    for name in ("tune.musicxml", "tune.mid"):
        again = read_lead_sheet(tmp_path / name)
        assert (again.notes, again.chords, again.length) == (
            tune.notes,
            tune.chords,
            tune.length,
        ), name


def test_every_kind_of_chord_and_ties_survive_musicxml(tmp_path):
    text = " | ".join(Chord(r, q).name for r in (0, 1, 10, 6) for q in QUALITIES)
    notes = [Note(0, 12, 60), Note(42, 18, 62), Note(66, 6, 63), Note(72, 4, 64),
             Note(76, 4, 65), Note(80, 4, 66), Note(90, 24, 67)]  # fmt: skip
    sheet = progression(text).with_notes(notes, "All kinds")
    to_stream(sheet).write("musicxml", tmp_path / "x.musicxml")
    again = read_lead_sheet(tmp_path / "x.musicxml")
    assert again.notes == sheet.notes and again.chords == sheet.chords
    page = (tmp_path / "x.musicxml").read_text()
    kinds = set(re.findall(r"<kind[^>]*>([^<]*)<", page))
    assert kinds == {
        "major-sixth", "major-seventh", "dominant", "suspended-fourth",
        "augmented-seventh", "minor-seventh", "minor-sixth", "major-minor",
        "half-diminished", "diminished-seventh",
    }  # fmt: skip
    assert set(re.findall(r"<voice>(\d+)", page)) <= {"1"}
    assert page.count('<tie type="start"') == page.count('<tie type="stop"') == 2
    for said in (">Swing<", "<work-title>All kinds<", 'type="composer"',
                 "<part-name>Melody<", "<fifths>"):  # fmt: skip
        assert said in page, said
    assert page.count('new-system="yes"') == 10  # 44 bars, four a line


@pytest.fixture(scope="module")
def corpus():
    return load_tunes()


@pytest.mark.slow
def test_every_tune_survives_musicxml(corpus, tmp_path):
    for tune in corpus:
        to_stream(tune).write("musicxml", tmp_path / "tune.musicxml")
        again = read_lead_sheet(tmp_path / "tune.musicxml")
        assert again == tune, tune.title


@pytest.mark.slow
def test_two_hundred_solos_survive_musicxml(corpus, tmp_path):
    """Drawn from a table over the chords of the corpus, every second one polished."""
    values = vocabulary(encode(tune) for tune in corpus)
    choruses = read_choruses(corpus, values)
    table = players.Table(choruses, len(values), players.TABLES["beat and line"])
    for seed in range(200):
        chords = corpus[seed % len(corpus)]
        rng = np.random.default_rng(seed)
        solo = improvise.improvise(table, values, chords, rng)
        solo = polish(solo)[0] if seed % 2 else solo
        (tmp_path / "solo.musicxml").write_text(musicxml(solo))
        again = read_lead_sheet(tmp_path / "solo.musicxml")
        again = dataclasses.replace(again, composer=solo.composer)
        assert again == solo, (seed, chords.title)


def test_the_score_has_full_bars_and_the_right_chords():
    tune = progression("Bb7 | Ebm7 Ab7").with_notes(
        [Note(4, 4, 70), Note(30, 18, 71)], "x"
    )
    measures_ = list(to_stream(tune).parts[0].getElementsByClass("Measure"))
    assert [float(m.highestTime) for m in measures_] == [4, 4]
    symbols = to_stream(tune).recurse().getElementsByClass("ChordSymbol")
    assert [{p.pitchClass for p in s.pitches} for s in symbols] == [
        {10, 2, 5, 8},
        {3, 6, 10, 1},
        {8, 0, 3, 6},
    ]


def test_the_midi_is_read_by_another_program(tmp_path):
    """The file's bytes, read here without music21: two tracks with notes."""
    data = write_midi(
        progression("F7 | C7").with_notes([Note(0, 6, 70), Note(6, 6, 72)], "x"),
        tmp_path / "x.mid",
    ).read_bytes()
    assert data[:4] == b"MThd" and data.count(b"MTrk") >= 2
    assert bytes([0x90, 70]) in data and bytes([0x90, 72]) in data


ABC = "X:1\nT:t\nM:{metre}\nL:1/8\nK:F\n{music}\n"


@pytest.mark.parametrize("name, content, message", [
    ("x.abc", ABC.format(metre="3/4", music='"F7"F2 A2 c2|'), "only 4/4"),
    ("x.abc", ABC.format(metre="4/4", music="F2 A2 c2 A2|"), "no chords"),
    ("x.abc", ABC.format(metre="4/4", music='"F7"z8|'), "no melody"),
    ("x.abc", ABC.format(metre="4/4", music="F8|") + ABC.format(
        metre="4/4", music="F8|").replace("X:1", "X:2"), "several tunes"),
    ("x.mid", "this is no MIDI file", "could not be read"),
    ("x.musicxml", "<score-partwise", "could not be read"),
    ("x.png", "x", "could not be read"),
    ("x.abc", "", "is empty"),
    ("x.abc", ABC.format(metre="4/4", music='"H7"F8|'), "x.abc: 'H7' is not a chord"),
])  # fmt: skip
def test_files_that_cannot_be_used_are_explained(name, content, message, tmp_path):
    (tmp_path / name).write_text(content)
    with pytest.raises(LeadSheetError, match=message):
        read_lead_sheet(tmp_path / name)


def test_another_encoding_is_read_and_said(tmp_path):
    text = ABC.format(metre="4/4", music='"F7"F8|').replace("T:t", "T:Café")
    (tmp_path / "x.abc").write_bytes(text.encode("latin-1"))
    with pytest.warns(LeadSheetWarning, match="not in UTF-8"):
        assert read_lead_sheet(tmp_path / "x.abc").title == "Café"


def test_an_untitled_file_is_called_like_the_file(tmp_path):
    text = ABC.format(metre="4/4", music='"F7"F8|').replace("T:t\n", "")
    (tmp_path / "my_tune.abc").write_text(text)
    assert read_lead_sheet(tmp_path / "my_tune.abc").title == "my tune"


def test_a_last_bar_of_rest_is_kept(tmp_path):
    assert read('"F7"F8|"C7"z8|z8|', tmp_path).length == 3 * BAR


def test_five_chords_in_a_bar_are_too_many():
    with pytest.raises(LeadSheetError, match="Bar 2 of the progression holds 5"):
        progression("F7 | F7 D7 Gm7 C7 F7")


def test_a_tune_that_cannot_be_used_is_left_out_and_said(tmp_path):
    (tmp_path / "a.abc").write_text(ABC.format(metre="3/4", music='"F7"F6|'))
    (tmp_path / "b.abc").write_text(ABC.format(metre="4/4", music='"F7"F8|'))
    with pytest.warns(LeadSheetWarning, match=r"a\.abc was left out.*4/4"):
        assert len(load_tunes(tmp_path)) == 1


def test_a_missing_file_is_named():
    with pytest.raises(LeadSheetError, match=r"no file nowhere\.abc"):
        read_lead_sheet("nowhere.abc")


def test_chords_can_be_supplied_for_a_file_without(tmp_path):
    path = tmp_path / "x.abc"
    path.write_text(ABC.format(metre="4/4", music="F2 A2 c2 A2| G8 |"))
    tune = read_lead_sheet(path, chords="F7 | C7")
    assert [chord.name for _, chord in tune.chords] == ["F7", "C7"]
    assert tune.length == 2 * BAR


def test_a_tied_note_is_one_note(tmp_path):
    path = tmp_path / "x.abc"
    path.write_text(ABC.format(metre="4/4", music='"F7"F6 A2-|"Bb7"A2 F6|'))
    assert [note.length for note in read_lead_sheet(path).notes] == [36, 24, 36]


def test_a_grace_note_or_second_voice_does_not_stop_reading(tmp_path):
    part = music21.stream.Part([music21.harmony.ChordSymbol("F7")])
    part.append(music21.note.Note("C5").getGrace())
    part.append(music21.note.Note("A4", quarterLength=4))
    music21.stream.Score([part]).write("musicxml", tmp_path / "x.musicxml")
    assert [n.pitch for n in read_lead_sheet(tmp_path / "x.musicxml").notes] == [69]


def read(music, tmp_path, **more):
    """A lead sheet of ABC text in 4/4 and eighths."""
    path = tmp_path / "x.abc"
    path.write_text(ABC.format(metre="4/4", music=music))
    return read_lead_sheet(path, **more)


def test_an_unreadable_chord_of_an_abc_file_is_not_dropped(tmp_path):
    with pytest.raises(LeadSheetError, match="'F7x' is not a chord symbol"):
        read('"F7x"F8|"C7"G8|', tmp_path)


def test_abc_chords_may_be_written_as_players_do(tmp_path):
    tune = read('"Bb-7"F4 "^slowly""CΔ"A4|"N.C."G8|"C7"G8|', tmp_path)
    names = [(start, chord.name) for start, chord in tune.chords]
    assert names == [(0, "Bbm7"), (24, "Cmaj7"), (2 * BAR, "C7")]


def test_a_pick_up_is_filled_up_and_said(tmp_path):
    with pytest.warns(LeadSheetWarning, match="pick-up"):
        tune = read('C2|"F7"F8|"C7"G8|', tmp_path)
    assert [note.start for note in tune.notes] == [36, BAR, 2 * BAR]
    assert [start for start, _ in tune.chords] == [BAR, 2 * BAR]


def test_repeats_are_played_out(tmp_path):
    tune = read('|:"F7"F8|1 "C7"G8:|2 "Bb7"B8|]', tmp_path)
    assert [note.pitch % 12 for note in tune.notes] == [5, 7, 5, 10]
    assert tune.length == 4 * BAR


def test_notes_that_are_too_short_are_said(tmp_path):
    with pytest.warns(LeadSheetWarning, match="shorter than eighths"):
        read('"F7"F/G/A/B/ c2 A4|', tmp_path)


def test_a_melody_longer_than_the_given_chords_is_said(tmp_path):
    with pytest.warns(LeadSheetWarning, match="1 notes of x.abc lie behind"):
        read("F8|G8|", tmp_path, chords="F7")


def test_the_tunes_are_read_without_any_remark(recwarn):
    load_tunes()
    assert not [w for w in recwarn if w.category is LeadSheetWarning]


def test_the_score_is_spelt_by_chord_and_has_a_signature():
    tune = progression("Ab7 | E7").with_notes(
        [Note(0, 24, 61), Note(24, 24, 66), Note(BAR, 48, 68)], "x"
    )
    names = [note.name for note in to_stream(tune).recurse().notes
             if isinstance(note, music21.note.Note)]  # fmt: skip
    assert names == ["D-", "G-", "G#"]
    blues = read_lead_sheet(ASSIGNMENT / "tunes" / "blues_in_a_flat.abc")
    signatures = list(to_stream(blues).recurse().getElementsByClass("KeySignature"))
    assert len(signatures) == 1 and -6 <= signatures[0].sharps <= -3


@pytest.mark.parametrize("text", ["F7 | | C7", "F7 | Q7"])
def test_a_wrong_progression_is_explained(text):
    with pytest.raises(ValueError, match=r"no chord|not a chord"):
        progression(text)


def test_a_progression_repeats_bars_and_divides_them():
    sheet = progression("F7 | % | Gm7 C7")
    assert [(tick, c.name) for tick, c in sheet.chords] == [
        (0, "F7"),
        (BAR, "F7"),
        (2 * BAR, "Gm7"),
        (2 * BAR + 24, "C7"),
    ]
    assert sheet.chord_at(2 * BAR + 23).name == "Gm7"


# --- quantising ------------------------------------------------------------

HEARD = st.lists(
    st.tuples(st.floats(0, 200), st.floats(0, 60), st.integers(40, 100)), max_size=40
)


@given(HEARD)
def test_quantising_twice_changes_nothing_more(notes):
    once = quantise(notes)
    assert quantise(once) == once


@given(HEARD)
def test_quantised_notes_lie_on_a_grid_one_at_a_time(notes):
    result = quantise(notes)
    for note in result:
        assert isinstance(note.start, int) and isinstance(note.length, int)
        assert note.length >= 4
        assert note.start % TICKS in GRIDS[0] + GRIDS[1]
    for one, two in itertools.pairwise(result):
        assert one.end <= two.start and two.start - one.start >= 4


def test_quantising_is_not_random_and_finds_the_nearer_grid():
    played = [
        (0.3, 5.5, 60),
        (6.4, 5.2, 62),
        (12.2, 3.7, 64),
        (15.8, 4.1, 65),
        (20.3, 3.6, 67),
    ]
    expected = [(0, 6), (6, 6), (12, 4), (16, 4), (20, 4)]
    for _ in range(5):
        assert [(n.start, n.length) for n in quantise(played)] == expected


# --- tokens ----------------------------------------------------------------


@st.composite
def tunes(draw):
    """Melodies in well-formed rhythm over random chords."""
    names = draw(st.lists(CHORDS, min_size=1, max_size=4))
    sheet = over(names)
    notes, now, pitch = [], 0, 70
    while now < sheet.length:
        kind = draw(st.sampled_from(["triplet", 6, 12, 18, 24]))
        for length in (
            [4, 4, 4]
            if kind == "triplet" and now % 12 == 0
            else [6 if kind == "triplet" else kind]
        ):
            length = min(length, sheet.length - now)
            if draw(st.integers(0, 4)):
                pitch = min(max(pitch + draw(st.integers(-12, 12)), LOW), HIGH)
                notes.append(Note(now, length, pitch))
            now += length
    return sheet.with_notes(notes, "random")


@given(tunes())
@settings(deadline=None)
def test_encoding_and_decoding_is_a_round_trip(tune):
    values = encode(tune)
    assert decode(values, tune).notes == tune.notes
    assert sum(value.length for value in values) == tune.length


def test_the_same_values_follow_another_progression():
    major = progression("C7").with_notes([Note(0, 12, 76), Note(12, 12, 79)], "x")
    values = encode(major)
    assert [value.degree for value in values[:2]] == ["3", "5"]
    minor = decode(values, progression("Cm7"))
    assert [note.pitch % 12 for note in minor.notes] == [3, 7]


def test_values_do_not_depend_on_the_key():
    up = progression("Bb7 | Eb7").with_notes([Note(0, 12, 74), Note(48, 24, 73)], "x")
    down = progression("A7 | D7").with_notes([Note(0, 12, 73), Note(48, 24, 72)], "x")
    assert encode(up)[1:] == encode(down)[1:]


def test_the_note_is_placed_before_the_clock_moves():
    """Advancing first would leave the first beat empty."""
    line = decode(
        [Value("1", "up", 12), Value("3", "up", 12), rest(12), Value("5", "up", 24)],
        progression("C7"),
    )
    assert [(n.start, n.length) for n in line.notes] == [(0, 12), (12, 12), (36, 12)]


def test_a_broken_triplet_is_held_to_the_next_eighth():
    line = decode(
        [Value("1", "up", 4), Value("3", "up", 6), Value("5", "up", 4)],
        progression("C7"),
    )
    assert [(n.start, n.length) for n in line.notes] == [(0, 6), (6, 6), (12, 4)]


def test_the_line_turns_back_at_the_end_of_the_instrument():
    climbing = [Value(degree, "up", 6) for degree in "1357" * 10]
    pitches = [note.pitch for note in decode(climbing, progression(BLUES)).notes]
    assert min(pitches) >= LOW and max(pitches) <= HIGH


def test_long_notes_keep_the_rhythm_in_place():
    tune = progression("C7 | F7").with_notes([Note(0, 48, 72), Note(48, 48, 77)], "x")
    assert [n.start for n in decode(encode(tune), tune).notes] == [0, 48]


# --- windows ---------------------------------------------------------------


@pytest.fixture(scope="module")
def two_choruses():
    sheets = load_tunes(at_most=2)
    values = sorted({value for tune in sheets for value in encode(tune)})
    return read_choruses(sheets, values), len(values)


def test_windows_have_three_dimensions_and_are_shifted_by_one(two_choruses):
    choruses, n = two_choruses
    X, Y, known = windows(choruses, n, np.random.default_rng(0), m=60, Tx=30)
    assert X.shape == (60, 30, n) and Y.shape == (30, 60, n)
    assert known.shape == (60, 30, sum(CONTEXT_PARTS.values()))
    assert (Y.sum(axis=2) == 1).all()
    assert np.array_equal(X[:, 1:], Y.transpose(1, 0, 2)[:, :-1])


def test_a_window_lies_within_one_tune(two_choruses):
    choruses, n = two_choruses
    X, Y, known = windows(choruses, n, np.random.default_rng(1), m=40, Tx=30)
    whole = [
        np.concatenate([inputs_of(c.tokens, n), one_hot(c.tokens, n), c.known], axis=1)
        for c in choruses
    ]
    for window in np.concatenate([X, Y.transpose(1, 0, 2), known], axis=2):
        found = [
            np.array_equal(window, tune[start : start + 30])
            for tune in whole
            for start in range(len(tune) - 29)
        ]
        assert sum(found) >= 1


def test_only_where_a_tune_starts_nothing_was_played(two_choruses):
    choruses, n = two_choruses
    inputs = inputs_of(choruses[0].tokens, n)
    assert not inputs[0].any() and (inputs[1:].sum(axis=1) == 1).all()


def test_tunes_that_are_too_short_are_refused(two_choruses):
    choruses, n = two_choruses
    with pytest.raises(ValueError, match="500 values"):
        windows(choruses, n, np.random.default_rng(0), Tx=500)


def test_what_is_known_of_the_moment():
    sheet = progression("C7 | F7").with_notes([Note(0, 24, 76), Note(30, 6, 65)], "x")
    known = contexts(sheet, encode(sheet))
    assert (known.sum(axis=1) == 8).all()  # eight one-hot parts
    second = known[2]  # the note at tick 30, after an E, over C7
    beat, place, bar, quality, root, left, above, height = np.split(
        second, np.cumsum([4, 5, 4, len(QUALITIES), 13, 9, 12])
    )
    parts = (beat, place, bar, root, left, above)
    assert [part.argmax() for part in parts] == [2, 3, 0, 5, 1, 4]
    assert quality.argmax() == list(QUALITIES).index("7") and height.sum() == 1


def test_the_order_of_values_never_changes(corpus):
    encoded = [encode(tune) for tune in corpus]
    values = vocabulary(encoded)
    assert values == vocabulary(reversed(encoded)) == sorted(set(values))


# --- sampling --------------------------------------------------------------


def test_a_solo_is_drawn_from_what_the_given_function_makes(two_choruses):
    """One that makes a quarter's rest on every beat certain, and sees odds."""
    choruses, n = two_choruses
    sheets = load_tunes(at_most=2)
    values = sorted({value for tune in sheets for value in encode(tune)})
    silence, seen = one_hot(values.index(rest(12)), n).astype(float), []

    def shape(probabilities):
        seen.append(probabilities.sum())
        return silence

    table = players.Table(choruses, n, players.TABLES["bigram"])
    solo = improvise.improvise(
        table, values, sheets[0], np.random.default_rng(0), shape
    )
    assert solo.notes == () and len(seen) == sheets[0].length // 12
    assert np.allclose(seen, 1)


def test_a_mask_leaves_only_the_parts_that_are_heard(two_choruses):
    (chorus, _), _ = two_choruses
    assert ((heard("beat") * chorus.known).sum(axis=1) == 3).all()
    assert ((heard("line") * chorus.known).sum(axis=1) == 2).all()
    assert heard().sum() == 0 and heard("beat", "chord", "line").all()


@pytest.mark.parametrize("name", players.TABLES)
def test_a_table_gives_probabilities_and_remembers(name, two_choruses):
    choruses, n = two_choruses
    table = players.Table(choruses, n, players.TABLES[name])
    listen = table.start()
    for before, known in zip([None, *choruses[0].tokens], choruses[0].known):  # noqa: B905
        p = listen(before, known)
        assert p.shape == (n,) and p.min() > 0 and p.sum() == pytest.approx(1)
    assert players.nats(table, choruses) < np.log(n)


def test_the_bigram_by_hand():
    """Two tunes over three values, mixed with the unigram, that with evenness."""
    known = np.zeros((4, sum(CONTEXT_PARTS.values())))
    tunes_ = [players.Chorus(np.array([0, 1, 0, 2]), known)]
    table = players.Table(tunes_, 3, ((), ("before",)), strength=1.0)
    listen = table.start()
    listen(None, known[0])
    unigram = (np.array([2, 1, 1]) + 1 / 3) / 5
    assert np.allclose(listen(0, known[1]), (np.array([0, 1, 1]) + unigram) / 3)


def test_finer_tables_fit_better():
    sheets = load_tunes(at_most=8)
    values = sorted({value for tune in sheets for value in encode(tune)})
    choruses, n = read_choruses(sheets, values), len(values)
    losses = [
        players.nats(players.Table(choruses, n, players.TABLES[name]), choruses)
        for name in ("unigram", "bigram", "beat, bigram")
    ]
    assert losses == sorted(losses, reverse=True)


def test_a_table_improvises_to_the_end_and_the_same_again(two_choruses):
    choruses, n = two_choruses
    sheets = load_tunes(at_most=2)
    values = sorted({value for tune in sheets for value in encode(tune)})
    table = players.Table(choruses, n, players.TABLES["beat and line"])
    solos_ = [
        improvise.improvise(table, values, sheets[0], np.random.default_rng(4))
        for _ in range(2)
    ]
    assert solos_[0] == solos_[1] and solos_[0].notes[-1].end > sheets[0].length - BAR


def test_the_step_in_numpy_is_that_of_keras():
    rng = np.random.default_rng(0)
    shapes = [(5, 12), (3, 12), (12,), (3, 4), (4,)]
    weights = [rng.normal(size=shape) for shape in shapes]
    x, a, c = rng.normal(size=5), rng.normal(size=3), rng.normal(size=3)
    code = (
        "import numpy as np, keras, sys\n"
        "w = [np.array(part) for part in eval(sys.argv[1])]\n"
        "x, a, c = [np.array([part]) for part in eval(sys.argv[2])]\n"
        "lstm = keras.layers.LSTM(3, return_state=True)\n"
        "dense = keras.layers.Dense(4, activation='softmax')\n"
        "lstm.build((None, 1, 5)); dense.build((None, 3))\n"
        "lstm.set_weights(w[:3]); dense.set_weights(w[3:])\n"
        "h, a, c = lstm(x[None], initial_state=[a, c])\n"
        "print(np.concatenate([dense(h), a, c], axis=1)[0].tolist())\n"
    )
    arguments = [str([part.tolist() for part in group])
                 for group in (weights, (x, a, c))]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, check=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
    )  # fmt: skip
    mine = np.concatenate(players.step(weights, x, a, c))
    assert np.allclose(mine, eval(done.stdout), atol=1e-5)


# --- post-processing -------------------------------------------------------


@st.composite
def solos(draw):
    """Anything a model might play: overlapping, crowded, out of range, off the grid."""
    sheet = over(draw(st.lists(CHORDS, min_size=1, max_size=4)))
    notes = draw(
        st.lists(
            st.builds(
                Note,
                st.integers(0, sheet.length + 10),
                st.integers(1, 60),
                st.integers(30, 110),
            ),
            max_size=40,
        )
    )
    return sheet.with_notes(notes, "random")


@given(solos())
@settings(deadline=None, max_examples=300)
def test_polishing_twice_is_polishing_once(solo):
    once, _ = polish(solo)
    twice, changes = polish(once)
    assert twice == once and not changes


@given(solos())
@settings(deadline=None, max_examples=300)
def test_a_polished_solo_keeps_every_rule(solo):
    result, _ = polish(solo, max_leap=9, max_same=2)
    pitches = [note.pitch for note in result.notes]
    assert all(LOW <= pitch <= HIGH for pitch in pitches)
    assert all(abs(b - a) <= 9 for a, b in itertools.pairwise(pitches))
    assert all(len(set(pitches[i : i + 3])) > 1 for i in range(len(pitches) - 2))
    for one, two in zip(result.notes, result.notes[1:], strict=False):
        assert one.end <= two.start and two.start - one.start >= 4
    for note in result.notes:
        assert note.end <= result.length
        if note.start % 24 == 0 or note.length >= 12:
            chord, held = result.chord_at(note.start), result.chord_at(note.end - 1)
            fits = chord.scale | chord.tones
            if note.start % TICKS:
                fits |= held.scale | held.tones
            assert note.pitch % 12 in fits


@given(tunes())
@settings(deadline=None)
def test_polishing_makes_no_strong_beat_worse(tune):
    before = measures.strong_beat_rate(tune)
    assert measures.strong_beat_rate(polish(tune)[0]) >= before


def test_polishing_hardly_touches_good_choruses(corpus):
    """At most one note in fifty of the corpus, where an editor finds little."""
    changed = [sum(polish(tune)[1].values()) for tune in corpus]
    assert sum(changed) <= 0.02 * sum(len(tune.notes) for tune in corpus)


@given(tunes())
@settings(deadline=None)
def test_bars_are_filled_exactly(tune):
    score = to_stream(polish(tune)[0])
    for measure in score.parts[0].getElementsByClass("Measure"):
        played = measure.getElementsByClass("GeneralNote")
        sounding = [x for x in played if not isinstance(x, music21.harmony.ChordSymbol)]
        assert sum(Fraction(x.quarterLength) for x in sounding) == 4


@pytest.mark.parametrize("first", [0, 1])
def test_repetitions_are_found_wherever_they_begin(first):
    """Disjoint pairs only would miss the run that starts on the second note."""
    pitches = [60] * first + [67] * 5
    notes = [Note(6 * i, 6, pitch) for i, pitch in enumerate(pitches)]
    solo = progression("C7 | C7").with_notes(notes, "x")
    assert measures.longest_run(solo) == 5
    assert measures.longest_run(polish(solo)[0]) == 3


def test_polishing_leaves_a_good_tune_alone():
    tune = read_lead_sheet(ASSIGNMENT / "tunes" / "two_five_one_in_d_minor.abc")
    assert polish(tune) == (tune, {})


def test_what_was_changed_is_counted():
    notes = [Note(0, 12, 61), Note(12, 6, 100), Note(18, 6, 60), Note(25, 6, 79)]
    _, changes = polish(progression("C7").with_notes(notes, "x"))
    assert changes == {"clash": 1, "range": 1, "leap": 1, "rhythm": 1}


def test_an_anticipation_is_no_clash():
    """Off the beat, held into the next chord, and a tone of that."""
    notes = [Note(0, 6, 72), Note(42, 18, 69)]
    solo = progression("Cm7 | F7").with_notes(notes, "x")
    assert polish(solo) == (solo, {})


# --- measures --------------------------------------------------------------


def test_measures_by_hand():
    solo = progression("C7").with_notes(
        [Note(0, 12, 60), Note(12, 12, 62), Note(24, 12, 64), Note(36, 12, 64)], "x"
    )
    assert measures.in_chord_rate(solo) == 0.75
    assert measures.strong_beat_rate(solo) == 1
    assert measures.pitch_range(solo) == 4
    assert measures.largest_leap(solo) == 2
    assert measures.longest_run(solo) == 2
    assert measures.novelty(solo, [solo]) == 0
    assert measures.novelty(solo, []) == 1
    assert measures.mean_interval(solo) == 4 / 3
    assert measures.off_beat_attacks(solo) == 0 and measures.rhythm_variety(solo) == 1


def test_intervals_rhythms_and_syncopes_by_hand():
    solo = progression("C7 | % | %").with_notes(
        [Note(0, 12, 60), Note(18, 6, 68), Note(42, 12, 67), Note(96, 12, 60),
         Note(114, 6, 64)], "x")  # fmt: skip
    assert measures.intervals(solo) == [8, 1, 7, 4]
    assert measures.mean_interval(solo) == 5
    assert measures.rhythm_variety(solo) == 1  # the second bar is empty
    assert measures.off_beat_attacks(solo) == 0.6
    assert measures.off_beat_long(solo) == 0.2 == measures.over_bar_lines(solo)


def test_the_tables_show_every_number():
    rows = {"one & all": {"in chord": 0.5, "range": 3}}
    assert measures.as_html(rows).count("<td>") == 3
    assert "one &amp; all" in measures.as_html(rows)
    assert "0.50" in measures.as_html(rows) and "0.50" in measures.as_table(rows)


def test_measures_of_silence_do_not_fail():
    silence = progression("C7")
    row = measures.describe(silence, [])
    assert row["in chord"] == 0 and "silence" in measures.as_table({"silence": row})


def test_repetition_counts_what_was_played_before():
    bar = [Note(6 * i, 6, 60 + 2 * (i % 4)) for i in range(24)]
    assert (
        measures.self_repetition(progression("C7 | C7 | C7").with_notes(bar, "x")) > 0.7
    )


# --- sound and pictures ----------------------------------------------------


def dominant(samples: np.ndarray) -> float:
    """Frequency of the strongest partial, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * sound.RATE / len(samples))


@pytest.mark.parametrize("pitch, hertz", [(69, 440.0), (60, 261.6), (84, 1046.5)])
def test_a_tone_has_its_pitch_and_no_click(pitch, hertz):
    samples = sound.tone(pitch, sound.RATE, "solo")
    assert dominant(samples) == pytest.approx(hertz, rel=0.01)
    assert abs(samples[0]) < 0.01 and abs(samples[-1]) < 0.01


@pytest.mark.parametrize("tempo", [60, 132, 240])
def test_the_sound_is_loud_and_never_clips(tempo):
    line = [Note(12 * i, 12, 60 + 7 * (i % 4)) for i in range(48)]
    samples = sound.synthesise(progression(BLUES, tempo).with_notes(line, "x"))
    level = 20 * np.log10(np.sqrt(np.mean(samples**2)))
    assert -16 < level < -14 and np.abs(samples).max() < 0.98


def test_the_melody_stands_out():
    """Without the band's and the melody's common level: parts of one mix."""
    loudest = sound.VOLUMES["solo"]
    assert all(loudest > v for k, v in sound.VOLUMES.items() if k != "solo")


def test_eighths_swing_the_less_the_faster_and_triplets_do_not():
    assert [band.swung(t, 120) for t in (0, 4, 6, 8, 12, 18)] == [0, 4, 8, 8, 12, 20]
    assert 6.4 < band.swung(6, 250) < 7 < band.swung(6, 168) < 7.6


def test_the_bass_walks_in_quarters_and_marks_the_roots():
    sheet = progression(BLUES)
    bass = [e for e in band.performance(sheet) if e.instrument == "bass"]
    assert [e.start for e in bass] == list(range(0, sheet.length, TICKS))
    for event in bass:
        assert band.LOWEST <= event.pitch <= band.HIGHEST + 1
        if event.start in {start for start, _ in sheet.chords}:
            assert event.pitch % 12 == sheet.chord_at(int(event.start)).root
    steps = [abs(b.pitch - a.pitch) for a, b in itertools.pairwise(bass)]
    assert max(steps) <= 7 and all(steps)


def test_the_piano_comps_in_the_charleston_rhythm_and_leads_its_voices():
    sheet = progression("F7 | Bb7 | Gm7 C7")
    piano = [e for e in band.performance(sheet) if e.instrument == "piano"]
    starts = sorted({round(e.start % BAR, 6) for e in piano})
    assert starts == [0, round(band.swung(18, sheet.tempo), 6)]
    chords = [sorted(e.pitch for e in group) for _, group in
              itertools.groupby(piano, key=lambda e: e.start)]  # fmt: skip
    for one, two in itertools.pairwise(chords):
        assert all(min(abs(p - q) for q in one) <= 4 for p in two)
    assert {p % 12 for p in chords[0]} == parse_chord("F7").tones - {5}


def test_ride_and_hi_hat_keep_time():
    drums = [e for e in band.performance(progression("F7")) if e.pitch > 40
             and e.instrument in ("ride", "hat")]  # fmt: skip
    rides = [e.start for e in drums if e.instrument == "ride"]
    late = band.swung(18, 132)
    assert rides == [0, 12, late, 24, 36, late + 24]
    assert [e.start for e in drums if e.instrument == "hat"] == [12, 36]


def test_the_performance_as_midi_swings_too(tmp_path):
    """Read by music21: the same onsets, in quarters."""
    line = [Note(0, 6, 70), Note(6, 6, 72), Note(12, 12, 74)]
    sheet = progression("F7").with_notes(line, "x")
    score = music21.converter.parse(band.write_performance(sheet, tmp_path / "x.mid"),
                                    quantizePost=False)  # fmt: skip
    starts = {
        round(float(sound_.offset), 2)
        for sound_ in score.flatten().notes
        if {70, 72} & {p.midi for p in sound_.pitches}
    }
    assert starts == {0.0, round(band.swung(6, 132) / 12, 2)}


def test_the_wav_file_is_whole_and_small(tmp_path, monkeypatch):
    monkeypatch.setattr(sound.shutil, "which", lambda _: None)
    chords = progression(BLUES, tempo=120)
    path = sound.write_wav(chords, tmp_path / "x.wav")
    with wave.open(str(path)) as file:
        assert file.getsampwidth() == 2 and file.getnchannels() == 1
        seconds = file.getnframes() / file.getframerate()
    assert seconds == pytest.approx(24 + 1.0, abs=0.1)
    assert path.stat().st_size < 850_000  # five players fit in a notebook of 6 MB


def by_fluidsynth(sheet):
    samples = sound._fluidsynth(sheet)
    if samples is None:
        pytest.skip("needs FluidSynth: apt install fluidsynth timgm6mb-soundfont")
    return samples


def attacks(samples, pitch):
    """Seconds at which a tone of this pitch begins: where its partial grows loud."""
    window, hop = 640, 40
    turn = np.exp(-2j * np.pi * 440 * 2 ** ((pitch - 69) / 12) / sound.RATE
                  * np.arange(window))  # fmt: skip
    loud = np.array([
        abs(np.hanning(window) * turn @ samples[start : start + window])
        for start in range(0, len(samples) - window, hop)
    ])  # fmt: skip
    above = loud > 0.4 * loud.max()
    starts = np.flatnonzero(above[1:] & ~above[:-1]) + 1
    return (starts * hop + window / 2) / sound.RATE


@pytest.mark.parametrize("render", [sound.synthesise, by_fluidsynth])
def test_the_sound_swings_and_is_as_loud_whoever_plays(render, monkeypatch):
    """The melody alone: every second eighth, heard late as the tempo asks."""
    tempo = 120
    line = [Note(6 * i, 6, 81 if i % 2 else 64) for i in range(16)]
    sheet = progression("C7 | C7", tempo).with_notes(line, "x")
    samples = render(sheet)
    assert 20 * np.log10(np.sqrt(np.mean(samples**2))) == pytest.approx(-15, abs=1)
    assert np.abs(samples).max() < 0.98
    assert len(samples) == sound.samples_of(sheet)

    everybody = band.performance(sheet)
    solo = [event for event in everybody if event.instrument == "solo"]
    monkeypatch.setattr(band, "performance", lambda _: solo)
    monkeypatch.setattr(sound, "performance", lambda _: solo)
    heard_at = attacks(render(sheet), pitch=81)
    late = band.swung(6, tempo) / TICKS  # of a beat of half a second
    expected = [(beat + late) / 2 for beat in range(8)]
    assert len(heard_at) == len(expected)
    assert np.abs(heard_at - expected).max() < 0.04  # straight: 0.08 s earlier


def test_what_fluidsynth_makes_is_levelled(tmp_path):
    quiet_wave = (100 * np.sin(np.arange(16_000) / 9)).astype("<i2")
    with wave.open(str(tmp_path / "x.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.repeat(quiet_wave, 2).tobytes())
    samples = sound._samples(tmp_path / "x.wav", at_most=8_000)
    assert len(samples) == 8_000
    level = np.sqrt(np.mean(samples**2))
    assert 20 * np.log10(level) == pytest.approx(-15, abs=1)


def test_a_solo_can_be_read_as_text_and_seen():
    tune = read_lead_sheet(ASSIGNMENT / "tunes" / "blues_in_a.abc")
    table = note_table(tune)
    assert len(table.splitlines()) == 12
    assert "A4:3 B4*:3 C#5:3 E5:4" in table.splitlines()[0]
    figure = piano_roll(tune)
    assert "12 bars" in in_words(tune) and "A7" in in_words(tune)
    shown = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert {"A7", "F#7", "C#5"} <= shown
    bars = sum(len(axes.patches) for axes in figure.axes)
    assert bars == len(tune.notes)


def test_the_score_shows_every_bar_note_and_chord(corpus):
    """Read as XML: the groups that Verovio makes for what it draws."""
    pytest.importorskip("verovio")
    tune = next(t for t in corpus if t.length == 12 * BAR)
    svg = engraved(tune)
    assert svg == engraved(tune) and len(svg) < 60_000
    groups = Counter(
        group.get("class", "").split(" ")[0]
        for group in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g")
    )
    held_over = sum(n.start // BAR != (n.end - 1) // BAR for n in tune.notes)
    assert groups["measure"] == 12 and groups["system"] == 3
    assert groups["note"] >= len(tune.notes) + held_over
    assert groups["harm"] == len(tune.chords)


def test_every_sign_of_a_score_is_in_any_font():
    """The files hold no font, so no letter may be one of Verovio's own."""
    pytest.importorskip("verovio")
    names = [Chord(root, q).name for root in (1, 6, 10) for q in QUALITIES]
    svg = engraved(progression(" | ".join(names)))
    assert {"♭", "♯", "♩"} <= set(svg)
    assert not re.search(r"[\ue000-\uf8ff]", svg)


def test_a_score_is_shown_with_words_or_not_at_all(monkeypatch):
    pytest.importorskip("verovio")
    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda d, raw: shown.append(d))
    show_score(progression("F7 | C7", title="A & B").with_notes([], "A & B"))
    (page,) = shown
    assert 'alt="Score of A &amp; B: 2 bars' in page["text/html"]
    assert "A & B" in page["text/plain"]
    monkeypatch.setitem(sys.modules, "verovio", None)  # as if it were not installed
    show_score(progression("F7"))
    assert len(shown) == 1


def test_the_bar_chart_is_told_in_numbers():
    rows = {"corpus": {"range": 20, "novelty": 0.5}, "noise": {"range": 31,
            "novelty": 0.988}}  # fmt: skip
    said = compared_in_words(rows, ("range", "novelty"))
    assert "range: corpus 20.00, noise 31.00; novelty: corpus 0.50, noise 0.99" in said


def test_lengths_have_names():
    assert str(Value("3", "up", 4)) == "3 up triplet" and str(rest(24)) == "rest half"
    assert set(LENGTHS) == {4, 6, 12, 18, 24}
    assert one_hot([2, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_start_up_notes_are_dropped_and_errors_are_not(capfd):
    with quiet.without_notes():
        os.write(2, b"I0000 00:00 a note of TensorFlow\nE0000 an error\n")
    assert capfd.readouterr().err == "E0000 an error\n"
