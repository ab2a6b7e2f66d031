# tries: send datagrams to others from an end of a pair
# place: first
# works: secret
import socket
for address in ("@COURSE@/log", "/dev/log", "/run/systemd/journal/socket", "/run/systemd/notify"):
    for flags in (0, socket.SOCK_NONBLOCK):
        try:
            mine, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM | flags)
            mine.sendto(b"x", address); print("ORACLE" + "_7F3A reached", address)
            mine.sendmsg([b"x"], [], 0, address)
        except OSError as error: print(error)
