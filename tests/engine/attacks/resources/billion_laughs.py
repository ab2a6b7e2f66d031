# tries: return a small graph that unfolds without end
# place: answer
# stock: unsafe
def square(x):
    y = ["x"]
    for _ in range(150): y = [y, y]
    return y
