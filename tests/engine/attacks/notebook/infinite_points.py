# tries: claim infinite points, and some that are no number
# place: notebook
# works: points
def hand_in(notebook):
    for cell in notebook["cells"]:
        about = cell["metadata"].get("nbgrader", {})
        about["points"] = float("nan") if about.get("grade_id") == "test_square" else float("inf")
