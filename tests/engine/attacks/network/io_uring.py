# tries: open a socket by system calls that filters forget
# place: first
# works: secret
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
params = ctypes.create_string_buffer(120)
if libc.syscall(425, 8, params) >= 0: print("ORACLE" + "_7F3A io_uring")
if libc.syscall(41, 2, 1, 0) >= 0: print("ORACLE" + "_7F3A socket")
if libc.syscall(0x40000000 + 41, 2, 1, 0) >= 0: print("ORACLE" + "_7F3A x32 socket")
