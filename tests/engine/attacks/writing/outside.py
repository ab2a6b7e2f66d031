# tries: write, rename, link and remove outside its folder
# place: first
import os, shutil
targets = ["/tmp/autograder-pwned", "/var/tmp/autograder-pwned", "/dev/shm/autograder-pwned",
           os.path.expanduser("~/../autograder-pwned"), "../autograder-pwned",
           "/tmp/autograder-sentinel/file"]
for path in targets:
    for act in (lambda p: open(p, "w").write("x"), os.mkdir, os.unlink, lambda p: os.symlink("/", p),
                lambda p: os.truncate(p, 0), lambda p: os.rename(p, p + "2"), os.mkfifo,
                lambda p: os.chmod(p, 0), lambda p: os.utime(p, (1, 1)), lambda p: shutil.rmtree(p)):
        try: act(path)
        except OSError: pass
