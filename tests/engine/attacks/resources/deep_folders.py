# tries: nest folders deeper than programs recur, one of them closed to all
# place: first
import os, time
os.chdir(os.environ["HOME"])
for k in range(3000):
    os.mkdir("d"); os.chdir("d")
os.mkdir("closed", 0)
time.sleep(1)
