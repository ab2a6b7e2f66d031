"""Plugs the autograder into nbgrader; read by every `nbgrader` command here."""

import os
import sys

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

# autograding: explicit limits; a tag can't switch a test off; a deleted test comes
# back; what a library writes to stderr costs no points
c.Execute.timeout = 20  # seconds per cell
c.Execute.skip_cells_with_tag = ""
c.OverwriteCells.add_missing_cells = True
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = r"(?s).*"

# feedback: hidden tests stay hidden, their messages reach the student
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "autograder.feedback.StripHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
