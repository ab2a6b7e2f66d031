"""The given parts of a character-level recurrent network, in plain NumPy.

Letters for dimensions: n_a hidden units, n_x inputs and n_y outputs (both are the
number of characters in the vocabulary), T characters in a name. Vectors are columns.

A name is given as two lists of T indices: `X`, what the network reads (None stands for
the zero vector), and `Y`, what it should say.

    a<t> = tanh(Wax x<t> + Waa a<t-1> + b)
    y<t> = softmax(Wya a<t> + by)
    loss = - sum over t of ln y<t>[Y[t]]          (in nats)

Gradients follow by back-propagation through time (Werbos 1990).

The last four functions are not used by the notebook. A training loop written for other
material often calls them by these names, and runs here unchanged.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

Arrays = dict[str, np.ndarray]
Steps = dict[int, np.ndarray]  # an array for each time step


def softmax(z: np.ndarray) -> np.ndarray:
    """Probabilities from scores `z`, down each column (axis 0), of the same shape."""
    shifted = z - z.max(axis=0, keepdims=True)  # so that exp can't overflow
    probabilities: np.ndarray = np.exp(shifted)
    probabilities /= probabilities.sum(axis=0, keepdims=True)
    return probabilities


def initialize_parameters(n_a: int, n_x: int, n_y: int, seed: int = 1) -> Arrays:
    """Small random weights and zero biases.

    Returns `Wax (n_a, n_x)`, `Waa (n_a, n_a)`, `Wya (n_y, n_a)`, `b (n_a, 1)`,
    `by (n_y, 1)`. Weights are normal with standard deviation 0.01: large enough that
    units differ, small enough that the first guesses are close to uniform.
    """
    generator = np.random.default_rng(seed)
    return {
        "Wax": 0.01 * generator.standard_normal((n_a, n_x)),
        "Waa": 0.01 * generator.standard_normal((n_a, n_a)),
        "Wya": 0.01 * generator.standard_normal((n_y, n_a)),
        "b": np.zeros((n_a, 1)),
        "by": np.zeros((n_y, 1)),
    }


def one_hot(index: int | None, size: int) -> np.ndarray:
    """Column `(size, 1)` with a 1 at `index`; all zeros when `index` is None."""
    column = np.zeros((size, 1))
    if index is not None:
        column[index] = 1
    return column


def rnn_forward(
    X: Sequence[int | None], Y: Sequence[int], a0: np.ndarray, parameters: Arrays
) -> tuple[float, tuple[Steps, Steps, Steps]]:
    """Loss of one name in nats, summed over its T characters, and the cache.

    `a0 (n_a, 1)` is the hidden state before the first step. The cache is `(y, a, x)`:
    dictionaries by time step of predictions, hidden states (also `a[-1] = a0`) and
    one-hot inputs, as `rnn_backward` wants them.
    """
    Wax, Waa, Wya = parameters["Wax"], parameters["Waa"], parameters["Wya"]
    x: Steps = {}
    y: Steps = {}
    a: Steps = {-1: np.copy(a0)}
    loss = 0.0
    for t, (read, wanted) in enumerate(zip(X, Y, strict=True)):
        x[t] = one_hot(read, Wax.shape[1])
        a[t] = np.tanh(Wax @ x[t] + Waa @ a[t - 1] + parameters["b"])
        y[t] = softmax(Wya @ a[t] + parameters["by"])
        loss -= float(np.log(y[t][wanted, 0]))
    return loss, (y, a, x)


def rnn_backward(
    X: Sequence[int | None],
    Y: Sequence[int],
    parameters: Arrays,
    cache: tuple[Steps, Steps, Steps],
) -> tuple[Arrays, Steps]:
    """Gradients of the loss, and the hidden states `a` of the cache.

    The gradients are `dWax, dWaa, dWya, db, dby`, each of its parameter's shape.
    """
    y, a, x = cache
    steps = range(len(X))
    dscores = np.hstack([y[t] for t in steps])  # a column for each step
    dscores[Y, steps] -= 1  # derivative of -ln softmax
    da = parameters["Wya"].T @ dscores
    dz = np.zeros_like(da)
    da_later = np.zeros_like(a[-1])
    for t in reversed(steps):
        dz[:, [t]] = (1 - a[t] ** 2) * (da[:, [t]] + da_later)  # derivative of tanh
        da_later = parameters["Waa"].T @ dz[:, [t]]
    gradients = {
        "dWax": dz @ np.hstack([x[t] for t in steps]).T,
        "dWaa": dz @ np.hstack([a[t - 1] for t in steps]).T,
        "dWya": dscores @ np.hstack([a[t] for t in steps]).T,
        "db": dz.sum(axis=1, keepdims=True),
        "dby": dscores.sum(axis=1, keepdims=True),
    }
    return gradients, a


def update_parameters(
    parameters: Arrays, gradients: Mapping[str, np.ndarray], learning_rate: float
) -> Arrays:
    """One step of gradient descent, in place; returns `parameters` too."""
    for name, value in parameters.items():
        value -= learning_rate * gradients[f"d{name}"]
    return parameters


def nats_per_character(
    parameters: Arrays, names: Sequence[str], char_to_ix: Mapping[str, int]
) -> float:
    """Mean loss per character of `names`, each ended by a newline; changes nothing.

    All names go through the network together, one column each. Those that have ended
    stay in the batch but no longer count. Raises `ValueError` when a name has a
    character that is not in `char_to_ix`.
    """
    for name in names:
        _check_characters(name, char_to_ix)
    lengths = np.array([len(name) + 1 for name in names])
    padded = [name.ljust(lengths.max(), "\n") for name in names]
    characters = np.array([[char_to_ix[c] for c in name] for name in padded]).T
    letters = np.eye(len(char_to_ix))
    x = np.zeros((len(char_to_ix), len(names)))
    a = np.zeros((len(parameters["b"]), len(names)))
    total = 0.0
    for t, wanted in enumerate(characters):
        a = np.tanh(parameters["Wax"] @ x + parameters["Waa"] @ a + parameters["b"])
        y = softmax(parameters["Wya"] @ a + parameters["by"])
        loss = -np.log(y[wanted, np.arange(len(names))])
        total += float(loss[t < lengths].sum())
        x = letters[:, wanted]
    return total / int(lengths.sum())


def _check_characters(name: str, char_to_ix: Mapping[str, int]) -> None:
    strange = next((c for c in name if c not in char_to_ix), None)
    if strange is not None:
        raise ValueError(
            f"{name!r} has the character {strange!r}, which this network never learned."
        )


def get_initial_loss(vocab_size: int, seq_length: int) -> float:
    """Loss in nats of `seq_length` characters when all `vocab_size` are as likely."""
    return seq_length * math.log(vocab_size)


def smooth(loss: float, cur_loss: float) -> float:
    """Running mean of losses: `loss` so far, moved by a thousandth to `cur_loss`."""
    return 0.999 * loss + 0.001 * cur_loss


def get_sample(sample_ix: Iterable[int], ix_to_char: Mapping[int, str]) -> str:
    """The sampled indices as text, its first letter a capital."""
    return "".join(ix_to_char[index] for index in sample_ix).capitalize()


def print_sample(sample_ix: Iterable[int], ix_to_char: Mapping[int, str]) -> None:
    """Print the sampled indices as text; they end with a newline of their own."""
    print(get_sample(sample_ix, ix_to_char), end="")
