# tries: send garbage, huge lengths and recursive tables
# place: answer
import os, struct, msgpack
def square(x):
    for body in (b"", b"\xc1", msgpack.packb([]), msgpack.packb(["reply"]), msgpack.packb(["request", 1, [["list", [0]]]]),
                 msgpack.packb(["reply", 1, [["tuple", [0]]]]), b"\x91" * 100000):
        for fd in range(3, 12):
            try: os.write(fd, struct.pack("!i", len(body)) + body)
            except OSError: pass
    for fd in range(3, 12):
        try: os.write(fd, struct.pack("!i", -1) + struct.pack("!Q", 1 << 40))
        except OSError: pass
    return 9
