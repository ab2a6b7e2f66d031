"""Let the checks look at Keras models: weights and inputs go in, numbers come out.

Whoever checks chooses the weights and the inputs and compares the outputs with an own
calculation. Functions marked `@probe` run where the notebook's models live; everything
they take and give is plain data.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import CellType, FunctionType, SimpleNamespace
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
        "A raw TensorFlow function (tf.*, or keras.random) got a symbolic Keras tensor."
        " While a model is being described there are no numbers yet, and only Keras can"
        " take note of a step. Use keras.ops (ops.argmax, ops.one_hot, ops.expand_dims,"
        " ...) or a slice, X[:, t, :]; the function of a Lambda uses its own argument"
        " only."
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
    "to a shape": (
        "Input(shape=...) takes a tuple; a single number needs a comma: shape=(n_a,)."
    ),
    "Incompatible shapes": (
        "Two tensors of a step do not go together. X[:, t, :] is step t of all"
        " examples, X[t] is all of example t; an arg-max runs over the values, the last"
        " axis."
    ),
    "Reshape.call()": (
        "A Reshape does not fit. reshaper takes one step of all examples, X[:, t, :],"
        " of the shape (m, n_values); another reshape leaves the number of examples"
        " open, (-1, ...). And the sizes come from the layers that are given"
        " (densor.units), not from variables of the notebook."
    ),
    "found ndim=2": (
        "LSTM_cell wants a time axis, (m, 1, n_values). In the training model reshaper"
        " adds it, in the inference model RepeatVector(1) or ops.expand_dims(..., 1)."
    ),
    "cannot be empty": (
        "The list of outputs is empty: does the loop run once a step, and append what"
        " densor gives?"
    ),
    "it received 3 input tensors": (
        "A layer got three tensors in place of one: LSTM_cell returns the output and"
        " the two states, _, a, c = LSTM_cell(...), and densor gets a."
    ),
    "values must be KerasTensors": (
        "Each input of the model is made by Input(shape=...): an array or zeros are"
        " numbers, no input."
    ),
    "is not connected to": (
        "An output does not come from the inputs of the model: does Model(inputs=...)"
        " name all three, and was none of them (X, x0, a0, c0) given another meaning in"
        " the loop? Keep these names for Model(inputs=...) and carry on in others:"
        " x = x0, a = a0, c = c0."
    ),
    "too many values to unpack": (
        "LSTM_cell returns three tensors, the output and the two states:"
        " _, a, c = LSTM_cell(...)."
    ),
    "not enough values to unpack": (
        "LSTM_cell returns three tensors, the output and the two states:"
        " _, a, c = LSTM_cell(...)."
    ),
}
OUTER_TENSOR = (
    "The function in a Lambda used a tensor from outside of it, as in"
    " Lambda(lambda z: X[:, t, :])(X) or Lambda(lambda z: ops.argmax(out))(out). That"
    " X or out is symbolic (a KerasTensor): when the model runs, only what the layer is"
    " handed, z, has numbers. And t is looked up then, too, when the loop is over. Do"
    " it without a layer, X[:, t, :], or bind t and use the function's own argument:"
    " Lambda(lambda z, t=t: z[:, t, :])(X)."
)
ORDER = (
    "The model could not predict: its inputs have the shapes (1, 1, n_values), (1, n_a)"
    " and (1, n_a), and go into one list in the order x, a, c."
)
WIDTH = (
    "A reshape does not fit: the model tried here has other sizes than the notebook's."
    " The number of values is the last size of what predict gives, or of x_initializer."
)
SIZES = (
    "Some tensor has a shape that does not fit its layer. The sizes come from the"
    " layers that are given (densor.units, LSTM_cell.units), not from variables of the"
    " notebook; Input(shape=...) leaves out the number of examples, and nothing else;"
    " LSTM_cell wants one step, one-hot, of the shape (m, 1, n_values); an arg-max runs"
    " over the last axis, axis=-1."
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
    may fail in a way of its own (a new layer was made), or nothing; `remark`, what is
    wrong with a Lambda that was run as it was meant, or nothing.
    """
    layers = _layers(cases[0][0])
    with _lambdas_as_meant() as remarks:
        model = _built(name, steps, layers)
    found: list[list[np.ndarray]] = []
    for weights, inputs in cases:
        _set_weights(layers, weights)
        found.append(_run(name, model, inputs))
        expect(
            len(found[-1]) == steps,
            f"{name} should give a list of {steps} outputs for {steps} steps, each of"
            f" shape (m, n_values), but gave {len(found[-1])}"
            f" (the first of shape {found[-1][0].shape}): loop over range(Tx) or"
            " range(Ty), append inside the loop, return the list.",
        )
    known = {id(w) for key in ("LSTM_cell", "densor") for w in layers[key].weights}
    foreign = any(id(weight) not in known for weight in model.weights)
    return {
        "outputs": found,
        "parameters": int(model.count_params()),
        "note": NEW_LAYER.format(name) if foreign else "",
        "remark": "".join(remarks[:1]),
    }


