"""The contract of a compressor, and the checks that every one of them shares."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import xxhash
from numpy.typing import NDArray

from wavecomp.compressors.bounds import ErrorBound
from wavecomp.compressors.spec import without_threads
from wavecomp.compressors.stream import MAX_DIMENSIONS, Buffer, Stream, pack, unpack
from wavecomp.errors import StreamError, UnsupportedField

Field = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a configured compressor can take and do.

    Attributes
    ----------
    max_dimensions : int
        Greatest number of dimensions, those of length 1 not counted; a stream holds 8 in all.
    dtypes : tuple of str
        Names of the dtypes it takes.
    nonfinite : bool
        NaN and infinities survive; otherwise fields that hold them are refused.
    threads : int
        Threads that one call may use.
    releases_gil : bool
        Several calls can run in Python threads at the same time.
    elsewhere : bool
        The work is done by other processes, whose memory is not that of this one.
    """

    max_dimensions: int = 4
    dtypes: tuple[str, ...] = ("float32", "float64")
    nonfinite: bool = False
    threads: int = 1
    releases_gil: bool = False
    elsewhere: bool = False


class Compressor(ABC):
    """One compressor at one setting. It holds no clock, no file, and no state that a call changes.

    Subclasses implement :meth:`_encode`, :meth:`_decode`, :attr:`bound` and :attr:`capabilities`.

    Parameters
    ----------
    spec : str
        Canonical text of this configuration.

    Attributes
    ----------
    seals : bool
        :meth:`encode` puts the parts under the stream's checksum at once. For compressors that take a hundred times as
        long as that; of the others a stream is sealed when it is joined into bytes, or stored.
    """

    seals: bool = False

    def __init__(self, spec: str) -> None:
        self.spec = spec

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.spec}>"

    def __str__(self) -> str:
        return self.spec

    @property
    @abstractmethod
    def bound(self) -> ErrorBound:
        """What is promised about the error."""

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What can be taken and done."""

    @abstractmethod
    def _encode(self, field: Field) -> Iterable[Buffer]:
        """Return the parts of the payload; ``field`` has passed :meth:`prepare` and is not empty."""

    @abstractmethod
    def _decode(self, parts: list[memoryview], out: Field) -> None:
        """Undo :meth:`_encode`.

        ``out`` is writeable, C-contiguous, not empty, and of the original's shape and dtype.
        """

    def _check(self, field: Field) -> None:  # noqa: B027 (most have nothing to refuse)
        """Refuse, with :class:`UnsupportedField`, what this configuration in particular cannot take."""

    def _check_peak(self, dtype: np.dtype[np.floating], peak: float) -> None:  # noqa: B027
        """Refuse, with :class:`UnsupportedField`, values of a size that this configuration cannot take.

        ``peak`` is max |x|. This is asked where NaN and Inf are refused, for which the field is read anyway.
        """

    def describe_stream(self, stream: Stream) -> dict[str, int]:  # noqa: ARG002
        """Say what the library chose by itself for this stream, for the record (empty for most)."""
        return {}

    def expect(self, parts: list[memoryview], *sizes: int) -> list[memoryview]:
        """Return the parts if they have these sizes in bytes; raise StreamError if not."""
        found = [len(part) for part in parts]
        if found != list(sizes):
            raise StreamError(f"{self.spec}: the stream has parts of {found} bytes, {list(sizes)} were expected")
        return parts

    def prepare(self, field: NDArray[np.generic]) -> Field:
        """Check a field and return it as :meth:`encode` wants it: C-contiguous, in native byte order, read-only.

        This reads the whole field once where the compressor would lose NaN or Inf. It copies only an array that is not
        C-contiguous.

        Raises
        ------
        UnsupportedField
            Wrong dtype, too many dimensions, or special values that this compressor loses.
        """
        can = self.capabilities
        if not isinstance(field, np.ndarray) or isinstance(field, np.ma.MaskedArray):
            raise UnsupportedField(f"{self.spec}: expected a plain numpy array, got {type(field).__name__}")
        if field.dtype.name not in can.dtypes or not field.dtype.isnative:
            raise UnsupportedField(
                f"{self.spec}: dtype {field.dtype} cannot be taken; give {' or '.join(can.dtypes)} in native byte order"
            )
        long = sum(n > 1 for n in field.shape)
        if field.ndim == 0 or field.ndim > MAX_DIMENSIONS or long > can.max_dimensions:
            raise UnsupportedField(
                f"{self.spec}: an array of shape {field.shape} has {field.ndim} dimensions; "
                f"give 1 to {can.max_dimensions} (besides those of length 1)"
            )
        # Read-only: what a compressor writes into its input would be the next one's field, or a level of a gradient.
        ready = np.ascontiguousarray(field).view()
        ready.flags.writeable = False
        if ready.size and not can.nonfinite:
            self._check_peak(ready.dtype, _finite_peak(self.spec, ready))
        if ready.size:
            self._check(ready)
        return ready

    def encode(self, prepared: Field) -> Stream:
        """Compress an array that came from :meth:`prepare`; nothing is checked or copied again."""
        parts = self._encode(prepared) if prepared.size else ()
        return pack(prepared, parts, identity_of(self.spec), sealed=self.seals)

    def compress(self, field: NDArray[np.generic]) -> bytes:
        """Check and compress an array of any memory layout.

        Parameters
        ----------
        field : ndarray of float32 or float64, 1-D to as many dimensions as the capabilities say
            Not changed. Read-only and non-contiguous arrays are taken.

        Returns
        -------
        bytes
            A stream that knows its array's shape and dtype and its compressor, under a checksum.

        Raises
        ------
        UnsupportedField
            As :meth:`prepare`.
        """
        return bytes(self.encode(self.prepare(field)))

    def decompress(self, stream: Stream | Buffer, out: Field) -> None:
        """Decompress into memory that the caller owns.

        Parameters
        ----------
        stream : Stream or bytes-like
            What :meth:`encode` or :meth:`compress` of the same configuration returned; the threads may be others.
        out : ndarray
            Writeable, of the original's shape and dtype. A C-contiguous one is filled without a copy where the
            library allows it.

        Raises
        ------
        StreamError
            The stream is damaged, was made by another configuration or belongs to another array, or ``out`` is
            read-only.
        """
        self.fill(self.open(stream, out), out)

    def open(self, stream: Stream | Buffer, out: Field, *, verified: bool = False) -> list[memoryview]:
        """Do what :meth:`decompress` does before ``out`` is written to; return the parts, for :meth:`fill`.

        ``verified`` says that the stream's checksum has been compared before. Raises :class:`StreamError` as there.
        """
        if not isinstance(out, np.ndarray) or not out.flags.writeable:
            raise StreamError(f"{self.spec}: the output must be a writeable numpy array")
        try:
            return unpack(stream, out, identity_of(self.spec), verified=verified)
        except StreamError as error:
            raise StreamError(f"{self.spec}: {error}") from None

    def fill(self, parts: list[memoryview], out: Field) -> None:
        """Decompress the parts that :meth:`open` returned for the same output."""
        if out.size == 0:
            return
        if out.flags.c_contiguous:
            self._decode(parts, out)
        else:
            contiguous = np.empty(out.shape, out.dtype)
            self._decode(parts, contiguous)
            out[...] = contiguous


@lru_cache(maxsize=4096)
def identity_of(spec: str) -> int:
    """Return 64 bits that stand for a canonical spec in the headers of its streams, whatever its threads."""
    return xxhash.xxh3_64_intdigest(without_threads(spec).encode())


def _finite_peak(spec: str, field: Field) -> float:
    """Return max |x|; raise :class:`UnsupportedField` where a value is not finite."""
    # min and max propagate NaN and see both infinities, without a temporary of the field's size.
    low, high = float(field.min()), float(field.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise UnsupportedField(
            f"{spec}: the field holds NaN or Inf (min {low}, max {high}), which this compressor loses"
        )
    return max(-low, high)


def squeezed(field: Field) -> Field:
    """Drop dimensions of length 1 (they would be padded to whole blocks); at least one dimension stays."""
    lengths = tuple(n for n in field.shape if n > 1)
    return field.reshape(lengths or (1,))


def as_image(field: Field) -> Field:
    """Return a field of up to four dimensions with two or three, none of length 1 where there are three.

    A row is an image of one row; of four dimensions the first two become one.
    """
    flat = squeezed(field)
    if flat.ndim == 1:
        return flat.reshape(1, -1)
    return flat.reshape(-1, *flat.shape[2:]) if flat.ndim == 4 else flat
