"""The given networks of this notebook, in NumPy: for plain and for tracked arrays.

Leading axes are carried along, so that several starting points train at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Weights = dict[str, np.ndarray]
GRU = ("Wc", "bc", "Wu", "bu", "Wr", "br")


def sigmoid(x: Any) -> Any:
    """Logistic function 1 / (1 + exp(-x)), safe for large |x|."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def softmax(x: Any) -> Any:
    """Probabilities over axis 0: every column is positive and sums to 1."""
    powers = np.exp(x - np.max(x, axis=0, keepdims=True))
    return powers / np.sum(powers, axis=0, keepdims=True)


def one_hot(indices: Any, size: int) -> np.ndarray:
    """Columns with a single 1: shape (size, number of indices)."""
    return np.eye(size)[:, np.asarray(indices)]


def random_weights(
    shapes: Mapping[str, tuple[int, int]], seeds: int | list[int]
) -> Weights:
    """Weights of size 1 / sqrt(inputs), biases zero; a list of seeds is stacked."""
    if isinstance(seeds, list):
        each = [random_weights(shapes, seed) for seed in seeds]
        return {key: np.stack([one[key] for one in each]) for key in shapes}
    rng = np.random.default_rng(seeds)
    return {
        key: rng.normal(size=shape) / np.sqrt(shape[1]) * (shape[1] > 1)
        for key, shape in shapes.items()
    }


def rnn_weights(n_x: int, n_a: int, n_y: int, seeds: int | list[int]) -> Weights:
    """Of the first notebook's RNN."""
    hidden = {"Wax": (n_a, n_x), "Waa": (n_a, n_a), "ba": (n_a, 1)}
    return random_weights({**hidden, "Wy": (n_y, n_a), "by": (n_y, 1)}, seeds)


def gated_weights(
    gates: str, n_x: int, n_a: int, n_y: int, seeds: int | list[int]
) -> Weights:
    """Of an LSTM (gates "fico") or a GRU (gates "cur")."""
    weights = {f"W{gate}": (n_a, n_a + n_x) for gate in gates}
    biases = {f"b{gate}": (n_a, 1) for gate in gates}
    return random_weights(
        {**weights, **biases, "Wy": (n_y, n_a), "by": (n_y, 1)}, seeds
    )


def scores(a: Any, weights: Mapping[str, Any]) -> Any:
    """What softmax or sigmoid turns into a prediction."""
    return weights["Wy"] @ a + weights["by"]


def rnn_step(xt: Any, a_prev: Any, weights: Mapping[str, Any]) -> Any:
    """The next state of the RNN."""
    z = weights["Waa"] @ a_prev + weights["Wax"] @ xt
    return np.tanh(z + weights["ba"])


def lstm_step(
    xt: Any, a_prev: Any, c_prev: Any, weights: Mapping[str, Any]
) -> tuple[Any, Any]:
    """The next states (a, c) of the first notebook's LSTM."""
    stacked = stack(a_prev, xt)
    forget, update, output = (
        sigmoid(weights[f"W{gate}"] @ stacked + weights[f"b{gate}"]) for gate in "fio"
    )
    candidate = np.tanh(weights["Wc"] @ stacked + weights["bc"])
    c_next = forget * c_prev + update * candidate
    return output * np.tanh(c_next), c_next


def stack(state: Any, xt: np.ndarray) -> Any:
    """[state; xt], xt repeated for each starting point."""
    repeated = np.broadcast_to(xt, (*state.shape[:-2], *xt.shape))
    return np.concatenate((state, repeated), axis=-2)


def part(weights: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The weights whose names begin with `prefix`, without it: one of two networks."""
    return {
        key.removeprefix(prefix): weight
        for key, weight in weights.items()
        if key.startswith(prefix)
    }
