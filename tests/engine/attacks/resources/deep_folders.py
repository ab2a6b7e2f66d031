# tries: nest folders deeper than programs recur, one of them closed to all
# place: first
# works: uncleaned
# stock: unsafe
import os, time
for k in range(1500):
    os.mkdir("d"); os.chdir("d")
os.mkdir("closed"); open("closed/file", "w"); os.chmod("closed", 0)
time.sleep(1)
