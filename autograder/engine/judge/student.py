"""The judge's end of the line to the student's process; nothing it says is trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from autograder.engine.judge.deadline import Deadline
from autograder.engine.judge.lending import Lending
from autograder.engine.judge.stand_ins import Handle, StandIns
from autograder.engine.limits import Limits
from autograder.engine.wire import changes
from autograder.engine.wire.errors import described
from autograder.engine.wire.messages import (
    Call,
    Cause,
    Done,
    Failed,
    Look,
    Message,
    Request,
    Run,
)
from autograder.engine.wire.peer import OutOfTime, Peer, PeerLost
from autograder.engine.wire.values import (
    Decoder,
    DoesNotCross,
    Kind,
    Mine,
    Tool,
    Value,
    WireError,
    Yours,
)
from autograder.engine.wire.writing import is_tool


class StudentGone(RuntimeError):
    """The student's process ended, or had to be ended, during a request."""


class Nursery(Protocol):
    """What the judge asks of whoever starts the student's processes."""

    def student(self) -> int:
        """A line to a fresh process; the one before is killed."""

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the student's code."""

    def reason(self) -> tuple[str, Cause]:
        """Why the student's process is gone, and who is behind that."""


class Trouble(Message):
    """Why a cell cannot count, whatever its checks said."""

    text: str = ""
    cause: Cause | None = None
    sure: bool = True


LONGEST_NAME = 200  # of an exception
TOO_LONG = Trouble("it took longer than allowed and was stopped", Cause.STUDENT)


class Student(Peer):
    """Asks the student's process, each time with an end."""

    def __init__(self, nursery: Nursery, limits: Limits, deadline: Deadline) -> None:
        super().__init__(nursery.student(), limits.message_bytes)
        self.nursery, self.limits = nursery, limits
        self.trouble: Trouble | None = None
        self.lost = self.interrupted = False
        self.hung: Counter[str] = Counter()  # functions that ran into their limit
        self.substitutes: Callable[[], dict[str, Any]] = dict
        self._deadline = deadline
        self._lending = Lending()
        self._stand_ins = StandIns()

    # requests

    def run(self, source: str, given: list[str], taken: list[str]) -> str | None:
        """Run a cell over there; the name of the exception that ended it, or None."""
        found = self._ask(self.limits.cell_seconds, Run(source, given, taken))
        return None if found is None else str(found)[:LONGEST_NAME]

    def look(self, names: list[str]) -> dict[str, Any]:
        """The values of global names, of those that exist and can be had."""
        request = Look(names, self._stand_ins.take_released())
        found = self._ask(self.limits.call_seconds, request)
        if type(found) is not list or len(found) != len(names):
            return {}
        pairs = zip(names, found, strict=True)
        return {n: x[0] for n, x in pairs if type(x) is list and len(x) == 1}

    def call_there(self, target: Any, args: Any, named: Any) -> Any:
        """Call a stand-in's function, or a global name, on behalf of a test."""
        kind = type(target).__name__
        name = target if kind == "str" else getattr(target, "__name__", kind)
        where = target if type(target) is str else self._stand_ins.number(target)
        if where is None:
            raise StudentGone("the process that had this function is gone")
        seconds = self.limits.call_seconds
        if name in self.hung:  # it had its chance
            seconds = max(min(1.0, seconds), seconds / 4 ** self.hung[name])
        try:
            return self._within(
                seconds, lambda: self.call(where, args, named, self.substitutes())
            )
        except TimeoutError:
            self.hung[name] += 1
            raise

    def _ask(self, seconds: float, request: Request) -> Any:
        return self._within(seconds, lambda: self.ask(request, self.encoder()))

    def _within(self, seconds: float, request: Callable[[], Any]) -> Any:
        """A request that is interrupted, then given up, when it takes too long."""
        with self._lending.request():
            if self.asking:  # nested in another, which has its own end
                return request()
            if self.lost:
                raise StudentGone(self.trouble.text if self.trouble else "")
            self._deadline.start(seconds)
            try:
                return self._in_time(request)
            finally:
                self._deadline.stop()

    def _in_time(self, request: Callable[[], Any]) -> Any:
        result = None
        try:
            result = request()
        except PeerLost as problem:
            raise StudentGone(self._mourn(problem)) from None
        except OutOfTime:  # amid a conversation, which cannot go on
            self.lost = True
            raise
        except Exception:
            if not self._deadline.missed:
                raise
        if self._deadline.missed:
            self.interrupted = True
            raise TimeoutError(TOO_LONG.text)
        return result

    def _mourn(self, problem: PeerLost) -> str:
        self.lost = True
        if self.trouble is None and problem.nonsense:
            self.trouble = Trouble("it sent what is no message", Cause.STUDENT)
        self.trouble = self.trouble or Trouble(*self.nursery.reason(), sure=False)
        return self.trouble.text

    # what is believed, and what is lent

    def answer(self, request: Request) -> Done:
        """Call a function that was lent; its changes of arguments are told."""
        if not isinstance(request, Call):
            raise WireError("no such request")
        function = self._lending.function(request.target)
        given = Decoder(self.resolve)
        args, named = given.decode(request.arguments), given.decode(request.named)
        before = changes.states(given.made)
        result = function(*args, **named)
        known = {id(given.made[n]): n for n in before}
        sent = self.encoder(known)
        value, found = sent.encode(result), changes.changed(given.made, before)
        contents = [changes.contents(given.made[n]) for n in found]
        return Done(value, list(zip(found, map(sent.encode, contents), strict=True)))

    def lend(self, value: Any) -> Value:
        """The student's own object again, or a function for the request at hand."""
        if is_tool(value):
            return Tool(value.__name__)
        number = self._stand_ins.number(value)
        return self._lending.lend(value) if number is None else Yours(number)

    def resolve(self, node: Kind) -> Any:
        """What stands for an object of the student's."""
        if isinstance(node, Mine):
            return self._stand_ins.of(node, self.call_there)
        raise DoesNotCross("a function that the test handed over and that comes back")

    def describe(self, error: BaseException) -> Failed:
        """Its type only: what a test's own functions say is not for the student."""
        number = self._lending.note(error)
        text = "from a function that the test provides"
        types = [t for t in described(error).types if t[0] == "builtins"]
        return Failed(types, [text], text, "", number)

    def rebuild(self, failed: Failed) -> BaseException:
        """One of the judge's own that went through the student's code is itself."""
        own = failed.origin is not None and self._lending.error(failed.origin)
        return own or super().rebuild(failed)

    def has_handles(self) -> bool:
        """Whether a test holds an object that stays over there."""
        return any(Handle in type(value).__mro__ for value in self._stand_ins.alive())

    # time

    @property
    def asking(self) -> bool:
        """Whether an answer is being waited for."""
        return self._deadline.call is not None

    def deadline(self) -> float | None:
        """The nearest end."""
        return self._deadline.call

    def on_deadline(self) -> None:
        """Interrupt once, then give up."""
        if self._deadline.missed:
            raise PeerLost("no answer to an interrupt")
        self.trouble = TOO_LONG
        self.nursery.interrupt()
        self._deadline.extend()
