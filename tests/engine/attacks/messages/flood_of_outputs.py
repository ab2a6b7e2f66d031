# tries: show outputs for ever, past the student's own limit
# place: answer
# works: output
# stock: slow
import gc
from autograder.engine.wire.messages import Shown
side = next(o for o in gc.get_objects() if type(o).__name__ == "StudentSide")
flood = Shown({"output_type": "stream", "name": "stdout", "text": "x" * 100000})
def square(x):
    while True:
        try: side.write(flood)
        except KeyboardInterrupt: pass
