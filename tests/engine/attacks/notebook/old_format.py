# tries: hand in a notebook of an old version
# place: notebook
# works: stopped
def hand_in(notebook):
    notebook["worksheets"] = [{"cells": [{**c, "input": c["source"]} for c in notebook.pop("cells")], "metadata": {}}]
    notebook["nbformat"], notebook["nbformat_minor"] = 3, 0
    notebook["metadata"]["name"] = "p1"
