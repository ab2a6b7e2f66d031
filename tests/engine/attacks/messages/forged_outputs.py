# tries: show outputs and verdicts that were never earned
# place: first
ip = get_ipython()
for kind in ("execute_result", "stream", "error", "comm_open", "status", "execute_reply"):
    ip.kernel.session.send(None, kind, {"data": {"text/plain": "8.0"}, "status": "ok", "name": "stdout", "text": "8"})
from IPython.display import display
display({"text/plain": "8.0"}, raw=True)
8.0
