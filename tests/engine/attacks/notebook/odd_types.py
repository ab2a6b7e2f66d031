# tries: put values of wrong types everywhere
# place: notebook
# works: stopped
def hand_in(notebook):
    notebook["cells"] += [None, 3, [], {"cell_type": 7}, {"cell_type": "code", "source": {"a": 1}, "metadata": 5},
        {"cell_type": "code", "source": [1, None, "x = 1"], "metadata": {"nbgrader": []}, "id": 3},
        {"cell_type": "code", "source": "1", "metadata": {"nbgrader": {"grade_id": ["square"]}}}]
    notebook["nbformat"] = "x"
