"""The dinosaur assignment: mistakes cost their exercise, right answers cost nothing."""

from __future__ import annotations

import ast
import functools
import importlib
import json
import os
import re
import subprocess
import sys
import textwrap
from types import ModuleType

import numpy as np
import pytest

from autograder.audit.judging import VISIBLE, Outcome
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

NAME = "dinosaur_names"

MISTAKES = mistakes(NAME)

# what may stand in place of an answer without any work
NO_GRADIENTS = "{k: 0 * v for k, v in gradients.items()}"
NOTHING = {
    "draw_index": ["None", "{}", "[]", "0", "probs", "seed", "0 * probs"],
    "sample": [
        *("None", "{}", "[]", "[0]", "51 * [0]", "50 * [1] + [0]", "parameters"),
        "np.zeros(51, dtype=int)",
    ],
    "clip": ["None", "{}", "gradients", "maxValue", NO_GRADIENTS],
    "clip_by_norm": ["None", "{}", "gradients", "max_norm", NO_GRADIENTS],
    "optimize": [
        *("None", "{}", "(X, Y, a_prev)", "(0.0, {}, a_prev)"),
        "(0.0, {f'd{k}': 0 * v for k, v in parameters.items()}, a_prev)",
        "(0.0, {f'd{k}': 0 * v for k, v in parameters.items()}, 0 * a_prev)",
    ],
    "model": [
        *("None", "{}", "({}, '')", "(data, ix_to_char)"),
        "(initialize_parameters(n_a, len(char_to_ix), len(char_to_ix)), '')",
    ],
}


def with_fragment(fragment: str) -> dict[str, str]:
    """The cell of `model` with `fragment` between its solution markers."""
    before, rest = cell(NAME, "model").split("        ### BEGIN SOLUTION\n")
    _, after = rest.split("        ### END SOLUTION\n")
    return {"model": before + textwrap.indent(fragment, " " * 8) + after}


def test_the_reference_has_all_points() -> None:
    assert lost(NAME) == {}


def test_points_add_up_to_100() -> None:
    assert sum(out_of for _, out_of, _ in grade_cells(NAME).values()) == 100


@pytest.mark.parametrize("exercise", NOTHING)
def test_an_unwritten_exercise_costs_all_its_points_and_no_others(
    exercise: str,
) -> None:
    stub = f"def {exercise}(*args, **kwargs):\n    raise NotImplementedError('stub')"
    assert_nothing_earned(exercise, {exercise: stub})


def assert_nothing_earned(exercise: str, answers: dict[str, str]) -> None:
    """No check of `exercise` gives a point for `answers`, all others give theirs."""
    for test, (points, out_of, _) in grade_cells(NAME, answers).items():
        own = test in taken(NAME).exercises[exercise]
        assert points == (0 if own else out_of), test


@functools.cache
def without_work(exercise: str) -> dict[str, Outcome]:
    """What becomes of answers that do nothing but return something."""
    signature = cell(NAME, exercise).split('    """')[0]
    answers = [f"{signature}    return {result}" for result in NOTHING[exercise]]
    found = tried(NAME, exercise, *answers)
    return dict(zip(NOTHING[exercise], found, strict=True))


@pytest.mark.parametrize("exercise", NOTHING)
def test_an_answer_without_work_has_no_points(exercise: str) -> None:
    for result, outcome in without_work(exercise).items():
        assert outcome.loses() == {exercise}, result
        own = [outcome.scores[test] for test in taken(NAME).exercises[exercise]]
        assert not any(own), result


@pytest.mark.parametrize("exercise", NOTHING)
def test_a_stub_whose_error_was_deleted_has_no_points(exercise: str) -> None:
    before, rest = cell(NAME, exercise).split("### BEGIN SOLUTION\n")
    stub = before + rest.split("### END SOLUTION\n")[1]
    assert_nothing_earned(exercise, {exercise: stub})


@pytest.mark.parametrize("fragment", ["pass", "Y, curr_loss = [0], 0.0"])
def test_a_gap_of_the_loop_that_learns_nothing_has_no_points(fragment: str) -> None:
    assert_nothing_earned("model", with_fragment(fragment))


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_a_mistake_costs_its_own_exercise(exercise: str, mistake: str) -> None:
    assert made(NAME, exercise)[mistake].loses() == {exercise}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("len(indices) < 50", "len(indices) < 49"),
        ("len(indices) < 50", "len(indices) < 51"),
        (" and len(indices) < 50", ""),
        ("    if idx != newline:\n        indices.append(newline)\n", ""),
    ],
)
def test_a_name_that_ends_elsewhere_costs_the_check_of_its_end(
    right: str, wrong: str
) -> None:
    answer = cell(NAME, "sample").replace(right, wrong)
    assert lost(NAME, {"sample": answer})["sample"].keys() == {"test_sample_end"}


