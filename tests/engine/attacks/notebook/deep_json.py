# tries: nest JSON without end
# place: notebook
# works: stopped
def hand_in(notebook):
    return '{"cells": ' + "[" * 200000 + "]" * 200000 + "}"
