"""Builds, grades and checks a course of notebooks, on top of nbgrader."""

import os
import sys

# nbgrader calls `alembic` by name: let it be found in an environment not activated
_here = os.path.dirname(sys.executable)
if _here not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([_here, os.environ.get("PATH", "")])

PACKAGE = "sequence-models-course"
"""As `pip` knows it."""
