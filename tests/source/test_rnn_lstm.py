"""Right answers of `rnn_lstm` lose nothing; a mistake costs its own exercise only."""

from __future__ import annotations

import ast
import math
import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.answers import (
    SOURCE,
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

ASSIGNMENT = "rnn_lstm"
EXERCISES = taken(ASSIGNMENT).exercises
STYLES = bank(ASSIGNMENT).right()
RIGHT = [(style, name) for style, answers in STYLES.items() for name in answers]


def test_reference_gets_a_hundred_points():
    results = grade_cells(ASSIGNMENT)
    assert sum(points for points, _, _ in results.values()) == 100
    assert sum(out_of for _, out_of, _ in results.values()) == 100


@pytest.mark.parametrize("style", STYLES)
def test_a_whole_notebook_in_another_style_is_right(style):
    assert lost(ASSIGNMENT, STYLES[style]) == {}


@pytest.mark.parametrize(("style", "exercise"), RIGHT)
def test_one_answer_in_another_style_is_right(style, exercise):
    assert lost(ASSIGNMENT, {exercise: STYLES[style][exercise]}) == {}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_an_unwritten_exercise_costs_only_itself(exercise):
    stub = re.sub(
        r"### BEGIN SOLUTION.*### END SOLUTION",
        f'raise NotImplementedError("{exercise} is not written yet")',
        cell(ASSIGNMENT, exercise),
        flags=re.S,
    )
    failed = lost(ASSIGNMENT, {exercise: stub})
    assert set(failed) == {exercise}
    assert set(failed[exercise]) == set(EXERCISES[exercise])


MISTAKES = mistakes(ASSIGNMENT)


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_a_mistake_costs_its_own_exercise_only(exercise, mistake):
    outcome = made(ASSIGNMENT, exercise)[mistake]
    assert outcome.loses() == {exercise}
    for failure in outcome.failures:
        assert "_ref_" not in failure.message, failure


@pytest.mark.parametrize("exercise", EXERCISES)
def test_students_see_their_mistakes(exercise):
    """Nearly every mistake fails a visible check, not only a hidden one."""
    assert seen(ASSIGNMENT, {exercise: cell(ASSIGNMENT, exercise)}) == {}
    unseen = [m for m, o in made(ASSIGNMENT, exercise).items() if not visible(o)]
    assert all(MISTAKES[exercise, mistake].hidden for mistake in unseen), unseen


SAID = [  # exercise, what is replaced by what, visible check, what it says
    *(
        (
            exercise,
            "return gradients",
            "pass",
            f"{exercise}_{check}",
            "returned nothing",
        )
        for exercise in EXERCISES
        if "backward" in exercise
        for check in ("shapes", "inputs")
    ),
    ("lstm_backward", "return gradients", "return {}", "lstm_backward_shapes", "lacks"),
    (
        "lstm_cell_forward",
        "ft, it, cct, ot, xt",
        "ft, it, cct, ft, xt",
        *("lstm_cell_forward_cache", "ot * tanh(c_next)"),
    ),
    (
        *("rnn_backward", "reversed(range(T_x))", "range(T_x, 0, -1)"),
        *("rnn_backward_edges", "the last is step 1, and there are 5 caches"),
    ),
    (
        "lstm_backward",
        "da[:, :, t] + da_prevt, dc_prevt",
        "dc_prevt, da[:, :, t] + da_prevt",
        *("lstm_backward_weights", "in this order, da[:, :, t] + da_prevt, dc_prevt"),
    ),
    (
        *("lstm_forward", "    c = np.zeros((n_a, m, T_x))", "    c = a"),
        *("lstm_forward_values", "two names for one"),
    ),
]


@pytest.mark.parametrize(("exercise", "old", "new", "check", "said"), SAID)
def test_a_visible_check_says_what_is_wrong(exercise, old, new, check, said):
    failed = seen(ASSIGNMENT, replaced(ASSIGNMENT, exercise, old, new))
    assert said in failed[f"test_{check}"]


def test_no_check_expects_minus_zero():
    """Neither where a gate is shut, nor where nothing comes back."""
    for exercise, old, new, check in (
        ("lstm_backward", '"da0"] = da_prevt', '"da0"] = dc_prevt', "inputs_and_start"),
        ("lstm_cell_forward", "ot * np", "1 * np", "hidden_state"),
        ("lstm_cell_forward", "ft * c_prev", "c_prev", "cell_state"),
    ):
        test = f"test_{exercise}_{check}"
        failed = seen(ASSIGNMENT, replaced(ASSIGNMENT, exercise, old, new))
        assert "expected" in failed[test]
        assert "expected -0," not in failed[test]


PARTIAL = {  # points kept
    ("rnn_cell_forward", "sigmoid for softmax"): 6,
    ("rnn_cell_forward", "no bias"): 6,
    ("lstm_cell_forward", "prediction from the cell"): 13,
    ("lstm_cell_forward", "gates swapped"): 7,
    ("lstm_forward", "cell state a view of c"): 5,
    ("rnn_cell_backward", "mean for a bias"): 9,
    ("rnn_backward", "da0 is the first da"): 8,
    ("rnn_backward", "as many steps as caches"): 13,
    ("lstm_cell_backward", "mean of the biases"): 14,
}


@pytest.mark.parametrize(("exercise", "mistake"), PARTIAL)
def test_what_is_right_beside_a_mistake_keeps_its_points(exercise, mistake):
    scores = made(ASSIGNMENT, exercise)[mistake].scores
    assert sum(scores[t] for t in EXERCISES[exercise]) == PARTIAL[exercise, mistake]


def test_globals_of_the_notebook_do_not_help():
    """Right values in a global dictionary of one size do not fit another."""
    wrong = cell(ASSIGNMENT, "lstm_cell_forward").replace(
        "    ### BEGIN SOLUTION", "    parameters = globals()['kept']"
    )
    kept = "kept = make_lstm_parameters(3, 5, 2, seed=12)\n\n\n"
    assert set(lost(ASSIGNMENT, {"lstm_cell_forward": kept + wrong})) == {
        "lstm_cell_forward"
    }


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_syntax_error_costs_its_own_exercise_only(exercise):
    """The function is not even defined, and others that would call it still count."""
    found = lost("rnn_lstm", {exercise: f"def {exercise}(x:\n    return x"})
    assert set(found) == {exercise}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_numpy_exercises_take_no_framework(exercise):
    """A right answer that uses one loses a test cell; one only named does not."""
    right = cell(ASSIGNMENT, exercise)
    named = right + "\n# not with keras\nNOTE = 'torch'\n"
    assert lost(ASSIGNMENT, {exercise: named}) == {}
    found = lost(ASSIGNMENT, {exercise: right + "\nlayers = lambda: keras.layers\n"})
    assert {k: list(v) for k, v in found.items()} == {
        exercise: [f"test_{exercise}_shapes"]
    }
    assert "with NumPy alone" in str(found)


def test_a_right_answer_without_a_def_is_right():
    """Where no source is found, there is nothing to forbid."""
    right = cell(ASSIGNMENT, "rnn_cell_forward")
    assert lost(ASSIGNMENT, {"rnn_cell_forward": f"exec({right!r})"}) == {}


MAKES = {  # answers of the right shapes, of one kind of number
    "zeros": "np.zeros(shape)",
    "halves": "np.full(shape, 0.5)",
    "random": "np.random.rand(*shape)",
    "always the same random": "np.random.default_rng(1).random(shape)",
}
SHAPED = {
    "rnn_cell_forward": """(xt, a_prev, p):
    a, y = make(*a_prev.shape), make(len(p["by"]), xt.shape[1])
    return a, y, (a, a_prev, xt, p)""",
    "rnn_forward": """(x, a0, p):
    n_x, m, T = x.shape
    a, y = make(len(a0), m, T), make(len(p["by"]), m, T)
    states = [a0, *(a[:, :, t] for t in range(T))]
    caches = [(states[t + 1], states[t], x[:, :, t], p) for t in range(T)]
    return a, y, (caches, x)""",
    "lstm_cell_forward": """(xt, a_prev, c_prev, p):
    a, y = make(*a_prev.shape), make(len(p["by"]), xt.shape[1])
    return a, a, y, (a, a, a_prev, c_prev, a, a, a, a, xt, p)""",
    "lstm_forward": """(x, a0, p):
    n_x, m, T = x.shape
    a, y = make(len(a0), m, T), make(len(p["by"]), m, T)
    return a, y, a, ([(*[a0] * 8, x[:, :, t], p) for t in range(T)], x)""",
    "rnn_cell_backward": """(da, cache):
    of = {"xt": cache[2], "a_prev": cache[1], **cache[3]}
    return {f"d{key}": make(*of[key].shape) for key in of}""",
    "rnn_backward": """(da, caches):
    of = {"x": caches[1][:, :, : da.shape[2]], "a0": da[:, :, 0]}
    of.update(caches[0][0][-1])
    return {f"d{key}": make(*of[key].shape) for key in of}""",
    "lstm_cell_backward": """(da, dc, cache):
    of = {"xt": cache[8], "a_prev": cache[2], "c_prev": cache[3], **cache[9]}
    return {f"d{key}": make(*of[key].shape) for key in of}""",
}
SHAPED["lstm_backward"] = SHAPED["rnn_backward"]
ECHO = {  # hands its arguments back, under the names of results
    "rnn_cell_forward": """(xt, a_prev, p):
    y = p["by"].repeat(xt.shape[1], axis=1)
    return a_prev, y, (a_prev, a_prev, xt, p)""",
    "rnn_forward": """(x, a0, p):
    T, y = x.shape[2], p["by"].repeat(x.shape[1], axis=1)
    caches = [(a0, a0, x[:, :, t], p) for t in range(T)]
    return np.stack([a0] * T, 2), np.stack([y] * T, 2), (caches, x)""",
    "lstm_cell_forward": """(xt, a, c, p):
    one, y = np.ones(c.shape), p["by"].repeat(xt.shape[1], axis=1)
    return a, c, y, (a, c, a, c, one, one, 0 * one, a / np.tanh(c), xt, p)""",
    "lstm_forward": """(x, a0, p):
    T, y = x.shape[2], p["by"].repeat(x.shape[1], axis=1)
    a = np.stack([a0] * T, 2)
    caches = [(*[a0] * 8, x[:, :, t], p) for t in range(T)]
    return a, np.stack([y] * T, 2), a, (caches, x)""",
}
ECHO |= {
    exercise: SHAPED[exercise].replace("make(*of[key].shape)", "of[key]")
    for exercise in EXERCISES
    if "backward" in exercise
}
NOTHING = {
    "pass": "(*arguments): pass",
    "an empty dictionary": "(*arguments): return {}",
    **{f"{n} Nones": f"(*arguments): return (None,) * {n}" for n in (2, 3, 4)},
    "its arguments": "(*arguments): return arguments",
    **dict.fromkeys(MAKES, SHAPED),
    "arguments under the names of results": ECHO,
}


def answer_of(kind: str, exercise: str) -> str:
    """An answer to `exercise` that does nothing."""
    body = NOTHING[kind]
    head = f"def make(*shape): return {MAKES[kind]}\n\n\n" if kind in MAKES else ""
    return f"{head}def {exercise}{body if isinstance(body, str) else body[exercise]}"


@pytest.mark.parametrize("exercise", EXERCISES)
def test_an_answer_that_does_nothing_gets_nothing(exercise):
    answers = [answer_of(kind, exercise) for kind in NOTHING]
    found = zip(NOTHING, tried(ASSIGNMENT, exercise, *answers), strict=True)
    kept = [(k, t) for k, o in found for t in EXERCISES[exercise] if o.scores[t]]
    assert kept == []


def test_one_right_result_among_zeros_keeps_its_points():
    """Who has written part of an answer is not taken for one who did nothing."""
    answer = """
def rnn_cell_backward(da_next, cache):
    a_next, a_prev, xt, p = cache
    of = {"xt": xt, "a_prev": a_prev, **p}
    zeros = {f"d{key}": np.zeros(of[key].shape) for key in of}
    dz = da_next * (1 - a_next**2)
    return {**zeros, "dba": dz.sum(axis=1, keepdims=True)}
"""
    failed = lost(ASSIGNMENT, {"rnn_cell_backward": answer})["rnn_cell_backward"]
    assert set(failed) == {
        "test_rnn_cell_backward_states",
        "test_rnn_cell_backward_weights",
    }


def test_the_courses_networks_are_no_answer():
    for forward, network in (("rnn_forward", "rnn"), ("lstm_forward", "lstm")):
        answer = f"""
import memory
def {forward}(x, a0, parameters):
    found = memory.course_{network}(x, a0, parameters)["hidden state"]
    return found, found, found, ([], x)
"""
        failed = lost(ASSIGNMENT, {forward: answer})[forward]
        assert set(failed) == set(EXERCISES[forward])
        assert "an answer is your own" in failed[f"test_{forward}_values"]


@pytest.fixture
def notebook(monkeypatch):
    """The names of the notebook, with the functions of its demonstrations."""
    monkeypatch.syspath_prepend(SOURCE / ASSIGNMENT)
    monkeypatch.chdir(SOURCE / ASSIGNMENT)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    modules = ("checks", "explain", "memory", "progress")
    before = {name: sys.modules.pop(name, None) for name in modules}
    names: dict = {}
    for c in master(ASSIGNMENT).cells:
        if c.cell_type == "code" and not c.id.startswith("test_"):
            functions = ast.parse(c.source)
            if c.id.startswith("demo_"):  # without the calls
                functions.body = [
                    n for n in functions.body if isinstance(n, ast.FunctionDef)
                ]
            exec(compile(functions, c.id, "exec"), names)
    yield names
    plt.close("all")
    for name, module in before.items():
        sys.modules.pop(name, None)
        if module:
            sys.modules[name] = module


@pytest.fixture
def random_lstm(notebook):
    """Arguments of an LSTM."""
    arrays = notebook["make_arrays"]({"x": (3, 2, 6), "a0": (4, 2)}, seed=1)
    return *arrays.values(), notebook["make_lstm_parameters"](3, 4, 2, seed=2)


def test_the_courses_networks_are_those_of_the_exercises(notebook, random_lstm):
    x, a0, parameters = random_lstm
    found = notebook["course_lstm"](x, a0, parameters)
    a, _, c, (caches, _) = notebook["lstm_forward"](x, a0, parameters)
    np.testing.assert_allclose(found["hidden state"], a)
    np.testing.assert_allclose(found["cell state"], c)
    for place, gate in ((4, "forget gate"), (5, "update gate")):
        expected = np.dstack([cache[place] for cache in caches])
        np.testing.assert_allclose(found[gate], expected)
    weights = notebook["make_rnn_parameters"](3, 4, 2, seed=3)
    found = notebook["course_rnn"](x, a0, weights)["hidden state"]
    np.testing.assert_allclose(found, notebook["rnn_forward"](x, a0, weights)[0])


def test_the_measured_gradient_is_that_of_the_exercises(notebook, random_lstm):
    x, a0, parameters = random_lstm
    da = np.zeros((4, 2, 6))
    da[:, :, -1] = 1
    caches = notebook["lstm_forward"](x, a0, parameters)[-1]
    dx = notebook["lstm_backward"](da, caches)["dx"]
    found = notebook["measured_dx"](notebook["course_lstm"], x, a0, parameters)
    np.testing.assert_allclose(found, dx, rtol=1e-9)


def complex_step(loss, arguments: dict) -> dict[str, np.ndarray]:
    """`{"d" + name: gradient of loss(**arguments)}`, exact to rounding."""
    gradients = {f"d{name}": np.empty(array.shape) for name, array in arguments.items()}
    for name, array in arguments.items():
        for place in np.ndindex(array.shape):
            moved = array.astype(complex)
            moved[place] += 1e-30j
            loss_there = loss(**{**arguments, name: moved})
            gradients[f"d{name}"][place] = loss_there.imag / 1e-30
    return gradients


SIZES = range(6)  # of the hidden tests


def expected_by(notebook, model: str, number: int):
    """References of the hidden tests, arrays of one of their sizes, and parameters.

    The arrays are x, xt, and da, a and, of an LSTM, dc and c.
    """
    exec(cell(ASSIGNMENT, "test_references"), notebook)
    sizes = (notebook["_ref_ALL"] + notebook["_ref_ALIKE"])[number]
    *arrays, parameters = notebook["_ref_inputs"](
        model, sizes, "x", "xt", "da", "da_next", "a_prev", "dc_next", "c_prev"
    )
    arrays = arrays if model == "lstm" else arrays[:-2]
    return lambda name: notebook[f"_ref_{model}_{name}"], arrays, parameters


def assert_gradients(found: dict, loss, moved: dict) -> None:
    """That they are what `loss(moved)` says, but for what only predictions use."""
    used = {n: v for n, v in moved.items() if n not in ("Wya", "Wy", "by")}
    expected = complex_step(lambda **v: loss({**moved, **v}), used)
    assert found.keys() == expected.keys()
    for key, gradient in found.items():
        np.testing.assert_allclose(gradient, expected[key], atol=1e-12, err_msg=key)


@pytest.mark.parametrize("model", ["rnn", "lstm"])
@pytest.mark.parametrize("number", SIZES)
def test_hidden_tests_of_a_step_expect_numerical_gradients(notebook, model, number):
    of, (_, xt, _, *states), parameters = expected_by(notebook, model, number)
    late, early = states[::2], states[1::2]
    names = ["xt", "a_prev", "c_prev"][: 1 + len(early)]

    def loss(v):
        found = of("cell_forward")(*(v[name] for name in names), v)
        return sum(np.sum(d * state) for d, state in zip(late, found, strict=False))

    cache = of("cell_forward")(xt, *early, parameters)[-1]
    moved = dict(zip(names, (xt, *early), strict=True))
    assert_gradients(of("cell_backward")(*late, cache), loss, {**moved, **parameters})


@pytest.mark.parametrize("model", ["rnn", "lstm"])
@pytest.mark.parametrize("number", SIZES)
def test_hidden_tests_of_all_steps_expect_numerical_gradients(notebook, model, number):
    of, (x, _, da, _, a0, *_), parameters = expected_by(notebook, model, number)
    for steps in {1, da.shape[2]}:  # `da` may have fewer than x

        def loss(v, da=da[:, :, :steps]):
            return np.sum(
                da * of("forward")(v["x"], v["a0"], v)[0][:, :, : da.shape[2]]
            )

        found = of("backward")(da[:, :, :steps], x, a0, parameters)
        moved = {"x": x[:, :, :steps], "a0": a0, **parameters}
        assert_gradients(found, loss, moved)


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (lambda: np.ones(3), ""),
        (lambda: np.zeros(3), "gives other numbers"),
        (lambda: None, "gives other numbers"),
        (lambda: {}["a"], "can't be used yet (KeyError: 'a')"),
    ],
)
def test_the_course_stands_in_openly(notebook, capsys, own, said):
    found = notebook["own_or_course"](own, lambda: np.ones(3))
    assert np.array_equal(found, np.ones(3))
    printed = capsys.readouterr().out
    assert said in printed
    assert ("NOT YOURS" in printed) == bool(said)


