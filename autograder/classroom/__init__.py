"""Grades many.

exports, collect     what a learning platform exports  -> submitted/
bundle               the assignment in one piece, with a hash
grading              which submissions are new, and who grades them
cluster -> grader    one submission in one of many processes: bytes in, bytes out
gradebook            the one writer: points, and autograded/
results -> table     what the gradebook has, for people and machines
feedback             pages for students
demo, sample_class   the whole way, on a class of our own
"""
