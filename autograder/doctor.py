"""What this machine offers the engine, for people to read."""

from __future__ import annotations

import platform

import msgspec

from autograder.engine.limits import Limits
from autograder.engine.processes import layers

TOGETHER = "confined, but neither secret nor safe from tampering by the answers"


def doctor_report(
    limits: Limits | None = None,
) -> tuple[list[tuple[str, str]], list[str]]:
    """`(name, state)` of every layer and limit, and the layers that are missing.

    `limits` are the course's, if there is one.
    """
    rows = [
        ("system", f"{platform.system()} {platform.release()}"),
        *((name, layer.told) for name, layer in layers.effective().items()),
        ("graded cells tagged 'together'", TOGETHER),
    ]
    return rows + _told(limits or Limits()), layers.missing()


def _told(limits: Limits) -> list[tuple[str, str]]:
    numbers = msgspec.structs.asdict(limits).items()
    return [(f"IsolatedExecute.{n}", _human(n, value)) for n, value in numbers]


def _human(name: str, value: float) -> str:
    return f"{int(value) >> 20} MB" if name.endswith("bytes") else f"{value:g}"
