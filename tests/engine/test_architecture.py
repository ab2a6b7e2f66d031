"""Who may import whom in the engine, and how large its parts may grow."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[2] / "autograder" / "engine"
PACKAGE = "autograder.engine"
MOST_LINES, MOST_CLASS_LINES, MOST_FIELDS = 300, 200, 12

MAY_IMPORT: dict[str, set[str]] = {
    "": set(),
    "limits": set(),
    "outputs": set(),
    "interpreter": {"wire.errors"},
    "wire": {"wire", "limits"},
    "student": {"student", "wire", "limits", "interpreter"},
    "judge": {"judge", "wire", "limits", "interpreter"},
    "processes": {"processes", "limits", "wire.messages"},
    # what is forked, imported where it is needed only
    "processes.nursery": {"judge.main", "student.side"},
    "processes.parent": {"judge.main", "student.side", "interpreter"},
    "plan": {"wire.messages", "limits", "autograder.notebook"},
    "grading": {"plan", "outputs", "limits", "wire", "processes.parent", "autograder.notebook"},
    "execute": {
        "grading", "limits", "wire.messages", "processes.layers", "autograder.notebook",
    },
    "scores": {"wire.messages", "autograder.notebook"},
    "aside": {"autograder.notebook"},
    "plugin": {
        "aside", "execute", "scores", "grading", "processes.disk",
        "autograder.notebook",
    },
}  # fmt: skip
"""For each module or folder of the engine; more for a module than for its folder."""


# --- reading a tree ---------------------------------------------------------------


def name_of(path: Path, root: Path) -> str:
    """Of a module within the engine, with dots."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(p for p in parts if p != "__init__")


def modules(root: Path) -> dict[str, Path]:
    return {name_of(path, root): path for path in sorted(root.rglob("*.py"))}


