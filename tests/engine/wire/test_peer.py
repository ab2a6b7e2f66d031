"""A conversation: nested requests, errors that cross, and sides that talk nonsense."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.engine.wire.messages import (
    Call,
    Conversation,
    Done,
    Failed,
    Request,
    Run,
    Shown,
    packed,
)
from autograder.engine.wire.peer import OutOfTime, Peer, PeerLost
from autograder.engine.wire.values import Decoder, DoesNotCross, WireError


class Calls(Peer):
    """A side with functions that the other one calls by name."""

    def __init__(self, descriptor: int, limit: int = 1 << 20, **functions: Any) -> None:
        super().__init__(descriptor, limit)
        self.functions = functions
        self.end: float | None = time.monotonic() + 20

    def answer(self, request: Request) -> Done:
        assert isinstance(request, Call)
        decoder = Decoder(self.resolve)
        arguments = decoder.decode(request.arguments)
        result = self.functions[str(request.target)](*arguments)
        return Done(self.encoder().encode(result))

    def deadline(self) -> float | None:
        return self.end

    def on_deadline(self) -> None:
        raise PeerLost("too late")


def live(peer: Peer) -> None:
    """Serve until the line is closed."""
    try:
        while True:
            request = peer.read()
            assert isinstance(request, (Run, Call))
            peer.serve(request)
    except PeerLost:
        pass


Pair = Callable[..., tuple[Calls, Calls]]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Makes two sides, of which the second one serves."""
    ends = socket.socketpair()
    threads = []

    def make(here: dict[str, Any], there: dict[str, Any], **about: Any) -> Any:
        sides = [
            Calls(e.fileno(), **about, **f)
            for e, f in zip(ends, (here, there), strict=True)
        ]
        threads.append(threading.Thread(target=live, args=(sides[1],), daemon=True))
        threads[0].start()
        return tuple(sides)

    yield make
    ends[0].close()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
    ends[1].close()


def test_a_call_is_answered(pair: Pair) -> None:
    here, _ = pair({}, {"add": lambda a, b: a + b})
    assert here.call("add", [1, 2], {}) == 3
    assert (here.call("add", [np.ones(2), 1], {}) == 2).all()


def test_requests_are_nested(pair: Pair) -> None:
    def down(n: int) -> int:
        return 0 if n == 0 else 1 + sides[0].call("down", [n - 1], {})

    def down_there(n: int) -> int:
        return 0 if n == 0 else 1 + sides[1].call("down", [n - 1], {})

    sides = pair({"down": down_there}, {"down": down})
    sides[0].functions["down"], sides[1].functions["down"] = down, down_there
    assert sides[0].call("down", [20], {}) == 20


def test_arguments_are_copies(pair: Pair) -> None:
    here, _ = pair({}, {"spoil": lambda x: x.append(1)})
    mine: list[int] = []
    assert here.call("spoil", [mine], {}) is None and mine == []


def fail(kind: type[BaseException], *args: Any) -> Callable[[], Any]:
    def raising() -> None:
        raise kind(*args)

    return raising


@pytest.mark.parametrize(
    "kind", [ValueError, KeyError, ZeroDivisionError, np.linalg.LinAlgError]
)
def test_errors_cross_with_their_type_and_arguments(pair: Pair, kind: Any) -> None:
    here, _ = pair({}, {"fail": fail(kind, "no", 3)})
    with pytest.raises(kind) as caught:
        here.call("fail", [], {})
    assert type(caught.value) is kind and caught.value.args == ("no", 3)


@pytest.mark.parametrize(
    "kind", [SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration]
)
def test_what_would_end_more_than_the_call_crosses_as_an_error(
    pair: Pair, kind: Any
) -> None:
    here, _ = pair({}, {"fail": fail(kind), "fine": lambda: 1})
    with pytest.raises(Exception) as caught:
        here.call("fail", [], {})
    assert type(caught.value) in (RuntimeError, Exception)
    assert here.call("fine", [], {}) == 1, "the conversation goes on"


def test_an_answer_that_does_not_cross_is_an_error(pair: Pair) -> None:
    here, _ = pair(
        {}, {"large": lambda: bytes(2 << 20), "odd": lambda: object, "f": lambda: len}
    )
    with pytest.raises(Exception, match="too large"):
        here.call("large", [], {})
    assert here.call("odd", [], {}) is object
    with pytest.raises(Exception, match="nothing is lent"):
        here.call("f", [], {})


def test_what_is_shown_meanwhile_is_shown(pair: Pair) -> None:
    def speak() -> int:
        sides[1].write(Shown({"text": "hello"}))
        return 1

    sides = pair({}, {"speak": speak})
    seen: list[Any] = []
    sides[0].show = seen.append
    assert sides[0].call("speak", [], {}) == 1 and seen == [{"text": "hello"}]


def test_a_side_answers_nothing_that_it_does_not_know(pair: Pair) -> None:
    here, there = pair({}, {})
    there.__class__ = type("Plain", (Calls,), {"answer": Peer.answer})
    with pytest.raises(Exception, match="no such request"):
        here.call("anything", [], {})


# --- sides that are not what they should be ---------------------------------------


def told(data: bytes, request: bool = False, close: bool = True) -> Any:
    """What comes of `data` from the other side, as an answer or as a request."""
    here, there = socket.socketpair()
    with here, there:
        there.setblocking(False)
        there.send(data)
        if close:
            there.shutdown(socket.SHUT_WR)
        peer = Calls(here.fileno())
        peer.end = time.monotonic() + 1
        return peer.read() if request else peer.call("f", [], {})


