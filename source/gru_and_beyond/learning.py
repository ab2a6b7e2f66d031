"""Trains whatever is written in NumPy: arrays that remember how they were made.

A `Tracked` array goes through the usual formulas (`W @ x + b`, `np.tanh`,
`np.concatenate`) and keeps, for each step, how a gradient passes back through it.
`gradients` walks these steps in reverse: backpropagation, through time too.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from checks import when_grading
from numpy.lib.mixins import NDArrayOperatorsMixin

Weights = dict[str, np.ndarray]
Back = Callable[[np.ndarray], np.ndarray]
_order = itertools.count()


class Tracked(NDArrayOperatorsMixin):
    """An array, and for each array it was made of: how a gradient passes back."""

    def __init__(self, value: Any, *parents: tuple[Tracked, Back]) -> None:
        """`parents`: the arrays it was made of, each with its way back."""
        self.value = np.asarray(value, dtype=float)
        self.parents = parents
        self.order = next(_order)

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any
    ) -> Any:
        """What `+`, `@`, `np.tanh` and their like do with tracked arrays."""
        if method != "__call__" or options or ufunc not in RULES:
            return NotImplemented
        values = [plain(entry) for entry in inputs]
        result = ufunc(*values)
        backs = RULES[ufunc](result, *values)
        return Tracked(result, *_tracked_only(inputs, values, backs))

    def __array_function__(
        self, function: Callable[..., Any], types: Any, inputs: Any, options: Any
    ) -> Any:
        """What `np.concatenate`, `np.sum` and their like do with them."""
        if function not in FUNCTIONS:
            return NotImplemented
        return FUNCTIONS[function](*inputs, **options)

    def __getitem__(self, where: Any) -> Tracked:
        """A part of the array."""

        def back(gradient: np.ndarray) -> np.ndarray:
            whole = np.zeros(self.value.shape)
            if isinstance(where, (list, np.ndarray)):
                np.add.at(whole, where, gradient)  # a place may come twice
            else:
                whole[where] += gradient
            return whole

        return Tracked(self.value[where], (self, back))

    def __len__(self) -> int:
        """Size of the first axis."""
        return len(self.value)

    @property
    def shape(self) -> tuple[int, ...]:
        """As of any array."""
        return self.value.shape

    @property
    def T(self) -> Tracked:
        """The transposed array."""
        return Tracked(self.value.T, (self, np.transpose))


def plain(entry: Any) -> np.ndarray:
    """The numbers of an array, tracked or not."""
    return entry.value if isinstance(entry, Tracked) else np.asarray(entry)


def _tracked_only(
    inputs: Iterable[Any], values: Iterable[np.ndarray], backs: Iterable[Back]
) -> Iterator[tuple[Tracked, Back]]:
    """What gradients flow to: each cut back to the shape before broadcasting."""
    for entry, value, back in zip(inputs, values, backs, strict=True):
        if isinstance(entry, Tracked):
            yield entry, lambda g, back=back, value=value: _fit(back(g), value.shape)


def _fit(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum over the axes along which an array of `shape` was repeated."""
    if gradient.shape == shape:
        return gradient
    extra = gradient.ndim - len(shape)
    gradient = gradient.sum(axis=tuple(range(extra)))
    repeated = [k for k, size in enumerate(shape) if size < gradient.shape[k]]
    return gradient.sum(axis=tuple(repeated), keepdims=True)


def _swap(array: np.ndarray) -> np.ndarray:
    return np.swapaxes(array, -1, -2)


#: result and inputs -> for each input, how the gradient passes back
RULES: dict[np.ufunc, Callable[..., tuple[Back, ...]]] = {
    np.add: lambda z, x, y: (lambda g: g, lambda g: g),
    np.subtract: lambda z, x, y: (lambda g: g, lambda g: -g),
    np.multiply: lambda z, x, y: (lambda g: g * y, lambda g: g * x),
    np.divide: lambda z, x, y: (lambda g: g / y, lambda g: -g * z / y),
    np.matmul: lambda z, x, y: (lambda g: g @ _swap(y), lambda g: _swap(x) @ g),
    np.maximum: lambda z, x, y: (lambda g: g * (x > y), lambda g: g * (x <= y)),
    np.negative: lambda z, x: (lambda g: -g,),
    np.tanh: lambda z, x: (lambda g: g * (1 - z**2),),
    np.exp: lambda z, x: (lambda g: g * z,),
    np.log: lambda z, x: (lambda g: g / x,),
}


def _concatenate(arrays: Iterable[Any], axis: int = 0) -> Tracked:
    arrays = list(arrays)
    values = [plain(array) for array in arrays]
    ends = np.cumsum([value.shape[axis] for value in values])
    backs = [
        lambda g, a=end - value.shape[axis], b=end: np.take(g, range(a, b), axis)
        for value, end in zip(values, ends, strict=True)
    ]
    result = np.concatenate(values, axis=axis)
    return Tracked(result, *_tracked_only(arrays, values, backs))


def _sum(array: Tracked, axis: Any = None, keepdims: bool = False) -> Tracked:
    def back(gradient: np.ndarray) -> np.ndarray:
        if axis is not None and not keepdims:
            gradient = np.expand_dims(gradient, axis)
        return np.broadcast_to(gradient, array.shape)

    return Tracked(array.value.sum(axis=axis, keepdims=keepdims), (array, back))


