"""What a cell's source says about global names, read as a syntax tree."""

from __future__ import annotations

import ast
import marshal
import symtable
from contextlib import suppress
from functools import lru_cache

from IPython.core.inputtransformer2 import TransformerManager


@lru_cache(maxsize=4096)
def plain_python(source: str) -> str:
    """The cell with its magics turned into calls; empty if it cannot be parsed."""
    for transform in (str, TransformerManager().transform_cell):
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            plain = transform(source)
            ast.parse(plain)
            return plain
    return ""


@lru_cache(maxsize=4096)
def global_names(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The global names that a cell reads and those that it binds."""
    loaded: set[str] = set()
    bound: set[str] = set()

    def visit(table: symtable.SymbolTable, top: bool) -> None:
        for symbol in table.get_symbols():
            if (top or symbol.is_global()) and symbol.is_referenced():
                loaded.add(symbol.get_name())
            binds = symbol.is_assigned() or symbol.is_imported()
            if binds and (top or symbol.is_declared_global()):
                bound.add(symbol.get_name())
        for child in table.get_children():
            visit(child, top=False)

    with suppress(SyntaxError):
        visit(symtable.symtable(plain_python(source), "cell", "exec"), top=True)
    return frozenset(loaded), frozenset(bound)


@lru_cache(maxsize=4096)
def compiled(source: str, name: str) -> list[bytes]:
    """Code of a cell's statements and of its last expression, if it is plain Python.

    Marshalled; made once for all submissions. Nothing for cells with magics.
    """
    if source != plain_python(source):
        return []
    body = ast.parse(source).body
    last = body[-1] if body else None
    trees: list[ast.Module | ast.Expression] = [ast.Module(body, [])]
    if isinstance(last, ast.Expr) and not source.rstrip().endswith(";"):
        trees = [ast.Module(body[:-1], []), ast.Expression(last.value)]
    try:
        return [
            marshal.dumps(compile(tree, name, kind, dont_inherit=True))
            for tree, kind in zip(trees, ("exec", "eval"), strict=False)
        ]
    except SyntaxError:  # IPython allows more, or says what is wrong
        return []


@lru_cache(maxsize=4096)
def mentioned(source: str) -> frozenset[str]:
    """Names that stand as text in a cell, as in `substituted("clip", oracle)`."""
    nodes = ast.walk(ast.parse(plain_python(source)))
    texts = (n.value for n in nodes if isinstance(n, ast.Constant))
    return frozenset(t for t in texts if isinstance(t, str) and t.isidentifier())


@lru_cache(maxsize=4096)
def imports(source: str) -> dict[str, str]:
    """The top-level import statement behind each name that one binds."""
    found = {}
    for node in ast.parse(plain_python(source)).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                found[name] = ast.unparse(node)
    return found


def defines(source: str, name: str) -> bool:
    """Whether a top-level `def name` is the last thing there that binds the name."""
    for node in reversed(ast.parse(plain_python(source)).body):
        if name in global_names(ast.unparse(node))[1]:
            return getattr(node, "name", None) == name
    return False


@lru_cache(maxsize=4096)
def used_in_functions(source: str) -> frozenset[str]:
    """Global names that the functions of a cell read or bind."""
    found: set[str] = set()

    def visit(table: symtable.SymbolTable) -> None:
        for child in table.get_children():
            found.update(s.get_name() for s in child.get_symbols() if s.is_global())
            visit(child)

    with suppress(SyntaxError):
        visit(symtable.symtable(plain_python(source), "cell", "exec"))
    return frozenset(found)
