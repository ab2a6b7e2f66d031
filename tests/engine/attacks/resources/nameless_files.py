# tries: fill the disk with files that never had a name
# place: first
# works: disk
# stock: unsafe
import os, time
kept = []
for k in range(100):
    kept.append(os.open(".", os.O_TMPFILE | os.O_RDWR))
    os.write(kept[-1], b"x" * (15 << 20))
time.sleep(1)
print("ORACLE" + "_7F3A wrote 1.5 GB")
