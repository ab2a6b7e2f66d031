"""A judge's end of the line that believes what comes: the control of messages.

It talks to the very student's side that the judge talks to, and runs the tests itself.
But each name and number is looked up, every request is served, an answer is applied
to the judge's own objects, and nothing has an end or a limit.
"""

from __future__ import annotations

import builtins
import importlib
import os
import socket
import sys
import types
from typing import Any

import numpy as np
from IPython import InteractiveShell

from autograder.engine.interpreter import Interpreter
from autograder.engine.limits import Limits
from autograder.engine.student import side
from autograder.engine.wire import changes, messages
from autograder.engine.wire.messages import Done, Failed, Look, Request, Run
from autograder.engine.wire.peer import Peer
from autograder.engine.wire.values import Array, Decoder, Given, Kind, Mine, Word, Yours
from autograder.engine.wire.writing import Encoder

NO_LIMIT = 1 << 60
ANSWERS = ("square", "apply", "fourth", "cube")
Cell = dict[str, Any]


class OwnFault(Exception):
    """The student's side says that this error was the judge's: it costs no points."""


class NaiveReader(Peer):
    """Believes, and serves, whatever comes."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, NO_LIMIT)
        messages.SMALL = NO_LIMIT  # nothing is weighed
        self.namespace = vars(_fresh_main())
        self.objects: dict[int, Any] = {}  # all that was ever handed over
        self.outputs: list[Any] = []
        self.show = self._keep

    def _keep(self, output: dict[str, Any]) -> None:
        print(output)
        self.outputs.append(output)

    def answer(self, request: Request) -> Done:
        """Any request, as if the other side were to be trusted."""
        if isinstance(request, Run):
            exec(request.source, self.namespace)
            return Done(None)
        if isinstance(request, Look):
            found: Any = [[self.namespace.get(name)] for name in request.names]
            return Done(self.encoder().encode(found))
        place: Any = self.objects if type(request.target) is int else self.namespace
        given = Believing(self.resolve)
        args, named = given.decode(request.arguments), given.decode(request.named)
        return Done(self.encoder().encode(place[request.target](*args, **named)))

    def lend(self, value: Any) -> Mine | Yours:
        """Everything is lent, for ever."""
        theirs = getattr(value, "theirs", None)
        if theirs is not None:
            return Yours(theirs)
        number = len(self.objects) + 1
        self.objects[number] = value
        return Mine(number, "function", getattr(value, "__name__", "given"))

    def resolve(self, node: Kind) -> Any:
        """A function of the other side, or whatever has this number here."""
        if not isinstance(node, Mine):
            return self.objects[node.number]  # type: ignore[attr-defined]

        def there(*args: Any, **named: Any) -> Any:
            return self.call(node.number, args, named, self._substitutes())

        there.theirs = node.number  # type: ignore[attr-defined]
        return there

    def take(self, done: Done, sent: Encoder) -> Any:
        """The result; what is said to have changed is changed here."""

        def resolve(node: Kind) -> Any:
            own = isinstance(node, Given)
            return sent.written[node.number] if own else self.resolve(node)

        found = Believing(resolve)
        result = found.decode(done.value)
        for number, after in done.changes:
            changes.repeat(sent.written[number], found.decode(after))
        return result

    def rebuild(self, failed: Failed) -> BaseException:
        """An error of any type, even one that ends things."""
        if failed.origin is not None:
            return OwnFault(failed.text)
        return getattr(builtins, failed.types[0][1], RuntimeError)(failed.text)

    def _substitutes(self) -> dict[str, Any]:
        found = {name: self.namespace.get(name) for name in ANSWERS}
        return {n: v for n, v in found.items() if v and not hasattr(v, "theirs")}

    # cells

    def run(self, name: str, source: str) -> None:
        """Set-up cells run in both, tests here, all others there."""
        if not name.startswith("test_"):
            self.ask(Run(source, [], []), self.encoder())
        if name.startswith(("test_", "setup")):
            self._look()
            self._test(source)

    def _look(self) -> None:
        found = self.ask(Look(list(ANSWERS), []), self.encoder())
        pairs = zip(ANSWERS, found, strict=False)
        self.namespace.update({name: value[0] for name, value in pairs if value})

    def _test(self, source: str) -> None:
        try:
            exec(source, self.namespace)
        except OwnFault:
            return
        except Exception as error:
            about = {"ename": type(error).__name__, "evalue": str(error)}
            self.outputs.append({"output_type": "error", **about})


class Believing(Decoder):
    """Reads arrays of any shape, and words that name anything."""

    def read(self, node: Any) -> Any:
        if isinstance(node, Array):
            seen = np.ndarray(node.shape or (), node.dtype, node.data)
            return self.complete(np.array(seen), self.weight)
        if isinstance(node, Word) and node.kind not in ("int", "text", "dtype"):
            return getattr(importlib.import_module(node.kind), node.text)
        return super().read(node)


def run_over_a_line(notebook: Cell) -> list[Cell]:
    """Run a notebook's code cells; each with its metadata and what it has shown."""
    reader = NaiveReader(_start_student())
    ran = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            reader.outputs = []
            about = cell["metadata"].get("nbgrader", {})
            reader.run(about.get("grade_id", ""), "".join(cell["source"]))
            ran.append({"metadata": cell["metadata"], "outputs": reader.outputs})
    return ran


def _start_student() -> int:
    """Fork the student's side, held by nothing; the line to it."""
    ours, theirs = socket.socketpair()
    if not os.fork():
        ours.close()
        type(InteractiveShell.instance()).clear_instance()  # a kernel makes its own
        limits = Limits(message_bytes=NO_LIMIT, output_bytes=NO_LIMIT)
        side.main(theirs.fileno(), Interpreter(), os.getcwd(), limits)
        os._exit(0)
    theirs.close()
    return ours.detach()


def _fresh_main() -> types.ModuleType:
    """Tests look their names up in `__main__`."""
    sys.modules["__main__"] = types.ModuleType("__main__")
    return sys.modules["__main__"]
