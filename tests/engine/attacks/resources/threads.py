# tries: start threads without end
# place: first
# works: processes
# stock: unsafe
import threading, time
while True:
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