@pytest.mark.parametrize("exercise", NOTHING)
def test_the_reference_passes_the_visible_checks(exercise: str) -> None:
    assert seen(NAME, {exercise: cell(NAME, exercise)}) == {}


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_a_visible_check_explains_a_mistake(exercise: str, mistake: str) -> None:
    advice = MISTAKES[exercise, mistake].says
    messages = visible(made(NAME, exercise)[mistake])
    assert any(advice in message for message in messages.values()), messages


def test_visible_checks_warn_of_nearly_all_known_wrong_answers() -> None:
    wrong = {
        (exercise, name): outcome
        for exercise in NOTHING
        for found in (made(NAME, exercise), without_work(exercise))
        for name, outcome in found.items()
    }
    unnoticed = [answer for answer, outcome in wrong.items() if not visible(outcome)]
    assert len(unnoticed) <= 0.05 * len(wrong), unnoticed


def test_every_check_has_a_visible_part() -> None:
    for name in taken(NAME).test_of:
        assert ast.parse(taken(NAME).part(name, VISIBLE)).body, name


EFFORT = re.compile(r"\*(Easy|Medium|Hard) · (\d+) minutes · (\d+) points\.\*")


def test_points_follow_effort() -> None:
    """About a point a minute; what takes longer is called no easier."""
    texts = [c.source for c in master(NAME).cells if c.cell_type == "markdown"]
    efforts = [found.groups() for text in texts for found in EFFORT.finditer(text)]
    assert len(efforts) == len(NOTHING)
    ranks = []
    for level, minutes, points in efforts:
        assert 0.95 <= int(points) / int(minutes) <= 1.25
        ranks.append((int(minutes), ("Easy", "Medium", "Hard").index(level)))
    assert [rank for _, rank in sorted(ranks)] == sorted(rank for _, rank in ranks)


@pytest.mark.parametrize("style", bank(NAME).right())
def test_other_right_answers_cost_nothing(style: str) -> None:
    assert lost(NAME, bank(NAME).right()[style]) == {}


@pytest.mark.parametrize("style", bank(NAME).right(one_by_one=True))
def test_another_right_answer_costs_nothing(style: str) -> None:
    for exercise, source in bank(NAME).right()[style].items():
        assert lost(NAME, {exercise: source}) == {}, exercise


def test_messages_of_failed_tests_hold_no_test_code() -> None:
    wrong = replaced(NAME, "clip", "-maxValue, maxValue", "0, maxValue")
    for message in lost(NAME, wrong)["clip"].values():
        assert "_ref" not in message
        assert "array(" not in message


@pytest.fixture
def student_module(monkeypatch: pytest.MonkeyPatch):
    """Imports a module that stands beside the notebook."""
    monkeypatch.syspath_prepend(str(SOURCE / NAME))

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    return load


def test_given_gradients_agree_with_finite_differences(student_module) -> None:
    rnn = student_module("character_rnn")
    generator = np.random.default_rng(3)
    parameters = rnn.initialize_parameters(4, 6, 6)
    for value in parameters.values():
        value += 0.5 * generator.standard_normal(value.shape)
    X, Y, a0 = [None, 3, 1, 5], [3, 1, 5, 0], generator.standard_normal((4, 1))
    _, cache = rnn.rnn_forward(X, Y, a0, parameters)
    gradients, a = rnn.rnn_backward(X, Y, parameters, cache)
    assert sorted(a) == [-1, 0, 1, 2, 3]
    for name, value in parameters.items():
        for place in np.ndindex(*value.shape):
            kept, losses = value[place], []
            for step in (1e-5, -1e-5):
                value[place] = kept + step
                losses.append(rnn.rnn_forward(X, Y, a0, parameters)[0])
            value[place] = kept
            slope = (losses[0] - losses[1]) / 2e-5
            assert gradients[f"d{name}"][place] == pytest.approx(slope, abs=1e-7)


def test_shapes_of_the_given_parameters(student_module) -> None:
    parameters = student_module("character_rnn").initialize_parameters(100, 27, 27)
    assert {name: value.shape for name, value in parameters.items()} == {
        "Wax": (100, 27),
        "Waa": (100, 100),
        "Wya": (27, 100),
        "b": (100, 1),
        "by": (27, 1),
    }


