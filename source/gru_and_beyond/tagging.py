"""Trains a bidirectional tagger through any right `bidirectional_forward`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from learning import Weights, adam
from models import random_weights

Forward = Callable[..., tuple[np.ndarray, np.ndarray]]
PARTS = ("Wax", "Waa", "ba")


def tagger_weights(n_x: int, n_f: int, n_b: int, seed: int) -> Weights:
    """Flat, by names such as "forward Wax"; one output."""
    shapes: dict[str, tuple[int, int]] = {"Wy": (1, n_f + n_b), "by": (1, 1)}
    for way, n_a in (("forward", n_f), ("backward", n_b)):
        sizes = ((n_a, n_x), (n_a, n_a), (n_a, 1))
        shapes |= {
            f"{way} {part}": size for part, size in zip(PARTS, sizes, strict=True)
        }
    weights = random_weights({k: s for k, s in shapes.items() if s[1]}, seed)
    empty = {key: np.zeros(shape) for key, shape in shapes.items()}
    return {**empty, **weights, "by": np.zeros((1, 1))}


def nested(weights: Weights) -> dict[str, Any]:
    """The same weights as `bidirectional_forward` takes them."""
    ways = {
        way: {part: weights[f"{way} {part}"] for part in PARTS}
        for way in ("forward", "backward")
    }
    return {**ways, "Wy": weights["Wy"], "by": weights["by"]}


def run_tagger(forward: Forward, x: np.ndarray, weights: Weights) -> Any:
    """States and predictions of `forward`, from states of zeros on."""
    starts = [
        np.zeros((len(weights[f"{way} ba"]), x.shape[1]))
        for way in ("forward", "backward")
    ]
    return forward(x, *starts, nested(weights))


def rnn_gradients(
    da: np.ndarray, a: np.ndarray, x: np.ndarray, state_weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagation through time: gradients of Wax, Waa and ba; a0 was zero."""
    n_a, m, steps = a.shape
    sums = np.zeros((n_a, len(x))), np.zeros((n_a, n_a)), np.zeros((n_a, 1))
    later = np.zeros((n_a, m))
    for t in reversed(range(steps)):
        dz = (da[:, :, t] + later) * (1 - a[:, :, t] ** 2)
        before = a[:, :, t - 1] if t else np.zeros((n_a, m))
        later = state_weights.T @ dz
        shares = dz @ x[:, :, t].T, dz @ before.T, dz.sum(axis=1, keepdims=True)
        for total, share in zip(sums, shares, strict=True):
            total += share
    return sums


def tagger_slope(
    forward: Forward, x: np.ndarray, y: np.ndarray, counts: np.ndarray
) -> Callable[[Weights], tuple[float, Weights]]:
    """Binary cross-entropy for each word, and its gradients."""

    def slope(weights: Weights) -> tuple[float, Weights]:
        a, predicted = run_tagger(forward, x, weights)
        safe = np.clip(predicted, 1e-12, 1 - 1e-12)
        losses = -y * np.log(safe) - (1 - y) * np.log(1 - safe)
        dscores = (predicted - y) * counts / counts.sum()
        da = np.einsum("ya,ymt->amt", weights["Wy"], dscores)
        found = {
            "Wy": np.einsum("ymt,amt->ya", dscores, a),
            "by": dscores.sum(axis=(1, 2))[:, None],
        }
        n_f = len(weights["forward ba"])
        for way, rows, order in (
            ("forward", slice(None, n_f), slice(None)),
            ("backward", slice(n_f, None), slice(None, None, -1)),
        ):
            pieces = (array[:, :, order] for array in (da[rows], a[rows], x))
            each = rnn_gradients(*pieces, weights[f"{way} Waa"])
            found |= {f"{way} {k}": g for k, g in zip(PARTS, each, strict=True)}
        return float((losses * counts).sum() / counts.sum()), found

    return slope


def train_tagger(
    forward: Forward,
    weights: Weights,
    x: np.ndarray,
    y: np.ndarray,
    counts: np.ndarray,
    rounds: int,
) -> list[float]:
    """Improve `weights` in place; the loss of each round."""
    return adam(tagger_slope(forward, x, y, counts), weights, rounds)
