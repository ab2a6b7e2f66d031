# tries: make parsing and compiling give empty code
# place: first
import ast, builtins
real = builtins.compile
ast.parse = lambda *a, **k: ast.Module([], [])
builtins.compile = lambda *a, **k: real("pass", "x", "exec")
builtins.exec = lambda *a, **k: None
