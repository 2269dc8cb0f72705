"""What comes back from a measuring process, on a pipe that other people's code can write to as well.

An answer is a frame: a token that only this worker's process knows, the number of its task, the process that gives it,
a checksum, its size, and the outcome. It is taken only if all of them are right. Reading never waits: a frame whose end
does not come, because its writer died and somebody else holds the pipe, must not hold up the parent.
"""

from __future__ import annotations

import os
import pickle
import struct
from typing import Any

import xxhash

from wavecomp.records import Failure

TOKEN_BYTES = 16
_FRAME = struct.Struct(f"<{TOKEN_BYTES}sQQQQ")  # token, number of the task, process, checksum, bytes that follow
_CHUNK = 1 << 20


class BrokenAnswers(Exception):
    """What came is not what a worker's process sends."""


def write_answer(descriptor: int, token: bytes, number: int, outcome: object) -> None:
    """Send an outcome; one that cannot be sent is a failure. Raises OSError where nobody is there to read it."""
    try:
        body = pickle.dumps(outcome, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # what a plug-in left in it
        kind = type(error).__name__
        body = pickle.dumps(Failure("exception", f"its outcome cannot leave its process: {kind}: {error}"))
    head = _FRAME.pack(token, number, os.getpid(), xxhash.xxh3_64_intdigest(body), len(body))
    for part in (head, body):
        left = memoryview(part)
        while left:
            left = left[os.write(descriptor, left[:_CHUNK]) :]


class Answers:
    """Puts together what arrives.

    Parameters
    ----------
    token : bytes
        Of the process.
    process : int
        Its number; a copy of it that goes on beside it has another.
    """

    def __init__(self, token: bytes, process: int) -> None:
        self._token, self._process = token, process
        self._arrived = bytearray()

    def read(self, descriptor: int) -> bool:
        """Take what is there now; False at the end. Call it when there is something, or it waits."""
        try:
            chunk = os.read(descriptor, _CHUNK)
        except OSError:  # the other end was closed with something unread
            return False
        self._arrived += chunk
        return bool(chunk)

    def take(self, number: int) -> tuple[Any] | None:
        """Return the outcome of a task if all of it has arrived; answers to other tasks are dropped.

        Raises
        ------
        BrokenAnswers
            Something else was written to the pipe, or what was sent cannot be read.
        """
        while len(self._arrived) >= _FRAME.size:
            token, task, process, checksum, size = _FRAME.unpack_from(self._arrived)
            if token != self._token:
                raise BrokenAnswers("something else wrote into the pipe of its answers")
            if len(self._arrived) < _FRAME.size + size:
                return None
            body = bytes(memoryview(self._arrived)[_FRAME.size : _FRAME.size + size])
            del self._arrived[: _FRAME.size + size]
            if (task, process) != (number, self._process):
                continue
            if xxhash.xxh3_64_intdigest(body) != checksum:
                raise BrokenAnswers("its answer was damaged on its way")
            try:
                return (pickle.loads(body),)
            except Exception as error:
                raise BrokenAnswers(f"its answer cannot be read: {type(error).__name__}: {error}") from None
        return None
