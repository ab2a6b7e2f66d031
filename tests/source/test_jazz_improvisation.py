"""Right answers of any spelling keep all points, each mistake loses its own."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras  # noqa: F401  imported once here, so that every fork has it
import music21  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from harness import cell, grade_cells, lost, master, replaced  # noqa: E402

NAME = "jazz_improvisation"

EXERCISES = ("djmodel", "music_inference_model", "predict_and_sample")


def lost_in_own(answer: dict[str, str]) -> dict[str, str]:
    """`{failed test: error}` in the exercise of `answer`; the others' tests rest.

    Which they may: no exercise calls another, see `test_exercises_are_independent`.
    """
    (exercise,) = answer
    others = {
        c.id: ""
        for c in master(NAME).cells
        if c.id.startswith("test_")
        and c.id != "test_references"
        and not c.id.startswith(f"test_{exercise}")
    }
    found = lost(NAME, {**others, **answer})
    assert set(found) <= {exercise}
    return found.get(exercise, {})


# --- right answers ---------------------------------------------------------

CUSTOMARY_DJMODEL = """
def djmodel(Tx, LSTM_cell, densor, reshaper):
    n_values = densor.units
    n_a = LSTM_cell.units
    X = Input(shape=(Tx, n_values))
    a0 = Input(shape=(n_a,), name="a0")
    c0 = Input(shape=(n_a,), name="c0")
    a = a0
    c = c0
    outputs = []
    for t in range(Tx):
        x = {slice}
        x = {one_step}
        {step}
        {output}
        outputs.append(out)
    model = Model(inputs=[X, a0, c0], outputs=outputs)
    return model
"""
SPELLING = {
    "slice": "X[:, t, :]",
    "one_step": "reshaper(x)",
    "step": "a, _, c = LSTM_cell(x, initial_state=[a, c])",
    "output": "out = densor(a)",
}


def djmodel(**spelling: str) -> dict[str, str]:
    return {"djmodel": CUSTOMARY_DJMODEL.format(**{**SPELLING, **spelling})}


CUSTOMARY_INFERENCE = """
def music_inference_model(LSTM_cell, densor, Ty=100):
    n_values = densor.units
    n_a = LSTM_cell.units
    x0 = Input(shape=(1, n_values))
    a0 = Input(shape=(n_a,), name="a0")
    c0 = Input(shape=(n_a,), name="c0")
    a = a0
    c = c0
    x = x0
    outputs = []
    for t in range(Ty):
        {step}
        out = densor(a)
        outputs.append(out)
        {feed}
    inference_model = Model(inputs=[x0, a0, c0], outputs=outputs)
    return inference_model
"""


def inference(
    feed: str, step: str = "a, _, c = LSTM_cell(x, initial_state=[a, c])"
) -> dict[str, str]:
    feed = feed.replace("\n", "\n        ")
    source = CUSTOMARY_INFERENCE.format(feed=feed, step=step)
    return {"music_inference_model": source}


CUSTOMARY_SAMPLE = """
def predict_and_sample(inference_model, x_initializer = x_initializer,
                       a_initializer = a_initializer,
                       c_initializer = c_initializer):
    {body}
    return results, indices
