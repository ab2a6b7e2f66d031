# tries: keep a test's function in an object and call it from a method
# place: apply
# works: points
class Keeper:
    def apply(self, f, x):
        self.f = f
        type(self).__call__ = lambda self, x: self.f(x)
        return f(x)
    def __call__(self, x): return x
square = Keeper()
apply = square.apply
