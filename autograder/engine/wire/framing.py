"""Whole messages over a socket between two processes."""

from __future__ import annotations

import os
import select
import struct
import threading
from collections.abc import Callable

Ready = Callable[[float | None], object]


class Line:
    """Messages over a stream socket; `wait` is asked before anything that could block.

    Half a message, or a reader that does not read, keeps nobody beyond a deadline.
    """

    def __init__(self, descriptor: int, wait: Callable[[Ready], None]) -> None:
        self.descriptor, self._wait = descriptor, wait
        self._buffer = bytearray()
        self._sending = threading.Lock()
        os.set_blocking(descriptor, False)
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(descriptor, select.POLLIN)
        self._writable.register(descriptor, select.POLLOUT)

    def send(self, message: bytes) -> None:
        """Write a whole message."""
        left = memoryview(struct.pack("!Q", len(message)) + message)
        with self._sending:  # threads of a student's code print, too
            while left:
                try:
                    left = left[os.write(self.descriptor, left) :]
                except BlockingIOError:
                    self._wait(self._writable.poll)

    def receive(self, limit: int) -> bytearray:
        """Read a whole message of at most `limit` bytes."""
        self._fill(8)
        end = 8 + struct.unpack_from("!Q", self._buffer)[0]
        if end > limit:
            raise OSError("a message is too large")
        self._fill(end)
        message = self._buffer[8:end]
        del self._buffer[:end]
        return message

    def close(self) -> None:
        """End the conversation."""
        os.close(self.descriptor)

    def _fill(self, size: int) -> None:
        while len(self._buffer) < size:
            try:
                part = os.read(self.descriptor, 1 << 18)
            except BlockingIOError:
                self._wait(self._readable.poll)
                continue
            if not part:
                raise EOFError("the line was closed")
            self._buffer += part