@probe
def run_gradients(
    name: str,
    steps: int,
    weights: Sequence[np.ndarray],
    inputs: Sequence[np.ndarray],
    targets: np.ndarray,
) -> dict[str, Any]:
    """What training would do to the given layers in the model of function `name`.

    Returns the `loss`, summed -log of the outputs at `targets (steps, m, n_values)`
    with training=True, and its `gradients` for each of `weights` (zeros where none
    arrives).
    """
    import tensorflow as tf

    layers = _layers(weights)
    with _lambdas_as_meant():
        model = _built(name, steps, layers)
    with tf.GradientTape() as tape:
        outputs = model([array.copy() for array in inputs], training=True)
        if not isinstance(outputs, (list, tuple)):
            outputs = [outputs]
        right = [tf.reduce_sum(y * t, 1) for y, t in zip(outputs, targets, strict=True)]
        loss = -tf.reduce_sum(tf.math.log(tf.stack(right)))
    variables = [v for key in ("LSTM_cell", "densor") for v in layers[key].weights]
    found = tape.gradient(
        loss, [v.value for v in variables], unconnected_gradients="zero"
    )
    gradients = [
        np.asarray(gradient) * bool(v.trainable)  # frozen layers stay what they are
        for gradient, v in zip(found, variables, strict=True)
    ]
    return {"loss": float(loss), "gradients": gradients}


@contextmanager
def _lambdas_as_meant() -> Iterator[list[str]]:
    """Let Lambda layers that use a symbolic tensor of outside do what they meant.

    So this mistake, made once, does not make every property of the model invisible.
    Gives a list that holds an explanation if there is such a layer.
    """
    from keras.layers import Lambda

    remarks: list[str] = []
    call = Lambda.__call__

    def meant(layer: Any, *arguments: Any, **named: Any) -> Any:
        function = layer.function
        layer.function = _with_shapes_only(function)
        if layer.function is function:
            return call(layer, *arguments, **named)
        with suppress(Exception):
            return call(layer, *arguments, **named)
        layer.function = function
        remarks.append(OUTER_TENSOR)
        return function(*arguments, **named)

    Lambda.__call__ = meant
    try:
        yield remarks
    finally:
        Lambda.__call__ = call


def _with_shapes_only(function: Any) -> Any:
    """A function whose symbolic tensors of outside have a shape and nothing else.

    The function itself, where its closure holds none.
    """
    import keras

    def without_numbers(held: Any) -> Any:
        if isinstance(held, (list, tuple)):
            changed = [without_numbers(item) for item in held]
            same = all(new is old for new, old in zip(changed, held, strict=True))
            return held if same else changed
        if not isinstance(held, keras.KerasTensor):
            return held
        return SimpleNamespace(shape=held.shape, ndim=held.ndim, dtype=held.dtype)

    def seen(cell: CellType) -> CellType:
        try:
            new = without_numbers(cell.cell_contents)
        except ValueError:  # the name is not bound yet
            return cell
        return cell if new is cell.cell_contents else CellType(new)

    before = getattr(function, "__closure__", None) or ()
    cells = tuple(map(seen, before))
    if all(new is old for new, old in zip(cells, before, strict=True)):
        return function
    copy = FunctionType(function.__code__, function.__globals__, closure=cells)
    copy.__defaults__ = function.__defaults__
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


