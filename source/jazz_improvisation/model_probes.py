"""Let the checks look at Keras models: weights and inputs go in, numbers come out.

Whoever checks chooses the weights and the inputs and compares the outputs with an own
calculation. Functions marked `@probe` run where the notebook's models live; everything
they take and give is plain data.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from checks import expect, probe

RAW_TENSORFLOW = (
    "A raw TensorFlow function (tf.*) got a symbolic Keras tensor. While a model is"
    " being described there are no numbers yet, and only Keras can take note of a"
    " step. Use keras.ops (ops.argmax, ops.one_hot, ops.expand_dims, ...), a layer,"
    " or slicing such as X[:, t, :]."
)
SEVERAL_INPUTS = (
    "The model could not be run on its inputs. They should be, in this order: {}."
    " Keras says: {}"
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
    weights: Sequence[np.ndarray],
    inputs: Sequence[np.ndarray],
    later_weights: Sequence[np.ndarray] | None = None,
) -> dict[str, Any]:
    """Build a model with the notebook's function `name`; run it on `inputs`.

    The layers get `weights` before the function sees them. With `later_weights` the
    same layers get these afterwards, and the model runs again.

    Returns a dictionary: `outputs`, a list of arrays; `later`, the same for the later
    weights; `parameters`, how many weights the model counts.
    """
    layers = _layers(weights)
    model = _built(name, steps, layers)
    result = {"outputs": _run(model, inputs), "later": [], "parameters": 0}
    if later_weights is not None:
        _set_weights(layers, later_weights)
        result["later"] = _run(model, inputs)
    result["parameters"] = int(model.count_params())
    return result


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
    model = _table_model(tables)
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
    layers = {
        "LSTM_cell": LSTM(n_a, return_state=True, unroll=True),
        "densor": Dense(n_values, activation="softmax"),
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
        if "KerasTensor" in str(problem):
            raise AssertionError(f"{RAW_TENSORFLOW} ({problem})"[:900]) from problem
        raise
    kind = type(model).__name__
    expect(
        isinstance(model, keras.Model),
        f"{name} should return a Keras model, but returned a {kind}.",
    )
    return model


def _run(model: Any, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The model's outputs as arrays; always a list."""
    names = f"X {inputs[0].shape}, a0 {inputs[1].shape}, c0 {inputs[2].shape}"
    try:
        outputs = model([array.copy() for array in inputs], training=False)
    except Exception as problem:
        message = SEVERAL_INPUTS.format(names, str(problem)[:300])
        raise AssertionError(message) from problem
    if not isinstance(outputs, (list, tuple)):
        outputs = [outputs]
    return [np.asarray(output) for output in outputs]


def _table_model(tables: Sequence[Sequence[np.ndarray]]) -> Any:
    import keras
    from keras.layers import Activation, Add, Dense, Flatten

    n_values, n_a = tables[0][0].shape[0], tables[0][1].shape[0]
    inputs = [keras.Input((1, n_values)), keras.Input((n_a,)), keras.Input((n_a,))]
    made = []
    for table in tables:
        parts = [
            Dense(n_values),
            Dense(n_values, use_bias=False),
            Dense(n_values, use_bias=False),
        ]
        sources = [Flatten()(inputs[0]), *inputs[1:]]
        total = Add()([part(x) for part, x in zip(parts, sources, strict=True)])
        made.append(Activation("softmax")(total))
        parts[0].set_weights([table[0], table[3]])
        for part, kernel in zip(parts[1:], table[1:3], strict=True):
            part.set_weights([kernel])
    return keras.Model(inputs, made)
