"""A timing task: stay silent for some steps after a start signal, then ring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from learning import Tracked, plain, train
from models import Weights

Step = Callable[..., tuple[Any, Any]]
STARTS = 4  # the start signal comes at one of the first steps, for each example


def clock_task(silence: int, ring: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (1, m, T) and wanted outputs (m, T): 0, then 0.8, then 0 again."""
    x = np.zeros((1, STARTS, silence + ring + STARTS))
    y = np.zeros(x.shape[1:])
    for start in range(STARTS):
        x[0, start, start] = 1
        y[start, start + silence : start + silence + ring] = 0.8
    return x, y


def clock_weights(units: int, seeds: int, peepholes: bool) -> Weights:
    """LSTM weights for `seeds` starting points; forget gates begin open."""
    rng = np.random.default_rng(0)
    weights = {
        f"W{gate}": 0.3 * rng.normal(size=(seeds, units, units + 1)) for gate in "fico"
    }
    weights |= {f"b{gate}": np.zeros((seeds, units, 1)) for gate in "fico"}
    weights["bf"] += 3
    if peepholes:
        weights |= {
            f"p{gate}": 0.1 * rng.normal(size=(seeds, units, 1)) for gate in "fio"
        }
    return weights


def _outputs(step: Step, weights: Any, x: np.ndarray) -> list[Any]:
    """The first unit's a at each step, each (seeds, m)."""
    a = c = np.zeros((*weights["bf"].shape[:2], x.shape[1]))
    outputs = []
    for t in range(x.shape[2]):
        a, c = step(x[:, :, t], a, c, weights)
        outputs.append(a[:, 0])
    return outputs


def train_clock(
    step: Step, weights: Weights, silence: int, ring: int, rounds: int
) -> None:
    """Improve `weights` in place: squared error of the first unit's output."""
    x, y = clock_task(silence, ring)

    def loss(tracked: dict[str, Tracked]) -> Tracked:
        wrong = [a - y[:, t] for t, a in enumerate(_outputs(step, tracked, x))]
        return sum(np.sum(w * w) for w in wrong) * (10 / y.size)

    train(loss, weights, rounds, rate=0.03)


def run_clock(step: Step, weights: Weights, silence: int, ring: int) -> np.ndarray:
    """Outputs (seeds, m, T) of the first unit."""
    x, _ = clock_task(silence, ring)
    return np.stack([plain(a) for a in _outputs(step, weights, x)], axis=2)


def clock_scores(
    a: np.ndarray, silence: int, ring: int
) -> tuple[np.ndarray, np.ndarray]:
    """For each starting point: rings right (over 0.4) at every step; squared error."""
    y = clock_task(silence, ring)[1]
    exact = ((a > 0.4) == (y > 0.4)).all(axis=(1, 2))
    return exact, ((a - y) ** 2).mean(axis=(1, 2))
