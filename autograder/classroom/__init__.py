"""Grades many: a whole class, its feedback pages, its table."""
