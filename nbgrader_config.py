"""Plugs the autograder into nbgrader; read by every `nbgrader` command here."""

import os
import sys

from autograder.engine.preprocessors import AUTOGRADE

c = get_config()  # noqa: F821  (given by traitlets)

# nbgrader calls `alembic` by name: let it be found in an environment not activated
here = os.path.dirname(sys.executable)
if here not in os.environ["PATH"].split(os.pathsep):
    os.environ["PATH"] = here + os.pathsep + os.environ["PATH"]

c.CourseDirectory.course_id = "sequence_models"

# release: stubs that fail by name instead of nbgrader's anonymous ones
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    "nbgrader.preprocessors.LockCells",
    "autograder.release.NamedStubs",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# autograding: graded is the master with the student's answers; the judge and the
# student's code never share an interpreter (docs/how-grading-works.md)
c.Autograde.update(AUTOGRADE)
keras = ["numpy", "matplotlib.pyplot", "tensorflow", "keras", "music21"]
c.IsolatedExecute.preload_for = {"jazz_improvisation": keras}

# what a library writes to stderr costs no points
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = r"(?s).*"

# feedback: hidden tests stay hidden, their messages reach the student
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "autograder.feedback.StripHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
