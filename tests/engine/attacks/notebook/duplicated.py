# tries: give every cell twice
# place: notebook
import copy
def hand_in(notebook):
    notebook["cells"] = [copy.deepcopy(c) for c in notebook["cells"] for _ in range(2)]
