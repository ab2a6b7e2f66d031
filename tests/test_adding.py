"""docs/adding-an-assignment.md, followed to the letter in an empty course."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from traitlets import TraitType

from autograder import cli
from autograder.checking.master import CheckCourse

ROOT = Path(__file__).resolve().parents[1]
GUIDE = ROOT / "docs" / "adding-an-assignment.md"


def blocks() -> list[str]:
    """The blocks of code, in order."""
    text = GUIDE.read_text("utf-8")
    found = re.findall(r"(?:^ {4}.+\n)+", text, flags=re.M)
    return [re.sub(r"^ {4}", "", block, flags=re.M) for block in found]


def commands() -> Iterator[tuple[str, str]]:
    """What is typed, and what is to be seen."""
    for block in blocks():
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            typed, _, seen = part.partition("\n")
            yield typed, seen


@pytest.mark.slow
def test_each_command_shows_what_the_guide_shows(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    typed = []
    for command, wanted in commands():
        program, *words = shlex.split(command)
        assert program == "autograder"
        assert cli.main(words) == 0, command
        seen = capsys.readouterr().out.strip()
        assert seen.endswith(wanted.strip().removeprefix("…")), (command, seen)
        typed.append(words[0])
    assert set(typed) == {"new", "check-course", "audit", "release"}
    opened = [b.split()[-1] for b in blocks() if b.startswith("jupyter lab")]
    assert len(opened) == 1 and Path(opened[0]).is_file()
    for name in re.findall(r"`([\w.]+\.(?:py|md|txt|ipynb))`", GUIDE.read_text()):
        places = (Path("source/my_first", name), Path("audit/my_first", name))
        assert Path(name).is_file() or any(p.is_file() for p in places), name


def test_settings_are_those_of_this_course() -> None:
    (lines,) = (block for block in blocks() if block.startswith("c.CheckCourse"))
    ours = ROOT.joinpath("nbgrader_config.py").read_text()
    traits: dict[str, TraitType] = CheckCourse.class_own_traits()
    for line in lines.splitlines():
        setting = line.partition("#")[0].strip()
        assert setting in ours
        assert setting.split()[0].rpartition(".")[2] in traits
    assert len(lines.splitlines()) == len(traits)
