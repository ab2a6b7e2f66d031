"""TensorFlow starts without its notes; whatever else is written is still shown."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

NOTES = ("I0000 ", "WARNING: All log messages before absl", "To enable the following")


@contextmanager
def without_notes() -> Iterator[None]:
    """Hold back what libraries write to the error output, then show all but notes.

    TensorFlow writes a few lines while it is imported, before any setting of its own
    can stop them. Errors and warnings come out, after the block.
    """
    try:
        held = tempfile.TemporaryFile()  # noqa: SIM115  closed below
    except OSError:  # nowhere to write: then rather a few notes than no import
        yield
        return
    with held:
        before = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(before, 2)
            os.close(before)
            held.seek(0)
            for line in held.read().decode(errors="replace").splitlines():
                if not line.startswith(NOTES):
                    print(line, file=sys.stderr)
