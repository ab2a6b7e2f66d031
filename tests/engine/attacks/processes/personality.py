# tries: change how the kernel runs this process
# place: first
# works: secret
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
if libc.personality(0x0040000) >= 0 and libc.personality(0xffffffff) & 0x0040000: print("ORACLE" + "_7F3A personality")
