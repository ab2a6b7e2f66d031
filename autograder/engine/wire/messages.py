"""The messages between judge and student, and between grader and judge."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from autograder.engine.limits import Limits
from autograder.engine.wire.values import Value, WireError
from autograder.engine.wire.weighing import objects

SMALL = 1 << 20  # bytes of a message that cannot become much
MAX_OBJECTS = 3_000_000  # of a message: half a million pairs of numbers


class Message(msgspec.Struct, array_like=True):
    """Base of all messages; as an array on the wire, without names of fields."""


# --- judge and student ------------------------------------------------------------


class Run(Message, tag=0):
    """Run a cell; the answer is the name of the exception that ended it, or None.

    What it binds of the names in `given` is the course's: see `Look`. The names in
    `taken` no longer are.
    """

    source: str
    given: list[str]
    taken: list[str]


class Look(Message, tag=1):
    """A graded cell begins: give names of set-up cells their values again, and tell
    the values of `names`: for each a list of one, or an empty one.
    """

    names: list[str]
    released: list[int]


class Call(Message, tag=2):
    """Call an object by its number, or a global name; answered by its result.

    While it runs, the names in `substitutes` stand for the caller's functions.
    """

    target: int | str
    arguments: Value
    named: Value
    substitutes: Value


class Done(Message, tag=3):
    """A result; `changes` of arguments by their numbers."""

    value: Value
    changes: list[tuple[int, Value]] = []


class Failed(Message, tag=4):
    """An exception: its types from the nearest on, arguments, text, place.

    `origin` numbers one that the receiver raised itself, and which went through here.
    """

    types: list[tuple[str, str]]
    arguments: list[bool | int | float | str | None]
    text: str
    where: str = ""
    origin: int | None = None


class Shown(Message, tag=5):
    """An output of a cell or a call, in notebook form."""

    output: dict[str, Any]


Request = Run | Look | Call
Conversation = Run | Look | Call | Done | Failed | Shown

# --- grader and judge -------------------------------------------------------------


class Role(StrEnum):
    """Where a cell runs: see `plan`."""

    SETUP = "setup"
    ANSWER = "answer"
    APART = "apart"
    TOGETHER = "together"
    DEMO = "demo"
    SKIPPED = "skipped"


GRADED = (Role.APART, Role.TOGETHER)


class Cell(Message):
    """A cell of a job: its source, what of it runs in the judge, and its names."""

    name: str
    role: Role
    source: str
    code: list[bytes]
    binds: list[str]
    asks: list[str]
    shown_only: list[str]


class Job(Message):
    """A notebook to be judged."""

    cells: list[Cell]
    imports: dict[str, str]
    limits: Limits


class Cause(StrEnum):
    """Who is behind a cell that could not be judged as it should."""

    STUDENT = "student"
    TEST = "test"
    MACHINE = "machine"


class Verdict(Message):
    """What the judge found out about a cell; a cause that is not `sure` is a guess."""

    ran: bool = False
    error: str | None = None
    trouble: str = ""
    cause: Cause | None = None
    sure: bool = True
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether the cell ran to its end and every check held."""
        return self.ran and not self.error and not self.trouble


class Judged(Message):
    """One cell is done; without the cells `lost`, which had ended the process."""

    number: int
    verdict: Verdict
    outputs: list[dict[str, Any]]
    lost: list[int] = []


_packer = msgspec.msgpack.Encoder(enc_hook=str)
_conversation = msgspec.msgpack.Decoder(Conversation)


def packed(message: Any) -> bytes:
    """A message as bytes; halves of characters and huge numbers in it become text."""
    try:
        return _packer.encode(message)
    except (UnicodeEncodeError, OverflowError):
        plain = msgspec.to_builtins(message, builtin_types=(bytes,), enc_hook=str)
        return _packer.encode(_writable(plain))


def _writable(value: Any) -> Any:
    if isinstance(value, dict):
        return {_writable(k): _writable(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_writable(item) for item in value]
    if isinstance(value, str) or (type(value) is int and not -(2**63) <= value < 2**63):
        return str(value).encode("utf-8", "replace").decode()
    return value


def unpacked(data: bytes | bytearray) -> Conversation:
    """A message between judge and student; `WireError` for anything else.

    A few bytes can stand for an object of two hundred: the number is limited.
    """
    if len(data) > SMALL and objects(data, MAX_OBJECTS) > MAX_OBJECTS:
        raise WireError("a message of too many objects")
    try:
        return _conversation.decode(data)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise WireError(f"not a message: {error}") from None
