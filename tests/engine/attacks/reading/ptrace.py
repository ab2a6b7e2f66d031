# tries: attach to the judge as a debugger
# place: first
# works: secret
# stock: unsafe
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for pid in range(max(2, os.getpid() - 30), os.getpid() + 30):
    if pid != os.getpid():
        r = libc.ptrace(16, pid, 0, 0)
        if r == 0:
            print("ORACLE" + "_7F3A", "attached to", pid)
            libc.waitpid(pid, None, 0x40000000)
            libc.ptrace(17, pid, 0, 0)
        buffer = ctypes.create_string_buffer(100)
        class iovec(ctypes.Structure): _fields_ = [("b", ctypes.c_void_p), ("l", ctypes.c_size_t)]
        l, m = iovec(ctypes.addressof(buffer), 100), iovec(0x400000, 100)
        if libc.process_vm_readv(pid, ctypes.byref(l), 1, ctypes.byref(m), 1, 0) > 0:
            print("ORACLE" + "_7F3A", "read", pid)
