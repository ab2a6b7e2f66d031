# tries: raise from recursion with huge locals
# place: answer
# works: time
import sys
sys.setrecursionlimit(10**5)
def square(x, depth=50000):
    here = "x" * depth
    if not depth: raise ValueError(here)
    return square(x, depth - 1)
