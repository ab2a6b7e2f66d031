"""Where code runs: a warm parent, a nursery a submission, folders, confinement."""

import sys

if sys.platform != "linux":
    raise ImportError("autograding needs Linux: take WSL 2 or a container elsewhere")
