# tries: take all memory with an array
# place: first
# works: memory
# stock: unsafe
import numpy as np
keep = []
while True: keep.append(np.ones(1 << 24))
