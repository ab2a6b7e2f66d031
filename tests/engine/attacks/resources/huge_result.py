# tries: return 20 GB
# place: answer
# works: memory
# stock: unsafe
import numpy as np
def square(x): return np.broadcast_to(np.float64(1), (10 << 28,))
