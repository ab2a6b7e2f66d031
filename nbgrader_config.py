"""Plugs the autograder into nbgrader; read by every `nbgrader` command here."""

import os

from autograder.engine import AUTOGRADE
from autograder.formgrader import protect

c = get_config()  # noqa: F821  (given by traitlets)

c.CourseDirectory.course_id = "sequence_models"
if "COURSE_DB_URL" in os.environ:  # a password stands in no file
    c.CourseDirectory.db_url = os.environ["COURSE_DB_URL"]

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
    "autograder.release.RefuseLeaks",  # in the formgrader, too
    "autograder.release.KeepOriginal",
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
c.GenerateFeedback.exporter_class = "autograder.pages.FeedbackPage"  # fast
c.GenerateFeedback.preprocessors = [
    "autograder.pages.PutMarks",
    "autograder.feedback.StripHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]

# grades: what was handed in and could not be graded has no score instead of 0.0
c.ExportApp.plugin_class = "autograder.grades.GradesCsv"

# the formgrader: nothing runs that a submission brings (docs/feedback.md)
protect()

# `autograder check-course`: form and style as in docs/adding-an-assignment.md
c.CheckCourse.house_rules = True
c.CheckCourse.points = 100
c.CheckCourse.most_words = 2500
