# tries: look up names and fetch pages
# place: first
# works: secret
import socket, threading, urllib.request
try: print("looked up", socket.getaddrinfo("localhost", 80))
except OSError as error: print("refused", error)
try:
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    def serve():
        line = server.accept()[0]
        line.recv(10000); line.sendall(b"HTTP/1.0 200 OK\r\n\r\nORACLE" + b"_7F3A"); line.close()
    threading.Thread(target=serve, daemon=True).start()
    fetch = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    print(fetch.open(f"http://127.0.0.1:{port}", timeout=1).read())
except OSError as error: print("refused", error)
for address in (("127.0.0.1", 22), ("127.0.0.1", 8888), ("169.254.169.254", 80)):
    try: socket.create_connection(address, 0.1); print("ORACLE" + "_7F3A reached", address)
    except OSError as error: print("refused", error)
