# tries: move the tests before the answers
# place: notebook
def hand_in(notebook):
    notebook["cells"].reverse()
