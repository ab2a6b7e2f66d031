# tries: hand in something else
# place: notebook
# works: stopped
def hand_in(notebook):
    return "\x00\xff{]"
