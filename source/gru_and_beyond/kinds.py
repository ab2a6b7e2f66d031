"""Which kind of sequence task each example is."""

from __future__ import annotations

KINDS = ("one to one", "one to many", "many to one", "equal", "unequal")
BEGINNINGS = {
    "speech": "unequal",
    "music": "one to many",
    "sentiment": "many to one",
    "DNA": "equal",
    "translation": "unequal",
    "video": "many to one",
    "names": "equal",
    "photo": "one to one",
}


def right_kind(example: str, kind: str) -> str:
    """A verdict for the student; `example` begins with one word and a colon."""
    if kind not in KINDS:
        return f"one of {', '.join(KINDS)}"
    right = BEGINNINGS[example.split(":")[0]]
    return "right" if kind == right else "compare the lengths once more"
