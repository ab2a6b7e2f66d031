# tries: show points that were never earned, and outputs of no valid form
# place: answer
# works: points
import gc
from IPython.display import display
from autograder.engine.wire.messages import Shown
side = next(o for o in gc.get_objects() if type(o).__name__ == "StudentSide")
EIGHT = {"data": {"text/plain": "8.0"}, "metadata": {}, "status": "ok", "name": "stdout", "text": "8"}
def square(x):
    for kind in ("execute_result", "stream", "status", "execute_reply", "comm_open"):
        side.write(Shown({"output_type": kind, **EIGHT}))
        get_ipython().kernel.session.send(None, kind, EIGHT)
    for odd in ({}, {"output_type": 3}, {"output_type": "error"}, {"output_type": []},
                {"output_type": "stream", "name": [], "text": {}}, {"output_type": "clear_output"},
                {"output_type": "update_display_data", "data": 5, "transient": 5}):
        side.write(Shown(odd))
    display({"text/plain": "8.0"}, raw=True)
    return x + 1
square(1)
