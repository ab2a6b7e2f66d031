"""Let the checks look at Keras models: weights and inputs go in, numbers come out.

Whoever checks chooses the weights and the inputs and compares the outputs with an own
calculation. Functions marked `@probe` run where the notebook's models live; everything
they take and give is plain data.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from checks import expect, probe

NUMPY = (
    "A NumPy function (np.argmax, to_categorical, ...) got a symbolic Keras tensor."
    " While a model is being described there are no numbers to calculate with. Use"
    " ops.argmax, ops.one_hot and the like from keras.ops."
)
#: what a text of Keras means, for a student who builds a model
EXPLANATIONS = {
    "cannot be used as input to a TensorFlow function": (
        "A raw TensorFlow function (tf.*) got a symbolic Keras tensor. While a model is"
        " being described there are no numbers yet, and only Keras can take note of a"
        " step. Use keras.ops (ops.argmax, ops.one_hot, ops.expand_dims, ...), a layer,"
        " or slicing such as X[:, t, :]."
    ),
    "convert it to a NumPy array": NUMPY,
    "KerasTensor.__array__": NUMPY,
    "argument: 'sequences'": (
        "In Keras 3 a layer takes its tensor as the first argument, without a name:"
        " LSTM_cell(x, initial_state=[a, c])."
    ),
    "out-of-bounds": (
        "The loop takes a slice that X does not have: X has Tx steps, 0 to Tx - 1."
    ),
    "array slice": "Step t of all examples is X[:, t, :], or X[:, t].",
    "cannot be empty": "The list of outputs is empty: does the loop run once a step?",
}
SIZES = (
    "Some tensor has a shape that does not fit its layer. The sizes come from the"
    " layers that are given (densor.units, LSTM_cell.units), not from variables of the"
    " notebook; Input(shape=...) leaves out the number of examples; LSTM_cell wants one"
    " step, (m, 1, n_values)."
)
NEW_LAYER = (
    "The model has weights besides those of the LSTM_cell and the densor that were"
    " given: a new layer was made in {}. Call the given layers, at every step."
)


def random_weights(n_values: int, n_a: int, seed: int) -> list[np.ndarray]:
    """Weights of one LSTM layer and one dense layer, as `get_weights` lists them.

    Kernel `(n_values, 4 n_a)`, recurrent kernel `(n_a, 4 n_a)` and bias `(4 n_a,)`,
    whose quarters are Keras's gates i, f, c, o; then the dense kernel and bias.
    """
    rng = np.random.default_rng(seed)
    shapes = [
        (n_values, 4 * n_a),
        (n_a, 4 * n_a),
        (4 * n_a,),
        (n_a, n_values),
        (n_values,),
    ]
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


def random_inputs(
    m: int, steps: int, n_values: int, n_a: int, seed: int
) -> list[np.ndarray]:
    """One-hot `X (m, steps, n_values)` and unlike states `a0, c0 (m, n_a)`."""
    rng = np.random.default_rng(seed)
    X = np.eye(n_values, dtype="float32")[rng.integers(n_values, size=(m, steps))]
    states = rng.uniform(-0.9, 0.9, size=(2, m, n_a)).astype("float32")
    return [X, states[0], states[1]]


@probe
def run_builder(
    name: str,
    steps: int,
    cases: Sequence[tuple[Sequence[np.ndarray], Sequence[np.ndarray]]],
) -> dict[str, Any]:
    """Build a model with the notebook's function `name`; run it on every case.

    A case is `(weights, inputs)`. The layers get the weights of the first case before
    the function sees them, and those of each other case afterwards: a model that
    shares its layers follows.

    Returns a dictionary: `outputs`, for each case a list of `steps` arrays;
    `parameters`, how many weights the model counts; `note`, why a comparison of outputs
    may fail in a way of its own (a new layer was made), or nothing.
    """
    layers = _layers(cases[0][0])
    model = _built(name, steps, layers)
    found: list[list[np.ndarray]] = []
    for weights, inputs in cases:
        _set_weights(layers, weights)
        found.append(_run(name, model, inputs))
        expect(
            len(found[-1]) == steps,
            f"{name} should give a list of {steps} outputs for {steps} steps, each of"
            f" shape (m, n_values), but gave {len(found[-1])}"
            f" (the first of shape {found[-1][0].shape}).",
        )
    known = {id(w) for key in ("LSTM_cell", "densor") for w in layers[key].weights}
    foreign = any(id(weight) not in known for weight in model.weights)
    return {
        "outputs": found,
        "parameters": int(model.count_params()),
        "note": NEW_LAYER.format(name) if foreign else "",
    }


@probe
def run_predict_and_sample(
    tables: Sequence[Sequence[np.ndarray]], starts: Sequence[Sequence[np.ndarray]]
) -> list[dict[str, Any]]:
    """Call the notebook's `predict_and_sample` on a small model made of `tables`.

    Output t of the model is softmax(x0 P + a0 Q + c0 R + s) with (P, Q, R, s) =
    `tables[t]`. It is called once for each (x, a, c) of `starts`. Each call gives what
    the function returned: `results` and `indices` as arrays, and `count`, the number of
    values.
    """
    n_values, n_a = tables[0][0].shape[0], tables[0][1].shape[0]
    model, dense = _table_model(len(tables), n_values, n_a)
    stacked = [np.concatenate(table[:3]) for table in tables]
    offsets = np.concatenate([table[3] for table in tables])
    dense.set_weights([np.concatenate(stacked, axis=1), offsets])
    function = _notebook_function("predict_and_sample")
    found = []
    for start in starts:
        returned = function(model, *(array.copy() for array in start))
        pair = returned if isinstance(returned, (tuple, list)) else [returned]
        arrays = [np.asarray(item) for item in pair]
        found.append({"count": len(pair), "results": arrays[0], "indices": arrays[-1]})
    return found


def _notebook_function(name: str) -> Callable[..., Any]:
    return vars(sys.modules["__main__"])[name]


def _layers(weights: Sequence[np.ndarray]) -> dict[str, Any]:
    """Layers like those of the notebook, with the sizes and values of `weights`."""
    from keras.layers import LSTM, Dense, Reshape

    n_values, n_a = weights[0].shape[0], weights[1].shape[0]
    simple = {"kernel_initializer": "zeros"}  # the weights are set in a moment
    layers = {
        "LSTM_cell": LSTM(
            n_a,
            return_state=True,
            unroll=True,
            recurrent_initializer="zeros",
            **simple,
        ),
        "densor": Dense(n_values, activation="softmax", **simple),
        "reshaper": Reshape((1, n_values)),
    }
    layers["LSTM_cell"].build((None, 1, n_values))
    layers["densor"].build((None, n_a))
    _set_weights(layers, weights)
    return layers


def _set_weights(layers: dict[str, Any], weights: Sequence[np.ndarray]) -> None:
    layers["LSTM_cell"].set_weights(list(weights[:3]))
    layers["densor"].set_weights(list(weights[3:]))


def _built(name: str, steps: int, layers: dict[str, Any]) -> Any:
    """The Keras model that the notebook's function makes of these layers."""
    import keras

    function = _notebook_function(name)
    cell, densor = layers["LSTM_cell"], layers["densor"]
    try:
        if name == "djmodel":
            model = function(steps, cell, densor, layers["reshaper"])
        else:
            model = function(cell, densor, Ty=steps)
    except (ValueError, TypeError, AttributeError) as problem:
        raise AssertionError(_explained(problem)) from problem
    kind = type(model).__name__
    expect(
        isinstance(model, keras.Model),
        f"{name} should return a Keras model, but returned a {kind}.",
    )
    return model


