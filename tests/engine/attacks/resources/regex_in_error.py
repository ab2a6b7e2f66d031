# tries: send an error text that is huge
# place: answer
# works: output
def square(x): raise ValueError("(" * (50 << 20))
