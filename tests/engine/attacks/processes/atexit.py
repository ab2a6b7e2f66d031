# tries: act when the kernel ends
# place: first
import atexit, os, signal
atexit.register(lambda: open("/tmp/autograder-pwned", "w").write("x"))
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
    signal.signal(number, lambda *a: None)
