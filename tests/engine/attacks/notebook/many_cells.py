# tries: hand in 100 000 cells
# place: notebook
# works: time
def hand_in(notebook):
    cell = {"cell_type": "code", "source": "1", "metadata": {}, "outputs": [], "execution_count": None}
    notebook["cells"] += [cell] * 100000
