# tries: leave links where tests or the grader read and write
# place: first
# works: changed
import os
for name in ("notebook.ipynb", "p1.ipynb", "out.txt", "in.txt", "helper.py", "data", "loop"):
    try: os.symlink("@COURSE@/file", name)
    except OSError: pass
try: os.symlink(".", "again")
except OSError: pass
