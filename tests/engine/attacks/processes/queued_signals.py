# tries: send signals by calls that filters forget
# place: first
# works: neighbour
# stock: unsafe
import ctypes, os, struct
libc = ctypes.CDLL(None, use_errno=True)
about = struct.pack("iii", 15, 0, -1).ljust(128, b"\0")
pid = os.getppid()
libc.syscall(297, pid, pid, 15, about)
libc.syscall(129, pid, 15, about)
libc.syscall(234, pid, pid, 15)
handle = libc.syscall(434, pid, 0)
if handle >= 0: libc.syscall(424, handle, 15, None, 0)
