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


def improvise(
    layers: tuple[Any, Any],
    values: Sequence[Value],
    chords: LeadSheet,
    rng: np.random.Generator,
    temperature: float = 1.0,
) -> LeadSheet:
    """A solo over `chords` from a trained Keras LSTM layer and softmax layer.

    Every value that is drawn is fed back, one-hot, as the next input. A model whose
    input is wider than `values` also hears the `context` of the moment: place in the
    bar, chord and height of the line.
    """
    recurrent, densor = layers
    cell = recurrent.cell
    state = [np.zeros((1, recurrent.units), "float32")] * 2
    hears_chords = cell.kernel.shape[0] > len(values)
    line, before = Line(chords), np.zeros(len(values), "float32")
    while line.now < chords.length:
        known = context(chords, line.now, line.pitch) if hears_chords else EMPTY
        x = np.concatenate([before, known])[None].astype("float32")
        output, state = cell(x, state)
        index = choose(np.asarray(densor(output))[0], temperature, rng)
        line.add(values[index])
        before = one_hot(index, len(values))
    return chords.with_notes(line.notes, "improvisation")
