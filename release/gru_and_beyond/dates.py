"""Dates to rewrite: day first as in a letter, largest unit first as in a file name."""

from __future__ import annotations

import numpy as np
from models import Weights, random_weights

EOS = 10  # <EOS>, after the digits 0 to 9
PARTS = ((1, 28), (1, 12), (0, 99), (0, 23), (0, 59))  # day, month, year, hour, minute


def date_batch(
    rng: np.random.Generator, m: int, parts: int
) -> tuple[np.ndarray, np.ndarray]:
    """(read (2 * parts, m), write (2 * parts + 1, m)): digits, and <EOS> at the end.

    `parts` pairs of digits are written in the opposite order: 14 03 21 as 21 03 14.
    """
    pairs = [rng.integers(low, high + 1, size=m) for low, high in PARTS[:parts]]
    read = np.concatenate([np.stack((pair // 10, pair % 10)) for pair in pairs])
    write = read.reshape(parts, 2, m)[::-1].reshape(2 * parts, m)
    return read, np.concatenate((write, np.full((1, m), EOS)))


def date_weights(n_a: int, attention: bool, seed: int = 0) -> Weights:
    """An RNN that reads ("read Wax", ...), one that writes, and the output."""
    sizes = {"Wax": (n_a, EOS + 1), "Waa": (n_a, n_a), "ba": (n_a, 1)}
    shapes = {
        f"{network} {key}": size
        for network in ("read", "write")
        for key, size in sizes.items()
    }
    seen = 2 * n_a if attention else n_a
    shapes |= {"Wy": (EOS + 1, seen), "by": (EOS + 1, 1)}
    if attention:
        shapes["Wq"] = (n_a, n_a)
    return random_weights(shapes, seed)
