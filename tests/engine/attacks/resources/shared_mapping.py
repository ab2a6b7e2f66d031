# tries: take memory that belongs to no process alone
# place: first
# works: memory
# stock: unsafe
import mmap
kept = []
for k in range(40):
    kept.append(mmap.mmap(-1, 64 << 20)); kept[-1][:] = b"x" * (64 << 20)
print("ORACLE" + "_7F3A has 2.5 GB")
