# tries: put halves of characters and zeros into the text
# place: notebook
# works: stopped
def hand_in(notebook):
    notebook["metadata"]["title"] = "\ud800"
    for cell in notebook["cells"]:
        cell["metadata"]["title"] = "\ud800"
        if cell["id"] == "square": cell["source"] += "\n'\ud800\x00'"
