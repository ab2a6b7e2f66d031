# tries: become another user or enter a namespace
# place: first
# stock: unsafe
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for act in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.chroot("."), lambda: os.nice(-5)):
    try: act()
    except OSError: pass
for flag in (0x10000000, 0x20000000, 0x00020000, 0x40000000):
    if libc.unshare(flag) == 0: print("ORACLE" + "_7F3A namespace", hex(flag))
if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0: print("ORACLE" + "_7F3A mounted")
