# tries: hand in something else
# place: notebook
def hand_in(notebook):
    return "\x00\xff{]"
