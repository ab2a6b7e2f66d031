# tries: take memory in several processes
# place: first
# works: memory
# stock: unsafe
import os
for _ in range(20):
    if os.fork() == 0:
        keep = bytearray(200 << 20)
        while True: pass
