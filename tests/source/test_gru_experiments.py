"""What the fourth notebook's text claims is what its cells compute."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import types

import numpy as np
import pytest

from tests.answers import SOURCE, master

pytestmark = pytest.mark.slow
HOME = SOURCE / "gru_and_beyond"


class Notebook:
    """The notebook's names after a run of all its cells, and what each printed."""

    def __init__(self):
        self.names: dict = {"__name__": "__main__"}
        self.printed: dict[str, str] = {}

    def run(self, cell):
        stream = io.StringIO()
        with contextlib.redirect_stdout(stream):
            exec(compile(cell.source, f"<{cell.id}>", "exec"), self.names)
        self.printed[cell.id] = stream.getvalue()

    def __getattr__(self, name):
        return self.names[name]

    def numbers(self, cell_id, beginning):
        """The numbers in the line of `cell_id` that starts with `beginning`."""
        lines = self.printed[cell_id].splitlines()
        (line,) = [line for line in lines if line.startswith(beginning)]
        return [
            float(x) for x in re.findall(r"-?\d+(?:\.\d+)?", line[len(beginning) :])
        ]


@pytest.fixture(scope="module")
def notebook():
    found = Notebook()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(HOME)
        patch.syspath_prepend(str(HOME))
        main = types.ModuleType("__main__")
        main.__dict__.update(In=[""])
        found.names = main.__dict__
        patch.setitem(sys.modules, "__main__", main)
        for cell in master("gru_and_beyond").cells:
            if cell.cell_type == "code" and not cell.id.startswith("test_"):
                found.run(cell)
        yield found


def test_the_misprinted_state_grows_by_nearly_one_a_step(notebook):
    wrong = notebook.follow_state(notebook.misprinted_step)
    assert 40 < wrong[50] < 60
    assert np.all(np.diff(wrong[5:]) > 0.5)
    _, wrong_shown, right_shown = notebook.numbers("demo_misprint", "after")
    assert wrong_shown == pytest.approx(wrong[50], abs=0.1)
    assert right_shown < 1


def test_the_gradient_check_agrees(notebook):
    printed = notebook.printed["demo_gradient_check"]
    assert printed.count("agrees") == 8
    assert "CHECK" not in printed


def test_gates_remember_and_the_rnn_mostly_does_not(notebook):
    rnn, lstm, gru = (
        notebook.numbers("demo_memory", kind) for kind in ("RNN", "LSTM", "GRU")
    )
    assert min(gru) >= 95
    assert np.mean(lstm) >= 85
    assert np.mean(rnn) <= 60


def test_the_lstm_is_first(notebook):
    """Rounds until nine of ten signals are told right, by the mean of ten rounds."""
    when = {}
    for kind in ("LSTM", "GRU"):
        mean = notebook.learn_memory(kind, 4).mean(axis=1)
        smooth = np.convolve(mean, np.ones(10) / 10, "valid")
        when[kind] = int(np.argmax(smooth >= 0.9))
    assert 0 < when["LSTM"] < when["GRU"]


def test_without_the_bias_both_guess(notebook):
    for kind in ("LSTM", "GRU"):
        shares = notebook.numbers("demo_bias", f"{kind}, bias 0")
        assert all(share == pytest.approx(100 / 3, abs=8) for share in shares)


def test_a_window_must_reach_the_signal(notebook):
    for window, lowest, highest in ((5, 25, 45), (10, 25, 45), (20, 95, 100)):
        found = notebook.numbers("demo_truncation", f"GRU, window of {window} steps")
        assert all(lowest <= share <= highest for share in found)


def test_a_lonely_unit_needs_its_peepholes(notebook):
    plain, with_peepholes = (
        notebook.numbers("demo_peephole", name) for name in ("plain", "peepholes")
    )
    assert plain[0] == 0
    assert with_peepholes[0] >= 7
    assert with_peepholes[2] < plain[2] / 3


def test_two_units_need_none(notebook):
    weights = notebook.clock_weights(2, 8, peepholes=False)
    notebook.train_clock(notebook.peephole_lstm, weights, 10, 4, 400)
    a = notebook.run_clock(notebook.peephole_lstm, weights, 10, 4)
    exact, _ = notebook.clock_scores(a, 10, 4)
    assert exact.sum() >= 4


def test_a_later_input_moves_earlier_predictions_only_both_ways(notebook):
    one_way = notebook.predictions_that_move(0)
    both_ways = notebook.predictions_that_move(3)
    assert list(one_way > 0) == [False] * 4 + [True] * 2
    assert (both_ways > 0).all()