def test_nats_per_character_is_the_mean_loss_over_all_characters(
    student_module,
) -> None:
    rnn, names = student_module("character_rnn"), ["mei", "anzu", "yulong"]
    codes, _ = student_module("name_list").build_vocabulary()
    parameters = rnn.initialize_parameters(8, 27, 27)
    for value in parameters.values():
        value += np.random.default_rng(5).standard_normal(value.shape)
    total = 0.0
    for name in names:
        Y = [codes[c] for c in name + "\n"]
        total += rnn.rnn_forward([None, *Y[:-1]], Y, np.zeros((8, 1)), parameters)[0]
    mean = total / sum(len(name) + 1 for name in names)
    assert rnn.nats_per_character(parameters, names, codes) == pytest.approx(mean)


@pytest.mark.parametrize("order", range(5))
def test_ngram_probabilities_sum_to_one(student_module, order: int) -> None:
    model = student_module("ngrams").NgramModel(["mei", "anzu", "meimei"], order, 27)
    for context in ("", "m", "me", "mei", "zzz"):
        context = context[: max(0, order - 1)]
        letters = "\nabcdefghijklmnopqrstuvwxyz"
        total = sum(model.probability(c, context) for c in letters)
        assert total == pytest.approx(1)


def test_uniform_baseline_is_the_logarithm_of_the_vocabulary(student_module) -> None:
    model = student_module("ngrams").NgramModel(["mei"], 0, 27)
    assert model.nats_per_character(["anzu"]) == pytest.approx(np.log(27))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "list.txt is empty"),
        (b"\n  \n", "list.txt is empty"),
        ("Gl\u00fcck\n".encode("latin-1"), "not UTF-8"),
        (b"Anzu\nT-rex\n", "line 2: 't-rex' has the character '-'"),
        ("Anzu\nS\u00e3o\n".encode(), "line 2"),
    ],
)
def test_a_bad_list_is_refused_with_the_reason(
    student_module, tmp_path, content: bytes, complaint: str
) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=complaint):
        student_module("name_list").read_names(path)


