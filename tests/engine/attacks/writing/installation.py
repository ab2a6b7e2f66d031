# tries: change rights of Python's own files
# place: first
# works: changed
import json, os
for path in (json.__file__, os.__file__, "@COURSE@/file"):
    for mode in (os.O_RDONLY, os.O_RDWR):
        try:
            fd = os.open(path, mode)
            now = os.fstat(fd).st_mode & 0o7777
            os.fchmod(fd, 0o600 if path == "@COURSE@/file" else now ^ 0o1)
            os.fchown(fd, -1, os.fstat(fd).st_gid)
            if os.fstat(fd).st_mode & 0o7777 != now:
                if path != "@COURSE@/file":
                    os.fchmod(fd, now)
                print("ORACLE" + "_7F3A can change", path)
        except OSError: pass
