# tries: loop for ever in a call, deaf to interrupts
# place: answer
# works: time
# stock: slow
def square(x):
    while True:
        try:
            while True: pass
        except BaseException: pass
