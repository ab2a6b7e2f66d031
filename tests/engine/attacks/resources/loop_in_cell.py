# tries: loop for ever in a cell
# place: first
# works: time
# stock: slow
while True: pass