def framed(message: bytes) -> bytes:
    return struct.pack("!Q", len(message)) + message


@given(st.binary(max_size=80), st.booleans())
@settings(max_examples=300, deadline=None)
def test_random_bytes_lose_the_peer(data: bytes, whole: bool) -> None:
    with pytest.raises((PeerLost, WireError)):
        told(framed(data) if whole else data)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff" * 8, framed(b""), framed(b"\x91" * 10**5), framed(b"\xc1"),
        framed(packed(Done(1)))[:-1], framed(packed([9, 9])), framed(b"\x93\x03\xc0"),
    ],
    ids=["silence", "huge", "empty", "deep", "no such byte", "half", "kind", "short"],
)  # fmt: skip
def test_nonsense_loses_the_peer(data: bytes) -> None:
    for request in (True, False):
        with pytest.raises(PeerLost):
            told(data, request)


def test_nonsense_and_silence_are_told_apart() -> None:
    with pytest.raises(PeerLost) as caught:
        told(framed(b"\xc1"))
    assert caught.value.nonsense
    with pytest.raises(PeerLost) as caught:
        told(b"")
    assert not caught.value.nonsense
    assert told(framed(packed(Done(7)))) == 7, "a control"


@pytest.mark.parametrize("part", [b"", framed(packed(Done(1)))[:-1]])
def test_an_answer_that_does_not_come_has_a_deadline(part: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(PeerLost, match="too late"):
        told(part, close=False)
    assert time.monotonic() - started < 5


def test_a_flood_has_a_deadline() -> None:
    here, there = socket.socketpair()
    with here, there:
        stop = threading.Event()
        shown = framed(packed(Shown({}))) * 100

        def flood() -> None:
            while not stop.is_set():
                try:
                    there.sendall(shown)
                except OSError:
                    return

        thread = threading.Thread(target=flood)
        thread.start()
        peer = Calls(here.fileno())
        peer.end = time.monotonic() + 0.5
        with pytest.raises(PeerLost, match="too late"):
            peer.call("f", [], {})
        stop.set()
        here.close()
        thread.join()
        here.detach()


def test_who_does_not_read_has_a_deadline() -> None:
    here, there = socket.socketpair()
    with here, there:
        peer = Calls(here.fileno(), limit=50 << 20)
        peer.end = time.monotonic() + 0.5
        with pytest.raises(PeerLost, match="too late"):
            peer.call("f", [bytes(40 << 20)], {})


def test_a_side_that_is_gone() -> None:
    here, there = socket.socketpair()
    there.close()
    with here, pytest.raises(PeerLost):
        Calls(here.fileno()).call("f", [], {})


@pytest.mark.parametrize("kind", [OutOfTime, PeerLost])
def test_an_end_ends_what_is_nested_too(kind: Any) -> None:
    """It is no error of a function, to be told to the other side and caught there."""
    here, there = socket.socketpair()
    with here, there:
        peer = Calls(here.fileno(), f=fail(kind, "over"))
        there.sendall(framed(packed(Call("f", peer.encoder().encode(()), None, None))))
        with pytest.raises(kind):
            peer.call("anything", [], {})
        left: bytes = there.recv(1 << 16)
        assert left.count(b"anything") == 1 and b"over" not in left


def test_a_value_in_an_answer_that_is_nonsense() -> None:
    here, there = socket.socketpair()
    with here, there:
        data = packed(Done(Calls(here.fileno()).encoder().encode(np.ones(2))))
        assert data.count(b"<f8") == 1
        with pytest.raises((WireError, PeerLost)):
            told(framed(data.replace(b"<f8", b"|O8")))


# --- errors -----------------------------------------------------------------------


def conversation(message: Conversation) -> Any:
    return told(framed(packed(message)))


FORGED_TYPES = [
    ("builtins", "SystemExit"), ("builtins", "KeyboardInterrupt"), ("builtins", "eval"),
    ("builtins", "BaseException"), ("os", "system"), ("builtins", "StopIteration"),
    ("autograder.engine.wire.peer", "OutOfTime"), ("subprocess", "CalledProcessError"),
    ("numpy", "load"), ("", ""), ("builtins", "__import__"), ("builtins", "print"),
]  # fmt: skip


@pytest.mark.parametrize("module, name", FORGED_TYPES)
def test_forged_types_of_errors_are_just_errors(module: str, name: str) -> None:
    with pytest.raises(RuntimeError, match=r"^why$"):
        conversation(Failed([(module, name)], ["x"], "why"))
    with pytest.raises(ValueError, match="x"):
        conversation(Failed([(module, name), ("builtins", "ValueError")], ["x"], "why"))


def test_arguments_that_an_error_does_not_take() -> None:
    with pytest.raises(RuntimeError, match="the text"):
        conversation(Failed([("builtins", "UnicodeDecodeError")], [1], "the text"))


def test_no_file_is_opened_by_what_a_message_names(tmp_path) -> None:
    before = os.listdir(tmp_path)
    with pytest.raises(Exception):  # noqa: B017
        conversation(Failed([("numpy", "memmap")], [str(tmp_path / "x")], "t"))
    assert os.listdir(tmp_path) == before


def test_objects_do_not_cross_without_a_lender() -> None:
    here, there = socket.socketpair()
    with here, there, pytest.raises((WireError, DoesNotCross)):
        Calls(here.fileno()).call("f", [len], {})
