# tries: use up inodes
# place: first
# stock: unsafe
import os
n = 0
while True:
    os.makedirs(f"d{n}"); n += 1
