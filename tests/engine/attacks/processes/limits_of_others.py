# tries: lower limits and priority of other processes
# place: first
# works: neighbour
import os, resource
try:
    resource.prlimit((os.getppid() or 1), resource.RLIMIT_NOFILE, (16, 16))
    print("ORACLE" + "_7F3A limited")
except OSError: pass
try:
    os.setpriority(os.PRIO_PROCESS, (os.getppid() or 1), 19)
    if os.getpriority(os.PRIO_PROCESS, (os.getppid() or 1)) == 19: print("ORACLE" + "_7F3A slowed")
except OSError: pass
