# tries: start threads without end
# place: first
# stock: unsafe
import threading, time
while True:
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
