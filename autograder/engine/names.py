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
            if symbol.is_assigned() or symbol.is_imported():
                if top or symbol.is_declared_global():
                    bound.add(symbol.get_name())
        for child in table.get_children():
            visit(child, top=False)

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
    last = [body.pop()] if body and isinstance(body[-1], ast.Expr) else []
    trees = [
        compile(ast.Module(body, []), name, "exec", dont_inherit=True),
        *(compile(ast.Expression(e.value), name, "eval", dont_inherit=True) for e in last),
    ]  # fmt: skip
    return [marshal.dumps(tree) for tree in trees]


@lru_cache(maxsize=4096)
def mentioned(source: str) -> frozenset[str]:
    """Names that stand as text in a cell, as in `substituted("clip", oracle)`."""
    nodes = ast.walk(ast.parse(plain_python(source)))
    texts = (n.value for n in nodes if isinstance(n, ast.Constant))
    return frozenset(t for t in texts if isinstance(t, str) and t.isidentifier())


def imports(source: str) -> dict[str, str]:
    """The top-level import statement behind each name that one binds."""
    found = {}
    for node in ast.parse(plain_python(source)).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                found[name] = ast.unparse(node)
    return found


def definitions(source: str) -> str:
    """The imports, functions and classes of a cell, without what it does."""
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef)
    body = ast.parse(plain_python(source)).body
    return "\n".join(
        ast.unparse(node) for node in body if isinstance(node, (*kept, ast.ClassDef))
    )


def defines(source: str, name: str) -> bool:
    """Whether the cell has a top-level `def name`."""
    body = ast.parse(plain_python(source)).body
    return any(getattr(node, "name", None) == name for node in body)
