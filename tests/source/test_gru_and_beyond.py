"""Right answers of `gru_and_beyond` lose nothing; a mistake costs its exercise only."""

from __future__ import annotations

import re

import pytest

from tests.answers import (
    bank,
    cell,
    grade_cells,
    lost,
    made,
    mistakes,
    seen,
    taken,
    tried,
    visible,
)

ASSIGNMENT = "gru_and_beyond"
EXERCISES = taken(ASSIGNMENT).exercises
STYLES = bank(ASSIGNMENT).right()
RIGHT = [(style, name) for style, answers in STYLES.items() for name in answers]


def test_reference_gets_a_hundred_points():
    results = grade_cells(ASSIGNMENT)
    assert sum(points for points, _, _ in results.values()) == 100
    assert sum(out_of for _, out_of, _ in results.values()) == 100


def test_each_function_has_four_other_right_answers():
    for exercise in EXERCISES:
        assert sum(name == exercise for _, name in RIGHT) >= 4, exercise


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


def test_there_are_at_least_sixty_mistakes():
    assert len(MISTAKES) >= 60
    assert {exercise for exercise, _ in MISTAKES} == set(EXERCISES)


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


PARTIAL = {  # points kept
    ("gru_cell_forward", "misprint: plus c"): 16,
    ("gru_cell_forward", "old state dropped"): 16,
    ("gru_cell_forward", "update gate from the new input only"): 16,
    ("gru_cell_forward", "relevance gate left out"): 16,
    ("gru_cell_forward", "relevance gate after the product"): 16,
    ("gru_forward", "c0 at every step"): 9,
    ("gru_forward", "view of c0 kept, without harm to c0"): 12,
    ("gru_cell_backward", "mean for a bias"): 22,
    ("gru_cell_backward", "sign of the update gate"): 22,
    ("gru_cell_backward", "slope of tanh left out"): 22,
    ("gru_cell_backward", "way through the relevance gate left out"): 18,
    ("gru_cell_backward", "dWc of the plain stack"): 22,
    ("bidirectional_forward", "softmax"): 13,
    ("bidirectional_forward", "backward on top"): 10,
    ("deep_rnn_forward", "always tanh"): 11,
    ("deep_rnn_forward", "stack upside down"): 8,
}


@pytest.mark.parametrize(("exercise", "mistake"), PARTIAL)
def test_what_is_right_beside_a_mistake_keeps_its_points(exercise, mistake):
    scores = made(ASSIGNMENT, exercise)[mistake].scores
    assert sum(scores[t] for t in EXERCISES[exercise]) == PARTIAL[exercise, mistake]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_syntax_error_costs_its_own_exercise_only(exercise):
    """The function is not even defined, and others that would call it still count."""
    found = lost(ASSIGNMENT, {exercise: f"def {exercise}(x:\n    return x"})
    assert set(found) == {exercise}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_exercises_take_no_framework(exercise):
    """A right answer that uses one loses a test cell; one only named does not."""
    right = cell(ASSIGNMENT, exercise)
    named = right + "\n# not with keras\nNOTE = 'torch'\n"
    assert lost(ASSIGNMENT, {exercise: named}) == {}
    found = lost(ASSIGNMENT, {exercise: right + "\nlayers = lambda: keras.layers\n"})
    assert {k: list(v) for k, v in found.items()} == {
        exercise: [f"test_{exercise}_shapes"]
    }


def test_globals_of_the_notebook_do_not_help():
    """Right values in a global dictionary of one size do not fit another."""
    wrong = cell(ASSIGNMENT, "gru_cell_forward").replace(
        "    ### BEGIN SOLUTION", "    parameters = globals()['kept']"
    )
    kept = "kept = make_gru_parameters(3, 5, seed=12)\n\n\n"
    answer = {"gru_cell_forward": kept + wrong}
    assert set(lost(ASSIGNMENT, answer)) == {"gru_cell_forward"}


ZEROS = {
    "gru_cell_forward": """
    zeros = np.zeros(c_prev.shape)
    return zeros, (zeros, c_prev, xt, zeros, zeros, zeros, parameters)
""",
    "gru_forward": """
    return np.zeros((*c0.shape, x.shape[2])), ([()] * x.shape[2], x)
""",
    "gru_cell_backward": """
    _, c_prev, xt, *_, p = cache
    found = {"dxt": 0 * xt, "dc_prev": 0 * c_prev}
    return found | {f"d{key}": 0 * array for key, array in p.items()}
""",
    "bidirectional_forward": """
    a = np.zeros((len(a0_forward) + len(a0_backward), *x.shape[1:]))
    return a, np.zeros((len(parameters["by"]), *x.shape[1:]))
""",
    "deep_rnn_forward": """
    return [np.zeros((*start.shape, x.shape[2])) for start in a0]
""",
}


BY_THE_COURSE = """
def gru_cell_backward(dc_next, cache):
    from learning import Tracked, gradients
    c_next, c_prev, xt, *_, parameters = cache
    t = {k: Tracked(v) for k, v in {**parameters, "xt": xt, "c_prev": c_prev}.items()}
    old, new = t["c_prev"], t["xt"]
    def gate(name, state):
        return t[f"W{name}"] @ np.concatenate((state, new), axis=0) + t[f"b{name}"]
    update, relevance = sigmoid(gate("u", old)), sigmoid(gate("r", old))
    candidate = np.tanh(gate("c", relevance * old))
    c = update * candidate + (1 - update) * old
    found = gradients(np.sum(c * dc_next), t)
    return {f"d{name}": value for name, value in found.items()}
"""


def test_the_courses_own_differentiation_is_no_answer():
    """Its gradients are right: what is lost is the test of how they were had."""
    found = lost(ASSIGNMENT, {"gru_cell_backward": BY_THE_COURSE})
    (tests,) = found.values()
    assert list(tests) == ["test_gru_cell_backward_shapes"]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_zeros_of_the_right_shape_earn_nothing(exercise):
    source = cell(ASSIGNMENT, exercise)
    head = source[: source.index("    ### BEGIN SOLUTION")]
    (outcome,) = tried(ASSIGNMENT, exercise, head + ZEROS[exercise])
    assert [test for test in EXERCISES[exercise] if outcome.scores[test]] == []
