# tries: bind other processes to one core
# place: first
# works: neighbour
import os
try:
    os.sched_setaffinity((os.getppid() or 1), {max(os.sched_getaffinity((os.getppid() or 1)))})
    print("ORACLE" + "_7F3A bound")
except OSError: pass
