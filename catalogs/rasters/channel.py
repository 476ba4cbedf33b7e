"""How the reading child and its parent talk: framed messages over one inherited socket."""

import io
import json
import socket
import struct
from typing import Any

_HEAD = struct.Struct("=cQ")
_RANGE = struct.Struct("=QQ")
MOST = 64 * 1024 * 1024  # bytes in one message

READ, PROGRESS, ATTACHMENT, DONE, REFUSED, UNCONFINED, REQUEST, BYTES = (
    bytes([letter]) for letter in b"rpadxuqb"
)


class Closed(Exception):
    """The other side is gone."""


class Channel:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def send(self, kind: bytes, payload: bytes = b"") -> None:
        try:
            self.connection.sendall(_HEAD.pack(kind, len(payload)) + payload)
        except OSError as fault:
            raise Closed from fault

    def say(self, kind: bytes, value: Any) -> None:
        self.send(kind, json.dumps(value).encode())

    def receive(self) -> tuple[bytes, bytes]:
        kind, length = _HEAD.unpack(self._exactly(_HEAD.size))
        if length > MOST:
            raise Closed
        return kind, self._exactly(length)

    def _exactly(self, length: int) -> bytes:
        got = bytearray()
        while len(got) < length:
            try:
                more = self.connection.recv(min(length - len(got), 1024 * 1024))
            except OSError as fault:
                raise Closed from fault
            if not more:
                raise Closed
            got += more
        return bytes(got)


def unpack_range(payload: bytes) -> tuple[int, int]:
    """Start and length of the bytes that the child asks for."""
    start, length = _RANGE.unpack(payload)
    return start, length


class RemoteFile(io.RawIOBase):
    """The child's view of a file too large to copy: each read is answered by the parent."""

    def __init__(self, channel: Channel, size: int) -> None:
        self.channel, self.size, self.at = channel, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        self.at = max(0, start + offset)
        return self.at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        length = max(0, min(len(view), self.size - self.at))
        if not length:
            return 0
        self.channel.send(READ, _RANGE.pack(self.at, length))
        _, answer = self.channel.receive()
        view[: len(answer)] = answer
        self.at += len(answer)
        return len(answer)
