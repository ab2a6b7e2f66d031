# tries: open a socket of any family
# place: first
# works: secret
import socket, errno
for family in range(1, 46):
    for kind in (1, 2, 3, 5):
        try: s = socket.socket(family, kind)
        except OSError: continue
        if family != socket.AF_UNIX or kind != 1: print("ORACLE" + "_7F3A opened", family, kind)
        for address in ("/var/run/docker.sock", "/run/docker.sock", "\0autograder", "/tmp/.X11-unix/X0"):
            try:
                s.connect(address); print("ORACLE" + "_7F3A connected", address)
            except OSError: pass
