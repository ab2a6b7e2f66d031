# tries: stay alive as a chain of processes, each of a moment
# place: first
# works: survivor
# stock: unsafe
import os, time
end = time.monotonic() + 15
if os.fork() == 0:
    os.setsid()
    while time.monotonic() < end:
        try:
            if os.fork(): os._exit(0)
        except OSError: pass
        time.sleep(0.002)
    os._exit(0)