def imports(path: Path, known: dict[str, Path], everywhere: bool = True) -> set[str]:
    """What of this project a file imports; names within the engine without prefix."""
    tree = ast.parse(path.read_text("utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            within = {n for n in inner if n.removeprefix(f"{PACKAGE}.") in known}
            found |= within or {str(node.module)}
            if within and len(within) < len(inner):
                found.add(str(node.module))
    mine = {name for name in found if name.split(".")[0] == PACKAGE.split(".")[0]}
    return {"" if n == PACKAGE else n.removeprefix(f"{PACKAGE}.") for n in mine}


def folders(name: str) -> Iterator[str]:
    """The module and what it lies in."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        yield ".".join(parts[:count])


def forbidden(root: Path) -> list[str]:
    """The imports that no rule allows."""
    known = modules(root)
    found = []
    for name, path in known.items():
        allowed = {a for place in folders(name) for a in MAY_IMPORT.get(place, set())}
        found += [
            f"{name} imports {other}"
            for other in sorted(imports(path, known) - {""})
            if not allowed & set(folders(other))
        ]
    return found


def circles(root: Path) -> list[str]:
    """The modules that import each other, when they are imported."""
    known = modules(root)
    below = {
        name: imports(path, known, everywhere=False) for name, path in known.items()
    }
    found: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            found.append(" -> ".join([*above[above.index(name) :], name]))
            return
        for other in sorted(below.pop(name, ())):
            visit(other, (*above, name))

    while below:
        visit(next(iter(below)), ())
    return found


def without_rule(root: Path) -> list[str]:
    return [n for n in modules(root) if not any(p in MAY_IMPORT for p in [*folders(n)])]


def fields(node: ast.ClassDef) -> set[str]:
    """Attributes that a class sets in `__init__`, or declares."""
    declared = {
        n.target.id for n in node.body
        if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
    }  # fmt: skip
    starts = (
        n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"
    )
    targets = (
        n for start in starts for n in ast.walk(start) if isinstance(n, ast.Attribute)
    )
    return declared | {
        n.attr for n in targets
        if isinstance(n.ctx, ast.Store) and isinstance(n.value, ast.Name) and n.value.id == "self"
    }  # fmt: skip


def length(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def overgrown(path: Path) -> list[str]:
    """Classes of a file that are too large."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if lines > MOST_CLASS_LINES:
                found.append(f"{node.name} has {lines} lines")
            if len(fields(node)) > MOST_FIELDS:
                found.append(f"{node.name} has {len(fields(node))} fields")
    return found


def undocumented(path: Path) -> list[str]:
    """The module, public classes and functions without a docstring."""
    tree = ast.parse(path.read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [
        n for n in tree.body if isinstance(n, kinds) and not n.name.startswith("_")
    ]
    bare = [n for n in public if isinstance(n, ast.ClassDef) and not n.bases]
    public += [
        n for owner in bare for n in owner.body
        if isinstance(n, kinds) and not n.name.startswith("_")
    ]  # fmt: skip
    missing = [n.name for n in public if not ast.get_docstring(n)]
    return missing + ([] if ast.get_docstring(tree) else ["the module"])


# --- the engine -------------------------------------------------------------------


def test_every_module_has_a_rule() -> None:
    assert without_rule(ENGINE) == []


def test_rules_name_modules_that_exist() -> None:
    known = modules(ENGINE)
    named = {n for names in MAY_IMPORT.values() for n in names} | set(MAY_IMPORT)
    gone = {n for n in named if n not in known and not n.startswith("autograder.")}
    assert not gone


def test_arrows() -> None:
    assert forbidden(ENGINE) == []


def test_no_circle() -> None:
    assert circles(ENGINE) == []


@pytest.mark.parametrize("name", modules(ENGINE))
def test_files_stay_short(name: str) -> None:
    assert length(modules(ENGINE)[name]) <= MOST_LINES


@pytest.mark.parametrize("name", modules(ENGINE))
def test_classes_stay_small_and_all_is_documented(name: str) -> None:
    assert overgrown(modules(ENGINE)[name]) == []
    assert undocumented(modules(ENGINE)[name]) == []


# --- the rules themselves ---------------------------------------------------------


def tree(root: Path, **files: str) -> Path:
    """A small engine; `__` in a name for a folder."""
    for name, source in {"limits": "", "wire__values": "", **files}.items():
        path = root / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
    return root


ALLOWED = {
    "wire__peer": "from autograder.engine.wire.values import x",
    "student__side": "import json\nfrom autograder.engine.wire import values",
    "grading": "from autograder.notebook import grade_id\nfrom autograder.engine import limits",
}
BROKEN = {
    "the student's side imports the judge": (
        "student__side", "from autograder.engine.judge.cells import Judge",
        "student.side imports judge.cells",
    ),
    "in a function": (
        "student__side", "def f():\n    from autograder.engine.judge import cells",
        "student.side imports judge.cells",
    ),
    "by its whole name": (
        "student__side", "import autograder.engine.judge.cells as c",
        "student.side imports judge.cells",
    ),
    "under a condition": (
        "wire__values", "try:\n    import autograder.engine.processes.disk\nexcept ImportError: ...",
        "wire.values imports processes.disk",
    ),
    "the judge imports processes": (
        "judge__cells", "from autograder.engine.processes.disk import claim",
        "judge.cells imports processes.disk",
    ),
    "grading looks into the judge": (
        "grading", "from autograder.engine.judge import cells", "grading imports judge.cells",
    ),
    "the plug-in imports the wire's inside": (
        "plugin", "from autograder.engine.wire import values", "plugin imports wire.values",
    ),
    "a course": (
        "plugin", "from autograder.course import Course", "plugin imports autograder.course",
    ),
}  # fmt: skip


def test_what_is_allowed_is_found_to_be(tmp_path: Path) -> None:
    made = tree(tmp_path, judge__cells="", **ALLOWED)
    assert forbidden(made) == [] and circles(made) == [] and without_rule(made) == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_wrong_arrow_is_found(tmp_path: Path, name: str) -> None:
    module, source, expected = BROKEN[name]
    others = {"judge__cells": "", "processes__disk": "", **ALLOWED}
    assert forbidden(tree(tmp_path, **{**others, module: source})) == [expected]


def test_circles_are_found(tmp_path: Path) -> None:
    made = tree(
        tmp_path,
        judge__a="from autograder.engine.judge import b",
        judge__b="from autograder.engine.judge.c import x",
        judge__c="import autograder.engine.judge.a",
        judge__d="def f():\n    import autograder.engine.judge.d",
    )
    assert circles(made) == ["judge.a -> judge.b -> judge.c -> judge.a"]


def test_a_module_without_a_rule_is_found(tmp_path: Path) -> None:
    assert without_rule(tree(tmp_path, novel="")) == ["novel"]


def test_large_and_undocumented_parts_are_found(tmp_path: Path) -> None:
    lines = "\n".join(f"        self.a{n} = {n}" for n in range(13))
    small = "class B:\n    '''Doc.'''\n    def __init__(self):\n        self.a = self.b = 1\n"
    fat = f"class A:\n    def __init__(self, o):\n        o.x = 1\n{lines}\n    def f(self): ...\n"
    long = "class C:\n    '''Doc.'''\n" + "    x = 1\n" * 199
    struct = "class D:\n    '''Doc.'''\n" + "".join(
        f"    f{n}: int\n" for n in range(13)
    )
    path = tree(tmp_path, plan=small + fat + long + struct + "def g(): ...") / "plan.py"
    assert overgrown(path) == ["A has 13 fields", "C has 201 lines", "D has 13 fields"]
    assert undocumented(path) == ["A", "g", "f", "the module"] and length(path) > 200