def test_a_good_list_is_read_whatever_its_line_ends(student_module, tmp_path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes("\ufeffMei\r\n Anzu \r\n\r\nS\u00e3o".encode())
    names = student_module("name_list").read_names(
        path, "abcdefghijklmnopqrstuvwxyz\u00e3"
    )
    assert names == ["mei", "anzu", "s\u00e3o"]


def test_held_out_names_are_none_of_the_training_names(student_module) -> None:
    names = [f"name{i}" for i in range(200)] + ["name7"]
    training, held_out = student_module("name_list").split_names(names)
    assert len(held_out) == 20
    assert sorted(training + held_out) == sorted(set(names))


def test_accents_are_joined_and_the_alphabet_may_be_in_capitals(
    student_module, tmp_path
) -> None:
    names, path = student_module("name_list"), tmp_path / "list.txt"
    path.write_bytes("Mu\u0308ller\n".encode())
    assert names.read_names(path, names.LETTERS.upper() + "\u00dc") == ["m\u00fcller"]
    codes, _ = names.build_vocabulary("ACGT")
    assert "".join(codes) == "\nacgt"


def test_a_very_long_bad_line_is_shortened_in_the_message(
    student_module, tmp_path
) -> None:
    path = tmp_path / "list.txt"
    path.write_text("x" * 5000 + "!\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 1") as caught:
        student_module("name_list").read_names(path)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("names", [[], ["mei"], ["mei", "mei"]])
def test_too_few_names_to_split_are_refused(student_module, names: list[str]) -> None:
    with pytest.raises(ValueError, match="at least two"):
        student_module("name_list").split_names(names)


def test_two_names_are_split_into_one_and_one(student_module) -> None:
    training, held_out = student_module("name_list").split_names(["mei", "anzu"])
    assert len(training) == len(held_out) == 1


def test_an_unknown_character_is_named(student_module) -> None:
    rnn = student_module("character_rnn")
    codes, _ = student_module("name_list").build_vocabulary()
    parameters = rnn.initialize_parameters(4, 27, 27)
    with pytest.raises(ValueError, match=r"'t\. rex' has the character '\.'"):
        rnn.nats_per_character(parameters, ["mei", "t. rex"], codes)


def test_helpers_for_loops_from_elsewhere(student_module) -> None:
    rnn = student_module("character_rnn")
    assert rnn.get_initial_loss(27, 7) == pytest.approx(7 * np.log(27))
    assert rnn.smooth(2.0, 1.0) == pytest.approx(1.999)
    assert rnn.get_sample([2, 1, 0], {0: "\n", 1: "a", 2: "b"}) == "Ba\n"


def run_cells(*cells: str) -> str:
    """What a fresh interpreter prints that runs these cells in the student's folder."""
    program = "\n".join(["import matplotlib; matplotlib.use('agg')", *cells])
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=SOURCE / NAME,
        capture_output=True,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def cells_before(last: str) -> list[str]:
    """The code of the master up to and with cell `last`, without the checks."""
    cells = [c for c in master(NAME).cells if c.cell_type == "code"]
    end = [c.id for c in cells].index(last) + 1
    return [c.source for c in cells[:end] if not c.id.startswith("test_")]


SMALL = "import os; os.environ['NBGRADER_EXECUTION'] = '1'"


def test_the_cell_for_your_own_list_works_when_uncommented(tmp_path) -> None:
    """Another alphabet and other names: nothing is tied to the dinosaurs."""
    path = tmp_path / "towns.txt"
    towns = ["Bad Tölz", "Köln", "Baden-Baden", "Ulm", "Jena", "Gera", "Suhl"]
    path.write_text("\n".join(towns), encoding="utf-8")
    *before, own = cells_before("demo_own_list")
    own = own.split("\n", 1)[1].replace("# ", "").replace("10000", "60")
    own = own.replace('"my_list.txt"', repr(str(path))).replace("200,", "3,")
    printed = run_cells(SMALL, *before, own, "print(own_run[3][60])")
    assert 0 < float(printed.split()[-1]) < 8


# cell, what stands there, what its line "Try" suggests
SUGGESTIONS = [
    ("demo_names", '"anzu"', '"ada"'),
    ("demo_baselines", "    training_names, held", "    training_names[:200], held"),
    ("demo_first_training", "n_a=100", "n_a=10, seed=3"),
    ("demo_laboratory", "fresh = np.zeros_like(a_prev)", "fresh = a_prev"),
    ("demo_clipping", "rate=0.05", "rate=0.01"),
    ("demo_recipe", "when_grading(50, 10000))", "80, n_a=16, high=0.3)"),
    ("demo_unit", 'asked = "letters read"', 'asked = "vowel"'),
    ("demo_unit", 'asked = "letters read"', 'asked = "in -saurus"'),
    ("demo_temperature", "(0.2, 0.5, 0.8, 1.0, 1.5, 2.5)", "(0.01, 0.1, 5)"),
    ("demo_temperature", "recipe_network(),", "first_training[0],"),
    ("demo_favourites", '"Anzu",', '"Your own favourite", "Ada",'),
    ("demo_bad_files", 'b"\\n\\n"', 'b"Anzu\\nTrex\\n"'),
    ("demo_bad_files", '.encode("latin-1")', ".encode()"),
]


@pytest.mark.parametrize("turn", [0, 1])
def test_suggested_changes_work(turn: int) -> None:
    """All first suggestions together, then all second ones."""
    asked = {c: [s for s in SUGGESTIONS if s[0] == c] for c, _, _ in SUGGESTIONS}
    changes = [found[turn] for found in asked.values() if len(found) > turn]
    sources = cells_before("demo_own_list")
    for changed, old, new in changes:
        assert old in cell(NAME, changed)
        place = sources.index(cell(NAME, changed))
        sources[place] = sources[place].replace(old, new)
    run_cells(SMALL, *sources)


def test_every_demonstration_suggests_a_change() -> None:
    ids = {c.id for c in master(NAME).cells if c.id.startswith("demo_")}
    demos = {demo for demo in ids if not demo.endswith("_code")}
    for demo in demos - {"demo_progress"}:
        assert "\n# Try: " in "\n" + cell(NAME, demo), demo
    assert {changed for changed, _, _ in SUGGESTIONS} | {"demo_own_list"} >= (
        demos - {"demo_progress"}
    )


def test_set_up_cells_say_what_they_are_in_their_first_line() -> None:
    for c in master(NAME).cells:
        if c.id.startswith("setup_"):
            assert re.match("# Set-up: .{20}", c.source), c.id


def test_advice_repeats_words_of_an_error_but_no_lone_value() -> None:
    code = """
for problem in (KeyError(3), KeyError("m"), ValueError("two sizes differ")):
    try:
        with explained(("Error", "Look here.")):
            raise problem
    except AssertionError as said:
        print(said)
"""
    cells = [cell(NAME, f"setup_{part}") for part in ("imports", "checks")]
    said = run_cells(*cells, code).splitlines()
    assert said == ["Look here."] * 2 + ["Look here. (two sizes differ)"]


def test_clippings_are_compared_as_they_are_now() -> None:
    """Not as they were when the folded cell above the demonstration ran."""
    later = """
def clip(gradients, maxValue):
    return "clip of now"
def clip_by_norm(gradients, max_norm):
    return "clip_by_norm of now"
print([clipping({}, 5) for clipping in clippings().values()][1:])
"""
    printed = run_cells(SMALL, *cells_before("demo_clipping_code"), later)
    assert printed.endswith("['clip of now', 'clip_by_norm of now']\n")


def test_a_demonstration_says_plainly_what_is_missing() -> None:
    """No word to code, or no network of part 6 yet."""
    one_line = """
for demo in {demos}:
    try:
        exec(demo)
    except NotThereYet as problem:
        print(*problem._render_traceback_(), sep="|")
for word in ("", "anna lisa", "Anzu"):
    show_names(word)
"""
    names = ("demo_unit", "demo_temperature", "demo_favourites")
    demos = [cell(NAME, name) for name in names]
    ids = ("setup_imports", "setup_names", "setup_checks", "demo_names_code")
    codes = [cell(NAME, f"{name}_code") for name in names]
    cells = [cell(NAME, i) for i in ids]
    printed = run_cells(*cells, *codes, one_line.format(demos=demos)).splitlines()
    assert len(printed) == 6
    assert all("run the cell with `recipe_run" in line for line in printed[:3])
    assert all("from a to z" in line for line in printed[3:])
    assert "recipe_run = train_recipe(" in cell(NAME, "demo_recipe")


def test_what_later_cells_use_is_to_be_put_back() -> None:
    for name in ("demo_baselines", "demo_recipe", "demo_laboratory"):
        comments = re.sub(r"\n# ", " ", cell(NAME, name))
        assert re.search("put it back", comments), name


def test_the_text_names_the_cell_for_your_own_list() -> None:
    named = re.search("begins with `(.+?)`", " ".join(cell(NAME, "open_task").split()))
    assert named and cell(NAME, "demo_own_list").startswith(named[1])


# --- numbers of the text ------------------------------------------------------------


def stated(cell_id: str, pattern: str) -> float:
    """The number in the text of a cell that `pattern` finds in its group."""
    text = " ".join(cell(NAME, cell_id).split())
    found = re.search(pattern, text)
    assert found, f"{cell_id} does not say {pattern!r}"
    return float(found[1].replace(",", ""))


# Runs the notebook in full size; then prints, as JSON, what the text speaks of.
RECORDER = """
import json, time
alts, collisions, seconds = {}, [], {}

def boxes(axes, renderer):
    parts = [t for t in (*axes.texts, axes.title, axes.get_legend()) if t]
    return [part.get_window_extent(renderer) for part in parts]

def show_figure(figure, alt):
    renderer = figure.canvas.get_renderer()
    for axes in figure.axes:
        found = boxes(axes, renderer)
        collisions.extend(
            [here, str(a), str(b)] for i, a in enumerate(found) for b in found[:i]
            if a.overlaps(b))
        if here == "demo_recipe":
            legend = axes.get_legend().get_window_extent(renderer)
            for line in axes.lines:
                path = line.get_path().interpolated(20)
                points = line.get_transform().transform_path(path).vertices
                if any(legend.contains(*point) for point in points):
                    collisions.append([here, "legend", line.get_label()])
    alts[here] = alt
    plt.close(figure)
"""

SUMMARY = """
def costs(name):
    codes = [dinosaur_char_to_ix[c] for c in name + chr(10)]
    start = np.zeros_like(recipe_run[0]["b"])
    _, (y, _, _) = rnn_forward([None, *codes[:-1]], codes, start, recipe_run[0])
    return [-float(np.log(y[t][code, 0])) for t, code in enumerate(codes)]

def best(asked):
    unit, sign = find_unit(recipe_run[0], training_names, dinosaur_char_to_ix,
                           QUESTIONS[asked])
    found = correlations(recipe_run[0], held_out_names, dinosaur_char_to_ix,
                         QUESTIONS[asked])
    return sign * found[unit]

def above(place):
    return float(np.mean([
        asked_sign * activations(recipe_run[0], n, dinosaur_char_to_ix)[
            place - 1, asked_unit] > 0
        for n in held_out_names if len(n) >= place]))

rows = sweep_temperature(recipe_run[0], training_names, dinosaur_vocabulary, 200,
                         (0.2, 0.5, 0.8, 1.0, 1.5, 2.5))
print(json.dumps({
    "alts": alts, "collisions": collisions, "seconds": seconds,
    "baselines": baseline_scores,
    "first": nats_per_character(
        first_training[0], held_out_names, dinosaur_char_to_ix),
    "recipe": list(recipe_run[3].values()),
    "recipe on training names": nats_per_character(
        recipe_run[0], training_names, dinosaur_char_to_ix),
    "weights": sum(v.size for v in recipe_run[0].values()),
    "counts": [len(NgramModel(training_names, n, 27).counts) for n in (3, 5)],
    "units": {asked: best(asked) for asked in QUESTIONS},
    "above": [above(place) for place in range(1, 16)],
    "sweep": rows.tolist(),
    "sweeps tried": [
        sweep_temperature(recipe_run[0], training_names, dinosaur_vocabulary, 200,
                          (0.01, 0.1, 5)).tolist(),
        sweep_temperature(first_training[0], training_names, dinosaur_vocabulary,
                          200, (0.2, 0.5, 0.8, 1.0, 1.5, 2.5)).tolist()],
    "cold": [write_names(recipe_run[0], dinosaur_vocabulary, t, 200)
             for t in (0.01, 0.2)],
    "professor": costs("professorsaurus"),
    "anzu": costs("anzu"),
    "known": training_names + held_out_names,
}))
"""


@pytest.fixture(scope="module")
def measured() -> dict:
    """What the demonstrations give in full size, and what they printed."""
    cells = ["import time; here = ''"]
    for c in master(NAME).cells:
        if c.cell_type != "code" or c.id.startswith("test_") or c.id == "demo_progress":
            continue
        cells += [f"here, began = {c.id!r}, time.process_time()", c.source]
        if c.id == "setup_imports":
            cells.append(RECORDER)
        elif c.id.startswith("demo_"):
            cells.append("seconds[here] = time.process_time() - began")
    *printed, summary = run_cells(*cells, SUMMARY).strip().splitlines()
    return {**json.loads(summary), "printed": "\n".join(printed)}


@pytest.mark.slow
def test_numbers_about_names_and_counting(measured) -> None:
    assert stated("title", r"reads ([\d,]+) genus") == len(measured["known"])
    held_out = {name: unseen for name, (_, unseen) in measured["baselines"].items()}
    near = functools.partial(pytest.approx, abs=0.0006)
    uniform = stated("part_language_model", r"ln 27 = ([\d.]+)")
    assert uniform == near(held_out["uniform"])
    assert stated("part_remember", r"ln 27 = ([\d.]+)") == uniform
    assert stated("experiment_clipping", r"above ([\d.]+) nats") == uniform
    at = "baselines_answer"
    assert stated(at, r"5-gram \(([\d.]+)\) is the best") == near(held_out["5-gram"])
    assert stated(at, r"4-gram has ([\d.]+)") == near(held_out["4-gram"])
    assert stated(at, r"6-gram ([\d.]+):") == near(held_out["6-gram"])
    assert stated(at, r"trigram's ([\d.]+),") == near(held_out["trigram"])
    assert min(held_out, key=held_out.get) == "5-gram"
    seen = [on_training for on_training, _ in measured["baselines"].values()]
    assert seen == sorted(seen, reverse=True)


@pytest.mark.slow
def test_numbers_about_the_first_training(measured) -> None:
    held_out = {name: unseen for name, (_, unseen) in measured["baselines"].items()}
    assert stated("first_training_answer", r"near ([\d.]+),") == pytest.approx(
        measured["first"], abs=0.06
    )
    bigram = stated("first_training_answer", r"bigram \(([\d.]+)\)")
    assert bigram == pytest.approx(held_out["bigram"], abs=0.006)
    assert held_out["trigram"] < measured["first"] < held_out["bigram"]
    steps = dict(
        re.findall(r"^step +(\d+): .*? nats: (.*)$", measured["printed"], re.M)
    )
    assert sum(n.endswith("us") for n in steps["1000"].split(", ")) == 1
    assert "saurus" not in steps["1000"] + steps["2000"]
    assert "saurus" in steps["3000"]
    assert max(map(len, steps["2000"].split(", "))) == 50


@pytest.mark.slow
def test_numbers_about_clipping(measured) -> None:
    ends = dict(re.findall(r"(none|by value|by norm).*?: +([\d.]+) nats (?=\(last)",
                           measured["printed"]))  # fmt: skip
    none, value, norm = (float(ends[k]) for k in ("none", "by value", "by norm"))
    at = "experiment_clipping_answer"
    for end, says in ((none, "nothing, at"), (value, "value, at")):  # chaotic
        low, high = (
            stated(at, f"{says} {x}") for x in (r"([\d.]+)", r".*? to ([\d.]+)")
        )
        assert np.log(27) < low < high and np.log(27) < end < high + 3
    assert stated(at, r"ends near ([\d.]+)\.<") == pytest.approx(norm, abs=0.06)
    assert min(none, value) > np.log(27) > norm + 1
    assert stated(at, r"([\d,]+) numbers of") == sum((50 * 27, 50**2, 27 * 50, 50, 27))
    assert "rate=0.05" in cell(NAME, "demo_clipping")
    assert "learning_rate=0.01" in cell(NAME, "optimize")  # five times less


@pytest.mark.slow
def test_numbers_about_the_recipe(measured) -> None:
    held_out = {name: unseen for name, (_, unseen) in measured["baselines"].items()}
    at, end = "experiment_recipe_answer", measured["recipe"][-1]
    assert stated(at, r"ends near ([\d.]+) nats") == pytest.approx(end, abs=0.02)
    assert stated(at, r"among (\d+) characters") == pytest.approx(np.exp(end), abs=0.2)
    gains = [
        stated(at, r"trigram by ([\d.]+) nats"),
        stated(at, r"5-gram by ([\d.]+)\."),
    ]
    real = [held_out[name] - end for name in ("trigram", "5-gram")]
    assert gains == pytest.approx(real, abs=0.02)
    assert stated(at, r"falls from ([\d.]+) to") == pytest.approx(
        measured["recipe on training names"], abs=0.02
    )
    before = "experiment_clipping_answer"
    assert stated(before, r"has ([\d,]+) weights") == measured["weights"]
    counts = [
        stated(before, r"stores ([\d,]+) counts"),
        stated(before, r"5-gram ([\d,]+)\."),
    ]
    assert counts == measured["counts"]
    assert len(measured["recipe"]) > 30, "held-out loss is a curve"


@pytest.mark.slow
def test_numbers_about_one_unit(measured) -> None:
    at, units = "experiment_unit_answer", measured["units"]
    near = functools.partial(pytest.approx, abs=0.03)
    assert stated(at, r"correlation of ([\d.]+)\.") == near(units["letters read"])
    assert stated(at, r"reaches ([\d.]+),") == near(units["vowel"])
    assert stated(at, r"saurus</em> ([\d.]+):") == near(units["in -saurus"])
    assert "low at first and high from the seventh letter on" in " ".join(
        cell(NAME, at).split()
    )
    assert max(measured["above"][:4]) < 0.1
    assert min(measured["above"][6:]) > 0.85
    assert measured["alts"]["demo_unit"].count(",") >= 9


@pytest.mark.slow
def test_numbers_about_temperature(measured) -> None:
    _, new, distinct, nats = np.transpose(measured["sweep"])
    for rising in (new, distinct, nats):
        assert np.all(np.diff(rising) >= -0.01)
        assert rising[-1] > rising[0]
    at = "temperature_answer"
    assert stated(at, r"surprised \(([\d.]+) nats") == pytest.approx(nats[-1], abs=0.1)
    assert stated(at, r"nothing \(([\d.]+)\)") == pytest.approx(np.log(27), abs=0.05)
    assert new[0] > 0.8
    assert min(new[-1], distinct[-1]) > 0.98
    for sweep in measured["sweeps tried"]:
        assert np.min(sweep, axis=0)[1] > 0.97, "nearly all names are new throughout"
    coldest, cold = measured["cold"]
    assert len(set(coldest)) == 1
    assert "anatosaurus" in cold
    assert "anatosaurus" not in measured["known"]


@pytest.mark.slow
def test_numbers_about_favourites(measured) -> None:
    at, professor = "favourites_answer", measured["professor"]
    near = functools.partial(pytest.approx, abs=0.15)
    assert stated(at, r"Professorsaurus</em> \(([\d.]+)\)") == near(np.mean(professor))
    assert stated(at, r"costs ([\d.]+) nats") == near(professor[-7])
    assert stated(at, r"cost ([\d.]+) together") == near(sum(professor[-6:]))
    assert stated(at, r"Anzu</em> \(([\d.]+)\)") == near(np.mean(measured["anzu"]))
    assert "five letters after it" in " ".join(cell(NAME, at).split())


@pytest.mark.slow
def test_times_are_said_as_measured(measured) -> None:
    for demo, seconds in measured["seconds"].items():
        said = re.search(r"# about (\d+) second", cell(NAME, demo))
        assert (0 if said else -1) <= seconds < (3 * int(said[1]) if said else 1), demo


@pytest.mark.slow
def test_figures_have_alt_texts_and_no_labels_collide(measured) -> None:
    cells = [c for c in master(NAME).cells if "plt.subplots" in c.source]
    drawn = {c.id.removesuffix("_code") for c in cells}
    assert drawn == set(measured["alts"])
    assert all(60 < len(alt) < 600 for alt in measured["alts"].values())
    assert all(re.search(r"\d", alt) for alt in measured["alts"].values())
    assert measured["collisions"] == []


LONGER = """
def falling(steps):
    return lambda j: 0.12 * (0.004 / 0.12) ** (j / steps)

def train(names, steps):
    trained, *_ = train_with(names, dinosaur_vocabulary, steps, 64, falling(steps),
                             clip_by_norm)
    return trained

def score(trained, names):
    return nats_per_character(trained, names, dinosaur_char_to_ix)

splits = []
for seed in (1, 2, 3, 4):
    kept, held = split_names(read_names("dinosaurs.txt"), seed=seed)
    counted = [NgramModel(kept, n, 27).nats_per_character(held) for n in (3, 5)]
    splits.append([nats - score(train(kept, 10000), held) for nats in counted])
shuffled = list(training_names)
random.Random(2).shuffle(shuffled)
long = [train(names, 42000) for names in (training_names, shuffled)]
slow = [train_with(training_names, dinosaur_vocabulary, 3000, 50, lambda j: 0.01,
                   clipping)[1][-500:].mean() for clipping in (no_clipping, clip)]
print(json.dumps({
    "splits": splits, "slow": slow,
    "long": [score(trained, held_out_names) for trained in long],
    "long on training names": score(long[0], training_names)}))
"""


@pytest.mark.slow
def test_numbers_about_other_splits_and_longer_training() -> None:
    cells = [
        *("setup_imports", "setup_names", "sample", "clip", "clip_by_norm"),
        *("optimize", "model", "demo_laboratory"),
    ]
    sources = [cell(NAME, name) for name in cells]
    found = json.loads(run_cells("import json, random", *sources, LONGER))
    at = "experiment_recipe_answer"
    trigram, fivegram = np.transpose(found["splits"])
    assert stated(at, r"by ([\d.]+) to [\d.]+ nats") == pytest.approx(
        trigram.min(), abs=0.02
    )
    assert stated(at, r"by [\d.]+ to ([\d.]+) nats") == pytest.approx(
        trigram.max(), abs=0.02
    )
    assert fivegram.max() < 0.01
    assert stated(at, r"by up to ([\d.]+)\.") == pytest.approx(
        -fivegram.min(), abs=0.02
    )
    assert stated(at, r"[\d.]+ to ([\d.]+), but on held") == pytest.approx(
        found["long on training names"], abs=0.02
    )
    said = [stated(at, r"1\.79 to ([\d.]+) \(in"), stated(at, r"names, ([\d.]+)\)")]
    assert said == pytest.approx(found["long"], abs=0.03)
    none, by_value = found["slow"]  # "it hardly matters"
    assert abs(none - by_value) < 0.05


def test_the_derivation_holds(student_module) -> None:
    """db_y and dW_ya are sums of (prediction - truth), as the text derives."""
    rnn = student_module("character_rnn")
    parameters = rnn.initialize_parameters(5, 4, 4)
    X, Y = [None, 3, 1], [3, 1, 0]
    _, cache = rnn.rnn_forward(X, Y, np.zeros((5, 1)), parameters)
    gradients, a = rnn.rnn_backward(X, Y, parameters, cache)
    wrong = [cache[0][t] - rnn.one_hot(Y[t], 4) for t in range(3)]
    np.testing.assert_allclose(gradients["dby"], sum(wrong))
    steps = [wrong[t] @ a[t].T for t in range(3)]
    np.testing.assert_allclose(gradients["dWya"], sum(steps))


def test_every_question_has_an_answer() -> None:
    """It stands in the cell itself or within the next two, folded code left out."""
    cells = [c for c in master(NAME).cells if not c.id.endswith("_code")]
    asking = re.compile(r"Predict before you run|and\s+ask:")
    asked = 0
    for place, c in enumerate(cells):
        for question in asking.finditer(c.source):
            rest = [c.source[question.end() :], *(x.source for x in cells[place + 1 :])]
            assert "<details>" in "".join(rest[:3]), c.id
            asked += 1
    assert asked >= 7


def test_the_title_says_how_to_get_a_cell_back() -> None:
    assert "python check.py --restore CELL" in cell(NAME, "title")
    assert "folder `original/`" in " ".join(cell(NAME, "title").split())


def test_links_beside_the_notebook_are_real_files() -> None:
    for name in ("dinosaurs.txt", "checks.py"):
        assert (SOURCE / NAME / name).resolve().is_file()
