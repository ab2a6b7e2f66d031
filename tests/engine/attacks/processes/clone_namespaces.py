# tries: make namespaces by cloning
# place: first
# works: secret
# stock: unsafe
import ctypes, os, struct
libc = ctypes.CDLL(None, use_errno=True)
NEW_USER = 0x10000000
table = struct.pack("11Q", NEW_USER, *[0] * 3, 17, *[0] * 6)
for clone in (lambda: libc.syscall(56, NEW_USER | 17, 0, 0, 0, 0), lambda: libc.syscall(435, table, 88)):
    pid = clone()
    if pid == 0: os._exit(7)
    if pid > 0 and os.waitpid(pid, 0)[1] >> 8 == 7: print("ORACLE" + "_7F3A namespace")
