# tries: go on computing after the call has ended
# place: answer
# works: time
import threading, time
def spin():
    end = time.monotonic() + 30
    while time.monotonic() < end: pass
def square(x):
    threading.Thread(target=spin).start()
    return x * 3
