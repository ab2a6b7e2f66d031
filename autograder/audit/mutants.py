"""Wrong answers made of the reference solution, one small change each.

The operators are those of numeric and sequence code. Each is a function of a node of
the syntax tree; it yields how likely a student writes the change (5: often, 1: rarely),
what kind of mistake it is, and new text for a node.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from autograder.engine.plan import parsed

Edit = tuple[int, str, ast.AST, str]
Function = ast.FunctionDef | ast.AsyncFunctionDef

LONG = 8  # steps that a sequence of a test should exceed
SIMILAR = 0.5  # of two names that a student may confuse
CANDIDATES = 2  # names that one is confused with

ARITHMETIC: dict[type, list[str]] = {
    ast.Add: ["-"], ast.Sub: ["+"], ast.Mult: ["/", "+"], ast.Div: ["*"],
    ast.Pow: ["*"], ast.MatMult: ["*"], ast.FloorDiv: ["/"], ast.Mod: ["//"],
}  # fmt: skip
SYMBOLS: dict[type, str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**",
    ast.MatMult: "@", ast.FloorDiv: "//", ast.Mod: "%",
}  # fmt: skip
COMPARISON: dict[type, list[str]] = {
    ast.Lt: ["<=", ">"], ast.LtE: ["<", ">="], ast.Gt: [">=", "<"],
    ast.GtE: [">", "<="], ast.Eq: ["!="], ast.NotEq: ["=="], ast.In: ["not in"],
    ast.NotIn: ["in"], ast.Is: ["is not"], ast.IsNot: ["is"],
}  # fmt: skip
OTHER_FUNCTION = {
    "np.zeros": "np.ones", "np.ones": "np.zeros", "np.zeros_like": "np.ones_like",
    "np.empty": "np.zeros", "np.sum": "np.mean", "np.mean": "np.sum",
    "np.max": "np.min", "np.argmax": "np.argmin", "np.maximum": "np.minimum",
    "np.tanh": "np.sin", "sigmoid": "np.tanh", "softmax": "sigmoid",
    "max": "min", "min": "max", "sum": "max", "any": "all", "all": "any",
}  # fmt: skip
NO_VALUE = {"range", "len", "print", "np.zeros", "np.ones", "np.empty", "enumerate"}

HELPERS = {
    "_spoil": '''\
def _spoil(value):
    """Change an argument in place, and all that is in it."""
    parts = value.values() if isinstance(value, dict) else value
    for part in parts if isinstance(value, (dict, tuple)) else ():
        _spoil(part)
    if hasattr(value, "dtype"):
        value += 1
    elif isinstance(value, dict):
        value["spoilt"] = 0
    elif isinstance(value, list):
        value.append(value[-1] if value else 0)
''',
    "_nearly": '''\
def _nearly(value):
    """Nearly the same: numbers that are a little too large."""
    if isinstance(value, dict):
        return {key: _nearly(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_nearly, value))
    if isinstance(value, int) or getattr(value, "dtype", None) == int:
        return value + 1
    is_real = isinstance(value, float) or getattr(value, "dtype", None) == float
    return value * (1 + 1e-4) + 1e-4 if is_real else value
''',
    "_retyped": '''\
def _retyped(value):
    """The same in another type: lists for arrays, floats for integers."""
    if isinstance(value, dict):
        return {key: _retyped(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_retyped, value))
    value = value.tolist() if hasattr(value, "dtype") else value
    if isinstance(value, (float, str)):
        return [value]
    return float(value) if isinstance(value, int) else value
''',
}


@dataclass(frozen=True)
class Mutant:
    """The reference answer to an exercise with one change; `source` is the cell."""

    exercise: str
    kind: str
    likely: int
    before: str
    after: str
    source: str
    line: int

    @property
    def diff(self) -> str:
        """What was changed, in two or three lines."""
        removed = (f"- {line}" for line in self.before.splitlines())
        added = (f"+ {line}" for line in self.after.splitlines())
        return "\n".join((*removed, *added))


def mutants(exercise: str, source: str, region: set[int]) -> list[Mutant]:
    """All mutants of a solution cell; `region` are the numbers of its secret lines."""
    original = _Answer(source, region)
    seen = {ast.dump(original.tree)}
    found = []
    for likely, kind, node, text in _edits(original):
        changed = original.edited(node, text)
        helpers = [code for name, code in HELPERS.items() if f"{name}(" in text]
        try:
            same = ast.dump(parsed(changed))
            compile(changed, exercise, "exec")
        except SyntaxError:
            continue
        if same not in seen:
            seen.add(same)
            before, after = _difference(source, changed)
            whole = "\n\n".join([*helpers, changed])
            line = getattr(node, "lineno", 0)
            made = Mutant(exercise, kind, likely, before, after, whole, line)
            found.append(made)
    return found


def _difference(old: str, new: str) -> tuple[str, str]:
    lines = list(difflib.ndiff(old.splitlines(), new.splitlines()))
    return (
        "\n".join(line[2:].strip() for line in lines if line.startswith("- ")),
        "\n".join(line[2:].strip() for line in lines if line.startswith("+ ")),
    )


class _Answer:
    """A solution cell: its tree, its text, and what names and keys there are."""

    def __init__(self, source: str, region: set[int]) -> None:
        self.tree = parsed(source)
        self._text = source.encode()
        lengths = [0, *(len(x) for x in self._text.splitlines(keepends=True))]
        self._starts = [sum(lengths[: n + 1]) for n in range(len(lengths))]
        self.region = region
        self.parent = {
            child: node
            for node in ast.walk(self.tree)
            for child in ast.iter_child_nodes(node)
        }

    def is_inside(self, node: ast.AST) -> bool:
        """Whether a student writes this."""
        first = getattr(node, "lineno", None)
        last = getattr(node, "end_lineno", None)
        return first in self.region and last in self.region

    def text(self, node: ast.AST) -> str:
        start, end = self._span(node)
        return self._text[start:end].decode()

    def between(self, left: ast.AST, right: ast.AST) -> str:
        """The text from the end of one node to the start of another."""
        return self._text[self._span(left)[1] : self._span(right)[0]].decode()

    def edited(self, node: ast.AST, text: str) -> str:
        start, end = self._span(node)
        return (self._text[:start] + text.encode() + self._text[end:]).decode()

    def function(self, node: ast.AST) -> Function | None:
        """The outermost function around a node."""
        found = None
        while node in self.parent:
            node = self.parent[node]
            found = node if isinstance(node, Function) else found
        return found

    def returns(self, function: Function) -> Iterator[ast.Return]:
        """Its own return statements that return something."""
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                around: ast.AST = node
                while not isinstance(around, Function):
                    around = self.parent[around]
                if around is function:
                    yield node

    def loop(self, node: ast.AST) -> ast.For | None:
        """The nearest loop over steps around a node."""
        while node in self.parent and not isinstance(node, Function):
            node = self.parent[node]
            if isinstance(node, ast.For):
                return node
        return None

    def _span(self, node: ast.AST) -> tuple[int, int]:
        at: ast.expr = node  # type: ignore[assignment]
        assert at.end_lineno is not None and at.end_col_offset is not None
        return (
            self._starts[at.lineno - 1] + at.col_offset,
            self._starts[at.end_lineno - 1] + at.end_col_offset,
        )


def _edits(answer: _Answer) -> Iterator[Edit]:
    for node in ast.walk(answer.tree):
        if isinstance(node, Function) and answer.function(node) is None:
            if not any(map(answer.is_inside, ast.walk(node))):
                continue
            yield from _defaults(answer, node)
            yield from _arguments(answer, node)
            for result in answer.returns(node):
                yield from _results(answer, result)
        if answer.is_inside(node):
            for operator in OPERATORS.get(type(node), ()):
                yield from operator(answer, node)


# --- expressions ------------------------------------------------------------------


def _binary(a: _Answer, node: ast.BinOp) -> Iterator[Edit]:
    left, right = a.text(node.left), a.text(node.right)
    symbol, gap = SYMBOLS.get(type(node.op), ""), a.between(node.left, node.right)
    for other in ARITHMETIC.get(type(node.op), ()):
        yield 2, "another operator", node, left + gap.replace(symbol, other, 1) + right
    if isinstance(node.op, ast.Mod):
        yield 3, "a part left out", node, f"({left})"
        return
    yield 4, "a part left out", node, f"({left})"
    yield 4, "a part left out", node, f"({right})"
    if isinstance(node.op, (ast.MatMult, ast.Sub, ast.Div)):
        yield 4, "operands swapped", node, f"({right}) {symbol} ({left})"


def _compare(a: _Answer, node: ast.Compare) -> Iterator[Edit]:
    if len(node.ops) == 1:
        right = node.comparators[0]
        for other in COMPARISON.get(type(node.ops[0]), ()):
            text = f"{a.text(node.left)} {other} {a.text(right)}"
            yield 3, "another comparison", node, text


def _boolean(a: _Answer, node: ast.BoolOp) -> Iterator[Edit]:
    for number in range(len(node.values)):
        rest = [v for n, v in enumerate(node.values) if n != number]
        word = " and " if isinstance(node.op, ast.And) else " or "
        yield 4, "a condition left out", node, word.join(map(a.text, rest))
    word = " or " if isinstance(node.op, ast.And) else " and "
    yield 2, "and, or", node, word.join(map(a.text, node.values))


def _unary(a: _Answer, node: ast.UnaryOp) -> Iterator[Edit]:
    yield 3, "a sign left out", node, f"({a.text(node.operand)})"


def _constant(a: _Answer, node: ast.Constant) -> Iterator[Edit]:
    value = node.value
    if isinstance(a.parent.get(node), (ast.Expr, ast.JoinedStr, ast.FormattedValue)):
        return
    if isinstance(value, bool):
        yield 4, "a switch turned", node, str(not value)
    elif isinstance(value, int):
        for number in sorted({value + 1, value - 1, 0} - {value}):
            text = str(number) if number >= 0 else f"({number})"
            yield 3, "another constant", node, text
    elif isinstance(value, float):
        for factor in (2, 0.5, 0):
            yield 2, "another constant", node, repr(value * factor)
    elif isinstance(value, str):
        for other in _similar(value, _strings(a)):
            yield 4, "another key", node, repr(other).replace("'", '"')


def _subscript(a: _Answer, node: ast.Subscript) -> Iterator[Edit]:
    index = node.slice
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    for number, part in enumerate(parts):
        if number and isinstance(parts[number - 1], ast.Slice):
            texts = [a.text(p) for p in parts]
            texts[number - 1 : number + 1] = reversed(texts[number - 1 : number + 1])
            yield 3, "another axis", index, ", ".join(texts)
        if isinstance(part, (ast.Slice, ast.Constant)):
            continue
        if isinstance(part, ast.Name) or isinstance(index, ast.Tuple):
            text = a.text(part)
            for other in (f"{text} - 1", f"{text} + 1", "0", "-1"):
                yield 4 if other in ("0", "-1") else 3, "off by one", part, other


def _slice(a: _Answer, node: ast.Slice) -> Iterator[Edit]:
    bounds = (node.lower, node.upper, node.step)
    low, high, step = (a.text(x) if x else "" for x in bounds)
    tail = f":{step}" if step else ""
    if step:
        yield 4, "another slice", node, f"{low}:{high}"
    if bool(low) != bool(high):
        yield 4, "another slice", node, f"{high}:{low}{tail}"
    if low:
        yield 3, "another slice", node, f":{high}{tail}"
        yield 3, "off by one", node, f"{low} + 1:{high}{tail}"
    if high:
        yield 3, "another slice", node, f"{low}:{tail}"
        yield 3, "off by one", node, f"{low}:{high} - 1{tail}"


def _call(a: _Answer, node: ast.Call) -> Iterator[Edit]:
    name, given = a.text(node.func), [a.text(x) for x in node.args]
    named = [a.text(k) for k in node.keywords]

    def call(arguments: list[str], keywords: list[str] = named) -> str:
        return f"{name}({', '.join([*arguments, *keywords])})"

    if name == "range":
        start, stop = (given[0], given[1]) if len(given) > 1 else ("0", given[0])
        stride = "".join(f", {x}" for x in given[2:])
        yield 4, "off by one", node, f"range({start}, {stop} - 1{stride})"
        yield 4, "off by one", node, f"range({start} + 1, {stop}{stride})"
        yield 2, "off by one", node, f"range({start}, {stop} + 1{stride})"
        if not isinstance(a.parent.get(node), ast.Call):
            yield 3, "another direction", node, f"reversed({a.text(node)})"
        return
    if name in OTHER_FUNCTION:
        other = f"{OTHER_FUNCTION[name]}({', '.join([*given, *named])})"
        yield 3, "another function", node, other
    if len(given) == 1 and name not in NO_VALUE:
        yield 4, "a function left out", node, f"({given[0]})"
    if not given and isinstance(node.func, ast.Attribute):
        yield 4, "a function left out", node, a.text(node.func.value)
    if len(given) > 1:
        yield 3, "an argument left out", node, call(given[:-1])
    for number in range(len(given) - 1):
        pair = [given[number + 1], given[number]]
        swapped = [*given[:number], *pair, *given[number + 2 :]]
        yield 4, "arguments swapped", node, call(swapped)
    for number in range(len(named)):
        rest = named[:number] + named[number + 1 :]
        yield 4, "an argument left out", node, call(given, rest)


def _attribute(a: _Answer, node: ast.Attribute) -> Iterator[Edit]:
    if node.attr == "T":
        value = a.text(node.value)
        yield 4, "not transposed", node, value
        square = f"({value} if len({value}) == len({value}.T) else {value}.T)"
        yield 1, "wrong where sizes are equal", node, square


def _sequence(a: _Answer, node: ast.Tuple | ast.List) -> Iterator[Edit]:
    if not isinstance(node.ctx, ast.Load) or isinstance(a.parent[node], ast.Subscript):
        return
    texts = [a.text(x) for x in node.elts]
    left, right = ("[", "]") if isinstance(node, ast.List) else ("(", ",)")
    for number in range(len(texts) - 1):
        changed = texts.copy()
        changed[number : number + 2] = reversed(changed[number : number + 2])
        yield 4, "another order", node, left + ", ".join(changed) + right
    if isinstance(a.parent[node], (ast.Assign, ast.Return)):
        for name in (entry for entry in node.elts if isinstance(entry, ast.Name)):
            yield 1, "nearly right", name, f"_nearly({name.id})"
    if len(texts) > 1:
        yield 3, "an entry left out", node, left + ", ".join(texts[:-1]) + right


def _dictionary(a: _Answer, node: ast.Dict) -> Iterator[Edit]:
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            yield 1, "nearly right", value, f"_nearly({a.text(value)})"
    for number, key in enumerate(node.keys[:-1]):
        if key is not None and node.keys[number + 1] is not None:
            other = a.text(node.values[number + 1])
            yield 3, "another entry's value", node.values[number], other


def _comprehension(a: _Answer, node: ast.ListComp | ast.DictComp) -> Iterator[Edit]:
    for generator in node.generators:
        for condition in generator.ifs:
            yield 3, "a condition left out", condition, "True"


def _choice(a: _Answer, node: ast.IfExp) -> Iterator[Edit]:
    yield 3, "one case for both", node, f"({a.text(node.body)})"
    yield 3, "one case for both", node, f"({a.text(node.orelse)})"


def _name(a: _Answer, node: ast.Name) -> Iterator[Edit]:
    function = a.function(node)
    if not isinstance(node.ctx, ast.Load) or function is None:
        return
    given = [argument.arg for argument in function.args.args]
    bound = {
        n.id
        for n in ast.walk(function)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and n.id != "_"
    }
    others = _similar(node.id, sorted(bound | set(given)))
    if node.id in given:
        at = given.index(node.id)
        others += [x for x in given[max(0, at - 1) : at + 2] if x not in others]
    for other in others:
        if other != node.id:
            yield 4, "another variable", node, other
    if "seed" in node.id and node.id in given:
        yield 1, "only some values", node, f"({node.id} % 10)"
    if "rate" in node.id and node.id in given:
        yield 1, "only some values", node, f"({node.id} or 0.01)"
        yield 1, "only some values", node, f"max({node.id}, 0.001)"


def _similar(text: str, others: list[str]) -> list[str]:
    rest = [other for other in others if other != text]
    return difflib.get_close_matches(text, rest, CANDIDATES, SIMILAR)


def _strings(a: _Answer) -> list[str]:
    nodes = (n for n in ast.walk(a.tree) if isinstance(n, ast.Constant))
    texts = {n.value for n in nodes if isinstance(n.value, str)}
    return sorted(text for text in texts if text.isidentifier())


# --- statements -------------------------------------------------------------------


def _assign(a: _Answer, node: ast.Assign) -> Iterator[Edit]:
    (target, *_), value = node.targets, a.text(node.value)
    place = a.text(target)
    again = isinstance(target, ast.Subscript) or _is_bound_before(a, target)
    if again:
        yield 4, "a statement left out", node, "pass"
        if isinstance(target, ast.Name):
            yield 2, "accumulated", node, f"{place} += {value}"
    loop = a.loop(node)
    steps = loop and isinstance(loop.target, ast.Name) and "range" in a.text(loop.iter)
    if again and steps and isinstance(target, ast.Name):
        assert loop is not None
        count = a.text(loop.target)
        yield (
            *(1, f"right for {LONG} steps", node),
            f"{place} = ({value}) if {count} < {LONG} else {place}",
        )


def _is_bound_before(a: _Answer, target: ast.expr) -> bool:
    function = a.function(target)
    names = {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
    earlier = {
        n.id
        for n in ast.walk(function or a.tree)
        if isinstance(n, ast.Name)
        and isinstance(n.ctx, ast.Store)
        and n.lineno < target.lineno
    }
    given = {g.arg for g in function.args.args} if function else set()
    return bool(names & (earlier | given))


def _accumulate(a: _Answer, node: ast.AugAssign) -> Iterator[Edit]:
    place, value = a.text(node.target), a.text(node.value)
    yield 4, "a statement left out", node, "pass"
    yield 5, "assigned, not accumulated", node, f"{place} = {value}"
    other = "+" if isinstance(node.op, ast.Sub) else "-"
    yield 2, "another operator", node, f"{place} {other}= {value}"


def _expression(a: _Answer, node: ast.Expr) -> Iterator[Edit]:
    if isinstance(node.value, ast.Call):
        yield 4, "a statement left out", node, "pass"


def _leave(a: _Answer, node: ast.stmt) -> Iterator[Edit]:
    yield 3, "a statement left out", node, "pass"


def _if(a: _Answer, node: ast.If) -> Iterator[Edit]:
    yield 2, "a condition turned", node.test, f"not ({a.text(node.test)})"
    yield 4, "one case for both", node.test, "True"
    yield 4, "one case for both", node.test, "False"


def _while(a: _Answer, node: ast.While) -> Iterator[Edit]:
    yield 2, "a condition turned", node.test, f"not ({a.text(node.test)})"


def _for(a: _Answer, node: ast.For) -> Iterator[Edit]:
    steps = a.text(node.iter)
    for most in (4, LONG):
        capped = f'__import__("itertools").islice({steps}, {most})'
        yield 1, f"right for {most} steps", node.iter, capped
    if isinstance(node.iter, ast.Call) and a.text(node.iter.func) == "reversed":
        yield 4, "another direction", node.iter, a.text(node.iter.args[0])


# --- functions --------------------------------------------------------------------


def _defaults(a: _Answer, node: Function) -> Iterator[Edit]:
    for default in (*node.args.defaults, *node.args.kw_defaults):
        value = default.value if isinstance(default, ast.Constant) else None
        if default and isinstance(value, (int, float)) and not isinstance(value, bool):
            for other in (2 * value, 0):
                yield 1, "another default", default, repr(other)


def _arguments(a: _Answer, node: Function) -> Iterator[Edit]:
    first = node.body[1 if ast.get_docstring(node) and node.body[1:] else 0]
    indent = "\n" + " " * first.col_offset
    used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    parts = {n.id for part in ast.walk(node) for n in _taken_apart(part)}
    for name in (argument.arg for argument in node.args.args):
        text = a.text(first)
        if name in used:
            found = f'{name} = globals()["{name}"]'
            yield 2, "a global read", first, found + indent + text
        if name in parts:
            spoilt = f'given, {name} = {name}, __import__("copy").deepcopy({name})'
            lines = [spoilt, "_spoil(given)", text]
            yield 2, "an argument changed", first, indent.join(lines)


def _taken_apart(node: ast.AST) -> list[ast.Name]:
    """Names that are no plain numbers: they have parts, or are multiplied by `@`."""
    found: list[ast.expr] = []
    if isinstance(node, (ast.Subscript, ast.Attribute)):
        found = [node.value]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        found = [node.left, node.right]
    return [n for n in found if isinstance(n, ast.Name)]


def _results(a: _Answer, node: ast.Return) -> Iterator[Edit]:
    value = node.value
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    for part in filter(None, parts):
        yield 1, "another type", part, f"_retyped({a.text(part)})"
        yield 1, "nearly right", part, f"_nearly({a.text(part)})"
    texts = [a.text(p) for p in filter(None, parts)]
    for number in range(len(texts) - 1):
        changed = texts.copy()
        changed[number : number + 2] = reversed(changed[number : number + 2])
        if value is not None:
            yield 4, "another order", value, ", ".join(changed)


OPERATORS: dict[type, tuple[Callable[[_Answer, Any], Iterator[Edit]], ...]] = {
    ast.BinOp: (_binary,), ast.Compare: (_compare,), ast.BoolOp: (_boolean,),
    ast.UnaryOp: (_unary,), ast.Constant: (_constant,), ast.Subscript: (_subscript,),
    ast.Slice: (_slice,), ast.Call: (_call,), ast.Attribute: (_attribute,),
    ast.Tuple: (_sequence,), ast.List: (_sequence,), ast.Dict: (_dictionary,),
    ast.ListComp: (_comprehension,), ast.DictComp: (_comprehension,),
    ast.GeneratorExp: (_comprehension,), ast.IfExp: (_choice,), ast.Name: (_name,),
    ast.Assign: (_assign,), ast.AugAssign: (_accumulate,), ast.Expr: (_expression,),
    ast.Break: (_leave,), ast.Continue: (_leave,), ast.If: (_if,),
    ast.While: (_while,), ast.For: (_for,),
}  # fmt: skip
