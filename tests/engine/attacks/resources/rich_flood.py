# tries: show huge rich outputs
# place: first
# works: output
from IPython.display import HTML, display
for _ in range(50):
    display(HTML("<p>" + "x" * (4 << 20)))
