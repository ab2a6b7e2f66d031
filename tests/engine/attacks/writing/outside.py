# tries: write, rename, link and remove outside its folder
# place: first
# works: changed
import os, shutil
name = "@COURSE@".split("/")[-2] + "-pwned"
targets = ["/tmp/" + name, "/var/tmp/" + name, "/dev/shm/" + name, "../" + name,
           os.path.expanduser("~/../" + name), "@COURSE@/pwned", "@COURSE@/file"]
for path in targets:
    for act in (lambda p: os.write(os.open(p, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK), b"x"), os.mkdir, os.unlink,
                lambda p: os.symlink("/", p), lambda p: os.truncate(p, 0), lambda p: os.rename(p, p + "2"), os.mkfifo,
                lambda p: os.chmod(p, 0), lambda p: os.utime(p, (1, 1))):
        try: act(path)
        except OSError: pass
