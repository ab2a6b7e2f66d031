# tries: fill the disk with open files that have no name
# place: first
# works: disk
# stock: unsafe
import os, time
files = []
for k in range(100):
    files.append(open(f"u{k}", "wb")); os.unlink(f"u{k}")
    files[-1].write(b"x" * (15 << 20)); files[-1].flush()
time.sleep(1)
print("ORACLE" + "_7F3A wrote 1.5 GB")
