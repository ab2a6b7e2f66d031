"""A conversation of two processes, each of which calls functions of the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from autograder.engine.wire.errors import described, rebuilt
from autograder.engine.wire.framing import Line, Ready
from autograder.engine.wire.messages import (
    Call,
    Conversation,
    Done,
    Failed,
    Message,
    Request,
    Shown,
    packed,
    unpacked,
)
from autograder.engine.wire.values import (
    Decoder,
    Kind,
    Value,
    WireError,
)
from autograder.engine.wire.writing import Encoder

OVERHEAD = 1 << 20  # bytes of a message besides the contents of its values


class PeerLost(Exception):
    """The other process died, no longer answers, or talks `nonsense`."""

    def __init__(self, text: str, nonsense: bool = False) -> None:
        super().__init__(text)
        self.nonsense = nonsense


class OutOfTime(BaseException):
    """Raised by an alarm: ends whatever runs here, a conversation too."""


class Peer:
    """One end of a conversation; subclasses say what they answer, lend and believe.

    Requests are nested as deep as need be, and each is answered before the one that it
    is nested in: an answer always belongs to the latest request.
    """

    def __init__(self, descriptor: int, limit: int) -> None:
        self.line = Line(descriptor, self._wait)
        self.limit = limit
        self.show: Callable[[dict[str, Any]], None] = lambda output: None

    # what subclasses say

    def answer(self, request: Request) -> Done:
        """Carry out a request of the other side."""
        raise WireError("no such request")

    def lend(self, value: Any) -> Value:
        """A reference to an object of this side that is no data."""
        raise WireError("nothing is lent")

    def resolve(self, node: Kind) -> Any:
        """What a reference from the other side means here."""
        raise WireError("no such reference")

    def take(self, done: Done, sent: Encoder) -> Any:
        """The result of a request whose values `sent` has written."""
        return Decoder(self.resolve).decode(done.value)

    def describe(self, error: BaseException) -> Failed:
        """What the other side is told of an error."""
        return described(error)

    def rebuild(self, failed: Failed) -> BaseException:
        """The error to raise for one over there."""
        return rebuilt(failed)

    def deadline(self) -> float | None:
        """When to call `on_deadline`, on the clock of `time.monotonic`."""
        return None

    def on_deadline(self) -> None:
        """Called when an answer has not come by `deadline()`."""

    # asking and answering

    def encoder(self, given: dict[int, int] | None = None) -> Encoder:
        """For the values of one message; see `Encoder`."""
        return Encoder(self.lend, self.limit, given)

    def ask(self, request: Request, sent: Encoder) -> Any:
        """The result; the other side's own requests are served meanwhile."""
        self.write(request)
        while True:
            message = self.read()
            if isinstance(message, Done):
                return self.take(message, sent)
            if isinstance(message, Failed):
                raise self.rebuild(message)
            if isinstance(message, Shown):
                self.show(message.output)
            else:
                self.serve(message)

    def call(
        self,
        target: int | str,
        arguments: Any,
        named: Any,
        substitutes: dict[str, Any] | None = None,
    ) -> Any:
        """Call a function of the other side."""
        sent = self.encoder()
        values = map(sent.encode, (tuple(arguments), named, substitutes or {}))
        return self.ask(Call(target, *values), sent)

    def serve(self, request: Request) -> None:
        """Answer one request."""
        try:
            reply: Done | Failed = self.answer(request)
        except (PeerLost, OutOfTime):
            raise
        except BaseException as error:
            reply = self.describe(error)
        del request  # an error that is kept keeps this frame
        self.write(reply)

    # messages

    def write(self, message: Message) -> None:
        """Send a message."""
        try:
            self.line.send(packed(message))
        except OSError as error:
            raise PeerLost(str(error)) from None

    def read(self) -> Conversation:
        """Receive a message."""
        try:
            self._wait(lambda milliseconds: True)  # a flood has a deadline too
            return unpacked(self.line.receive(self.limit + OVERHEAD))
        except (OSError, EOFError, WireError) as error:
            nonsense = isinstance(error, WireError)
            raise PeerLost(f"{type(error).__name__}: {error}", nonsense) from None

    def _wait(self, ready: Ready) -> None:
        """Wait until `ready(milliseconds)` says so; tell of each missed deadline."""
        while True:
            end = self.deadline()
            left = None if end is None else 1000 * (end - time.monotonic())
            if left is not None and left <= 0:
                self.on_deadline()
            elif ready(left):
                return
