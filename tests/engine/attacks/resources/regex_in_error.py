# tries: send an error text that is huge
# place: answer
def square(x): raise ValueError("(" * (50 << 20))
