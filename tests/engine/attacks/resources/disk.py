# tries: fill the disk with many and large files
# place: first
# works: disk
# stock: unsafe
n = 0
while True:
    with open(f"big{n}", "wb") as f:
        try:
            while True: f.write(b"x" * (1 << 20))
        except OSError: pass
    n += 1
    if n > 4000: break
