# tries: take disk without writing
# place: first
# works: disk
# stock: unsafe
import os, time
for k in range(100):
    fd = os.open(f"a{k}", os.O_CREAT | os.O_RDWR)
    os.posix_fallocate(fd, 0, 15 << 20)
time.sleep(1)
print("ORACLE" + "_7F3A took 1.5 GB")
