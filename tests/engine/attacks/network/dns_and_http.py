# tries: look up names and fetch pages
# place: first
import socket, urllib.request, subprocess
for act in (lambda: socket.getaddrinfo("localhost", 80), lambda: socket.create_connection(("127.0.0.1", 22), 1),
            lambda: urllib.request.urlopen("http://127.0.0.1:8888", timeout=1).read()):
    try: act(); print("reached")
    except OSError as error: print("refused", error)
