# tries: take memory that lies in page tables
# place: first
# works: memory
# stock: unsafe
import mmap, re, time
kept = []
try:
    for _ in range(3):
        kept.append(mmap.mmap(-1, 1 << 39, prot=mmap.PROT_READ, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000))
        for at in range(0, 1 << 39, 2 << 20): kept[-1][at]
finally:
    size = int(re.search(r"VmPTE:\s*(\d+)", open("/proc/self/status").read())[1])
    if size > 1200 << 10: print("ORACLE" + "_7F3A", size)
    time.sleep(1)
