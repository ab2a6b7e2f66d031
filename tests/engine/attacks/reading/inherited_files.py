# tries: use open descriptors that were inherited
# place: first
import os
for fd in range(3, 200):
    try: print(fd, os.readlink(f"/proc/self/fd/{fd}"), os.fstat(fd))
    except OSError: continue
    for name in ("../../source", ".."):
        try: print(os.listdir(fd))
        except OSError: pass
