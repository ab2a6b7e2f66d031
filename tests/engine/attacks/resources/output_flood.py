# tries: print 100 MB
# place: first
for _ in range(100):
    print("x" * (1 << 20))