"""


def sample(body: str) -> dict[str, str]:
    body = body.replace("\n", "\n    ")
    return {"predict_and_sample": CUSTOMARY_SAMPLE.format(body=body)}


START = "[x_initializer, a_initializer, c_initializer]"
RIGHT = {
    "customary": djmodel(),
    "short slice": djmodel(slice="X[:, t]"),
    "slice of one step": djmodel(slice="X[:, t:t+1, :]", one_step="x"),
    "Lambda that binds t": djmodel(slice="Lambda(lambda z, t=t: z[:, t, :])(X)"),
    "Lambda with arguments": djmodel(
        slice="Lambda(lambda z, t: z[:, t, :], arguments={'t': t})(X)"),
    "ops.take": djmodel(slice="ops.take(X, t, axis=1)"),
    "ops.expand_dims": djmodel(one_step="ops.expand_dims(x, 1)"),
    "ops.reshape": djmodel(one_step="ops.reshape(x, (-1, 1, n_values))"),
    "new axis": djmodel(one_step="x[:, None, :]"),
    "RepeatVector": djmodel(one_step="RepeatVector(1)(x)"),
    "own Reshape": djmodel(one_step="Reshape((1, n_values))(x)"),
    "keyword sequences": djmodel(
        step="a, _, c = LSTM_cell(sequences=x, initial_state=[a, c])"),
    "positional state": djmodel(step="a, _, c = LSTM_cell(x, [a, c])"),
    "tuple of states": djmodel(step="_, a, c = LSTM_cell(x, initial_state=(a, c))"),
    "output of the layer": djmodel(
        step="h, a, c = LSTM_cell(x, initial_state=[a, c])", output="out = densor(h)"),
    "unstacked": djmodel(slice="ops.unstack(X, axis=1)[t]"),
    "feed: keras.ops": inference(
        "x = ops.one_hot(ops.argmax(out, axis=-1), n_values)\n"
        "x = ops.expand_dims(x, 1)"),
    "feed: RepeatVector": inference(
        "x = ops.argmax(out, axis=-1)\nx = ops.one_hot(x, n_values)\n"
        "x = RepeatVector(1)(x)"),
    "feed: tf inside Lambda": inference(
        "x = Lambda(lambda z: tf.one_hot(tf.math.argmax(z, axis=-1), n_values),"
        " output_shape=(n_values,))(out)\nx = RepeatVector(1)(x)"),
    "feed: function in a Lambda": inference(
        "def one_hot(z):\n    z = ops.one_hot(ops.argmax(z, -1), n_values)\n"
        "    return ops.expand_dims(z, 1)\nx = Lambda(one_hot)(out)"),
    "feed: Reshape": inference(
        "x = Reshape((1, n_values))(ops.one_hot(ops.argmax(out, axis=1), n_values))"),
    "feed: comparison": inference(
        "top = ops.max(out, axis=-1, keepdims=True)\n"
        "x = ops.cast(ops.equal(out, top), 'float32')[:, None, :]"),
    "feed: keepdims": inference(
        "x = ops.one_hot(ops.argmax(out, axis=-1, keepdims=True), n_values)"),
    "feed: eye": inference(
        "x = ops.take(ops.eye(n_values), ops.argmax(out, -1), axis=0)[:, None]"),
    "sample: customary": sample(
        f"pred = inference_model.predict({START})\n"
        "indices = np.argmax(pred, axis=-1)\n"
        "results = to_categorical(indices, num_classes=x_initializer.shape[2])"),
    "sample: width of the prediction": sample(
        f"pred = inference_model.predict({START}, verbose=0)\n"
        "indices = np.argmax(np.array(pred), 2)\n"
        "results = to_categorical(indices, num_classes=pred[0].shape[-1])"),
    "sample: called directly": sample(
        f"pred = np.stack([p.numpy() for p in inference_model({START})])\n"
        "indices = pred.argmax(axis=-1)\n"
        "results = np.eye(pred.shape[2])[indices.ravel()]"),
    "sample: loop": sample(
        f"pred = inference_model.predict_on_batch({START})\n"
        "results = np.zeros((len(pred), pred[0].shape[1]))\n"
        "indices = np.zeros((len(pred), 1), dtype=int)\n"
        "for t, p in enumerate(pred):\n"
        "    indices[t, 0] = np.argmax(p[0])\n"
        "    results[t, indices[t, 0]] = 1"),
    "sample: batched keyword": sample(
        f"pred = np.concatenate(inference_model.predict(x={START}, batch_size=1))\n"
        "indices = np.argmax(pred, axis=1).reshape(-1, 1)\n"
        "results = (np.arange(pred.shape[1]) == indices).astype('float32')"),
}  # fmt: skip

# --- mistakes --------------------------------------------------------------

COPIED = """
    new_cell = LSTM(n_a, return_state=True)
    new_cell.build((None, 1, n_values))
    new_cell.set_weights(LSTM_cell.get_weights())
"""


def copied(answer: dict[str, str]) -> dict[str, str]:
    """The same answer with copies of the LSTM's weights instead of the layer."""
    ((name, source),) = answer.items()
    source = source.replace("    outputs = []", COPIED + "    outputs = []")
    head, loop = source.split("outputs = []")
    loop = loop.replace("LSTM_cell(", "new_cell(")
    return {name: f"{head}outputs = []{loop}"}


