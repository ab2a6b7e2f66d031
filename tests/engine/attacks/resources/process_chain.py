# tries: nest processes deeper than programs recur
# place: first
# works: processes
# stock: unsafe
import os, time
while True:
    try:
        if os.fork(): time.sleep(30); os._exit(0)
    except OSError: time.sleep(1)