B, F = "lstm_cell_backward", "lstm_cell_forward"
GATES = "for gate, dgate in dgates.items()\n"
ON_CELL = "dxt da_prev dc_prev dWf dbf dWi dbi dWc dbc"
RNN = "dxt da_prev dWax dWaa dba"
FAILS = [  # cell, what is replaced by what, what fails in each table below the checks
    (B, GATES, f"{GATES[:-1]} if gate != 'f'\n", "dxt da_prev", "dxt da_prev"),
    (B, "ft * (1 - ft)", "ft", "dxt da_prev dWf dbf", "dxt da_prev dWf dbf"),
    (B, "ot * (1 - ot)", "ot", "dxt da_prev dWo dbo", ""),
    (B, " * (1 - tanh_c**2)", "", ON_CELL, ""),
    (B, "dc_next + da_next *", "da_next *", "", ON_CELL),
    (B, "np.sum(", "np.mean(", "dbf dbi dbc dbo", "dbf dbi dbc"),
    (B, "(a_prev, xt)", "(xt, a_prev)", "dWf dWi dWc dWo", "dWf dWi dWc"),
    (F, "ft * c_prev + it *", "it * c_prev + ft *", ON_CELL, ON_CELL),
    (F, "np.tanh(c_next)", "c_next", f"{ON_CELL} dWo dbo", ""),
    ("rnn_cell_backward", " * (1 - a_next**2)", "", RNN),
    ("rnn_cell_forward", "np.tanh(", "sigmoid(", RNN),
    ("rnn_cell_forward", "a_next, a_prev, xt, p", "a_prev, a_next, xt, p", RNN),
    ("rnn_cell_forward", ' + parameters["ba"]', "", "dba"),
]


