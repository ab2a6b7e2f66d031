"""Baselines that only count: how well do the last few characters predict the next?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

END = "\n"


class NgramModel:
    """Character n-grams, smoothed towards the next shorter ones.

    P_n(c | last n-1 characters) = (count(context + c) + k P_{n-1}(c)) / (count(context)
    + k), down to P_0 = 1 / vocabulary size: Bayesian smoothing with a Dirichlet prior
    (MacKay and Peto 1995). So no character ever has probability 0.
    """

    def __init__(
        self, names: Sequence[str], order: int, vocab_size: int, strength: float = 10.0
    ) -> None:
        """Count the n-grams of `names` up to `order` characters; k is `strength`."""
        self.order = order
        self.vocab_size = vocab_size
        self.strength = strength
        self.counts: Counter[str] = Counter()
        self.contexts: Counter[str] = Counter()
        for name in names:
            self._count(name)

    def _count(self, name: str) -> None:
        for context, character in self._steps(name):
            for start in range(len(context) + 1):
                self.counts[context[start:] + character] += 1
                self.contexts[context[start:]] += 1

    def _steps(self, name: str) -> list[tuple[str, str]]:
        """`(context, next character)` at every place of `name`, its end included."""
        history = self.order - 1
        line = END * history + name + END
        places = range(history, len(line))
        return [(line[place - history : place], line[place]) for place in places]

    def probability(self, character: str, context: str) -> float:
        """P(character | context), where `context` has at most order - 1 characters."""
        shorter = (
            self.probability(character, context[1:]) if context else 1 / self.vocab_size
        )
        if self.order == 0:
            return shorter
        seen = self.counts[context + character] + self.strength * shorter
        return seen / (self.contexts[context] + self.strength)

    def nats_per_character(self, names: Sequence[str]) -> float:
        """Mean of -ln P over the characters of `names`, their ends included."""
        losses = [
            -math.log(self.probability(character, context))
            for name in names
            for context, character in self._steps(name)
        ]
        return math.fsum(losses) / len(losses)
