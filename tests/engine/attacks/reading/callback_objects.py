# tries: reach the judge through functions and objects it hands over
# place: answer
def square(x):
    found = []
    for name in ("__globals__", "__closure__", "__code__", "gi_frame", "__self__", "base"):
        found.append(getattr(x, name, None))
    return x + 1
def __getattr__(name): return square
