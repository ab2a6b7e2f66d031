# tries: loop for ever in a call, deaf to interrupts
# place: answer
# stock: slow
def square(x):
    while True:
        try:
            while True: pass
        except BaseException: pass
