"""The audit notices faults that are put into the tests of a small sound course."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest

from autograder import cli
from autograder.audit.audit import Report, audit, bank
from autograder.course import Course, CourseError
from tests.engine.small_course import IMPORTS, cell

STEP = '''
def step(state, x):
    """Half of the old state, and x."""
    ### BEGIN SOLUTION
    state = state / 2 + x
    ### END SOLUTION
    return state
'''
WALK = '''
def walk(x):
    """The state after each entry of the array x."""
    ### BEGIN SOLUTION
    state, states = 0.0, []
    for entry in x:
        state = step(state, entry)
        states.append(state)
    ### END SOLUTION
    return np.array(states)
'''
TEST_STEP = """
def _check():
    assert step(4.0, 1.0) == 3.0, "Half of the state is kept, and x added."
_check()
### BEGIN HIDDEN TESTS
def _hidden():
    for state, x in ((0.3, 0.7), (-2.0, 5.0), (1.0, 0.0)):
        assert abs(step(state, x) - (x + 0.5 * state)) < 1e-9, "Other numbers."
_hidden()
### END HIDDEN TESTS
"""
TEST_WALK = """
def _check():
    with substituted("step", lambda state, x: state + x):
        assert list(walk(np.ones(3))) == [1, 2, 3], "Each state starts from the last."
_check()
### BEGIN HIDDEN TESTS
def _hidden():
    with substituted("step", lambda state, x: 3 * state - x):
        for n in (1, 5, 20):
            x = np.random.default_rng(n).normal(size=n)
            powers = np.tril(3.0 ** (np.arange(n)[:, None] - np.arange(n)))
            found, kept = walk(x), -powers @ x
            assert isinstance(found, np.ndarray), "The states are an array."
            assert np.allclose(found, kept), "Other numbers, other lengths."
_hidden()
### END HIDDEN TESTS
"""
SUBSTITUTED = """
from contextlib import contextmanager
@contextmanager
def substituted(name, function):
    import __main__
    before = getattr(__main__, name, None)
    setattr(__main__, name, function)
    try:
        yield
    finally:
        setattr(__main__, name, before)
"""
RIGHT = '''"""In other words."""

# %% step
def step(s, x):
    return x + 0.5 * s

# %% walk
def walk(x):
    found, s = np.zeros(len(x)), 0.0
    for t, entry in enumerate(x):
        s = found[t] = step(s, entry)
    return found
'''
WRONG = RIGHT.replace("0.5", "0.4")
MISTAKES = """
[[step]]
mistake = "all of the state is kept"
old = "state / 2"
new = "state"

