# tries: leave file names that break lists and terminals
# place: first
# works: stopped
import os
for name in (b"a\nb", b"\x1b]0;pwned\x07\x1b[2J", b"\xff\xfe", b"-rf", b" ", b"'; touch pwned; '", b"con\r", "\u202egpj.exe".encode(), b"x" * 255):
    open(name, "w").close()
