# tries: loop for ever in __repr__, __del__ and __reduce__
# place: answer
# works: time
# stock: slow
class Slow:
    def __repr__(self):
        while True: pass
    __del__ = __reduce__ = __str__ = __repr__
def square(x):
    raise ValueError(Slow())
