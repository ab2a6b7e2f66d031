"""The student-side modules of the jazz assignment, rule by rule."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import wave
from fractions import Fraction
from pathlib import Path

import music21
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENT = ROOT / "source" / "jazz_improvisation"
sys.path.insert(0, str(ASSIGNMENT))

import improvise  # noqa: E402
import measures  # noqa: E402
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
    read_lead_sheet,
    to_stream,
    write_midi,
)
from pictures import note_table, piano_roll  # noqa: E402
from polish import HIGH, LOW, polish  # noqa: E402
from tokens import LENGTHS, Value, decode, encode, rest  # noqa: E402
from training_data import (  # noqa: E402
    conditioned_windows,
    contexts,
    heard,
    load_tunes,
    one_hot,
    windows,
)

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
    ("x.png", "", "could not be read"),
])  # fmt: skip
def test_files_that_cannot_be_used_are_explained(name, content, message, tmp_path):
    (tmp_path / name).write_text(content)
    with pytest.raises(LeadSheetError, match=message):
        read_lead_sheet(tmp_path / name)


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


def test_windows_have_three_dimensions_and_are_shifted_by_one():
    tokens = np.arange(200) % 7
    X, Y = windows(tokens, 7, m=60, Tx=30)
    assert X.shape == (60, 30, 7) and Y.shape == (30, 60, 7)
    assert not X[:, 0].any() and (Y.sum(axis=2) == 1).all()
    assert np.array_equal(X[:, 1:], Y.transpose(1, 0, 2)[:, :-1])
    following = (Y[:-1].argmax(2) + 1) % 7
    assert np.array_equal(Y[1:].argmax(2), following)
    assert X[0, 1].argmax() == tokens[0] and Y[-1, -1].argmax() == tokens[-1]


def test_too_few_tokens_are_refused():
    with pytest.raises(ValueError, match="10 tokens"):
        windows(np.arange(10), 12)


def test_conditioned_windows_add_what_is_known_of_the_chord():
    tunes_ = load_tunes()[:2]
    values = sorted({value for tune in tunes_ for value in encode(tune)})
    X, Y = conditioned_windows(tunes_, values, m=10, Tx=20)
    assert X.shape[:2] == Y.shape[:2] == (10, 20)
    known = contexts(tunes_[0], encode(tunes_[0]))
    assert np.array_equal(X[0, :, len(values) :], known[:20])
    assert (known.sum(axis=1) == 5).all()  # five one-hot parts


def test_the_order_of_values_never_changes():
    from tokens import vocabulary

    encoded = [encode(tune) for tune in load_tunes()]
    values = vocabulary(encoded)
    assert values == vocabulary(reversed(encoded)) == sorted(set(values))


# --- sampling --------------------------------------------------------------


def test_temperature_sharpens_and_flattens():
    p = np.array([0.6, 0.3, 0.1])
    assert np.allclose(improvise.with_temperature(p, 1), p)
    assert improvise.with_temperature(p, 0.5)[0] > 0.6
    assert np.allclose(improvise.with_temperature(p, 1e6), 1 / 3, atol=1e-4)
    assert improvise.choose(p, 0, np.random.default_rng(0)) == 0


def test_a_mask_leaves_only_the_parts_that_are_heard():
    tune = load_tunes()[0]
    values = sorted(set(encode(tune)))
    n = len(values)
    X, _ = conditioned_windows([tune], values, heard("beat"), m=4, Tx=20)
    assert (X[:, :, n:].sum(axis=2) == 2).all()  # the beat, and the place in it
    assert heard().sum() == 0 and heard("beat", "chord", "height").all()


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
    mine = np.concatenate(improvise.step(weights, x, a, c))
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
        assert note.start // BAR == (note.end - 1) // BAR and note.end <= result.length
        if note.start % 24 == 0 or note.length >= 12:
            chord = result.chord_at(note.start)
            assert note.pitch % 12 in chord.scale | chord.tones


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
    assert measures.longest_run(polish(solo)[0]) == 2


def test_polishing_leaves_a_good_tune_alone():
    tune = read_lead_sheet(ASSIGNMENT / "tunes" / "two_five_one_in_d_minor.abc")
    assert polish(tune) == (tune, {})


def test_what_was_changed_is_counted():
    notes = [Note(0, 12, 61), Note(12, 6, 100), Note(18, 6, 60), Note(25, 6, 79)]
    _, changes = polish(progression("C7").with_notes(notes, "x"))
    assert changes == {"clash": 1, "range": 1, "leap": 1, "rhythm": 1}


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
    samples = sound.tone(pitch, sound.RATE, "pluck")
    assert dominant(samples) == pytest.approx(hertz, rel=0.01)
    assert abs(samples[0]) < 0.01 and abs(samples[-1]) < 0.01


def test_the_melody_is_heard_above_soft_chords():
    line = [Note(12 * i, 12, 76) for i in range(4)]
    chords = progression("C7")
    alone, both = (
        sound.synthesise(chords),
        sound.synthesise(chords.with_notes(line, "x")),
    )

    def loudness(x):
        return float(np.sqrt(np.mean(x**2)))

    assert 0.005 < loudness(alone) < loudness(both - alone) * 1.2
    assert np.abs(both).max() <= 0.96 and np.isfinite(both).all()


def test_eighths_swing_and_triplets_do_not():
    assert [sound.swung(t) for t in (0, 4, 6, 8, 12, 18)] == [0, 4, 8, 8, 12, 20]


def test_the_wav_file_is_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(sound.shutil, "which", lambda _: None)
    chords = progression(BLUES, tempo=120)
    with wave.open(str(sound.write_wav(chords, tmp_path / "x.wav"))) as file:
        assert file.getsampwidth() == 2 and file.getnchannels() == 1
        assert file.getnframes() / file.getframerate() == pytest.approx(
            24 + 1.5, abs=0.1
        )


def test_a_solo_can_be_read_as_text_and_seen():
    tune = load_tunes()[0]
    table = note_table(tune)
    assert len(table.splitlines()) == 12
    assert "A4:3 B4*:3 C#5:3 E5:4" in table.splitlines()[0]
    figure = piano_roll(tune)
    shown = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert {"A7", "F#7", "C#5"} <= shown
    bars = sum(len(axes.patches) for axes in figure.axes)
    assert bars == len(tune.notes)


def test_lengths_have_names():
    assert str(Value("3", "up", 4)) == "3 up triplet" and str(rest(24)) == "rest half"
    assert set(LENGTHS) == {4, 6, 12, 18, 24}
    assert one_hot([2, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_start_up_notes_are_dropped_and_errors_are_not(capfd):
    with quiet.without_notes():
        os.write(2, b"I0000 00:00 a note of TensorFlow\nE0000 an error\n")
    assert capfd.readouterr().err == "E0000 an error\n"
