# tries: lie about its class
# place: answer
class Liar:
    @property
    def __class__(self): return float
    def __eq__(self, other): return True
    def __instancecheck__(self, other): return True
def square(x): return Liar()
