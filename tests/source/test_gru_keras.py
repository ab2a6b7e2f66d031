"""The reference answers of the fourth notebook equal Keras's layers."""

from __future__ import annotations

import contextlib
import os
import sys

import numpy as np
import pytest

from tests.answers import SOURCE, master

pytestmark = pytest.mark.slow
RNG = np.random.default_rng(0)
m, n_x, T = 3, 4, 6


@pytest.fixture(scope="module")
def names():
    """What set-up and solution cells define."""
    found: dict = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(SOURCE / "gru_and_beyond")
        patch.syspath_prepend(str(SOURCE / "gru_and_beyond"))
        for cell in master("gru_and_beyond").cells:
            grader = cell.metadata.get("nbgrader", {})
            if cell.id.startswith("setup_") or grader.get("solution"):
                exec(compile(cell.source, f"<{cell.id}>", "exec"), found)
        yield found


@pytest.fixture(scope="module")
def keras():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    with contextlib.redirect_stderr(sys.__stderr__):
        return pytest.importorskip("keras")


def theirs(array):
    """(n, m, T) as Keras has it, (m, T, n)."""
    return np.ascontiguousarray(array.transpose(1, 2, 0))


def ours(array):
    return np.asarray(array).transpose(2, 0, 1)


def test_gru(names, keras):
    """Keras's gates are z, r, h; its z keeps the old state, ours takes the new one."""
    n_a = 5
    p = names["make_gru_parameters"](n_x, n_a, seed=1)
    x, c0 = RNG.normal(size=(n_x, m, T)), RNG.normal(size=(n_a, m))
    layer = keras.layers.GRU(
        n_a, return_sequences=True, reset_after=False, dtype="float64"
    )
    layer.build((m, T, n_x))
    signs = {"u": -1, "r": 1, "c": 1}
    blocks = [sign * p[f"W{gate}"].T for gate, sign in signs.items()]
    biases = [sign * p[f"b{gate}"].ravel() for gate, sign in signs.items()]
    layer.set_weights(
        [
            np.hstack([block[n_a:] for block in blocks]),
            np.hstack([block[:n_a] for block in blocks]),
            np.hstack(biases),
        ]
    )
    expected = ours(layer(theirs(x), initial_state=c0.T))
    found, _ = names["gru_forward"](x, c0, p)
    np.testing.assert_allclose(found, expected, atol=1e-10)
    # with reset_after (the default of Keras) it is another network
    other = keras.layers.GRU(n_a, return_sequences=True, dtype="float64")
    other.build((m, T, n_x))
    kernel, recurrent, bias = layer.get_weights()
    other.set_weights([kernel, recurrent, np.stack((bias, 0 * bias))])
    different = ours(other(theirs(x), initial_state=c0.T))
    assert np.abs(different - found).max() > 1e-3


def test_bidirectional(names, keras):
    n_f, n_b, n_y = 5, 2, 3
    p = names["make_bidirectional_parameters"](n_x, n_f, n_b, n_y, seed=2)
    x = RNG.normal(size=(n_x, m, T))
    starts = RNG.normal(size=(n_f, m)), RNG.normal(size=(n_b, m))
    layer = keras.layers.Bidirectional(
        keras.layers.SimpleRNN(n_f, return_sequences=True, dtype="float64"),
        backward_layer=keras.layers.SimpleRNN(
            n_b, return_sequences=True, go_backwards=True, dtype="float64"
        ),
        merge_mode="concat",
        dtype="float64",
    )
    layer.build((m, T, n_x))
    layer.set_weights(
        [
            array
            for way in ("forward", "backward")
            for array in (p[way]["Wax"].T, p[way]["Waa"].T, p[way]["ba"].ravel())
        ]
    )
    output = keras.layers.Dense(n_y, activation="sigmoid", dtype="float64")
    output.build((m, T, n_f + n_b))
    output.set_weights([p["Wy"].T, p["by"].ravel()])
    states = layer(theirs(x), initial_state=[start.T for start in starts])
    a, y_pred = names["bidirectional_forward"](x, *starts, p)
    np.testing.assert_allclose(a, ours(states), atol=1e-10)
    np.testing.assert_allclose(y_pred, ours(output(states)), atol=1e-10)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_deep(names, keras, activation):
    layers = (5, 2, 3)
    parameters = names["make_deep_parameters"](n_x, layers, seed=3)
    x = RNG.normal(size=(n_x, m, T))
    a0 = [RNG.normal(size=(n_a, m)) for n_a in layers]
    function = np.tanh if activation == "tanh" else names["relu"]
    found = names["deep_rnn_forward"](x, a0, parameters, function)
    below = theirs(x)
    for n_a, p, start, mine in zip(layers, parameters, a0, found, strict=True):
        layer = keras.layers.SimpleRNN(
            n_a, activation=activation, return_sequences=True, dtype="float64"
        )
        layer.build(below.shape)
        layer.set_weights([p["Wa"][:, n_a:].T, p["Wa"][:, :n_a].T, p["ba"].ravel()])
        below = layer(below, initial_state=start.T)
        np.testing.assert_allclose(mine, ours(below), atol=1e-10)


def test_lstm(names, keras):
    """The module's LSTM, without peepholes."""
    n_a = 5
    w = names["gated_weights"]("fico", n_x, n_a, 2, 4)
    x = RNG.normal(size=(n_x, m, T))
    layer = keras.layers.LSTM(n_a, return_sequences=True, dtype="float64")
    layer.build((m, T, n_x))
    blocks = [w[f"W{gate}"].T for gate in "ifco"]
    layer.set_weights(
        [
            np.hstack([block[n_a:] for block in blocks]),
            np.hstack([block[:n_a] for block in blocks]),
            np.hstack([w[f"b{gate}"].ravel() for gate in "ifco"]),
        ]
    )
    a = c = np.zeros((n_a, m))
    expected = ours(layer(theirs(x)))
    for t in range(T):
        a, c = names["lstm_step"](x[:, :, t], a, c, w)
        np.testing.assert_allclose(a, expected[:, :, t], atol=1e-10)