def _explained(problem: Exception) -> str:
    """What an error means that came while a model was described, and its text."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", f"{type(problem).__name__}: {problem}")
    meaning = next((said for part, said in EXPLANATIONS.items() if part in text), "")
    if not meaning and re.search("[Ss]hape|ndim|rank|incompatible|[Dd]imension", text):
        meaning = SIZES
    return f"{meaning or 'The model could not be built.'} ({text[:400]})"


def _run(name: str, model: Any, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The model's outputs as arrays; always a list."""
    first = "X" if name == "djmodel" else "x0"
    try:
        outputs = model([array.copy() for array in inputs], training=False)
    except Exception as problem:
        right = [("None", *map(str, array.shape[1:])) for array in inputs]
        found = [tuple(map(str, tensor.shape)) for tensor in model.inputs]
        message = (
            f"The model could not be run. Its inputs should be [{first}, a0, c0], in"
            f" this order, of the shapes {_shapes(right)}; they are {_shapes(found)}."
        )
        if found == right:
            message = f"The model could not be run. {_explained(problem)}"
        elif sorted(found) != sorted(right):
            message += " " + SIZES
        raise AssertionError(message) from problem
    if not isinstance(outputs, (list, tuple)):
        outputs = [outputs]
    return [np.asarray(output) for output in outputs]


def _shapes(shapes: Sequence[tuple[str, ...]]) -> str:
    return ", ".join(f"({', '.join(shape)})" for shape in shapes)


@functools.cache
def _table_model(steps: int, n_values: int, n_a: int) -> tuple[Any, Any]:
    """A model of the form told in `run_predict_and_sample`, and its one layer.

    Kept, so that Keras compiles `predict` once for each size.
    """
    import keras
    from keras.layers import Concatenate, Dense, Flatten, Reshape, Softmax

    inputs = [keras.Input((1, n_values)), keras.Input((n_a,)), keras.Input((n_a,))]
    dense = Dense(steps * n_values, kernel_initializer="zeros")
    scores = dense(Concatenate()([Flatten()(inputs[0]), *inputs[1:]]))
    spread = Softmax()(Reshape((steps, n_values))(scores))
    return keras.Model(inputs, [spread[:, t] for t in range(steps)]), dense
