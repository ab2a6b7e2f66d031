# tries: fill the disk with nameless files of a daemon
# place: first
# works: disk
# stock: unsafe
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork(): os._exit(0)
    files = []
    for k in range(100):
        files.append(open(f"u{k}", "wb")); os.unlink(f"u{k}")
        files[-1].write(b"x" * (15 << 20)); files[-1].flush()
    open("full", "w").close()
    time.sleep(5)
    os._exit(0)
end = time.monotonic() + 2
while not os.path.exists("full") and time.monotonic() < end: time.sleep(0.01)
if os.path.exists("full"): print("ORACLE" + "_7F3A wrote 1.5 GB")
