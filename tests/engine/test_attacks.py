"""No hostile submission gains, learns or harms anything, wherever one grades."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.engine.processes import apart, landlock
from tests.engine.attack_bank import ATTACKS, EARNED, MASTER, SECRET, Attack
from tests.engine.bank_settings import POORER, Grader, gained, share
from tests.engine.processes.confined import in_child, is_root
from tests.engine.small_course import grade


@pytest.fixture(autouse=True, scope="module")
def careless_grader() -> Iterator[None]:
    """The grader has secrets in its environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_TOKEN", SECRET)
        yield


@pytest.mark.parametrize("attack", ATTACKS, ids=[a.name for a in ATTACKS])
def test_attack_fails(attack: Attack) -> None:
    assert not gained(attack)


def test_an_honest_submission_after_all_that() -> None:
    assert grade(MASTER).points == EARNED


# --- where a layer is missing -----------------------------------------------------


@pytest.fixture(params=POORER, scope="module")
def elsewhere(request: pytest.FixtureRequest) -> Iterator[tuple[str, Grader]]:
    """A grader in another setting."""
    if not is_root or not in_child(apart.can_fork_apart):
        pytest.skip("needs root, and namespaces")
    if request.param == "Landlock 5" and landlock.version() < 6:
        pytest.skip("it is no newer here")
    grader = Grader(request.param)
    yield request.param, grader
    grader.close()


def test_the_setting_is_what_it_is_called(elsewhere: tuple[str, Grader]) -> None:
    name, grader = elsewhere
    user, honest, *layers = grader.gained("")
    assert int(user) > 0 and honest == "True"
    told = dict(line.split(": ", 1) for line in layers)
    separate = told["processes of its own"] == "yes"
    assert separate == (name != "no namespaces")
    assert (told["files (Landlock)"] == "version 5") == (name == "Landlock 5")


@pytest.mark.slow
def test_a_third_of_the_bank_fails_there(elsewhere: tuple[str, Grader]) -> None:
    """All of it: `python -m tests.engine.bank_settings`."""
    name, grader = elsewhere
    found = {attack.name: grader.gained(attack.name) for attack in share(name)}
    assert found and not {attack: what for attack, what in found.items() if what}
