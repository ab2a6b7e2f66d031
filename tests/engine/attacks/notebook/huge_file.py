# tries: hand in 200 MB
# place: notebook
# works: disk
def hand_in(notebook):
    return '{"cells": [], "metadata": {"x": "' + "x" * (200 << 20) + '"}}'
