# tries: return 10 GB
# place: answer
# stock: unsafe
import numpy as np
def square(x): return np.broadcast_to(np.float64(1), (10 << 27,))
