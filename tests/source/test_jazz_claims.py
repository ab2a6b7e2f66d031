"""What the text of the jazz notebook claims, computed: its own cells run once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "source" / "jazz_improvisation"
pytestmark = pytest.mark.slow

RUNNER = """
import contextlib, io, json, sys, types
import matplotlib; matplotlib.use("agg")
import nbformat
main = sys.modules["__main__"] = types.ModuleType("__main__")
space = vars(main); space["In"] = [""]
book = nbformat.read("jazz_improvisation.ipynb", 4)
with contextlib.redirect_stdout(io.StringIO()):
    for cell in book.cells:
        if cell.cell_type == "code" and not cell.id.startswith("test_"):
            exec(compile(cell.source, cell.id, "exec"), space)
            if cell.id == "setup_imports":
                space["display"] = lambda *a, **k: None
                space["show_figure"] = lambda figure, alt: None
                space["player"] = lambda sheet: None
def held_out(updates, share):
    def draw():
        X, Y, _ = w["windows"](w["old_choruses"], w["n_values"], w["rng"], m=60, Tx=30)
        return X * (w["rng"].random((60, 30, 1)) > share), Y
    layers = w["reshaper"], w["LSTM_cell"], w["densor"] = w["fresh_layers"]()
    w["rng"] = w["np"].random.default_rng(0)
    w["train"](w["djmodel"](30, *layers[1:], layers[0]), draw, updates)
    return w["held_out_loss"]()
w = space
with contextlib.redirect_stdout(io.StringIO()):
    blanking = [{s: float(held_out(n, float(s))) for s in ("0.0", "0.2")}
                for n in (120, 400)]
history = {k: list(v.values()) for k, v in space["history"].items()}
print(json.dumps({
    "results": {k: list(map(float, v)) for k, v in space["results"].items()},
    "rows": space["rows"], "changed": float(space["np"].mean(space["changed"])),
    "blanking": blanking, "history": history, "n_values": space["n_values"],
    "baselines": {k: float(v) for k, v in space["baselines"].items()},
    "circle": [int(i) for i in space["indices"].ravel()],
    "overfit": space["by_heart"]["training"][max(space["by_heart"]["training"])],
}))
"""


@pytest.fixture(scope="module")
def found():
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(
        [sys.executable, "-c", RUNNER], cwd=FOLDER, capture_output=True, text=True,
        env={**os.environ, **quiet, "PYTHONPATH": str(FOLDER)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def rows(found):
    table = dict(found["rows"])
    corpus = next(name for name in table if name.startswith("corpus"))
    table["corpus"] = table.pop(corpus)
    return table


def test_two_windows_are_learnt_by_heart(found):
    assert found["overfit"] < 1


def test_the_first_lstm_reaches_the_bigram(found):
    loss = found["results"]["first LSTM"][1]
    assert loss < found["baselines"]["bigram"] + 0.05
    assert found["baselines"]["bigram"] < found["baselines"]["unigram"]
    assert found["history"]["held out"][0] > 4


def test_blanking_pays_over_many_updates_only(found):
    few, many = found["blanking"]
    assert few["0.0"] - 0.05 < few["0.2"] < few["0.0"] + 0.2
    assert many["0.2"] < many["0.0"] - 0.2
    assert many["0.0"] > few["0.0"] + 0.2, "it learns by heart"


def test_either_part_is_worth_a_lot(found):
    nothing = found["results"]["LSTM hears nothing"][1]
    for part in ("beat", "line"):
        assert found["results"][f"LSTM hears {part}"][1] < nothing - 0.1
    beat, line = (found["results"][f"LSTM hears {p}"][1] for p in ("beat", "line"))
    assert abs(beat - line) < 0.1


def test_a_table_with_beat_and_line_gains_little(found):
    table, bigram = (found["results"][n][1] for n in ("beat and line", "bigram"))
    assert bigram - 0.2 < table < bigram + 0.05
    for part in ("beat", "line"):
        assert found["results"][f"LSTM hears {part}"][1] < table - 0.15


def test_all_parts_leave_every_table_behind(found):
    best = min(found["results"][n][1] for n in ("bigram", "beat, bigram",
                                                 "beat and line"))  # fmt: skip
    assert found["results"]["LSTM hears beat, chord, line"][1] < best - 0.4


def test_the_line_tames_the_leaps(found, rows):
    leaps = {name: numbers[3] for name, numbers in found["results"].items()}
    assert leaps["LSTM hears line"] < 0.7 * leaps["LSTM hears beat"]
    assert leaps["LSTM hears beat, chord, line"] < 0.6 * leaps["first LSTM"]
    all_parts, first = rows["LSTM hears all"], rows["first LSTM"]
    noise, corpus = rows["drawn by frequency"], rows["corpus"]
    for measure in ("large leaps", "mean interval"):
        order = [row[measure] for row in (noise, first, all_parts, corpus)]
        assert order == sorted(order, reverse=True), measure
    assert all_parts["large leaps"] <= 0.10


def test_the_share_of_chord_tones_is_the_merit_of_the_values(found, rows):
    corpus = rows["corpus"]["in chord"]
    assert all(abs(numbers[2] - corpus) < 0.1 for numbers in found["results"].values())
    assert abs(rows["drawn by frequency"]["in chord"] - corpus) < 0.1


def test_off_the_beat_says_as_little_about_who_draws(rows):
    shares = {name: row["off the beat"] for name, row in rows.items()}
    assert abs(shares["drawn by frequency"] - shares["corpus"]) < 0.1


def test_strong_beats_are_found_by_who_hears_them(rows):
    noise, first = (
        rows[n]["strong beats"] for n in ("drawn by frequency", "first LSTM")
    )
    hearing, corpus = (rows[n]["strong beats"] for n in ("LSTM hears all", "corpus"))
    assert first < noise + 0.03
    assert hearing > (noise + corpus) / 2


def test_all_solos_wander_further_than_the_choruses(rows):
    generated = [r["range"] for n, r in rows.items() if n != "corpus"
                 and not n.startswith("arg-max")]  # fmt: skip
    assert min(generated) > rows["corpus"]["range"] + 2
    circling = rows["arg-max of the first LSTM"]["range"]
    assert circling < rows["corpus"]["range"] - 5


def test_repetition_is_the_mark_of_arg_max_and_novelty_of_noise(found, rows):
    repetition = {name: row["repetition"] for name, row in rows.items()}
    assert max(repetition, key=repetition.get) == "arg-max of the first LSTM"
    novelty = {name: row["novelty"] for name, row in rows.items()}
    assert max(novelty, key=novelty.get).startswith("drawn by frequency")
    last = found["circle"][-24:]
    assert any(last[:-k] == last[k:] for k in range(1, 17)), "it goes in circles"


def test_polishing_mends_noise_and_leaves_good_solos_alone(found, rows):
    assert found["changed"] <= 0.08
    before, after = rows["drawn by frequency"], rows["drawn by frequency, polished"]
    corpus = rows["corpus"]["strong beats"]
    assert before["strong beats"] < after["strong beats"] < corpus - 0.1
    assert after["large leaps"] > 0.8 * before["large leaps"]  # still noise
    good = rows["LSTM hears all, polished"]["strong beats"]
    assert good >= rows["LSTM hears all"]["strong beats"]


def test_there_are_as_many_values_as_the_contract_says(found):
    assert 60 <= found["n_values"] <= 100
