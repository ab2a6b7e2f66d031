"""What runs where: a notebook and its master become a job. All reading of code is here.

Who a global name belongs to is settled by the master alone. A name that a set-up or
graded cell was the last to bind is the judge's; one that an answer was the last to
bind, or that nobody binds, is asked of the student when a graded cell reads it.
"""

from __future__ import annotations

import ast
import builtins
import marshal
import re
import symtable
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from threading import Lock

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from nbgrader import utils

from autograder.engine.limits import Limits
from autograder.engine.wire.messages import Cell, Job, Role
from autograder.notebook import grade_id, is_autograded, tags

Together = bool | Collection[str]
FIRST_LINE = ("%%time", "%%capture", "%%timeit", "%%prun")
"""Cell magics that run what stands below them."""
FIRST_WORD = re.compile(r"^([ \t]*)%(?:time|prun) ", re.MULTILINE)
"""Line magics that run what stands behind them."""


def plan(
    notebook: NotebookNode, master: NotebookNode, limits: Limits, together: Together
) -> Job:
    """The job of judging `notebook`; `together` are cells that run with the answers."""
    code = [c for c in master.cells if c.cell_type == "code"]
    answers = {_key(c): c.source for c in code if role(c, together) is Role.ANSWER}
    owners = _Owners()
    cells = [
        _planned(cell, role(cell, together), answers.get(_key(cell), ""), owners)
        for cell in notebook.cells
    ]
    imports: dict[str, str] = {}
    for cell in code:
        imports |= _imports(cell.source)
    return Job(cells, imports, limits)


def role(cell: NotebookNode, together: Together = False) -> Role:
    """Where a cell of a master or a rebuilt notebook runs."""
    if cell.cell_type != "code" or not cell.source.strip():
        return Role.SKIPPED
    if is_autograded(cell):
        named = together if isinstance(together, bool) else grade_id(cell) in together
        return Role.TOGETHER if named or "together" in tags(cell) else Role.APART
    if "demo" in tags(cell):
        return Role.DEMO
    return Role.SETUP if utils.is_locked(cell) else Role.ANSWER


def _key(cell: NotebookNode) -> str:
    return grade_id(cell) or cell.get("id", "")


class _Owners:
    """Which cells were the last to bind a name, and what tests have read so far."""

    def __init__(self) -> None:
        self._of: dict[str, Role] = {}
        self._read: set[str] = set()
        self._free: set[str] = set()

    def asks(self, source: str) -> list[str]:
        """Names to be asked of the student before this runs in the judge.

        The student's process sees what it is asked for. So words that stand as text
        in a test, and may be what it expects, are none but where the master's answers
        bind them; nor are the test's own names.
        """
        reads, binds = global_names(source)
        self._free |= reads - binds - vars(builtins).keys()
        self._read |= reads | _mentioned(source)
        return sorted(n for n in self._read if self._is_theirs(n))

    def _is_theirs(self, name: str) -> bool:
        owner = self._of.get(name)
        return owner is Role.ANSWER or (owner is None and name in self._free)

    def shown_only(self, source: str) -> list[str]:
        """Names that only demonstrations bind."""
        reads = global_names(source)[0]
        return sorted(n for n in reads if self._of.get(n) is Role.DEMO)

    def bind(self, names: Iterable[str], role: Role) -> None:
        """A cell of the master binds these."""
        for name in names:
            if role is not Role.DEMO or name not in self._of:
                self._of[name] = role


def _planned(cell: NotebookNode, role: Role, answer: str, owners: _Owners) -> Cell:
    source, name = cell.source, _key(cell)
    here = source if role in (Role.SETUP, Role.APART) else ""
    asks, shown_only = owners.asks(here), owners.shown_only(here)
    binds = global_names(answer if role is Role.ANSWER else source)[1]
    if role is not Role.SKIPPED:
        owners.bind(binds, role)
    code = _compiled(here, f"<{name}>") if here else []
    return Cell(name, role, source, code, sorted(binds), asks, shown_only)


# --- reading code -----------------------------------------------------------------


_PARSING = Lock()


def parsed(source: str) -> ast.Module:
    """The syntax tree of a source; one thread at a time.

    CPython 3.11 keeps one depth for the trees of all threads, and fails with
    SystemError when two of them parse.
    """
    with _PARSING:
        return ast.parse(source)


@lru_cache(maxsize=4096)
def plain_python(source: str) -> str:
    """The cell with its magics turned into calls; empty if it cannot be parsed."""
    first, _, rest = source.lstrip().partition("\n")
    if first.startswith(FIRST_LINE):
        return plain_python(rest) + "".join(f"\n{n} = 0" for n in _captured(first))
    with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        parsed(source)
        return source
    with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        untimed = FIRST_WORD.sub(r"\1", source)
        plain = TransformerManager().transform_cell(untimed)
        parsed(plain)
        return plain
    return ""


def _captured(first: str) -> Iterator[str]:
    """The name that `%%capture name` binds."""
    magic, *words = first.split()
    if magic == "%%capture":
        yield from (w for w in words[:1] if w.isidentifier())


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
        plain = plain_python(source)
        visit(symtable.symtable(plain, "cell", "exec"), top=True)
        for node in ast.walk(parsed(plain)):  # `x += 1` reads `x`, too
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                loaded.update({node.target.id} & bound)
    return frozenset(loaded), frozenset(bound)


@lru_cache(maxsize=4096)
def _compiled(source: str, name: str) -> list[bytes]:
    """Code of a cell's statements and of its last expression, if it is plain Python.

    Marshalled; made once for all submissions. Nothing for cells with magics.
    """
    if source != plain_python(source):
        return []
    body = parsed(source).body
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
def _mentioned(source: str) -> frozenset[str]:
    """Names that stand as text in a cell, as in `substituted("clip", oracle)`."""
    nodes = ast.walk(parsed(plain_python(source)))
    texts = (n.value for n in nodes if isinstance(n, ast.Constant))
    return frozenset(t for t in texts if isinstance(t, str) and t.isidentifier())


@lru_cache(maxsize=4096)
def _imports(source: str) -> dict[str, str]:
    """The top-level import statement behind each name that one binds."""
    found = {}
    for node in parsed(plain_python(source)).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                found[name] = ast.unparse(node)
    return found
