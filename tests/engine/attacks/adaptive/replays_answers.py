# tries: remember what was asked and answer with what came before
# place: answer
seen = []
def square(x):
    seen.append(x)
    return seen[0]
