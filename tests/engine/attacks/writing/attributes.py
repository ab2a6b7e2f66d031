# tries: change attributes of files by path and by number of the call
# place: first
# works: changed
import ctypes, os, struct
libc = ctypes.CDLL(None, use_errno=True)
path = b"@COURSE@/file"
value = ctypes.create_string_buffer(b"pwned")
about = struct.pack("QII", ctypes.addressof(value), 5, 0)
libc.syscall(463, -100, path, 0, b"user.pwned", about, 16)
libc.syscall(469, -100, path, bytes(24), 24, 0)
for call in (188, 189): libc.syscall(call, path, b"user.pwned", b"pwned", 5, 0)
for act in (lambda: os.utime(path), lambda: os.chmod(path, 0o4777), lambda: os.chown(path, -1, os.getgid())):
    try: act()
    except OSError: pass
for flags in (os.O_RDONLY, os.O_PATH):
    try: fd = os.open(path, flags)
    except OSError: continue
    for act in (lambda: os.fchmod(fd, 0o4777), lambda: os.fchown(fd, -1, os.getgid()), lambda: os.setxattr(fd, "user.pwned", b"x"),
                lambda: os.utime(fd), lambda: os.chmod(f"/proc/self/fd/{fd}", 0o4777)):
        try: act()
        except OSError: pass
