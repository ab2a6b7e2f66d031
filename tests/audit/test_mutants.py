"""What changes the operators make of a line."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from autograder.audit.mutants import HELPERS, mutants


def changes(line: str, given: str = "x, y") -> set[str]:
    """The lines that one line of an answer becomes."""
    source = f"def f({given}):\n    {line}\n    return None"
    return {mutant.after for mutant in mutants("f", source, {2})}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("z = x @ y", {"z = x * y", "z = (x)", "z = (y)", "z = (y) @ (x)"}),
        ("z = x.T", {"z = x"}),
        ("z = np.sum(x, axis=1, keepdims=True)", {
            "z = np.sum(x, axis=0, keepdims=True)",
            "z = np.sum(x, axis=1, keepdims=False)",
            "z = np.sum(x, axis=1)",
            "z = np.mean(x, axis=1, keepdims=True)",
        }),
        ("z = x[:, :, 3]", {"z = x[:, :, 2]", "z = x[:, :, 0]", "z = x[:, 3, :]"}),
        ("z = x[:, ::-1]", {"z = x[:, :]"}),
        ("z = x[y:]", {"z = x[:y]", "z = x[y + 1:]"}),
        ('z = x["Wf"] + x["Wi"]', {'z = x["Wi"] + x["Wi"]'}),
        ("for t in range(9): x += t", {
            "for t in range(0, 9 - 1): x += t",
            "for t in range(9): x = t",
            'for t in __import__("itertools").islice(range(9), 8): x += t',
        }),
        ("z = y if x < 3 and y else 0", {"z = y if x <= 3 and y else 0", "z = (y)"}),
        ("z = (x, y)", {"z = (y, x,)"}),
    ],
)  # fmt: skip
def test_a_line_is_changed(line: str, expected: set[str]) -> None:
    assert expected <= changes(line)


def test_what_a_student_does_not_write_is_left_alone() -> None:
    source = 'def f(x):\n    """The 1."""\n    y = 1\n    z = 2\n    return y + z'
    after = [mutant.after for mutant in mutants("f", source, {4})]
    assert any("z = 3" in line for line in after)
    assert not any("y = 2" in line or "The 2" in line for line in after)


def test_mutants_are_different_programs_of_letters_of_any_kind() -> None:
    source = 'def f(x):\n    α, β = x, "größer"\n    return α + x + 1'
    made = mutants("f", source, {2, 3})
    assert len({ast.dump(ast.parse(mutant.source)) for mutant in made}) == len(made)
    assert any("α - x" in mutant.after for mutant in made)
    assert any("größer" in mutant.source for mutant in made)


def test_arguments_and_results_are_changed_where_they_can_be_seen() -> None:
    names: dict = {}
    exec("\n".join(HELPERS.values()), names)
    given = {"W": np.zeros(2), "steps": [(np.zeros(2), 3)]}
    names["_spoil"](given)
    assert given["W"].tolist() == [1, 1]
    assert names["_spoil"](steps := [1]) is None
    assert steps == [1, 1]
    assert names["_retyped"]((np.zeros(2), {"a": 3}, "ab")) == (
        [0, 0], {"a": 3.0}, ["ab"],
    )  # fmt: skip
    nearly = names["_nearly"]((np.ones(1), 3, 0.0))
    assert 0 < abs(nearly[0][0] - 1) < 1e-3
    assert nearly[1:] == (4, 1e-4)
