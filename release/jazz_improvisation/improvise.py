"""Drawing a solo from a trained LSTM, value by value, until the chords are filled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from lead_sheets import LeadSheet
from tokens import Line, Value
from training_data import context, one_hot

EMPTY = np.zeros(0, "float32")


def with_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Sharpen (below 1) or flatten (above 1) a distribution: softmax(log p / T)."""
    logits = np.log(np.asarray(probabilities, dtype=float) + 1e-12) / temperature
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


def choose(
    probabilities: np.ndarray, temperature: float, rng: np.random.Generator
) -> int:
    """Draw an index; temperature 0 takes the most likely one."""
    if temperature == 0:
        return int(np.argmax(probabilities))
    return int(
        rng.choice(len(probabilities), p=with_temperature(probabilities, temperature))
    )


def step(
    weights: Sequence[np.ndarray], x: np.ndarray, a: np.ndarray, c: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of a Keras LSTM and softmax layer in NumPy: probabilities, a, c.

    For a single vector x that is some fifty times faster than a call of the layers.
    Keras keeps the gates in the order update (i), forget, candidate, output.
    """
    kernel, recurrent, bias, dense, offset = weights
    i, f, candidate, o = np.split(x @ kernel + a @ recurrent + bias, 4)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(candidate)
    a = _sigmoid(o) * np.tanh(c)
    scores = a @ dense + offset
    powers = np.exp(scores - scores.max())
    return powers / powers.sum(), a, c


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def improvise(
    layers: tuple[Any, Any],
    values: Sequence[Value],
    chords: LeadSheet,
    rng: np.random.Generator,
    temperature: float = 1.0,
    mask: np.ndarray | float = 1.0,
) -> LeadSheet:
    """A solo over `chords` from a trained Keras LSTM layer and softmax layer.

    Every value that is drawn is fed back, one-hot, as the next input. A model whose
    input is wider than `values` also hears the `context` of the moment: place in the
    bar, chord and height of the line, as far as `mask` leaves it (see `heard`).
    """
    weights = [*layers[0].get_weights(), *layers[1].get_weights()]
    a = c = np.zeros(len(weights[1]))
    hears_chords = len(weights[0]) > len(values)
    line, before = Line(chords), np.zeros(len(values), "float32")
    while line.now < chords.length:
        known = EMPTY
        if hears_chords:
            known = mask * context(chords, line.now, line.pitch)
        probabilities, a, c = step(weights, np.concatenate([before, known]), a, c)
        index = choose(probabilities, temperature, rng)
        line.add(values[index])
        before = one_hot(index, len(values))
    return chords.with_notes(line.notes, "improvisation")
