# tries: fill the disk below a path too long to look up
# place: first
# works: disk
# stock: unsafe
import os, time
for k in range(60):
    os.mkdir("d" * 100); os.chdir("d" * 100)
for k in range(100): open(f"u{k}", "wb").write(b"x" * (15 << 20))
time.sleep(1)
print("ORACLE" + "_7F3A wrote 1.5 GB")
