# tries: leave a daemon behind by a double fork
# place: first
# works: survivor
# stock: unsafe
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in range(0, 100):
            try: os.close(fd)
            except OSError: pass
        while True: time.sleep(0.05)
    os._exit(0)
