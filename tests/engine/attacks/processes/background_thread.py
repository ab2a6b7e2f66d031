# tries: change answers later from a thread
# place: first
import threading, time, builtins
def later():
    while True:
        time.sleep(0.001)
        get_ipython().user_ns["square"] = lambda x: 9
        builtins.AssertionError = Exception
threading.Thread(target=later, daemon=True).start()
