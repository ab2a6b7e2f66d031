"""The first notebook's memory task: tell at the end which signal came first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from learning import Tracked, cross_entropy, cut, plain, train
from models import Weights, scores

Step = Callable[[np.ndarray, tuple[Any, ...], dict[str, Tracked]], tuple[Any, ...]]


def signal_batch(
    rng: np.random.Generator, m: int, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (4, m, steps): signal, then noise in row 3; targets (3, m)."""
    inputs = np.zeros((4, m, steps))
    signals = rng.integers(3, size=m)
    inputs[signals, np.arange(m), 0] = 1
    inputs[3, :, 1:] = rng.normal(size=(m, steps - 1))
    return inputs, np.eye(3)[:, signals]


def train_memory(
    step: Step,
    weights: Weights,
    states: int,
    steps: int,
    rounds: int,
    window: int | None = None,
    m: int = 16,
) -> np.ndarray:
    """Train `step`, which has `states` states; share told right in each round.

    `weights` may be stacked: one column of the result for each. Gradients go back
    `window` steps only, if that is given.
    """
    rng, right = np.random.default_rng(7), []
    shape = (*weights["Wy"].shape[:-2], weights["Wy"].shape[-1], m)

    def loss(tracked: dict[str, Tracked]) -> Tracked:
        x, y = signal_batch(rng, m, steps)
        now: tuple[Any, ...] = (np.zeros(shape),) * states
        for t in range(steps):
            if window is not None and t == steps - window:
                now = tuple(map(cut, now))
            now = step(x[:, :, t], now, tracked)
        z = scores(now[0], tracked)
        right.append(np.mean(plain(z).argmax(axis=-2) == y.argmax(axis=0), axis=-1))
        return cross_entropy(z, np.broadcast_to(y, z.shape)) * (1 / m)

    train(loss, weights, rounds, rate=0.02)
    return np.array(right)
