"""The guides: no message without advice, no command that is none."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.apps import NbGraderApp

from autograder import cli

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "autograder"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ADVICE = ROOT / "docs" / "troubleshooting.md"
TOLD = ("CourseError", "Unreadable", "MachineFault", "NbGraderException", "Trouble")
TELLING = 12  # letters that tell one message from others


def text_of(node: ast.AST) -> str:
    """A message with `…` for what is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(map(text_of, node.values))
    return "…"


def messages(source: str) -> Iterator[str]:
    """What a module says to people when something is wrong."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args:
            name = ast.unparse(node.func).split(".")
            if name[-1] in TOLD or name[-2:] == ["remarks", "append"]:
                yield text_of(node.args[0])


def advised(message: str, page: str) -> bool:
    """Whether its first words that tell it from others are on the page."""
    pieces = [p.strip(" .:;,`'") for p in re.split(r"…|\. |: ", message)]
    telling = [p for p in pieces if len(p) >= TELLING] or [max(pieces, key=len)]
    return not telling[0] or telling[0].replace("`", "") in page


def modules() -> list[Path]:
    return [p for p in sorted(PACKAGE.rglob("*.py")) if "wire" not in p.parts]


@pytest.mark.parametrize("module", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_message_has_its_advice(module):
    page = " ".join(ADVICE.read_text("utf-8").split())
    missing = [m for m in messages(module.read_text("utf-8")) if not advised(m, page)]
    assert missing == []


def test_a_message_without_advice_is_found():
    source = 'raise CourseError(f"{path}: the moon is {colour} tonight")'
    (message,) = messages(source)
    assert message == "…: the moon is … tonight"
    assert not advised(message, ADVICE.read_text("utf-8"))


# --- commands ---------------------------------------------------------------------


def commands(page: Path) -> list[str]:
    """Lines of code blocks, and spans of code, that begin like a command; in order."""
    found = []
    for line in page.read_text("utf-8").splitlines():
        block = re.fullmatch(r" {4}(?:\$ )?(\S.*)", line)
        found += [block[1]] if block else re.findall(r"`([^`]+)`", line)
    cut = [re.split(r"\s#|\s>|;", line)[0].strip() for line in found]
    return [
        line for line in cut if re.match(r"(autograder|nbgrader|make) [^…]+$", line)
    ]


def wrong_command(line: str) -> str:
    """What is wrong with a command as it is printed; nothing, if it is one."""
    program, *words = shlex.split(line)
    if program == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.M)
        targets = [word for word in words if "=" not in word and word not in targets]
        return f"no target {targets}" if targets else ""
    if program == "nbgrader":
        known = NbGraderApp().subcommands
        return "" if words[0] in known or words[0].startswith("-") else "not nbgrader's"
    if words == ["COMMAND", "--help"] or (words[0] in cli.EXAMPLES and not words[1:]):
        return ""  # named, not to be typed
    try:
        cli.parser().parse_args(words)
    except SystemExit as end:
        return "not autograder's" if end.code else ""
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_of_a_guide_is_one(page):
    wrong = {line: why for line in commands(page) if (why := wrong_command(line))}
    assert wrong == {}


@pytest.mark.parametrize(
    "line", ["autograder grad rnn_lstm", "nbgrader formgrader", "make coffee"]
)
def test_a_command_that_is_none_is_found(line, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"Then\n\n    {line}   # as you like\n\nand that is it.\n")
    assert commands(page) == [line]
    assert wrong_command(line)


def test_links_between_guides_lead_somewhere():
    for page in PAGES:
        for name, anchor in re.findall(
            r"\]\(([\w./-]*)(?:#([\w-]+))?\)", page.read_text("utf-8")
        ):
            target = (page.parent / name) if name else page
            assert target.exists(), f"{page.name}: {name}"
            if anchor:
                heads = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), flags=re.M)
                slugs = [
                    re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in heads
                ]
                assert anchor in slugs, f"{page.name}: {name}#{anchor}"