[[walk]]
mistake = "the state is forgotten"
answer = '''
def walk(x):
    return np.array([step(0.0, entry) for entry in x])
'''
"""


def course(root: Path, *changes: tuple[str, str], **banks: str) -> Course:
    """The small course, with changes in its notebook."""
    cells = [
        IMPORTS,
        cell("setup", "substituted", SUBSTITUTED),
        cell("solution", "step", STEP),
        cell("test", "test_step", TEST_STEP),
        cell("solution", "walk", WALK),
        cell("test", "test_walk", TEST_WALK),
    ]
    for old, new in changes:
        assert any(old in found.source for found in cells), old
        cells = [nbformat.from_dict(found) for found in cells]
        for found in cells:
            found.source = found.source.replace(old, new)
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    folder, bank = root / "source" / "ps1", root / "audit" / "ps1"
    folder.mkdir(parents=True)
    (bank / "right").mkdir(parents=True)
    nbformat.write(made, folder / "p1.ipynb")
    (bank / "right" / "other.py").write_text(banks.get("right", RIGHT))
    (bank / "mistakes.toml").write_text(banks.get("mistakes", MISTAKES))
    (bank / "equivalent.toml").write_text(banks.get("equivalent", ""))
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    return Course.here(root)


def found(
    root: Path, *changes: tuple[str, str], only: str = "", **banks: str
) -> Report:
    place = course(root, *changes, **banks)
    (report,) = audit(place, "ps1", only=[only] if only else [])
    return report


def survivors(report: Report, exercise: str) -> list[str]:
    return [s.diff for r in report.rows if r.exercise == exercise for s in r.survivors]


def faults(report: Report) -> str:
    own = (f"{row.exercise}: {fault}" for row in report.rows for fault in row.faults)
    return "\n".join([*report.faults, *own])


def test_a_sound_course_passes(tmp_path: Path) -> None:
    report = found(tmp_path)
    assert faults(report) == ""
    assert [survivors(report, e) for e in ("step", "walk")] == [[], []]
    assert report.passed


LOOSE = ("< 1e-9", "< 3"), ("== 3.0", "> 0")


def test_a_loosened_tolerance_is_noticed(tmp_path: Path) -> None:
    report = found(tmp_path, *LOOSE, only="step")
    assert survivors(report, "step")
    assert not report.passed


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("< 1e-9", "< 0.01", "test_step, hidden"),
        ("assert step(4.0, 1.0) == 3.0", "step(4.0, 1.0)", "test_step, visible"),
        (
            "assert np.allclose",
            "np.allclose",
            "test_walk, hidden",
        ),
    ],
)
def test_a_part_that_notices_less_is_noticed_though_others_make_up_for_it(
    tmp_path: Path, old: str, new: str, part: str
) -> None:
    place, only = course(tmp_path), [part.split(",")[0].removeprefix("test_")]
    (report,) = audit(place, "ps1", only=only)
    bank(place, "ps1").keep({row.exercise: row.parts for row in report.rows})
    master = place.master("ps1")
    text = json.dumps(old)[1:-1], json.dumps(new)[1:-1]
    master.write_text(master.read_text().replace(*text))
    assert f"{part}, notices" in faults(audit(place, "ps1", only=only)[0])


def test_a_removed_assertion_is_noticed(tmp_path: Path) -> None:
    line = 'assert isinstance(found, np.ndarray), "The states are an array."'
    report = found(tmp_path, (line, "pass"), only="walk")
    assert any("_retyped" in diff for diff in survivors(report, "walk"))


def test_a_test_that_only_knows_short_sequences_is_noticed(tmp_path: Path) -> None:
    report = found(tmp_path, ("(1, 5, 20)", "(1, 5)"), only="walk")
    assert any("islice(x, 8)" in diff for diff in survivors(report, "walk"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "def _hidden():\n    with substituted",
            "kept = 1e-9\ndef _hidden():\n    with substituted",
            "",
        ),
        (
            "def _check():\n    with substituted",
            "x = np.ones(3)\ndef _check():\n    with substituted",
            "test_walk makes a global of x, as step, walk has it",
        ),
    ],
)
def test_a_global_that_an_answer_could_read_is_noticed(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert said == faults(found(tmp_path, (old, new), only="step"))


def test_a_test_that_reads_a_global_of_another_is_noticed(tmp_path: Path) -> None:
    made = (
        "\ndef _check():\n    assert step",
        "\nsize = 3\ndef _check():\n    assert step",
    )
    other = ("walk(np.ones(3))", "walk(np.ones(size))")
    report = found(tmp_path, made, other, only="step")
    assert "test_walk reads size of test_step" in faults(report)


def test_a_test_of_two_exercises_at_once_is_noticed(tmp_path: Path) -> None:
    line = 'with substituted("step", lambda state, x: 3 * state - x):'
    powers = "3.0 ** (np.arange(n)[:, None] - np.arange(n))"
    changes = (line, "if True:"), (powers, powers.replace("3.0", "0.5"))
    report = found(tmp_path, *changes, ("-powers", "powers"), only="step")
    assert "step: costs points of walk, too: all of the state is kept" in faults(report)


@pytest.mark.parametrize(
    ("changes", "banks", "said"),
    [
        (
            [("== 3.0", "== 3.5")],
            {},
            "the reference fails test_step: Half of the state is kept",
        ),
        (
            [("assert list(walk", "list(walk"), ("_hidden()\n### END", "### END")],
            {},
            "test_walk gives 1 points for: returns {}",
        ),
        (
            [],
            {"right": RIGHT.replace("0.5", "0.4")},
            "refuses the right answer 'other'",
        ),
        ([], {"right": RIGHT.replace("0.5", "0.4")}, "refuses the notebook 'other'"),
        (
            [],
            {"mistakes": '[[step]]\nmistake = "none"\nold = "2"\nnew = "2.0"\n'},
            "keeps full marks: none",
        ),
    ],
)
def test_what_is_no_proof_is_a_fault(
    tmp_path: Path, changes: list[tuple[str, str]], banks: dict[str, str], said: str
) -> None:
    assert said in faults(found(tmp_path, *changes, **banks))


def test_an_equivalent_mutant_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    before = len(survivors(found(tmp_path / "one", *LOOSE, only="step"), "step"))
    aside = """
