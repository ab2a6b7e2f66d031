# tries: leave a folder where a file is read
# place: first
# works: stopped
import os
for name in ("timestamp.txt", "notebook.ipynb2", "feedback.html", "out.txt"):
    try: os.mkdir(name)
    except OSError: pass