def changed(answer: dict[str, str], old: str, new: str) -> dict[str, str]:
    ((name, source),) = answer.items()
    assert old in source
    return {name: source.replace(old, new)}


FEED = "x = ops.expand_dims(ops.one_hot(ops.argmax(out, axis=-1), n_values), 1)"
MADE = "LSTM(n_a, return_state=True)"
SAMPLE = (
    f"pred = np.array(inference_model.predict({START}, verbose=0))\n"
    "indices = np.argmax(pred, axis=-1)\n"
    "results = to_categorical(indices, num_classes=pred.shape[-1])"
)
MISTAKES = {
    "always the first slice": djmodel(slice="X[:, 0, :]"),
    "always the last slice": djmodel(slice="X[:, -1, :]"),
    "Lambda that looks t up too late": djmodel(slice="Lambda(lambda z: z[:, t, :])(X)"),
    "the slice before": djmodel(slice="X[:, t - 1, :]"),
    "time reversed": djmodel(slice="X[:, Tx - 1 - t, :]"),
    "the whole X each step": djmodel(slice="X", one_step="x"),
    "all steps so far": djmodel(slice="X[:, :t+1, :]", one_step="x"),
    "slice of the examples": djmodel(slice="X[t, :, :]", one_step="x[None]"),
    "states reset": djmodel(step="a, _, c = LSTM_cell(x, initial_state=[a0, c0])"),
    "states swapped": djmodel(step="a, _, c = LSTM_cell(x, initial_state=[c, a])"),
    "returned states swapped": djmodel(
        step="_, c, a = LSTM_cell(x, initial_state=[a, c])"),
    "no states": djmodel(step="a, _, c = LSTM_cell(x)"),
    "hidden state not carried": djmodel(
        step="h, _, c = LSTM_cell(x, initial_state=[a, c])", output="out = densor(h)"),
    "cell state not carried": djmodel(
        step="a, _, _ = LSTM_cell(x, initial_state=[a, c])"),
    "states start from zero": changed(djmodel(), "    a = a0\n    c = c0",
        "    a = ops.zeros_like(a0)\n    c = ops.zeros_like(c0)"),
    "only the hidden state is reset": djmodel(
        step="a, _, c = LSTM_cell(x, initial_state=[a0, c])"),
    "number of examples in Input": changed(
        djmodel(), "shape=(Tx, n_values)", "shape=(None, Tx, n_values)"),
    "tensor named inputs": djmodel(
        step="a, _, c = LSTM_cell(inputs=x, initial_state=[a, c])"),
    "densor of the cell state": djmodel(output="out = densor(c)"),
    "new LSTM each step": djmodel(
        step=f"a, _, c = {MADE}(x, initial_state=[a, c])"),
    "new dense layer each step": djmodel(
        output="out = Dense(n_values, activation='softmax')(a)"),
    "LSTM of the same settings": changed(
        djmodel(), "    outputs = []",
        "    LSTM_cell = LSTM.from_config(LSTM_cell.get_config())\n    outputs = []"),
    "LSTM with copied weights": copied(djmodel()),
    "only the last output": changed(
        djmodel(), "outputs=outputs", "outputs=outputs[-1]"),
    "outputs stacked": changed(
        djmodel(), "outputs=outputs", "outputs=ops.stack(outputs, axis=1)"),
    "outputs in another order": changed(
        djmodel(), "outputs=outputs", "outputs=outputs[::-1]"),
    "30 steps always": changed(djmodel(), "range(Tx)", "range(30)"),
    "one step too few": changed(djmodel(), "range(Tx)", "range(Tx - 1)"),
    "global n_values": changed(
        djmodel(), "n_values = densor.units", "n_values = globals()['n_values']"),
    "global layers": changed(djmodel(), "    n_values = densor.units",
        "    densor = globals()['densor']\n    n_values = densor.units"),
    "inputs in another order": changed(djmodel(), "[X, a0, c0]", "[X, c0, a0]"),
    "X last": changed(djmodel(), "[X, a0, c0]", "[a0, c0, X]"),
    "no densor": djmodel(output="out = a"),
    "raw TensorFlow": djmodel(one_step="tf.expand_dims(x, 1)"),
    "nothing returned": changed(djmodel(), "return model", "pass"),
    "feeds x0 again": inference("x = x0"),
    "feeds probabilities": inference("x = ops.expand_dims(out, 1)"),
    "feeds the least likely": inference(FEED.replace("argmax", "argmin")),
    "feeds the index shifted": inference(FEED.replace(
        "ops.argmax(out, axis=-1)", "(ops.argmax(out, axis=-1) + 1) % n_values")),
    "draws by chance": inference(FEED.replace(
        "ops.argmax(out, axis=-1)",
        "ops.squeeze(keras.random.categorical(ops.log(out), 1), -1)")),
    "arg-max over everything": inference(
        "x = 0 * x + ops.one_hot(ops.argmax(out), n_values)"),
    "always feeds its first choice": inference(
        FEED.replace("argmax(out", "argmax(outputs[0]")),
    "time axis in front": inference(FEED.replace(", 1)", ", 0)")),
    "NumPy arg-max": inference(FEED.replace("ops.argmax", "np.argmax")),
    "to_categorical of a symbol": inference(
        "x = to_categorical(ops.argmax(out, axis=-1), n_values)[:, None]"),
    "inference: densor of the cell state": changed(
        inference(FEED), "densor(a)", "densor(c)"),
    "inference: only the hidden state is reset": inference(
        FEED, "a, _, c = LSTM_cell(x, initial_state=[a0, c])"),
    "inference: x0 last": changed(inference(FEED), "[x0, a0, c0]", "[a0, c0, x0]"),
    "inference: only the last output": changed(
        inference(FEED), "outputs=outputs", "outputs=outputs[-1]"),
    "fixed width": inference(FEED.replace("n_values", "90")),
    "feeds only once": inference(f"if t == 0:\n    {FEED}"),
    "inference: states reset": inference(
        FEED, "a, _, c = LSTM_cell(x, initial_state=[a0, c0])"),
    "inference: states swapped": inference(
        FEED, "a, _, c = LSTM_cell(x, initial_state=[c, a])"),
    "inference: no states": inference(FEED, "a, _, c = LSTM_cell(x)"),
    "inference: new layer": inference(
        FEED, f"a, _, c = {MADE}(x, initial_state=[a, c])"),
    "inference: copied weights": copied(inference(FEED)),
    "inference: new densor": changed(
        inference(FEED), "densor(a)", "Dense(n_values, activation='softmax')(a)"),
    "inference: 50 steps always": changed(inference(FEED), "range(Ty)", "range(50)"),
    "inference: one-hot outputs": changed(
        inference(FEED), "outputs.append(out)",
        "outputs.append(ops.one_hot(ops.argmax(out, axis=-1), n_values))"),
    "inference: global n_values": changed(
        inference(FEED), "n_values = densor.units", "n_values = globals()['n_values']"),
    "inference: inputs swapped": changed(
        inference(FEED), "[x0, a0, c0]", "[x0, c0, a0]"),
    "inference: raw TensorFlow": inference(
        "x = tf.one_hot(tf.math.argmax(out, axis=-1), n_values)\n"
        "x = RepeatVector(1)(x)"),
    "width guessed from the largest index": sample(
        SAMPLE.replace(", num_classes=pred.shape[-1]", "")),
    "width of the course": sample(
        SAMPLE.replace("pred.shape[-1]", "n_values")),
    "arg-max over the steps": sample(SAMPLE.replace("axis=-1", "axis=0")),
    "indices without second axis": sample(SAMPLE.replace("axis=-1)", "axis=-1)[:, 0]")),
    "probabilities as results": sample(SAMPLE + "\nresults = pred[:, 0]"),
    "results with a third axis": sample(SAMPLE + "\nresults = results[:, None, :]"),
    "results of the step before": sample(SAMPLE + "\nresults = np.roll(results, 1, 0)"),
    "starting values from outside": changed(
        sample(SAMPLE), "def predict_and_sample(",
        "_x, _a, _c = (np.ones((1, 1, 6)), np.ones((1, 3)), np.ones((1, 3)))\n"
        "def predict_and_sample(") | {"predict_and_sample": sample(SAMPLE.replace(
            START, "[np.zeros_like(x_initializer), np.zeros_like(a_initializer),"
                   " np.zeros_like(c_initializer)]"))["predict_and_sample"]},
    "states in another order": sample(SAMPLE.replace(
        "a_initializer, c_initializer]", "c_initializer, a_initializer]")),
    "draws instead of arg-max": sample(SAMPLE.replace(
        "np.argmax(pred, axis=-1)",
        "np.array([[np.random.choice(len(p[0]), p=p[0] / p[0].sum())]"
        " for p in pred])")),
    "returned in another order": changed(
        sample(SAMPLE), "return results, indices", "return indices, results"),
    "only the results": changed(
        sample(SAMPLE), "return results, indices", "return results"),
    "first prediction left out": sample(
        SAMPLE.replace("verbose=0))", "verbose=0))[1:]")),
}  # fmt: skip


