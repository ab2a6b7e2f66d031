# tries: overflow the stack
# place: answer
# works: memory
import sys
sys.setrecursionlimit(10**8)
def square(x): return square(x) + 1
