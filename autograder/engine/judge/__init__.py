"""Runs graded cells out of the student's reach, and keeps the verdicts."""
