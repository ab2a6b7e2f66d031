# tries: become another user or enter a namespace
# place: first
# works: secret
# stock: unsafe
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def in_a_child(act):
    pid = os.fork()
    if not pid:
        try: act(); os._exit(7)
        finally: os._exit(0)
    return os.waitpid(pid, 0)[1] >> 8 == 7
for act in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.chroot("."), lambda: 1 / (os.nice(-5) < 0)):
    if in_a_child(act): print("ORACLE" + "_7F3A privileged")
for flag in (0x10000000, 0x20000000, 0x00020000, 0x40000000, 0x10020000):
    if in_a_child(lambda: 1 / (libc.unshare(flag) == 0)): print("ORACLE" + "_7F3A namespace", hex(flag))
def mount():
    libc.unshare(0x10020000)
    1 / (libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0)
if in_a_child(mount): print("ORACLE" + "_7F3A mounted")
