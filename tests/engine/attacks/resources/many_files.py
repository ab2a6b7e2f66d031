# tries: use up inodes
# place: first
# works: files
# stock: unsafe
import os
n = 0
while True:
    os.makedirs(f"d{n}"); n += 1
