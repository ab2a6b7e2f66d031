"""How many objects a message would become, told without making one."""

from __future__ import annotations

NUMBERS = (4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17)
"""Bytes that follow 0xca to 0xd8: floats, integers, short extensions."""
LENGTHS = {
    0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0),  # bytes
    0xC7: (1, 0), 0xC8: (2, 0), 0xC9: (4, 0),  # extensions, but for their type
    0xD9: (1, 0), 0xDA: (2, 0), 0xDB: (4, 0),  # text
    0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2),  # lists, dictionaries
}  # fmt: skip
"""How many bytes a length takes, and how many objects each of it means."""


def _fixed(first: int) -> tuple[int, int]:
    """What follows a first byte that tells it: bytes and objects."""
    if 0x80 <= first < 0xA0:
        return 0, (first & 15) * (2 if first < 0x90 else 1)
    if 0xA0 <= first < 0xC0:
        return first & 31, 0
    if first in (0xC7, 0xC8, 0xC9):
        return 1, 0
    return (NUMBERS[first - 0xCA], 0) if 0xCA <= first <= 0xD8 else (0, 0)


_FIXED = [_fixed(first) for first in range(256)]


def objects(message: bytes | bytearray, most: int) -> int:
    """How many objects a MessagePack text announces; stops beyond `most`."""
    place, found, end = 0, 1, len(message)
    while place < end and found <= most:
        first = message[place]
        size, inner = _FIXED[first]
        if first in LENGTHS:
            width, each = LENGTHS[first]
            length = int.from_bytes(message[place + 1 : place + 1 + width])
            size, inner = size + width + (0 if each else length), each * length
        place += 1 + size
        if inner:
            found += inner
    return found