@probe
def run_predict_and_sample(
    tables: Sequence[Sequence[np.ndarray]], starts: Sequence[Sequence[np.ndarray]]
) -> list[dict[str, Any]]:
    """Call the notebook's `predict_and_sample` on a small model made of `tables`.

    Output t of the model is softmax(x0 P + a0 Q + c0 R + s) with (P, Q, R, s) =
    `tables[t]`. It is called once for each (x, a, c) of `starts`. Each call gives what
    the function returned: `results` and `indices` as arrays, `count`, the number of
    values (0 for None), `kinds`, their types, and `changed`, the names of the starting
    values that the call wrote into.
    """
    n_values, n_a = tables[0][0].shape[0], tables[0][1].shape[0]
    model, dense = _table_model(len(tables), n_values, n_a)
    stacked = [np.concatenate(table[:3]) for table in tables]
    offsets = np.concatenate([table[3] for table in tables])
    dense.set_weights([np.concatenate(stacked, axis=1), offsets])
    function = _notebook_function("predict_and_sample")
    found = []
    for start in starts:
        given = [array.copy() for array in start]
        returned = _predicted(function, model, given)
        pair = returned if isinstance(returned, (tuple, list)) else [returned]
        arrays = [np.asarray(item) for item in pair]
        found.append(
            {
                "count": 0 if returned is None else len(pair),
                "results": arrays[0],
                "indices": arrays[-1],
                "kinds": [type(item).__name__ for item in pair],
                "changed": [
                    name
                    for name, array, before in zip("xac", given, start, strict=True)
                    if not np.array_equal(array, before)
                ],
            }
        )
    return found


@probe
def numbers_and_arguments(
    function: Callable[..., Any], *arguments: Any, **named: Any
) -> tuple[Any, tuple[Any, ...]]:
    """Call `function`; its result, a tensor as an array, and `arguments` after it."""
    result = function(*arguments, **named)
    return np.asarray(result) if hasattr(result, "numpy") else result, arguments


def _predicted(
    function: Callable[..., Any], model: Any, given: Sequence[np.ndarray]
) -> Any:
    try:
        return function(model, *given)
    except ValueError as problem:
        text = str(problem)[:300]
        if "cannot reshape" in text:
            raise AssertionError(f"{WIDTH} ({text})") from problem
        if not re.search(
            "incompatible|Invalid input shape|expected .* input|unknown TensorShape",
            text,
        ):
            raise
        raise AssertionError(f"{ORDER} ({text})") from problem


def _notebook_function(name: str) -> Callable[..., Any]:
    found = vars(sys.modules["__main__"]).get(name)
    if found is None:
        raise NameError(f"name {name!r} is not defined", name=name)
    return found


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
        model is not None,
        f"{name} returned nothing: it should end with `return model`"
        " (`return inference_model`).",
    )
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
        if not isinstance(outputs, (list, tuple)):
            outputs = [outputs]
        return [np.asarray(output) for output in outputs]
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


def _shapes(shapes: Sequence[tuple[str, ...]]) -> str:
    return ", ".join(f"({', '.join(shape)})" for shape in shapes)


@functools.cache
def _table_model(steps: int, n_values: int, n_a: int) -> tuple[Any, Any]:
    """A model of the form told in `run_predict_and_sample`, and its one layer.

    Kept, so that Keras compiles `predict` once for each size.
    """
    import keras
    from keras.layers import Concatenate, Dense, Flatten, Reshape, Softmax

    shapes = {"x0": (1, n_values), "a0": (n_a,), "c0": (n_a,)}
    inputs = [keras.Input(shape, name=name) for name, shape in shapes.items()]
    dense = Dense(steps * n_values, kernel_initializer="zeros")
    scores = dense(Concatenate()([Flatten()(inputs[0]), *inputs[1:]]))
    spread = Softmax()(Reshape((steps, n_values))(scores))
    return keras.Model(inputs, [spread[:, t] for t in range(steps)]), dense