def test_only_the_right_hand_context_tells_some_names(notebook):
    one_way = notebook.numbers("demo_names", "one way        loss")
    both_ways = notebook.numbers("demo_names", "bidirectional  loss")
    assert one_way[2] < 45
    assert both_ways[2] >= 85
    assert both_ways[1] >= 94 > one_way[1]
    tag, weights = notebook.tag, notebook.taggers["bidirectional"][0]

    def first(text):
        return float(tag(text, weights).split()[1])

    assert first("rose smiled at the wizard") > 0.9
    assert first("rose petals lay on the path") < 0.1


def test_sentences_and_words_are_as_many_as_the_text_says(notebook):
    assert len(notebook.sentences) == 203
    assert len(notebook.learned) == 163
    assert len(notebook.ambiguous(notebook.sentences)) == 14
    assert len(notebook.known) == 130
    assert len(notebook.reviews) == 56


def test_relu_keeps_or_explodes(notebook):
    _, keeps, explodes = notebook.numbers("demo_deep", "relu")
    assert keeps == 0.5
    assert explodes == pytest.approx(59, abs=0.5)
    assert max(notebook.numbers("demo_deep", "tanh")) < 1


def test_a_word_alone_is_a_name_or_not_or_open(notebook):
    (oslo,), (garden,), (rose,) = (
        notebook.numbers("demo_one_to_one", word) for word in ("oslo", "garden", "rose")
    )
    assert oslo > 0.9
    assert garden < 0.1
    assert 0.3 < rose < 0.7


def test_melodies_are_triads_that_end(notebook):
    tunes = notebook.printed["demo_one_to_many"].splitlines()[-1].split()
    assert tunes[0] == "CEGEC."
    assert tunes[5] == "ACECA."


def test_reviews_are_known_by_heart_and_not_understood(notebook):
    reviews, words = notebook.reviews, notebook.review_words
    right, new = [], []
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(len(reviews))
        held_out = [reviews[k] for k in order[:8]]
        learned = [reviews[k] for k in order[8:]]
        weights = notebook.train_reviews(learned)
        for some, shares in ((learned, right), (held_out, new)):
            x, y = notebook.review_arrays(some, words)
            shares.append(np.mean((notebook.read_review(x, weights)[0] > 0) == y))
    assert np.mean(right) > 0.95
    assert np.mean(new) < 0.45


def test_reviews_are_shown_as_they_were_learned(notebook):
    lines = notebook.printed["demo_many_to_one"].splitlines()[1:]
    blame, praise = (float(line.split()[-1]) for line in lines)
    assert lines[1].split()[::2] == ["the", "film", "is", "not", "bad"]
    assert blame < 0.1
    assert praise > 0.9


def test_tags_of_the_miniature_are_right(notebook):
    lines = notebook.printed["demo_many_to_many"].splitlines()[1:]
    assert sum(line.rstrip().endswith("name") for line in lines) >= 1
    tagged = [line.rstrip().endswith("name") for line in lines]
    words = [line.split()[0] for line in lines]
    assert list(zip(words, tagged, strict=True)) in notebook.held_out


def test_attention_keeps_long_dates(notebook):
    one_state = notebook.dates_right(notebook.one_state)
    attention = notebook.dates_right(notebook.with_attention, notebook.attend)
    assert one_state[0] > 0.95
    assert one_state[4] < 0.05
    assert (np.diff(one_state) < 0).all()
    assert attention.min() > 0.9


def test_attention_looks_at_the_digit_it_writes(notebook):
    places = notebook.numbers("demo_attention", "place with the largest weight")
    right = [4, 5, 2, 3, 0, 1]
    assert np.abs(np.subtract(places, right)).max() <= 1


def test_a_word_model_equals_bigrams_and_then_learns_by_heart(notebook):
    found = notebook.word_baselines(notebook.learned, notebook.held_out, notebook.known)
    curve = notebook.perplexity["held out"]
    assert found["uniform"] == 130
    assert min(curve) == pytest.approx(found["bigram"], rel=0.15)
    assert curve[-1] > 1.3 * min(curve)
    assert notebook.perplexity["trained"][-1] < min(curve) / 2


def test_miniatures_fit_fifteen_lines():
    for name, function in (
        ("demo_one_to_one", "one_to_one"),
        ("demo_one_to_many", "melody"),
        ("demo_many_to_one", "read_review"),
        ("demo_many_to_many", "show_tags"),
        ("demo_encoder_decoder", "encoder_decoder"),
    ):
        (source,) = [c.source for c in master("gru_and_beyond").cells if c.id == name]
        body = re.search(rf"def {function}\(.*?(?=\n\S|\Z)", source, flags=re.S)
        assert body, function
        assert len(body[0].strip().splitlines()) <= 15, function
