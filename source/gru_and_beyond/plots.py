"""Two kinds of picture, each with a text for those who cannot see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from checks import show_figure

STYLES = ("o-", "s--", "^:", "D-.", "v-", "x--")


def show_curves(
    curves: Mapping[str, Sequence[float] | np.ndarray],
    title: str,
    xlabel: str,
    ylabel: str,
    alt: str,
    start: int = 0,
) -> None:
    """A line for each of `curves`, with its own marker; x counts from `start`."""
    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    for (label, values), style in zip(curves.items(), STYLES, strict=False):
        places = np.arange(start, start + len(values))
        every = max(1, len(values) // 10)
        axes.plot(places, values, style, markevery=every, label=label)
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    axes.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(loc="outside lower center", ncols=3)
    show_figure(figure, alt)


def show_matrix(
    matrix: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    ylabel: str,
    xlabel: str,
    alt: str,
) -> None:
    """Numbers from 0 (black) to 1 (white), each with its value where it is large."""
    figure, axes = plt.subplots(figsize=(6, 5), layout="constrained")
    axes.imshow(matrix, vmin=0, vmax=1, cmap="gray")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    for row, column in np.argwhere(matrix > 0.3):
        axes.text(
            column, row, f"{matrix[row, column]:.1f}", ha="center", va="center",
            color="black" if matrix[row, column] > 0.6 else "white",
        )  # fmt: skip
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    show_figure(figure, alt)
