# tries: take leases, so that others wait when they open a file
# place: first
# works: secret
import fcntl, os
for path, kind in (("own", fcntl.F_WRLCK), ("@COURSE@/file", fcntl.F_RDLCK)):
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT if path == "own" else os.O_RDONLY)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, kind)
        print("ORACLE" + "_7F3A leased", path)
    except OSError: pass
