# tries: have the kernel signal others about an own pipe
# place: first
# works: neighbour
# stock: unsafe
import fcntl, os, signal, socket, struct
for own in (lambda s: fcntl.fcntl(s, fcntl.F_SETOWN, os.getppid()),
            lambda s: fcntl.fcntl(s, 15, struct.pack("ii", 1, os.getppid())),
            lambda s: fcntl.ioctl(s, 0x8901, struct.pack("i", os.getppid()))):
    a, b = socket.socketpair()
    try:
        own(a)
        fcntl.fcntl(a, 10, signal.SIGTERM)
        fcntl.fcntl(a, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        b.send(b"x")
    except OSError: pass
