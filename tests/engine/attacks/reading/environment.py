# tries: read secrets from the environment
# place: first
# works: secret
import os, subprocess
print(os.environ)
print(subprocess.run("env; cat /proc/self/environ /proc/$PPID/environ", shell=True, capture_output=True))
print(open("/proc/self/environ").read())
