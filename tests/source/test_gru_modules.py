"""The modules beside the fourth notebook: gradients are exact, data is in order."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

HOME = Path(__file__).resolve().parents[2] / "source" / "gru_and_beyond"
sys.path.insert(0, str(HOME))

import clock  # noqa: E402
import dates  # noqa: E402
import kinds  # noqa: E402
import learning  # noqa: E402
import models  # noqa: E402
import sentences  # noqa: E402
import signals  # noqa: E402
import tagging  # noqa: E402

RNG = np.random.default_rng(0)
DATA = HOME / "sentences.txt"


def measured(loss, weights, key, index, step=1e-6):
    """Central difference of `loss(weights)` for one number."""
    moved = {name: array.copy() for name, array in weights.items()}
    moved[key][index] += step
    above = loss(moved)
    moved[key][index] -= 2 * step
    return (above - loss(moved)) / (2 * step)


def agree(loss, weights, found, tolerance=1e-6):
    """Every gradient of `found` against finite differences, at all places."""
    for key, array in weights.items():
        assert np.shape(found[key]) == array.shape, key
        for index in np.ndindex(*array.shape):
            expected = measured(loss, weights, key, index)
            assert found[key][index] == pytest.approx(expected, abs=tolerance), key


def tracked_gradients(loss, weights):
    tracked = {key: learning.Tracked(array) for key, array in weights.items()}
    return learning.gradients(loss(tracked), tracked)


def number(loss):
    return lambda weights: float(learning.plain(loss(weights)))


X, Y, P = (RNG.normal(size=shape) for shape in ((3, 4), (4, 2), (2, 3, 4)))
ALIKE = RNG.normal(size=(3, 4))
FORMULAS = {
    "add, a column repeated": lambda x, y: x + y[:3, :1],
    "subtract": lambda x, y: 2 - x - y[0, 1],
    "multiply": lambda x, y: x * ALIKE * x,
    "divide": lambda x, y: x / (3 + np.exp(y[:1, :1])),
    "product": lambda x, y: x @ y,
    "product, stacked": lambda x, y: P @ y,
    "dot": lambda x, y: np.dot(x, y),
    "tanh": lambda x, y: np.tanh(x),
    "relu": lambda x, y: np.maximum(x, 0),
    "log": lambda x, y: np.log(np.exp(x) + 1),
    "minus": lambda x, y: -x,
    "join": lambda x, y: np.concatenate((x.T, y), axis=1),
    "join below": lambda x, y: np.vstack((x[:, :2], y)),
    "sum": lambda x, y: np.sum(x * x, axis=0, keepdims=True) + np.sum(y, axis=1)[0],
    "softmax": lambda x, y: models.softmax(x),
    "sigmoid": lambda x, y: models.sigmoid(x),
    "a part": lambda x, y: x[1:, ::2],
    "a place twice": lambda x, y: x[[0, 2, 0]],
    "a state used twice": lambda x, y: np.tanh(x @ y) * (x @ y),
}


@pytest.mark.parametrize("formula", FORMULAS)
def test_gradients_of_a_formula_are_those_of_finite_differences(formula):
    def loss(w):
        z = FORMULAS[formula](w["x"], w["y"])
        return np.sum(z * np.cos(np.arange(learning.plain(z).size)).reshape(z.shape))

    weights = {"x": X, "y": Y}
    agree(number(loss), weights, tracked_gradients(loss, weights))


def test_an_operation_without_a_rule_is_refused():
    with pytest.raises(TypeError):
        np.sin(learning.Tracked(X))
    with pytest.raises(TypeError):
        np.linalg.inv(learning.Tracked(X))


def test_losses_have_the_gradients_of_finite_differences():
    truth = np.eye(4)[:, [1, 3]]
    truth[:, 1] = 0  # padding: no loss
    counts = np.array([[1.0, 0.0]])
    for loss in (
        lambda w: learning.cross_entropy(w["y"], truth),
        lambda w: learning.binary_cross_entropy(w["y"], truth, counts),
    ):
        found = tracked_gradients(loss, {"y": Y})

        def value(w, loss=loss):
            return float(loss({"y": learning.Tracked(w["y"])}).value)

        agree(value, {"y": Y}, found)
        assert not found["y"][:, 1].any()


def test_losses_are_the_formulas_of_the_text():
    truth = np.eye(4)[:, [1, 3]]
    z = learning.Tracked(Y)
    assert learning.cross_entropy(z, truth).value == pytest.approx(
        -np.sum(truth * np.log(models.softmax(Y)))
    )
    y = models.sigmoid(Y)
    assert learning.binary_cross_entropy(z, truth).value == pytest.approx(
        -np.sum(truth * np.log(y) + (1 - truth) * np.log(1 - y))
    )


@pytest.mark.parametrize("seeds", [1, [1, 2]])
@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_networks_over_time_have_exact_gradients(kind, seeds):
    if kind == "rnn":
        weights = models.rnn_weights(2, 3, 2, seeds)
    else:
        weights = models.gated_weights("fico", 2, 3, 2, seeds)
    x = RNG.normal(size=(2, 4, 3))

    def loss(w):
        a = c = np.zeros((*np.shape(learning.plain(w["Wy"]))[:-2], 3, 4))
        for t in range(3):
            if kind == "rnn":
                a = models.rnn_step(x[:, :, t], a, w)
            else:
                a, c = models.lstm_step(x[:, :, t], a, c, w)
        return np.sum(models.scores(a, w) * models.scores(a, w))

    agree(number(loss), weights, tracked_gradients(loss, weights), 1e-5)


def test_a_cell_with_its_own_backward_is_used_as_it_is():
    def forward(xt, c, w):
        return np.tanh(w["W"] @ c + xt), (xt, c, w)

    def backward(dc_next, cache):
        xt, c, w = cache
        dz = dc_next * (1 - np.tanh(w["W"] @ c + xt) ** 2)
        return {"dc_prev": w["W"].T @ dz, "dW": dz @ c.T}

    x = RNG.normal(size=(3, 2, 4))
    weights = {"W": RNG.normal(size=(3, 3)), "other": np.ones((1, 1))}

    def loss(w, own=True):
        c = np.full((3, 2), 0.5)
        for t in range(4):
            if own:
                c = learning.through(forward, backward, x[:, :, t], c, w, ("W",))
            else:
                c = np.tanh(w["W"] @ c + x[:, :, t])
        return np.sum(c * c * c)

    found = tracked_gradients(loss, weights)
    plain = tracked_gradients(lambda w: loss(w, own=False), weights)
    for key, gradient in plain.items():
        np.testing.assert_allclose(found[key], gradient, atol=1e-12)
    assert not found["other"].any()


def test_nothing_passes_back_through_a_cut():
    weights = {"x": X}
    found = tracked_gradients(lambda w: np.sum(w["x"] * learning.cut(w["x"])), weights)
    np.testing.assert_allclose(found["x"], X)


def test_training_finds_a_minimum():
    weights = {"x": X.copy()}
    losses = learning.train(
        lambda w: np.sum((w["x"] - 2) * (w["x"] - 2)), weights, 400, 0.05
    )
    np.testing.assert_allclose(weights["x"], 2, atol=1e-3)
    assert losses[-1] < 1e-4 < losses[0]


@pytest.mark.parametrize(("n_f", "n_b"), [(3, 2), (4, 0)])
def test_the_tagger_has_exact_gradients(n_f, n_b):
    def forward(x, a0_forward, a0_backward, p):
        """An oracle: the definition, step by step."""
        T = x.shape[2]
        states = {}
        for way, order, a in (
            ("forward", range(T), a0_forward),
            ("backward", range(T - 1, -1, -1), a0_backward),
        ):
            w = p[way]
            for t in order:
                a = np.tanh(w["Waa"] @ a + w["Wax"] @ x[:, :, t] + w["ba"])
                states[way, t] = a
        both = np.stack(
            [
                np.vstack((states["forward", t], states["backward", t]))
                for t in range(T)
            ],
            axis=2,
        )
        z = np.einsum("ya,amt->ymt", p["Wy"], both) + p["by"][:, :, None]
        return both, models.sigmoid(z)

    weights = tagging.tagger_weights(3, n_f, n_b, 0)
    x = RNG.normal(size=(3, 4, 5))
    y = RNG.integers(2, size=(1, 4, 5)).astype(float)
    counts = np.ones((1, 4, 5))
    counts[:, 1, 3:] = 0
    slope = tagging.tagger_slope(forward, x, y, counts)
    agree(lambda w: slope(w)[0], weights, slope(weights)[1])


def test_sentences_are_in_order():
    lines = DATA.read_text("utf-8").splitlines()
    assert len(lines) == len(set(lines)) == 203
    for line in lines:
        assert line.isascii()
        words = line.split(" ")
        assert 3 <= len(words) <= 9
        for word in words:
            assert word.lstrip("*").isalpha()
            assert word == word.lower()
    twofold = sentences.ambiguous(sentences.read_sentences(DATA))
    assert len(twofold) == 14
    assert {"rose", "mark", "may"} <= twofold


def test_many_sentences_tell_a_name_by_what_follows_only():
    read = sentences.read_sentences(DATA)
    first = [s[0] for s in read if s[0][0] in sentences.ambiguous(read)]
    assert len(first) >= 100
    assert 0.4 <= np.mean([name for _, name in first]) <= 0.6


def test_reviews_are_in_order():
    read = sentences.read_reviews(HOME / "reviews.txt")
    texts = [" ".join(words) for words, _ in read]
    assert len(texts) == len(set(texts)) == 56
    assert sum(praise for _, praise in read) == 28


def test_unseen_words_become_unk_and_padding_counts_nothing():
    read = sentences.read_sentences(DATA)
    learned, held_out = sentences.split(read)
    assert len(learned) == 163
    assert len(held_out) == 40
    assert not {str(s) for s in learned} & {str(s) for s in held_out}
    known = sentences.vocabulary(learned)
    assert known[:2] == ["<UNK>", "<EOS>"]
    assert sentences.numbers(["wizard", "rose"], known)[0] == 0
    x, y, counts = sentences.tagging_arrays(learned, known)
    np.testing.assert_array_equal(x.sum(axis=0), counts[0])
    assert not y[counts == 0].any()
    assert counts.sum() == sum(map(len, learned))


def test_a_language_model_reads_what_it_wrote():
    read = sentences.read_sentences(DATA)[:5]
    known = sentences.vocabulary(read * 2)
    x, y = sentences.word_arrays(read, known)
    assert not x[:, :, 0].any()
    for i, sentence in enumerate(read):
        length = len(sentence)
        np.testing.assert_array_equal(x[:, i, 1 : length + 1], y[:, i, :length])
        assert y[1, i, length] == 1
        assert not y[:, i, length + 1 :].any()


def test_baselines_are_perplexities_of_distributions():
    read = sentences.read_sentences(DATA)
    learned, held_out = sentences.split(read)
    known = sentences.vocabulary(learned)
    found = sentences.word_baselines(learned, held_out, known)
    assert list(found) == ["uniform", "unigram", "bigram"]
    assert found["uniform"] == 130
    assert found["uniform"] > found["unigram"] > found["bigram"] > 1


def test_dates_are_turned_round_pair_by_pair():
    read, write = dates.date_batch(np.random.default_rng(0), 50, 5)
    assert read.shape == (10, 50)
    assert write.shape == (11, 50)
    assert (write[-1] == dates.EOS).all()
    for pair in range(5):
        np.testing.assert_array_equal(
            read[2 * pair : 2 * pair + 2], write[8 - 2 * pair : 10 - 2 * pair]
        )
    day, month = (10 * read[k] + read[k + 1] for k in (0, 2))
    assert day.min() >= 1
    assert day.max() <= 28
    assert month.min() >= 1
    assert month.max() <= 12


def test_the_clock_rings_when_it_should():
    x, y = clock.clock_task(silence=3, ring=2)
    for start in range(clock.STARTS):
        assert list(np.flatnonzero(x[0, start])) == [start]
        assert list(np.flatnonzero(y[start])) == [start + 3, start + 4]
    exact, errors = clock.clock_scores(np.stack([y, 0 * y]), 3, 2)
    assert list(exact) == [True, False]
    assert errors[0] == 0


def test_the_signal_comes_first():
    x, y = signals.signal_batch(np.random.default_rng(0), 20, 6)
    np.testing.assert_array_equal(x[:3, :, 0], y)
    assert not x[:3, :, 1:].any()
    assert x[3, :, 1:].all()


def test_every_example_has_a_kind():
    assert set(kinds.BEGINNINGS.values()) == set(kinds.KINDS)
    assert kinds.right_kind("video: frames", "many to one") == "right"
    assert "compare" in kinds.right_kind("video: frames", "equal")
    assert "one of" in kinds.right_kind("video: frames", "two to two")
