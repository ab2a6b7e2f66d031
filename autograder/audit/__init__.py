"""Proof, with one command, that tests accept right answers and refuse wrong ones.

`banks` holds the right and wrong answers that people wrote, `mutants` makes wrong ones
of the reference, `judging` has them judged by the engine, `audit` asks all the
questions, and `report` tells the answers.
"""
