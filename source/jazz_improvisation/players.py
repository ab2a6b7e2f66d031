"""Who can be asked for the next value: a trained network, or tables of counts.

Both kinds answer alike, so that they can be measured on the same choruses and improvise
over the same chords: what the network adds is what it does better than counting.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from training_data import CONTEXT_PARTS, Chorus, one_hot

#: the index of the value before (None at the start) and the context: probabilities
Listener = Callable[["int | None", np.ndarray], np.ndarray]


class Player(Protocol):
    """Whoever knows how likely each value is to come next."""

    def start(self) -> Listener:
        """Begin a chorus; what is returned remembers its values, one by one."""


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


class Network:
    """A trained Keras LSTM layer and softmax layer.

    With a `mask` (see `heard`) the input is the value before and what the mask leaves
    of the context; without one it is the value alone.
    """

    def __init__(self, lstm: Any, dense: Any, mask: np.ndarray | None = None) -> None:
        """Take the weights that the layers have now."""
        self.weights = [*lstm.get_weights(), *dense.get_weights()]
        self.mask = mask

    def start(self) -> Listener:
        """States of zeros."""
        a = c = np.zeros(len(self.weights[1]))
        n_values = len(self.weights[-1])

        def listen(before: int | None, known: np.ndarray) -> np.ndarray:
            nonlocal a, c
            x = np.zeros(n_values) if before is None else one_hot(before, n_values)
            if self.mask is not None:
                x = np.concatenate([x, self.mask * known])
            probabilities, a, c = step(self.weights, x, a, c)
            return probabilities

        return listen


PLACES = np.cumsum([0, *CONTEXT_PARTS.values()])
#: what a table can look at: the last two values, beat and place in the beat, the place
#: in the beat alone, and how far the pitch before lies above the chord's root
LOOKS: dict[str, Callable[[Sequence[int | None], np.ndarray], Hashable]] = {
    "before": lambda values, known: values[-1],
    "two before": lambda values, known: values[-2],
    "beat": lambda values, known: tuple(known[:9]),
    "place": lambda values, known: tuple(known[4:9]),
    "over chord": lambda values, known: tuple(known[PLACES[2] : PLACES[2] + 12]),
}
#: tables by name: what each level looks at, from coarse to fine
TABLES: dict[str, tuple[tuple[str, ...], ...]] = {
    "unigram": ((),),
    "bigram": ((), ("before",)),
    "trigram": ((), ("before",), ("two before", "before")),
    "beat, bigram": ((), ("beat",), ("before", "beat")),
    "beat and line": (
        (),
        ("beat",),
        ("over chord", "place"),
        ("over chord", "beat"),
        ("before", "over chord", "beat"),
    ),
}


class Table:
    """Counts of which value followed what, mixed from coarse to fine.

    Each level looks at a few things (`LOOKS`). Where it has seen little it trusts the
    level before, which counts as much as `strength` observations.
    """

    def __init__(
        self,
        choruses: Iterable[Chorus],
        n_values: int,
        levels: Sequence[Sequence[str]],
        strength: float = 10.0,
    ) -> None:
        """Count the values of `choruses`."""
        self.n_values, self.levels, self.strength = n_values, levels, strength
        self.counts: dict[Hashable, Counter[int]] = defaultdict(Counter)
        for chorus in choruses:
            played: list[int | None] = [None, None]
            for token, known in zip(chorus.tokens, chorus.known, strict=True):
                for key in self._keys(played, known):
                    self.counts[key][int(token)] += 1
                played.append(int(token))

    def _keys(
        self, played: Sequence[int | None], known: np.ndarray
    ) -> list[tuple[Hashable, ...]]:
        return [
            (level, *(LOOKS[name](played, known) for name in names))
            for level, names in enumerate(self.levels)
        ]

    def start(self) -> Listener:
        """Nothing was played yet."""
        played: list[int | None] = [None]

        def listen(before: int | None, known: np.ndarray) -> np.ndarray:
            played.append(before)
            mixed = np.full(self.n_values, 1 / self.n_values)
            for key in self._keys(played, known):
                seen = self.counts.get(key, Counter())
                mixed = self.strength * mixed
                mixed[list(seen)] += list(seen.values())
                mixed /= mixed.sum()
            return mixed

        return listen


def nats(player: Player, choruses: Iterable[Chorus]) -> float:
    """Loss in nats a value, each tune played from its start to its end."""
    costs = []
    for chorus in choruses:
        listen, before = player.start(), None
        for token, known in zip(chorus.tokens, chorus.known, strict=True):
            costs.append(-np.log(listen(before, known)[token] + 1e-12))
            before = int(token)
    return float(np.mean(costs))