@pytest.mark.parametrize("case", FAILS)
def test_the_measured_cell_shows_what_the_text_says(notebook, capsys, case):
    exercise, old, new, *fails = case
    exec(replaced(ASSIGNMENT, exercise, old, new)[exercise], notebook)
    notebook["check_lstm_cell" if "lstm" in exercise else "check_rnn_cell"]()
    found = [
        {line.split()[0] for line in table.splitlines() if "CHECK THIS" in line}
        for table in capsys.readouterr().out.split("L = ")[1:]
    ]
    assert found == [set(keys.split()) for keys in fails]


def test_one_step_hides_what_is_not_added(notebook, capsys):
    """What the comment in the call says."""
    exec(MISTAKES["rnn_backward", "da_prevt left out"].source, notebook)
    weights = notebook["make_rnn_parameters"](3, 4, 2, seed=42)
    for steps in (1, 5):
        passes = notebook["rnn_forward"], notebook["rnn_backward"]
        notebook["compare_gradients"](*passes, weights, steps)
        assert ("CHECK THIS" in capsys.readouterr().out) == (steps > 1)


def test_each_network_says_once_that_it_is_not_yours(notebook, capsys):
    for name in ("rnn_forward", "lstm_forward"):
        notebook[name] = lambda *given: None
    notebook["show_lags"]([("RNN", 0.8), ("LSTM", 0), ("RNN", 1.0), ("LSTM", 5)])
    assert capsys.readouterr().out.count("NOT YOURS") == 2
    notebook["train_all"](biases=(4, 0))
    assert capsys.readouterr().out.count("NOT YOURS") == 2


