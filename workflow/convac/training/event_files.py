"""TensorBoard's event files, written without TensorBoard: scalars by tag and step.

A file is a chain of records: the length of what follows, 8 bytes, its checksum, an `Event` in protocol buffers, its
checksum; all little-endian. Checksums are CRC-32C, turned and shifted.

Source: TensorFlow, core/lib/io/record_writer.h and core/util/event.proto.
"""

import struct
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

VERSION = "brain.Event:2"
NAME = "events.out.tfevents.convac"  # TensorBoard looks for `tfevents`
POLYNOMIAL, SHIFT = 0x82F63B78, 0xA282EAD8  # of Castagnoli, reflected; of the mask
DOUBLE, WHOLE, BYTES, FLOAT = 1, 0, 2, 5  # kinds of fields on the wire


class Scalar(NamedTuple):
    """One point of a curve.

    Attributes:
        tag: the curve's name; slashes make groups.
        step: of training.
        value: kept in single precision.
    """

    tag: str
    step: int
    value: float


def event_file(scalars: Iterable[Scalar], seconds: float) -> bytes:
    """An event file of these points.

    Args:
        scalars: in order.
        seconds: since 1970, the time of all of them.

    >>> len(event_file([Scalar("loss", 3, 0.5)], 0.0))
    82
    """
    time = field(1, DOUBLE, struct.pack("<d", seconds))
    records = [record(time + text(3, VERSION))]
    for scalar in scalars:
        value = text(1, scalar.tag) + field(2, FLOAT, struct.pack("<f", scalar.value))
        records.append(record(time + field(2, WHOLE, varint(scalar.step)) + message(5, message(1, value))))
    return b"".join(records)


def record(content: bytes) -> bytes:
    """Content with its length and both checksums."""
    length = struct.pack("<Q", len(content))
    return length + checked(length) + content + checked(content)


def checked(content: bytes) -> bytes:
    """The masked checksum of content, 4 bytes."""
    crc = crc32c(content)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + SHIFT) & 0xFFFFFFFF)


def crc32c(content: bytes) -> int:
    """CRC-32C, Castagnoli's.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    crc = 0xFFFFFFFF
    for byte in content:
        crc = (crc >> 8) ^ remainders()[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


@cache
def remainders() -> tuple[int, ...]:
    """The remainder of every byte."""
    found = []
    for byte in range(256):
        rest = byte
        for _ in range(8):
            rest = (rest >> 1) ^ (POLYNOMIAL if rest & 1 else 0)
        found.append(rest)
    return tuple(found)


def message(number: int, content: bytes) -> bytes:
    """A field that holds a message."""
    return field(number, BYTES, varint(len(content)) + content)


def text(number: int, content: str) -> bytes:
    """A field that holds text."""
    return message(number, content.encode())


def field(number: int, kind: int, content: bytes) -> bytes:
    """A field, its number and kind first."""
    return varint(number << 3 | kind) + content


def varint(number: int) -> bytes:
    """A non-negative integer, seven bits a byte, the lowest first.

    >>> varint(300).hex()
    'ac02'
    """
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
