"""Right answers of any spelling keep all points, each mistake loses its own."""

from __future__ import annotations

import importlib.util
import os
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras

from autograder.audit.judging import HIDDEN, Outcome
from tests.answers import (
    bank,
    cell,
    grade_cells,
    lost,
    made,
    master,
    mistakes,
    replaced,
    seen,
    taken,
    tried,
    visible,
)

ROOT = Path(__file__).resolve().parents[2]
NAME = "jazz_improvisation"

EXERCISES = (
    "djmodel",
    "music_inference_model",
    "predict_and_sample",
    "with_temperature",
    "large_leaps",
)


# --- right answers ---------------------------------------------------------

RIGHT = {
    exercise: {
        style: answers[exercise]
        for style, answers in bank(NAME).right(one_by_one=True).items()
        if exercise in answers
    }
    for exercise in EXERCISES
}
CUSTOMARY = bank(NAME).right()["customary"]


def changed(exercise: str, old: str, new: str) -> str:
    """The customary answer, with `old` replaced by `new`."""
    assert old in CUSTOMARY[exercise]
    return CUSTOMARY[exercise].replace(old, new)


def written(exercise: str, body: str) -> str:
    """An answer with the master's first line and `body`, that ends as it likes."""
    head = cell(NAME, exercise).split('    """')[0]
    return head + textwrap.indent(body, "    ")


# --- mistakes --------------------------------------------------------------

MISTAKES = mistakes(NAME)
SAID = {key: mistake.says for key, mistake in MISTAKES.items() if mistake.says}


def test_the_reference_keeps_all_100_points():
    graded = grade_cells(NAME)
    assert {test: error for test, (_, _, error) in graded.items() if error} == {}
    assert sum(out_of for _, out_of, _ in graded.values()) == 100


@pytest.mark.parametrize("exercise", EXERCISES)
def test_right_answers_lose_nothing(exercise):
    found = tried(NAME, exercise, *RIGHT[exercise].values())
    assert [failure for outcome in found for failure in outcome.failures] == []


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_a_mistake_loses_points_of_its_exercise_only(exercise, mistake):
    outcome = made(NAME, exercise)[mistake]
    assert outcome.loses() == {exercise}
    for failure in outcome.failures:
        assert "_ref_" not in failure.message and len(failure.message) < 1500


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


SPOILING_PROBE = """
def run_builder(name, steps, cases):
    for weights, inputs in cases:
        for w in weights:
            w[...] = 0
    def uniform(inputs, weights):
        shape = len(inputs[0]), len(weights[4])
        return [np.full(shape, 1 / shape[1], dtype="float32")] * steps
    found = [uniform(inputs, weights) for weights, inputs in cases]
    return {"outputs": found, "parameters": 0, "note": ""}
"""
SPOILING_INPUTS = """
def run_builder(name, steps, cases):
    found = []
    for weights, (X, a, c) in cases:
        for array in (*weights, X, a, c):
            array += 1
        found.append([np.eye(len(weights[4]))[: len(X)]] * steps)
    return {"outputs": found, "parameters": 0, "note": ""}
"""


@pytest.mark.parametrize("probe", [SPOILING_PROBE, SPOILING_INPUTS])
def test_a_probe_that_spoils_what_it_is_given_earns_nothing(probe):
    """The models are not even written; the student's own probe makes up outputs."""
    stubs = {
        name: f"def {name}(*arguments, **more):\n    raise NotImplementedError\n{probe}"
        for name in ("djmodel", "music_inference_model")
    }
    graded = grade_cells(NAME, stubs)
    for test, (points, out_of, _) in graded.items():
        assert points == (
            0 if test.startswith(("test_djmodel", "test_music")) else out_of
        )


#: the one property that each of the most common mistakes costs
COSTS = (
    ("djmodel", "LSTM with copied weights", "shared_layers"),
    ("music_inference_model", "copied weights", "shared_layers"),
    ("music_inference_model", "arg-max over everything", "several_at_once"),
    ("predict_and_sample", "width guessed from the largest index", "results"),
    ("predict_and_sample", "states in another order", "inputs"),
    ("djmodel", "Lambda that looks t up too late", "time_slices"),
    ("djmodel", "Lambda of the outer X", "time_slices"),
    ("djmodel", "a Lambda that uses a list of tensors of outside", "time_slices"),
    ("djmodel", "states reset", "states"),
    ("djmodel", "states reset after eight steps", "states"),
    ("djmodel", "states kept after five steps", "states"),
    ("djmodel", "frozen layers", "shared_layers"),
    ("djmodel", "gradient stopped", "shared_layers"),
    ("music_inference_model", "one solo only", "several_at_once"),
    ("music_inference_model", "states reset", "states"),
    ("music_inference_model", "states reset after eight steps", "states"),
    ("music_inference_model", "feeds x0 again", "feedback"),
    ("predict_and_sample", "one step squeezed", "one_step"),
    ("predict_and_sample", "list of indices", "indices"),
    ("predict_and_sample", "indices as floats", "indices"),
    ("predict_and_sample", "writes into x", "inputs"),
    ("with_temperature", "underflow", "extremes"),
    ("with_temperature", "writes into its argument", "extremes"),
    ("with_temperature", "a small number in the logarithm", "extremes"),
    ("large_leaps", "upwards only", "share"),
    ("large_leaps", "more than", "share"),
    ("large_leaps", "always 8", "edges"),
    ("large_leaps", "one note divides by zero", "edges"),
)


