# tries: call functions of the judge that were never handed over
# place: answer
import gc
def square(x):
    from autograder.engine.wire import Reference
    side = next(o for o in gc.get_objects() if type(o).__name__ == "StudentSide")
    for number in range(50):
        for operation in ("call", "getattr", "run", "names", "_run_here"):
            try:
                got = side.request(operation, Reference(number, {}), (1,), {})
                raise SystemError(f"reached {number} {got}")
            except (RuntimeError, TypeError, ValueError, KeyError): pass
    return x + 1
