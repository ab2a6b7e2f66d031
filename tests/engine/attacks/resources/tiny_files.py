# tries: leave 20 000 tiny files
# place: first
# works: files
# stock: unsafe
for n in range(20000):
    with open(f"tiny{n}", "w") as file: file.write("x")
