"""In the process that decodes damaged streams, many of them, until one kills it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np

from wavecomp.compressors import Compressor, Stream
from wavecomp.compressors.base import identity_of
from wavecomp.compressors.identity import Identity
from wavecomp.compressors.stream import pack
from wavecomp.conformance.damage import KINDS, Kind, damaged
from wavecomp.conformance.memory_places import filled
from wavecomp.conformance.samples import Array, same_bits
from wavecomp.conformance.subject import Subject
from wavecomp.conformance.trail import Trail
from wavecomp.errors import StreamError, WavecompError

_OTHER_COMPRESSOR = Identity("identity:another")


class Came(IntEnum):
    """What came of one damaged stream, as a byte."""

    NOTHING_YET = 0
    DETECTED = 1
    """StreamError."""
    OTHER_ERROR = 2
    """Detected, by whatever the library or NumPy raised."""
    WRONG = 3
    """Decoded without a word to other values."""
    HARMLESS = 4
    """Decoded to the very bits that the whole stream gives."""
    OUTSIDE = 5
    """Memory beside the output was written."""
    KILLED = 6
    """The process died."""
    HUNG = 7
    """It took too long and was ended."""
    MEMORY = 8
    """It took too much memory and was ended."""


@dataclass(frozen=True, slots=True)
class DecodingTask:
    """Damaged streams to decode: number n is damaged in the way of ``KINDS[n % 4]``.

    Attributes
    ----------
    subject : Subject
    field : ndarray
        Whose stream is damaged; float, C-contiguous.
    framed : bool
        Whether stored streams are damaged, with our frame around them. Otherwise the parts that the library wrote are,
        and a frame is made around them afterwards: it fits, and sees nothing.
    trail : pathlib.Path
        With a byte for every stream.
    """

    subject: Subject
    field: Array
    framed: bool
    trail: Path


class Decoding:
    """Answers tasks: goes on where the trail ends."""

    def __init__(self) -> None:
        self._built: Compressor | None = None

    def __call__(self, task: DecodingTask) -> None:
        """Decode what has not been; raises what the compressor raises of the whole stream."""
        if self._built is None:  # a process has one compressor
            self._built = task.subject.build()
        decoder = _Decoder(self._built, task.field, task.framed)
        with Trail(task.trail) as trail:
            if trail.at >= 0 and trail[trail.at] == Came.NOTHING_YET:
                trail[trail.at] = Came.KILLED  # of that an earlier process died
            for number in range(len(trail)):
                if trail[number] == Came.NOTHING_YET:
                    trail.go_to(number)
                    trail[number] = decoder.came(number)


class _Decoder:
    """One compressor and one field, whose stream is damaged again and again."""

    def __init__(self, compressor: Compressor, field: Array, framed: bool) -> None:
        self._compressor, self._field = compressor, field
        self._whole = compressor.encode(compressor.prepare(field))
        self._expected = np.full_like(field, 1)
        compressor.decompress(self._whole, self._expected)
        another = compressor.encode(compressor.prepare(np.ascontiguousarray(np.flip(field))))
        foreign = _OTHER_COMPRESSOR.encode(np.ascontiguousarray(field * field.dtype.type(0.5)))
        self._others = (another, foreign)
        self._framed = framed

    def came(self, number: int) -> Came:
        """Decode one damaged stream."""
        kind = KINDS[number % len(KINDS)]
        bad = self._stored(kind, number) if self._framed else self._native(kind, number)
        out = filled(self._field, 5.0)
        try:
            with np.errstate(all="ignore"):
                self._compressor.decompress(bad, out.array)
        except StreamError:
            came = Came.DETECTED
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            came = Came.DETECTED if isinstance(error, WavecompError) else Came.OTHER_ERROR
        else:
            came = Came.HARMLESS if same_bits(out.array, self._expected) else Came.WRONG
        return came if out.intact() else Came.OUTSIDE

    def _stored(self, kind: Kind, number: int) -> bytes:
        """A stream as it is stored. Another's is a whole one of another compressor, or its payload behind this header.

        A whole stream of the same compressor, setting and shape is no damage: nothing in it is wrong.
        """
        stored = bytes(self._whole)
        another, foreign = self._others
        behind = stored[: len(self._whole.head)] + b"".join(another.parts)
        return damaged(stored, kind, number, (behind, bytes(foreign)))

    def _native(self, kind: Kind, number: int) -> Stream:
        parts = [bytes(part) for part in self._whole.parts]
        if kind == "another's":
            # The number of every other kind counts in fours too.
            parts = [bytes(part) for part in self._others[number // len(KINDS) % 2].parts]
        else:
            place = _by_size(parts, number)
            parts[place] = damaged(parts[place], kind, number)
        return pack(self._field, parts, identity_of(self._compressor.spec))


def _by_size(parts: Sequence[bytes], number: int) -> int:
    """Choose a part: each byte of the stream is as likely to be in the one that is damaged."""
    ends = np.cumsum([len(part) for part in parts])
    place = int(np.random.default_rng(number).integers(0, max(1, int(ends[-1]))))
    return int(np.searchsorted(ends, place, side="right"))
