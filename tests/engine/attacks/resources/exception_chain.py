# tries: raise an error with a chain of causes without end
# place: answer
# works: time
def square(x):
    last = ValueError("x" * 1000)
    first = last
    for n in range(60000):
        error = ValueError("x" * 1000); error.__cause__ = last; last = error
    raise last
