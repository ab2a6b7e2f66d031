"""Grades the notebooks of a course: an nbgrader plug-in and a command line."""
