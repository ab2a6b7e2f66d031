"""What this machine offers the engine, for people to read."""

from __future__ import annotations

import platform

from autograder.engine import kernel, sandbox
from autograder.engine.preprocessors import IsolatedExecute


def doctor_report() -> tuple[list[tuple[str, str]], list[str]]:
    """`(name, state)` of every layer and limit, and the layers that are missing."""
    fork = "yes" if kernel.can_fork() else "no: kernels start cold"
    rows = [
        ("system", f"{platform.system()} {platform.release()}"),
        ("warm kernels (fork)", fork),
        *sandbox.describe_layers(),
    ]
    missing = sandbox.missing_layers()
    if not kernel.can_fork():
        missing.append("warm kernels (fork)")
    return rows + _limits(), missing


def _limits() -> list[tuple[str, str]]:
    """The default limits; nbgrader_config.py can set others."""
    traits = IsolatedExecute.class_own_traits(config=True)
    numbers = [(name, trait.default()) for name, trait in traits.items()]
    return [
        (f"IsolatedExecute.{name}", _human(name, value))
        for name, value in numbers
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    ]


def _human(name: str, value: float) -> str:
    return f"{int(value) >> 20} MB" if name.endswith("bytes") else f"{value:g}"