def test_the_reference_keeps_all_100_points():
    graded = grade_cells(NAME)
    assert {test: error for test, (_, _, error) in graded.items() if error} == {}
    assert sum(out_of for _, out_of, _ in graded.values()) == 100


@pytest.mark.parametrize("answer", RIGHT.values(), ids=RIGHT)
def test_right_answers_lose_nothing(answer):
    assert lost_in_own(answer) == {}


@pytest.mark.parametrize("answer", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_loses_points(answer):
    failed = lost_in_own(answer)
    assert failed
    for error in failed.values():
        assert "_ref_" not in error and len(error) < 1500


@pytest.mark.parametrize("exercise", EXERCISES)
def test_exercises_are_independent(exercise):
    """Whatever is wrong with one, the others keep their points."""
    wrong = f"def {exercise}(*arguments, **more):\n    return None"
    assert set(lost(NAME, {exercise: wrong})) == {exercise}


def test_the_stubs_lose_everything():
    stubs = {
        name: f"def {name}(*arguments, **more):\n"
        f'    raise NotImplementedError("{name} is not written yet")'
        for name in EXERCISES
    }
    assert all(points == 0 for points, _, _ in grade_cells(NAME, stubs).values())


@pytest.mark.parametrize("mistake, only", [
    ("LSTM with copied weights", {"test_djmodel_shared_layers"}),
    ("inference: copied weights", {"test_music_inference_model_shared_layers"}),
    ("arg-max over everything", {"test_music_inference_model_several_at_once"}),
    ("width guessed from the largest index", {"test_predict_and_sample_results"}),
    ("states in another order", {"test_predict_and_sample_inputs"}),
])  # fmt: skip
def test_one_property_a_test(mistake, only):
    """A mistake in one property leaves the points for the others."""
    assert set(lost_in_own(MISTAKES[mistake])) <= only


def test_raw_tensorflow_on_symbolic_tensors_is_explained():
    for name in ("raw TensorFlow", "inference: raw TensorFlow"):
        tests = lost_in_own(MISTAKES[name])
        assert tests and all("keras.ops" in error for error in tests.values())


#: what the visible part of the checks alone should say
SAID = {
    "time reversed": "which slice does each step take",
    "no states": "does not depend on a0",
    "only the hidden state is reset": "is a carried",
    "densor of the cell state": r"a \(not c\) that densor gets",
    "LSTM with copied weights": "a new layer was made",
    "new dense layer each step": "a new layer was made",
    "inputs in another order": r"inputs of the model are \[X, a0, c0\]",
    "X last": r"should be \[X, a0, c0\], in this order",
    "number of examples in Input": "leaves out the number of examples",
    "global n_values": "sizes come from the layers",
    "tensor named inputs": "without a name",
    "only the last output": "should give a list of",
    "feeds x0 again": "own choice",
    "feeds probabilities": "not the probabilities",
    "always feeds its first choice": "the first choice again",
    "time axis in front": "where is the time axis added",
    "arg-max over everything": "over which axis",
    "NumPy arg-max": "A NumPy function",
    "to_categorical of a symbol": "A NumPy function",
    "inference: raw TensorFlow": "A raw TensorFlow function",
    "inference: densor of the cell state": "that densor gets",
    "inference: only the hidden state is reset": "is a carried",
    "inference: copied weights": "a new layer was made",
    "inference: inputs swapped": r"\[x0, a0, c0\]",
    "inference: x0 last": r"should be \[x0, a0, c0\], in this order",
    "inference: only the last output": "should give a list of",
    "width guessed from the largest index": "should have shape",
    "states in another order": "order x, a, c",
    "returned in another order": "the order is results, indices",
    "draws instead of arg-max": "arg-max of each prediction",
}


@pytest.mark.parametrize("mistake", SAID)
def test_the_visible_checks_say_what_is_wrong(mistake):
    """Whoever passes what is visible should have no surprise later."""
    answer = MISTAKES[mistake]
    (exercise,) = answer
    cells = {
        c.id: re.sub(r"(?s)### BEGIN HIDDEN.*?### END HIDDEN TESTS", "", c.source)
        if c.id.startswith(f"test_{exercise}") else ""
        for c in master(NAME).cells if c.id.startswith("test_")
    }  # fmt: skip
    errors = lost(NAME, {**cells, **answer})[exercise].values()
    assert any(re.search(SAID[mistake], error) for error in errors), errors
    assert all("\x1b" not in error for error in errors)


def test_messages_of_hidden_checks_give_no_numbers_away():
    answer = djmodel(slice="X[:, t - 1, :]")
    tests = lost_in_own(answer)
    assert tests and not any("expected" in error for error in tests.values())


# --- the oracle and the probes ---------------------------------------------


def probes():
    folder = ROOT / "source" / NAME
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location("probes", folder / "model_probes.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_oracle_agrees_with_keras():
    """In a child process: Keras must not run anything before the forks."""
    check = """
def djmodel(Tx, LSTM_cell, densor, reshaper):
    X = Input(shape=(Tx, densor.units))
    a0, c0 = Input(shape=(LSTM_cell.units,)), Input(shape=(LSTM_cell.units,))
    weights, inputs = [random_weights(5, 4, 1), random_inputs(3, 6, 5, 4, 2)]
    LSTM_cell.build((None, 1, densor.units))
    sequences = LSTM(4, return_sequences=True)
    sequences.build((None, 6, 5))
    sequences.set_weights(weights[:3])
    dense = Dense(5, activation="softmax")
    dense.build((None, 4))
    dense.set_weights(weights[3:])
    y = np.asarray(dense(sequences(inputs[0], initial_state=inputs[1:])))
    mine = np.stack(_ref_teach(weights, inputs), axis=1)
    raise RuntimeError(f"oracle off by less than 1e-5: {abs(y - mine).max() < 1e-5}")
"""
    found = grade_cells(NAME, {"djmodel": check})
    assert "1e-5: True" in found["test_djmodel_values"][2]


def test_probes_are_marked_and_the_helpers_are_not():
    module = probes()
    assert module.run_builder.probe and module.run_predict_and_sample.probe
    assert not hasattr(module.random_weights, "probe")


def test_weights_and_inputs_have_the_shapes_of_keras():
    module = probes()
    shapes = [w.shape for w in module.random_weights(7, 3, 0)]
    assert shapes == [(7, 12), (3, 12), (12,), (3, 7), (7,)]
    X, a0, c0 = module.random_inputs(2, 5, 7, 3, 0)
    assert X.shape == (2, 5, 7) and a0.shape == c0.shape == (2, 3)
    assert np.array_equal(X.sum(axis=2), np.ones((2, 5)))


# --- the notebook ----------------------------------------------------------


def test_the_notebook_is_stored_clean():
    book = master(NAME)
    for c in book.cells:
        if c.cell_type == "code":
            assert c.outputs == [] and c.execution_count is None
            assert max(map(len, c.source.splitlines())) <= 79, c.id
        if "nbgrader" in c.metadata:
            assert c.metadata.nbgrader.grade_id == c.id
    assert set(book.metadata) == {"kernelspec", "language_info"}


def test_hidden_tests_stand_between_their_markers():
    for c in master(NAME).cells:
        if c.metadata.get("nbgrader", {}).get("grade"):
            assert c.source.count("### BEGIN HIDDEN") == 1, c.id
            assert c.source.count("### END HIDDEN") == 1, c.id
    assert "_ref_teach" in cell(NAME, "test_references")


def test_a_changed_reference_is_noticed():
    answer = replaced(NAME, "djmodel", "X[:, t, :]", "X[:, 0, :]")
    assert set(lost(NAME, answer)) == {"djmodel"}
