"""Grades one notebook, knows no course and no class. `docs/how-grading-works.md`."""

AUTOGRADE = {
    "exporter_class": "autograder.engine.plugin.GradedNotebook",
    "autograde_preprocessors": [
        "autograder.engine.execute.IsolatedExecute",
        "nbgrader.preprocessors.IgnorePattern",
        "nbgrader.preprocessors.LimitOutput",
        "autograder.engine.scores.SaveVerdicts",
        "nbgrader.preprocessors.AssignLatePenalties",
    ],
}
"""What a course's nbgrader_config.py sets: `c.Autograde.update(AUTOGRADE)`."""
