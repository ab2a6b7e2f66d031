"""Drawing a solo, value by value, until the chords are filled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from lead_sheets import LeadSheet
from players import Player
from tokens import Line, Value
from training_data import context


def improvise(
    player: Player,
    values: Sequence[Value],
    chords: LeadSheet,
    rng: np.random.Generator,
    shape: Callable[[np.ndarray], np.ndarray] | None = None,
) -> LeadSheet:
    """A solo over `chords` by a network or a table (see `players`).

    Every value that is drawn is fed back as the next input, together with the `context`
    of the moment, of which each player hears what it was trained to hear. `shape`, if
    given, makes the probabilities that are drawn from of those that the player gives.
    """
    listen, line, before = player.start(), Line(chords), None
    while line.now < chords.length:
        probabilities = listen(before, context(chords, line.now, line.pitch))
        if shape is not None:
            probabilities = shape(probabilities)
        before = int(rng.choice(len(values), p=probabilities))
        line.add(values[before])
    return chords.with_notes(line.notes, "improvisation")
