# tries: answer by arrays and words of false shapes, types and names
# place: answer
# works: memory
import gc
from autograder.engine.wire.messages import Done
from autograder.engine.wire.values import Array, Items, Word
side = next(o for o in gc.get_objects() if type(o).__name__ == "StudentSide")
NODES = (
    Array("<U0", b"", (1 << 29,)), Array("O", b"12345678", (1,)), Array("<f8", b"", (1 << 60,)),
    Array("<f8", b"1" * 8, (-1,)), Array("<f8", b"", (0, 1 << 60), True, True),
    Array("V0", b"", (1 << 40,)), Array("i4,O", b"1" * 12, (1,)), Array("nonsense", b"", ()),
    Array("V8", b"1" * 8), Array("O", b"1" * 8), Array("<f8", b""),
    Items("ndarray", [Items("tuple", [1 << 60]), 1]), Items("ndarray", []), Items("ndarray", [9]),
    Word("os", "system"), Word("builtins", "eval"), Word("numpy", "load"), Word("dtype", "O"),
    Word("int", "9" * 10**6), Word("text", "x"), Items("dict", [1]), Items("eval", [1]), Items("set", [Items("list", [])]),
)
def square(x):
    for node in NODES:
        side.write(Done(node))
        side.write(Done(Items("list", [Items("list", [node])])))
    return x + 1