@pytest.mark.slow
def test_who_has_written_nothing_sees_every_experiment(tmp_path):
    """With stubs for answers no experiment fails, and each says whose network it is."""
    lines = ["import matplotlib; matplotlib.use('agg')"]
    wanted = ("memory_at_work", "gradient_against_lag", "memory_task", "gates")
    calls = [f"demo_{name}" for name in (*wanted, "closing_check")]
    demos = [*calls, *(f"{call}_code" for call in calls)]
    for c in master(ASSIGNMENT).cells:
        solution = c.metadata.get("nbgrader", {}).get("solution")
        if c.id.startswith("setup_") or c.id in demos:
            lines.append(c.source)
        elif solution:
            lines.append(f"def {c.id}(*given): raise NotImplementedError('{c.id}')")
    script = tmp_path / "stubs.py"
    script.write_text("\n".join(lines))
    command = [sys.executable, "-c", f"exec(open({str(script)!r}).read())"]
    run = subprocess.run(
        command, cwd=SOURCE / ASSIGNMENT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("NOT YOURS") == 1 + 2 + 2 + 1 + 2


def right(notebook, steps, noise):
    """How often the trained memory tells 600 signals right."""
    weights, rng = notebook["trained_memory"](), np.random.default_rng(11)
    signals = np.arange(600) % 3
    inputs = notebook["signals_in_noise"](rng, signals, steps, noise)
    states = notebook["run_memory"](weights, inputs)["hidden state"][:, :, -1]
    scores = weights["Wy"] @ states + weights["by"]
    return np.mean(scores.argmax(axis=0) == signals)


def test_numbers_of_the_memory_at_work(notebook):
    assert right(notebook, 50, 1.0) == 1
    assert right(notebook, 200, 1.0) < 0.1  # "worse than guessing"
    assert 0.5 < right(notebook, 50, 3.0) < 0.8


def test_numbers_of_the_gradient_against_lag(notebook):
    lags, strengths = notebook["lag_cases"], (0.8, 1.0, 1.3)
    for strength, left in zip(strengths, lags("RNN", strengths), strict=True):
        np.testing.assert_allclose(left, strength ** np.arange(40), rtol=1e-6)
    half, kept = lags("LSTM", (0, 5))
    assert np.all(np.abs(half[1:] / half[:-1] - 0.5) < 0.03)  # "about half"
    assert round(1 / (1 + math.exp(-5)), 3) == 0.993
    assert kept[-1] > 0.8  # "keep most"


def test_other_numbers_of_the_text(notebook):
    assert round(5 * math.log(8), 1) == 10.4
    assert 1 / 3 < 0.99**100 < 0.4
    assert 10_000 * 50 * 100 == 50_000_000
    assert round((10_000 + 100) * 100, -6) == 1_000_000
    text = cell(ASSIGNMENT, "title")
    minutes = [int(n) for n in re.findall(r"\| (\d+) \|", text)]
    assert sum(minutes[:-1]) == minutes[-1] == 225


def trained(notebook, kind, seed):
    """Share told right in the last 20 of 300 batches, weights and learning curve."""
    if kind == "RNN":
        weights = notebook["make_rnn_parameters"](4, 12, 3, seed)
    else:
        weights = notebook["make_lstm_parameters"](4, 12, 3, seed)
        weights["bf"] += kind
    net = "rnn" if kind == "RNN" else "lstm"
    passes = notebook[f"{net}_forward"], notebook[f"{net}_backward"]
    weights, history = notebook["train_memory"](net, *passes, weights, 300)
    last = np.mean([accuracy for _, accuracy in history[-20:]])
    return last, weights, notebook["learning"](history)


@pytest.mark.slow
def test_the_recorded_memory_is_what_training_gives(notebook):
    recorded = notebook["recorded_training"]()
    for kind, name in ((4, "LSTM, forget bias 4"), (0, "LSTM, forget bias 0")):
        _, weights, curve = trained(notebook, kind, seed=2)
        np.testing.assert_allclose(curve, recorded[name], atol=0.05)
        if kind:
            for key, array in notebook["trained_memory"]().items():
                np.testing.assert_allclose(weights[key], array, atol=0.05)


@pytest.mark.slow
def test_eight_starting_points(notebook):
    """The answer below "A task that needs memory"."""
    ends = {
        kind: sorted(trained(notebook, kind, seed)[0] for seed in range(8))
        for kind in (4, 0, "RNN")
    }
    sure = {kind: ends[kind].count(1) for kind in ends}
    assert sure[4] >= 5 and sure[4] > sure["RNN"] and min(ends[4]) > 0.6
    assert max(ends[0]) < 0.36  # guessing
    assert ends["RNN"][0] < 0.4 and np.mean(ends["RNN"]) < np.mean(ends[4]) - 0.1
