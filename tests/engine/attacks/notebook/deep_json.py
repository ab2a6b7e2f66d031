# tries: nest JSON without end
# place: notebook
def hand_in(notebook):
    return '{"cells": ' + "[" * 200000 + "]" * 200000 + "}"
