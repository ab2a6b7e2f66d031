"""Looks through masters for faults, and mends what it can.

`any_course` holds the rules of any nbgrader course, `house` those that a course takes
on with `c.CheckCourse.house_rules`, `mending` what can be put right without asking, and
`check` goes through an assignment. A rule is a function of a `Master`.
"""
