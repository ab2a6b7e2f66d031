# tries: print 100 MB
# place: first
# works: output
for _ in range(100):
    print("x" * (1 << 20))
