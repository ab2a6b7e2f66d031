"""The list of dinosaur genera: its form, and what must not be in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
RAW = (DATA / "dinosaurs.txt").read_bytes()
NAMES = RAW.decode("ascii").splitlines()
LOWER = {name.lower() for name in NAMES}

CLADE_ENDINGS = re.compile(r"(idae|inae|oidea|iformes|morpha|poda)$")
NOT_GENERA = """
    dinosaur dinosauria theropod theropoda sauropod sauropoda ornithopod ornithopoda
    stegosaur ankylosaur ceratopsian hadrosaur tyrannosaur raptor fossil dinosaurs
    ornithischia saurischia thyreophora marginocephalia maniraptora tetanurae avialae
    pterodactylus pteranodon quetzalcoatlus dimetrodon ichthyosaurus plesiosaurus
    elasmosaurus mosasaurus postosuchus silesaurus archaeopteryx protoavis
    indominus indoraptor godzilla barney
    dravidosaurus nyasasaurus lusitanosaurus balaur rahonavis pedopenna
    dracorex stygimoloch antrodemus dinheirosaurus nedoceratops
"""


def test_there_are_enough_names() -> None:
    assert len(NAMES) >= 1200


def test_file_ends_with_one_newline_and_has_no_blank_lines() -> None:
    assert RAW.endswith(b"\n")
    assert b"\r" not in RAW
    assert all(NAMES)


def test_names_are_capitalised_ascii_words_of_3_to_25_letters() -> None:
    assert [n for n in NAMES if not re.fullmatch("[A-Z][a-z]{2,24}", n)] == []


def test_names_are_sorted_and_unique() -> None:
    assert sorted(LOWER) == [name.lower() for name in NAMES]


def test_no_name_is_two_others_run_together() -> None:
    glued = [
        name
        for name in LOWER
        for cut in range(3, len(name) - 2)
        if name[:cut] in LOWER and name[cut:] in LOWER
    ]
    assert glued == []


def test_no_name_is_another_one_cut_short() -> None:
    """A stem such as 'Allosaur' beside 'Allosaurus' would be a copying slip."""
    truncated = [
        name
        for name in LOWER
        for ending in ("us", "s", "a", "is", "es", "er", "r", "aurus", "ops")
        if name + ending in LOWER
    ]
    assert truncated == []


def test_no_clades() -> None:
    assert [name for name in LOWER if CLADE_ENDINGS.search(name)] == []


@pytest.mark.parametrize("word", NOT_GENERA.split())
def test_no_common_words_other_animals_or_sunk_names(word: str) -> None:
    assert word not in LOWER


@pytest.mark.parametrize(
    "name",
    [
        "tyrannosaurus",
        "triceratops",
        "velociraptor",
        "mei",
        "zby",
        "kol",
        "spinosaurus",
    ],
)
def test_well_known_names_are_there(name: str) -> None:
    assert name in LOWER


def test_every_letter_of_the_alphabet_occurs() -> None:
    assert set("".join(LOWER)) == set("abcdefghijklmnopqrstuvwxyz")


def test_the_readme_says_provenance_and_licence() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    assert "dinosaurs.txt" in readme
    assert "CC0" in readme