def _max(array: Tracked, axis: Any = None, keepdims: bool = False) -> np.ndarray:
    """A constant: softmax takes it away and loses nothing."""
    return array.value.max(axis=axis, keepdims=keepdims)


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.concatenate: _concatenate,
    np.vstack: _concatenate,
    np.dot: np.matmul,
    np.sum: _sum,
    np.max: _max,
    np.shape: lambda array: array.shape,
    np.zeros_like: lambda array: np.zeros(array.shape),
}


def gradients(loss: Tracked, weights: Mapping[str, Tracked]) -> Weights:
    """Gradient of `loss`, a single number, for each of `weights`."""
    steps, seen = [loss], {id(loss)}
    for step in steps:  # grows while it is read
        for parent, _ in step.parents:
            if id(parent) not in seen:
                seen.add(id(parent))
                steps.append(parent)
    reached = {id(loss): np.ones(loss.shape)}
    for step in sorted(steps, key=lambda step: -step.order):
        gradient = reached[id(step)]
        for parent, back in step.parents:
            share = back(gradient)
            before = reached.get(id(parent))
            reached[id(parent)] = share if before is None else before + share
    return {
        key: reached.get(id(weight), np.zeros(weight.shape))
        for key, weight in weights.items()
    }


def through(
    forward: Callable[..., tuple[np.ndarray, Any]],
    backward: Callable[[np.ndarray, Any], Weights],
    xt: np.ndarray,
    state: Any,
    weights: Mapping[str, Tracked],
    names: Iterable[str],
) -> Tracked:
    """One step of a cell that brings its own backward function, as a GRU does.

    `forward(xt, state, weights)` gives the next state and a cache; `backward` gives
    a dictionary with `dc_prev` and `d` + each of `names`, the weights it uses.
    """
    weights = {key: weights[key] for key in names}
    numbers = {key: plain(weight) for key, weight in weights.items()}
    result, cache = forward(xt, plain(state), numbers)
    known: dict[int, Weights] = {}

    def back(key: str) -> Back:
        def one(gradient: np.ndarray) -> np.ndarray:
            if id(gradient) not in known:
                known.clear()
                known[id(gradient)] = backward(gradient, cache)
            return known[id(gradient)][key]

        return one

    parents = [(weight, back(f"d{key}")) for key, weight in weights.items()]
    if isinstance(state, Tracked):
        parents.append((state, back("dc_prev")))
    return Tracked(result, *parents)


def cut(state: Any) -> np.ndarray:
    """The same numbers, but no gradient passes back: truncation."""
    return plain(state).copy()


def cross_entropy(scores: Tracked, truth: np.ndarray) -> Tracked:
    """-sum(truth * log softmax(scores)) over axis -2, summed over all columns."""
    value = scores.value - scores.value.max(axis=-2, keepdims=True)
    logs = value - np.log(np.exp(value).sum(axis=-2, keepdims=True))
    total = truth.sum(axis=-2, keepdims=True)
    return Tracked(
        -np.sum(truth * logs),
        (scores, lambda g: g * (np.exp(logs) * total - truth)),
    )


def binary_cross_entropy(
    scores: Tracked, truth: np.ndarray, counts: Any = 1.0
) -> Tracked:
    """-sum(y log ŷ + (1 - y) log(1 - ŷ)) for ŷ = sigmoid(scores).

    `counts` is 1 where a column counts and 0 where it is padding.
    """
    z = scores.value
    losses = np.maximum(z, 0) - z * truth + np.log1p(np.exp(-np.abs(z)))
    probability = 0.5 * (1 + np.tanh(0.5 * z))
    return Tracked(
        np.sum(losses * counts),
        (scores, lambda g: g * (probability - truth) * counts),
    )


def adam(
    slope: Callable[[Weights], tuple[float, Weights]],
    weights: Weights,
    rounds: int,
    rate: float = 0.01,
    largest: float = 1.0,
) -> list[float]:
    """Improve `weights` in place; the loss of each round.

    `slope(weights)` gives the loss and its gradients, which are clipped to
    [-largest, largest]. While the notebook is being graded, two rounds are enough.
    """
    rounds = when_grading(min(rounds, 2), rounds)
    slow = {key: np.zeros(array.shape) for key, array in weights.items()}
    square = {key: np.zeros(array.shape) for key, array in weights.items()}
    history = []
    for done in range(1, rounds + 1):
        loss, slopes = slope(weights)
        for key, array in weights.items():
            gradient = np.clip(slopes[key], -largest, largest)
            slow[key] += 0.1 * (gradient - slow[key])
            square[key] += 0.01 * (gradient**2 - square[key])
            size = np.sqrt(square[key] / (1 - 0.99**done)) + 1e-8
            array -= rate * slow[key] / (1 - 0.9**done) / size
        history.append(loss)
    return history


def train(
    loss: Callable[[dict[str, Tracked]], Tracked],
    weights: Weights,
    rounds: int,
    rate: float = 0.01,
) -> list[float]:
    """Adam on a loss that is written in NumPy; `weights` change in place."""

    def slope(weights: Weights) -> tuple[float, Weights]:
        tracked = {key: Tracked(array) for key, array in weights.items()}
        value = loss(tracked)
        return float(value.value), gradients(value, tracked)

    return adam(slope, weights, rounds, rate)
