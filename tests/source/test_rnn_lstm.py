"""Right answers of `rnn_lstm` lose nothing; a mistake costs its own exercise only."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.harness import cell, exercise_of, grade_cells, lost, master, replaced

ASSIGNMENT = "rnn_lstm"
EXERCISES = [
    c.id
    for c in master(ASSIGNMENT).cells
    if c.metadata.get("nbgrader", {}).get("solution")
]
ALTERNATIVES = Path(__file__).parent / "alternatives" / ASSIGNMENT


def answers_in(path: Path) -> dict[str, str]:
    """Exercise -> its function in `path`, with the helpers that stand before it."""
    source, answers, start = path.read_text(), {}, 0
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name in EXERCISES:
            answers[node.name] = "\n".join(lines[start : node.end_lineno])
            start = node.end_lineno
    return answers


STYLES = {path.stem: answers_in(path) for path in sorted(ALTERNATIVES.glob("*.py"))}
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
    tests = [c.id for c in master(ASSIGNMENT).cells if c.id.startswith("test_")]
    mine = {test for test in tests if exercise_of(test, EXERCISES) == exercise}
    assert set(failed[exercise]) == mine


# exercise -> mistake -> what is replaced in the reference, and by what
MISTAKES = {
    "rnn_cell_forward": {
        "sigmoid for softmax": ("softmax(", "sigmoid("),
        "softmax of tanh": (
            "softmax(Wya @ a_next +",
            "softmax(np.tanh(Wya @ a_next) +",
        ),
        "softmax of a tanh of all": (
            'softmax(Wya @ a_next + parameters["by"])',
            'softmax(np.tanh(Wya @ a_next + parameters["by"]))',
        ),
        "softmax over the wrong axis": (
            'softmax(Wya @ a_next + parameters["by"])',
            'softmax((Wya @ a_next + parameters["by"]).T).T',
        ),
        "sigmoid state": ("np.tanh(", "sigmoid("),
        "no bias": (' + parameters["ba"]', ""),
        "no output bias": (' + parameters["by"]', ""),
        "transposed state weights": ("Waa @ a_prev", "Waa.T @ a_prev"),
        "prediction from the old state": ("Wya @ a_next", "Wya @ a_prev"),
        "cache in another order": (
            "(a_next, a_prev, xt, parameters)",
            "(a_prev, a_next, xt, parameters)",
        ),
        "cache without parameters": (
            "(a_next, a_prev, xt, parameters)",
            "(a_next, a_prev, xt)",
        ),
        "scores, no probabilities": ("softmax(", "("),
        "changes its argument": ("    Wax,", "    xt *= 1.5\n    Wax,"),
        "reads a global dictionary": (
            'parameters["ba"]',
            'globals()["parameters"]["ba"]',
        ),
        "reads a global weight": ("Waa @ a_prev", 'globals()["Waa"] @ a_prev'),
    },
    "rnn_forward": {
        "a0 at every step": (
            "x[:, :, t], a_next, parameters",
            "x[:, :, t], a0, parameters",
        ),
        "a0 not used": ("a_next = a0\n", "a_next = np.zeros((n_a, m))\n"),
        "one step too few": ("range(T_x)", "range(1, T_x)"),
        "last step left out": ("range(T_x)", "range(T_x - 1)"),
        "length of the first axis": ("range(T_x)", "range(len(x))"),
        "first input at every step": ("x[:, :, t]", "x[:, :, 0]"),
        "time in the wrong axis": ("x[:, :, t]", "x[:, t, :]"),
        "a0 in the last slice": (
            "x[:, :, t], a_next, parameters",
            "x[:, :, t], a[:, :, t - 1] if t else first(a, a0), parameters",
        ),
        "one cache only": ("caches = (steps, x)", "caches = (cache, x)"),
        "caches without x": ("caches = (steps, x)", "caches = steps"),
        "caches swapped": ("caches = (steps, x)", "caches = (x, steps)"),
        "backward in time": ("range(T_x)", "reversed(range(T_x))"),
        "predicts the state": (
            "y_pred[:, :, t] = yt_pred",
            "y_pred[:, :, t] = yt_pred[:, :1]",
        ),
    },
    "lstm_cell_forward": {
        "sigmoid candidate": ('np.tanh(parameters["Wc"]', 'sigmoid(parameters["Wc"]'),
        "tanh forget gate": ("ft = sigmoid(", "ft = np.tanh("),
        "stack upside down": ("(a_prev, xt), axis=0", "(xt, a_prev), axis=0"),
        "gates swapped": ("ft * c_prev + it * cct", "it * c_prev + ft * cct"),
        "one minus forget": ("it * cct", "(1 - ft) * cct"),
        "update gate with forget's weights": ('parameters["Wi"]', 'parameters["Wf"]'),
        "output gate with the candidate's weights": (
            'parameters["Wo"]',
            'parameters["Wc"]',
        ),
        "candidate in the update gate's place in the cache": (
            "ft, it, cct, ot, xt",
            "ft, cct, it, ot, xt",
        ),
        "no tanh of the cell": ("ot * np.tanh(c_next)", "ot * c_next"),
        "tanh of the old cell": ("ot * np.tanh(c_next)", "ot * np.tanh(c_prev)"),
        "update with forget's bias": ('parameters["bi"]', 'parameters["bf"]'),
        "prediction from the cell": (
            'parameters["Wy"] @ a_next',
            'parameters["Wy"] @ c_next',
        ),
        "sigmoid prediction": ("softmax(", "sigmoid("),
        "gates in another order in the cache": (
            "ft, it, cct, ot, xt",
            "it, ft, cct, ot, xt",
        ),
        "states in another order": ("return a_next, c_next,", "return c_next, a_next,"),
        "global Wf": ('parameters["Wf"]', 'globals()["Wf"]'),
        "changes c_prev": (
            "c_next = ft * c_prev",
            "c_prev *= 1.0001\n    c_next = ft * c_prev",
        ),
    },
    "lstm_forward": {
        "cell state a view of c": (
            "c_next = np.zeros((n_a, m))",
            "c_next = c[:, :, 0]",
        ),
        "c is a": ("    c = np.zeros((n_a, m, T_x))", "    c = a"),
        "a0 at each step": ("x[:, :, t], a_next, c_next", "x[:, :, t], a0, c_next"),
        "cell state forgotten": (
            "x[:, :, t], a_next, c_next",
            "x[:, :, t], a_next, np.zeros((n_a, m))",
        ),
        "cell state starts as a0": ("c_next = np.zeros((n_a, m))", "c_next = a0"),
        "a0 not used": ("a_next = a0\n", "a_next = np.zeros((n_a, m))\n"),
        "starts at step 1": ("range(T_x)", "range(1, T_x)"),
        "len(x) steps": ("range(T_x)", "range(len(x))"),
        "returned in another order": (
            "return a, y, c, caches",
            "return a, c, y, caches",
        ),
        "state and cell swapped": (
            "a_next, c_next, yt_pred, cache =",
            "c_next, a_next, yt_pred, cache =",
        ),
        "no cache kept": ("        steps.append(cache)\n", ""),
        "caches alone": ("caches = (steps, x)", "caches = steps"),
    },
    "rnn_cell_backward": {
        "slope left out": ("da_next * (1 - a_next**2)", "da_next"),
        "slope not squared": ("1 - a_next**2", "1 - a_next"),
        "slope of the old state": ("1 - a_next**2", "1 - a_prev**2"),
        "missing parentheses": ("da_next * (1 - a_next**2)", "da_next * 1 - a_next**2"),
        "tanh twice": ("1 - a_next**2", "1 - np.tanh(a_next)**2"),
        "mean for a bias": ("np.sum(", "np.mean("),
        "bias without keepdims": (", keepdims=True", ""),
        "bias over the units": ("axis=1", "axis=0"),
        "weights not transposed": ('parameters["Waa"].T', 'parameters["Waa"]'),
        "weight gradient transposed": ("dz @ a_prev.T", "a_prev @ dz.T"),
        "gradient from the new state": ("dz @ a_prev.T", "dz @ a_next.T"),
        "da_next in place of dz": ("dz @ xt.T", "da_next @ xt.T"),
        "key misspelt": ('"dxt"', '"dx"'),
        "changes da_next": (
            "    dz = da_next *",
            "    da_next *= 2; da_next /= 3\n    dz = 1.5 * da_next *",
        ),
    },
    "rnn_backward": {
        "da_prevt left out": ("da[:, :, t] + da_prevt", "da[:, :, t]"),
        "da_prevt never updated": ('        da_prevt = step["da_prev"]\n', ""),
        "da left out": ("da[:, :, t] + da_prevt", "da_prevt"),
        "da0 is da": ('"da0": da_prevt', '"da0": da'),
        "da0 is the first da": ('"da0": da_prevt', '"da0": da[:, :, 0]'),
        "weights of the last step only": ("dWax += ", "dWax = "),
        "bias not summed": ("dba += ", "dba = "),
        "state weights of the last step only": ("dWaa += ", "dWaa = "),
        "caches walked in the other order": ("steps[t]", "steps[T_x - 1 - t]"),
        "forward in time": ("reversed(range(T_x))", "range(T_x)"),
        "as many steps as caches": (
            "n_a, m, T_x = da.shape",
            "(n_a, m, _), T_x = da.shape, len(steps)",
        ),
        "dx as long as x": ("np.zeros((n_x, m, T_x))", "np.zeros(x.shape)"),
        "step 0 left out": ("reversed(range(T_x))", "reversed(range(1, T_x))"),
        "aligned with the last caches": ("steps[t]", "steps[t - T_x]"),
        "adds to da in place": (
            "        step = ",
            (
                "        da[:, :, t] += 0.5\n        da[:, :, t] -= 0.25\n     "
                "   step = "
            ),
        ),
        "key of dba misspelt": ('"dba": dba', '"db": dba'),
    },
    "lstm_cell_backward": {
        "forget gate without parentheses": (
            "dc * c_prev * ft * (1 - ft)",
            (
                "dc_next * c_prev + da_next * ot * (1 - tanh_c**2) * c_prev "
                "* ft * (1 - ft)"
            ),
        ),
        "update gate without parentheses": (
            "dc * cct * it * (1 - it)",
            ("dc_next * cct + da_next * ot * (1 - tanh_c**2) * cct * it * (1 - it)"),
        ),
        "candidate without parentheses": (
            "dc * it * (1 - cct**2)",
            ("dc_next * it + da_next * ot * (1 - tanh_c**2) * it * (1 - cct**2)"),
        ),
        "1 - f without parentheses": ("ft * (1 - ft)", "ft * 1 - ft"),
        "output gate feels dc": (
            "da_next * tanh_c * ot",
            "(da_next + dc_next) * tanh_c * ot",
        ),
        "slope of the candidate left out": (" * (1 - cct**2)", ""),
        "slope of the output gate left out": ("tanh_c * ot * (1 - ot)", "tanh_c"),
        "tanh of the cell not derived": (" * (1 - tanh_c**2)", ""),
        "output gate left out of delta": ("da_next * ot *", "da_next *"),
        "tanh of the cell not squared": ("tanh_c**2", "tanh_c"),
        "square of the cell without tanh": ("1 - tanh_c**2", "1 - c_next**2"),
        "slope of the hidden state": ("1 - tanh_c**2", "1 - np.square(cache[0])"),
        "gates of dc_next alone": ('": dc * c', '": dc_next * c'),
        "candidate not squared": ("cct**2", "cct"),
        "dc_next left out": ("dc = dc_next + da_next", "dc = da_next"),
        "da_next left out": ("dc_next + da_next * ot * (1 - tanh_c**2)", "dc_next"),
        "dc_prev without da_next": ('"dc_prev": dc * ft', '"dc_prev": dc_next * ft'),
        "dc_prev without gate": ('"dc_prev": dc * ft', '"dc_prev": dc'),
        "not split at n_a": ("n_a = a_prev.shape[0]", "n_a = xt.shape[0]"),
        "dW in place of W": (
            'parameters[f"W{gate}"].T @ dgate for',
            "(dgate @ stacked.T).T @ dgate for",
        ),
        "one gate left out": (
            "for gate, dgate in dgates.items()\n",
            "for gate, dgate in dgates.items() if gate != 'o'\n",
        ),
        "forget gate left out": (
            "for gate, dgate in dgates.items()\n",
            "for gate, dgate in dgates.items() if gate != 'f'\n",
        ),
        "mean of the biases": ("np.sum(dgate", "np.mean(dgate"),
        "no keepdims": (", keepdims=True", ""),
        "gate weights transposed": ("dgate @ stacked.T", "stacked @ dgate.T"),
        "stacked upside down": ("(a_prev, xt), axis=0", "(xt, a_prev), axis=0"),
        "candidate for the update gate": (
            "dc * cct * it * (1 - it)",
            "dc * it * (1 - it)",
        ),
        "c_next for c_prev": ("dc * c_prev * ft", "dc * c_next * ft"),
        "keys without the d": ('gradients[f"db{gate}"]', 'gradients[f"b{gate}"]'),
        "changes dc_next": ("    dc = dc_next + ", "    dc = dc_next\n    dc += "),
    },
    "lstm_backward": {
        "published: nothing comes back": (
            (
                '        da_prevt = step["da_prev"]\n        dc_prevt = '
                'step["dc_prev"]\n'
            ),
            "",
        ),
        "da_prevt not updated": ('        da_prevt = step["da_prev"]\n', ""),
        "dc_prevt not updated": ('        dc_prevt = step["dc_prev"]\n', ""),
        "da_prevt not added": ("da[:, :, t] + da_prevt", "da[:, :, t]"),
        "reset at each step": (
            "        step = ",
            "        da_prevt = np.zeros((n_a, m))\n        step = ",
        ),
        "cell gradient reset at each step": (
            "        step = ",
            "        dc_prevt = np.zeros((n_a, m))\n        step = ",
        ),
        "da and dc swapped": (
            "da[:, :, t] + da_prevt, dc_prevt",
            "dc_prevt, da[:, :, t] + da_prevt",
        ),
        "da0 is all of da": ('["da0"] = da_prevt', '["da0"] = da'),
        "da0 is dc": ('["da0"] = da_prevt', '["da0"] = dc_prevt'),
        "weights not summed": ("gradients[key] += ", "gradients[key] = "),
        "biases not summed": ("(*weights, *biases)", "(*weights,)"),
        "weight gradients overwritten": (
            "gradients[key] += step[key]",
            "gradients[key] = step[key] + gradients[key] * (key in biases)",
        ),
        "caches walked in the other order": ("steps[t])", "steps[T_x - 1 - t])"),
        "steps of the caches": (
            "n_a, m, T_x = da.shape",
            "(n_a, m, _), T_x = da.shape, len(steps)",
        ),
        "dx of the length of x": ("np.zeros((n_x, m, T_x))", "np.zeros(x.shape)"),
        "walks forward": ("reversed(range(T_x))", "range(T_x)"),
        "first step left out": ("reversed(range(T_x))", "reversed(range(1, T_x))"),
        "key dx misspelt": ('{"dx": dx', '{"dxt": dx'),
        "changes da": (
            "        step = ",
            ("        da[:, :, t] += da_prevt\n        da_prevt = 0\n        step = "),
        ),
    },
}
CASES = [(exercise, name) for exercise, table in MISTAKES.items() for name in table]

# What a replacement above may need beside it.
HELPERS = {
    "a0 in the last slice": (
        "def first(a, a0):\n    a[:, :, -1] = a0\n    return a[:, :, -1]\n\n\n"
    ),
}


@pytest.mark.parametrize(("exercise", "mistake"), CASES)
def test_a_mistake_costs_its_own_exercise_only(exercise, mistake):
    answer = replaced(ASSIGNMENT, exercise, *MISTAKES[exercise][mistake])
    answer[exercise] = HELPERS.get(mistake, "") + answer[exercise]
    failed = lost(ASSIGNMENT, answer)
    assert set(failed) == {exercise}
    for message in failed[exercise].values():
        assert "_ref_" not in message, message


def visible(cell_id: str) -> str:
    """A test cell as students get it."""
    hidden = r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS\n?"
    return re.sub(hidden, "", cell(ASSIGNMENT, cell_id), flags=re.S)


ONLY_GRADING_SEES = {("rnn_forward", "predicts the state")}


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES)
def test_students_see_their_mistakes(exercise):
    """Nearly every mistake fails a visible check, not only a hidden one."""
    tests = [c.id for c in master(ASSIGNMENT).cells if c.id.startswith("test_")]
    shown = {test: visible(test) for test in tests}
    assert lost(ASSIGNMENT, shown) == {}
    unseen = set()
    for mistake, (old, new) in MISTAKES[exercise].items():
        answer = replaced(ASSIGNMENT, exercise, old, new)
        answer[exercise] = HELPERS.get(mistake, "") + answer[exercise]
        if set(lost(ASSIGNMENT, {**shown, **answer})) != {exercise}:
            unseen.add((exercise, mistake))
    assert unseen <= ONLY_GRADING_SEES


PARTIAL = {  # points kept
    ("rnn_cell_forward", "sigmoid for softmax"): 6,
    ("lstm_cell_forward", "prediction from the cell"): 11,
    ("lstm_forward", "cell state a view of c"): 8,
    ("rnn_cell_backward", "mean for a bias"): 11,
    ("rnn_backward", "da0 is the first da"): 7,
    ("rnn_backward", "as many steps as caches"): 12,
    ("lstm_cell_backward", "mean of the biases"): 12,
}


@pytest.mark.parametrize(("exercise", "mistake"), PARTIAL)
def test_what_is_right_beside_a_mistake_keeps_its_points(exercise, mistake):
    old, new = MISTAKES[exercise][mistake]
    results = grade_cells(ASSIGNMENT, replaced(ASSIGNMENT, exercise, old, new))
    kept = sum(
        score
        for test, (score, _, _) in results.items()
        if exercise_of(test, EXERCISES) == exercise
    )
    assert kept == PARTIAL[exercise, mistake]


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
