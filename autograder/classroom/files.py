"""Files that are whole, whenever somebody reads them; names that are safe to show."""

from __future__ import annotations

from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file at once, or not at all."""
    half = path.with_name(f".{path.name}.half")
    try:
        half.write_bytes(content)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def printable(text: str) -> str:
    """What others named, without what would steer a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)
