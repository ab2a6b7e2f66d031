"""When an answer has to be here."""

from __future__ import annotations

import time

FOREVER = float("inf")
GRACE_SECONDS = 1.0


class Deadline:
    """The nearest end of a call, of the cell it is made in, and of the submission."""

    def __init__(self, seconds: float) -> None:
        self.submission = time.monotonic() + seconds
        self.cell = FOREVER
        self.call: float | None = None
        self.missed = False

    def start(self, seconds: float) -> None:
        """A call begins."""
        self.missed = False
        self.call = min(time.monotonic() + seconds, self.cell, self.submission)

    def extend(self) -> None:
        """It was missed; what was interrupted has a moment to end."""
        self.missed = True
        self.call = time.monotonic() + GRACE_SECONDS

    def stop(self) -> None:
        """The call is over."""
        self.call = None

    @property
    def is_over(self) -> bool:
        """Whether the time for the whole submission has passed."""
        return time.monotonic() > self.submission
