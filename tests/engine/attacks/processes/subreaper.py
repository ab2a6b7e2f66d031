# tries: adopt orphans and stop, so that waiting never ends
# place: first
# works: survivor
# stock: unsafe
import ctypes, os, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
for _ in range(3):
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
        if os.fork() == 0:
            os.setsid()
            while True: time.sleep(1)
        os.kill(os.getpid(), 19)