[[step]]
before = "state = state / 2 + x"
after = "state = state / 3 + x"
reason = "who would tell"
"""
    report = found(tmp_path / "two", *LOOSE, only="step", equivalent=aside)
    assert len(survivors(report, "step")) == before - 1
    assert sum(row.equivalent for row in report.rows) == 1


@pytest.mark.parametrize(
    ("banks", "said"),
    [
        ({"mistakes": "[[jump]]\n"}, "[[jump]] is none of step, walk"),
        ({"mistakes": "[[step"}, "is no TOML"),
        ({"mistakes": '[[step]]\nmistake = "a"\nold = "b"'}, "new = '…' is missing"),
        (
            {"mistakes": '[[step]]\nmistake = "a"\nold = "?"\nnew = ""'},
            "'a' replaces '?', which is not in the reference",
        ),
        (
            {"equivalent": '[[step]]\nbefore = ""\nafter = ""\nreason = " "'},
            "each mutant needs a reason",
        ),
    ],
)
def test_a_bank_that_does_not_fit_is_told(
    tmp_path: Path, banks: dict[str, str], said: str
) -> None:
    with pytest.raises(CourseError, match=re.escape(said)):
        found(tmp_path, **banks)


def test_messages_are_judged(tmp_path: Path) -> None:
    second = """
[[step]]
mistake = "right where the state is 4"
old = "state / 2"
new = "(state - 2)"
"""
    report = found(tmp_path / "good", only="step", mistakes=MISTAKES + second)
    assert [told.flags for row in report.rows for told in row.told] == [[], []]
    bad = (
        ('"Half of the state is kept, and x added."', '"walk needs this, too."'),
        ('"Other numbers."', 'f"expected {x + 0.5 * state}"'),
    )
    report = found(tmp_path / "bad", *bad, only="step", mistakes=MISTAKES + second)
    flags = [told.flags for row in report.rows for told in row.told]
    assert flags == [["visible: names walk"], ["hidden: shows a value"]]


def test_points_that_come_and_go_are_noticed(tmp_path: Path) -> None:
    chance = "assert hash('f') % 2 or x != 5.0\n        assert abs(step"
    place = course(tmp_path, ("assert abs(step", chance))
    (report,) = audit(place, "ps1", quick=True, repeat=8)
    assert report.gradings == 8
    assert "does not give the same answer the same points each time" in faults(report)


def test_the_command_writes_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    course(tmp_path, *LOOSE)
    monkeypatch.chdir(tmp_path)
    files = ["--json", "a.json", "--page", "a.html", "--into", "a.md"]
    assert cli.main(["audit", "ps1", "--exercise", "step", *files]) == 1
    shown = capsys.readouterr().out
    assert "survives in step" in shown
    assert "Not all is well." in shown
    (report,) = json.loads((tmp_path / "a.json").read_text())["reports"]
    assert [row["exercise"] for row in report["rows"]] == ["step"]
    page = (tmp_path / "a.html").read_text()
    assert report["rows"][0]["survivors"][0]["nearest"] == "test_step"
    assert "state = state / 3 + x" in page
    assert not re.search(r"(src|href)=", page)
    assert "| step | 1/1 |" in (tmp_path / "a.md").read_text()


def test_an_unknown_exercise_is_told(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="has these exercises: step, walk"):
        audit(course(tmp_path), "ps1", only=["jump"])
