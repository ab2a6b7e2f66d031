"""Whole messages, whatever the pieces are that they come in; or an error, in time."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.engine.wire.framing import Line, Ready


class TooLate(Exception):
    """What the wait of these tests ends with."""


def patient(ready: Ready) -> None:
    """Waits a while."""
    if not ready(5000):
        raise TooLate


def impatient(ready: Ready) -> None:
    """Waits for a moment."""
    if not ready(50):
        raise TooLate


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    pair = socket.socketpair()
    yield pair
    for end in pair:
        end.close()


def framed(message: bytes) -> bytes:
    return struct.pack("!Q", len(message)) + message


def test_messages_arrive_in_order(ends) -> None:
    here, there = (Line(end.fileno(), patient) for end in ends)
    for size in (0, 1, 9, 100_000):
        here.send(bytes(size))
        assert there.receive(1 << 20) == bytes(size)
    here.send(b"a")
    here.send(b"b")
    assert there.receive(99) == b"a" and there.receive(99) == b"b"


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=6), st.data())
@settings(max_examples=60, deadline=None)
def test_pieces_make_whole_messages(messages: list[bytes], data: st.DataObject) -> None:
    here, there = socket.socketpair()
    with here, there:
        line = Line(there.fileno(), patient)
        stream = b"".join(map(framed, messages))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))

        def write() -> None:
            for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
                here.sendall(stream[start:end])

        writer = threading.Thread(target=write)
        writer.start()
        assert [bytes(line.receive(99)) for _ in messages] == messages
        writer.join()


def test_a_large_message_goes_to_a_slow_reader(ends) -> None:
    here, there = (Line(end.fileno(), patient) for end in ends)
    large = os.urandom(5 << 20)
    sender = threading.Thread(target=here.send, args=(large,))
    sender.start()
    time.sleep(0.1)
    assert there.receive(6 << 20) == large
    sender.join()


def test_threads_do_not_mix_their_messages(ends) -> None:
    here, there = (Line(end.fileno(), patient) for end in ends)
    messages = [bytes([k]) * 200_000 for k in range(8)]
    senders = [threading.Thread(target=here.send, args=(m,)) for m in messages]
    for sender in senders:
        sender.start()
    found = [bytes(there.receive(1 << 20)) for _ in messages]
    for sender in senders:
        sender.join()
    assert sorted(found) == messages


@pytest.mark.parametrize("size", [1 << 20, 1 << 40, (1 << 64) - 1])
def test_a_length_beyond_the_limit_is_refused_before_it_is_read(
    ends, size: int
) -> None:
    ends[0].sendall(struct.pack("!Q", size))
    with pytest.raises(OSError, match="too large"):
        Line(ends[1].fileno(), patient).receive(1000)


@pytest.mark.parametrize("part", [b"", b"\0\0\0", framed(b"abcdef")[:-1]])
def test_a_line_that_ends_within_a_message(ends, part: bytes) -> None:
    ends[0].sendall(part)
    ends[0].close()
    with pytest.raises(EOFError):
        Line(ends[1].fileno(), patient).receive(1000)


@pytest.mark.parametrize("part", [b"", b"\0\0\0", framed(b"abcdef")[:-1]])
def test_half_a_message_keeps_nobody_beyond_the_wait(ends, part: bytes) -> None:
    ends[0].sendall(part)
    with pytest.raises(TooLate):
        Line(ends[1].fileno(), impatient).receive(1000)


def test_a_reader_who_does_not_read_keeps_nobody_beyond_the_wait(ends) -> None:
    with pytest.raises(TooLate):
        Line(ends[0].fileno(), impatient).send(bytes(50 << 20))


def test_nobody_who_reads(ends) -> None:
    ends[1].close()
    with pytest.raises(OSError):
        Line(ends[0].fileno(), patient).send(b"x")
