# tries: loop for ever in a cell
# place: first
# stock: slow
while True: pass