@pytest.mark.parametrize(("exercise", "mistake", "property"), COSTS)
def test_a_mistake_in_one_property_costs_that_one(exercise, mistake, property):
    failed = {failure.test for failure in made(NAME, exercise)[mistake].failures}
    assert failed == {f"test_{exercise}_{property}"}


ZEROS = (
    "indices = np.zeros((len(inference_model.outputs), 1), int)\n"
    "results = {results}\nreturn results, indices"
)
EMPTY = ("pass", "return {}", "return None")
NOTHING = {e: [written(e, body) for body in EMPTY] for e in EXERCISES}
NOTHING["djmodel"] += [
    changed("djmodel", "out = densor(a)", "out = ops.softmax(0 * x[:, 0])"),
    changed("djmodel", "out = densor(a)", "out = ops.softmax(x[:, 0])"),
]
NOTHING["music_inference_model"] += [
    changed(
        "music_inference_model", "out = densor(a)", "out = ops.softmax(0 * x0[:, 0])"
    )
]
NOTHING["predict_and_sample"] += [
    written("predict_and_sample", ZEROS.format(results=results))
    for results in (
        "np.zeros((len(indices), x_initializer.shape[2]))",
        "np.eye(x_initializer.shape[2])[indices[:, 0]]",
    )
]
NOTHING["with_temperature"] += [
    written("with_temperature", f"return {result}")
    for result in ("probabilities", "0 * probabilities + 1 / len(probabilities)")
]
NOTHING["large_leaps"] += [
    written("large_leaps", f"return {result}") for result in (0.0, 1.0, 0.25)
]


def without_work(exercise: str) -> list[Outcome]:
    return tried(NAME, exercise, *NOTHING[exercise])


@pytest.mark.parametrize("exercise", EXERCISES)
def test_doing_nothing_earns_nothing(exercise):
    own = taken(NAME).exercises[exercise]
    for answer, outcome in zip(NOTHING[exercise], without_work(exercise), strict=True):
        assert not any(outcome.scores[test] for test in own), answer


def test_raw_tensorflow_on_symbolic_tensors_is_explained():
    for exercise in ("djmodel", "music_inference_model"):
        failures = made(NAME, exercise)["raw TensorFlow"].failures
        assert failures and all("keras.ops" in f.message for f in failures)


def test_visible_checks_warn_of_nearly_all_known_wrong_answers():
    wrong = [
        outcome
        for exercise in EXERCISES
        for outcome in (*made(NAME, exercise).values(), *without_work(exercise))
    ]
    assert sum(not visible(outcome) for outcome in wrong) <= 0.05 * len(wrong)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_reference_passes_the_visible_checks(exercise):
    assert seen(NAME, {exercise: cell(NAME, exercise)}) == {}


@pytest.mark.parametrize(("exercise", "mistake"), SAID)
def test_the_visible_checks_say_what_is_wrong(exercise, mistake):
    """Whoever passes what is visible should have no surprise later."""
    errors = visible(made(NAME, exercise)[mistake]).values()
    assert any(SAID[exercise, mistake] in error for error in errors), errors
    assert all("\x1b" not in error for error in errors)


def test_messages_of_hidden_checks_give_no_numbers_away():
    failures = made(NAME, "djmodel")["the slice before"].failures
    hidden = [f.message for f in failures if f.part == HIDDEN]
    assert hidden and not any("expected" in message for message in hidden)


# --- the oracle and the probes ---------------------------------------------


def probes():
    folder = ROOT / "source" / NAME
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location("probes", folder / "model_probes.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_oracle_agrees_with_keras():
    names = {"np": np}
    exec(cell(NAME, "test_references"), names)
    module = probes()
    weights = module.random_weights(5, 4, 1)
    inputs = module.random_inputs(3, 6, 5, 4, 2)
    sequences = keras.layers.LSTM(4, return_sequences=True)
    sequences.build((None, 6, 5))
    sequences.set_weights(weights[:3])
    dense = keras.layers.Dense(5, activation="softmax")
    dense.build((None, 4))
    dense.set_weights(weights[3:])
    y = np.asarray(dense(sequences(inputs[0], initial_state=inputs[1:])))
    assert np.allclose(
        np.stack(names["_ref_teach"](weights, inputs), axis=1), y, atol=1e-5
    )


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
