"""An archive: a folder with ``records.jsonl``, or ``gradients.jsonl``, and one file for each provenance named in them.

A record is appended by one write or not at all, so a sweep may be killed at any moment: what is in the file is whole,
and the next run continues after it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Generic, Protocol, Self, TypeVar

from wavecomp.errors import (
    ArchiveBusy,
    ArchiveWarning,
    DamagedArchive,
    ForeignFile,
    MisplacedRecord,
    NewerRecord,
    StorageError,
)
from wavecomp.records.comparison_record import ComparisonRecord
from wavecomp.records.gradient_record import GradientRecord
from wavecomp.records.own_files import begins_with, set_aside
from wavecomp.records.provenance import Provenance
from wavecomp.records.record import Record
from wavecomp.records.round_record import RoundRecord
from wavecomp.records.whole_file import whole_file


class Line(Protocol):
    """A record of any kind: one line of a file."""

    @property
    def key(self) -> tuple[str, bool]:
        """What must not stand in a file twice."""

    def to_line(self) -> str:
        """Return it as text without line feed."""

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Read what :meth:`to_line` wrote; raises DamagedArchive."""


R = TypeVar("R", bound=Line)

# The first columns, by name, that a line of any version can begin with.
_FIRST = (
    "absolute_specs",
    "advance_s",
    "answers",
    "bare_walls_s",
    "bit_rate",
    "bound",
    "budget_bytes",
    "case",
    "created_utc",
)
_BEGINNINGS = tuple(f'{{"{name}":'.encode() for name in _FIRST)
_PROVENANCE_BEGINS = b'{\n "'


class RecordFile(Generic[R]):
    """Records of one kind in a folder, one a line.

    Parameters
    ----------
    folder : path
        Made when the first record is written.
    name : str
        Of the file in it.
    kind : type
        Of its records.
    """

    def __init__(self, folder: str | Path, name: str, kind: type[R]) -> None:
        self.folder = Path(folder)
        self.path = self.folder / name
        self._kind = kind

    def __iter__(self) -> Iterator[R]:
        """Read all records in the order in which they were written.

        Raises
        ------
        DamagedArchive
            The file cannot be read, or a line is not what was written; names file and line. A last line without line
            feed was being written when its process was killed: it is no record yet and is passed over.
        """
        with _opened(self.path) as lines:
            for number, raw in enumerate(lines, start=1):
                if not raw.endswith(b"\n"):
                    return
                try:
                    yield self._kind.from_line(raw.decode())
                except NewerRecord as error:
                    raise NewerRecord(
                        f"{self.path}, line {number}: {error}. Nothing is wrong with the file: upgrade wavecomp "
                        "(pip install --upgrade wavecomp), or choose another folder with --out"
                    ) from None
                except MisplacedRecord as error:
                    raise MisplacedRecord(
                        f"{self.path}, line {number}: {error}. Nothing was changed. Records of sweeps belong in "
                        "records.jsonl, those of gradients in gradients.jsonl: give each file its name back"
                    ) from None
                except (DamagedArchive, UnicodeDecodeError) as error:
                    raise DamagedArchive(
                        f"{self.path}, line {number}: {error}. Nothing was changed. Restore the file, or "
                        "delete that line and run the same command again: it measures the missing case only. If the "
                        "file was never wavecomp's, choose another folder with --out"
                    ) from None

    def latest(self) -> dict[tuple[str, bool], R]:
        """Return the last record of every case and mode."""
        return {record.key: record for record in self}

    def provenances(self) -> dict[str, Provenance]:
        """Return every provenance that lies beside the records, by the digest that its records name.

        One that is damaged is passed over with an :class:`~wavecomp.errors.ArchiveWarning`: its records are whole, and
        only their machine is not known.
        """
        found = {}
        for file in sorted(self.folder.glob("provenance-*.json")):
            digest = file.stem.partition("-")[2]
            try:
                found[digest] = _read_provenance(file, digest)
            except DamagedArchive as error:
                # Fixed words for one file: Python shows the same warning once.
                warnings.warn(
                    f"{file}: {error}; passed over: its records are shown without their machine",
                    ArchiveWarning,
                    stacklevel=2,
                )
        return found

    def check(self) -> None:
        """See that the file, if there is one, may be appended to; nothing is changed.

        Raises
        ------
        DamagedArchive
            It does not begin with a record of this kind.
        ForeignFile
            Behind its last line feed stands something else than the beginning of a record.
        """
        first = next(iter(self), None)
        try:
            with self.path.open("rb") as file:
                tail = _unfinished_line(file.fileno())
        except OSError:  # there is none, or it cannot be read: then it was said above
            return
        if tail and not self._was_being_written(tail):
            held = "ends with" if first is not None else "holds"
            raise ForeignFile(
                self.path,
                f"{held} {tail[:40]!r}, which is no record, nor the beginning of one",
                "end it with a line feed if it is a record, or choose another folder with --out",
            )

    def _was_being_written(self, tail: bytes) -> bool:
        """Say whether what has no line feed is a record, or the beginning of one; a system's crash may leave zeros."""
        if not tail.strip(b"\0"):
            return True
        if not any(tail.startswith(begin) or begin.startswith(tail) for begin in _BEGINNINGS):
            return False
        try:
            json.loads(tail)
        except ValueError:
            return True
        try:
            self._kind.from_line(tail.decode())
        except (DamagedArchive, UnicodeDecodeError):
            return False
        return True

    @contextmanager
    def writer(self, provenance: Provenance | None = None) -> Iterator[ArchiveWriter]:
        """Open for appending; one process at a time.

        Parameters
        ----------
        provenance : Provenance, optional
            Of the records that are appended without one of their own.

        Raises
        ------
        ArchiveBusy
            Another process has it open.
        DamagedArchive, ForeignFile
            The file is not one of these records; see :meth:`check`.
        StorageError
            The folder cannot be written.
        """
        self.check()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            place = self.path if self.folder.is_dir() else self.folder
            raise StorageError(place, 0, error.strerror or str(error)) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ArchiveBusy(
                    f"another process is writing to {self.path}; wait for it or choose another --out"
                ) from None
            yield ArchiveWriter(self.path, descriptor, provenance)
        finally:
            os.close(descriptor)


class Archive(RecordFile[Record]):
    """What sweeps measured: ``records.jsonl`` in a folder."""

    def __init__(self, folder: str | Path) -> None:
        super().__init__(folder, "records.jsonl", Record)


class GradientArchive(RecordFile[GradientRecord]):
    """What gradient runs gave: ``gradients.jsonl`` in a folder."""

    def __init__(self, folder: str | Path) -> None:
        super().__init__(folder, "gradients.jsonl", GradientRecord)


class TrialArchive(RecordFile[Record]):
    """What searches for a setting tried: ``trials.jsonl``. Its times are of single calls, and enter no table."""

    def __init__(self, folder: str | Path) -> None:
        super().__init__(folder, "trials.jsonl", Record)


class GradientTrialArchive(RecordFile[GradientRecord]):
    """The same of gradients: ``gradient-trials.jsonl`` in a folder."""

    def __init__(self, folder: str | Path) -> None:
        super().__init__(folder, "gradient-trials.jsonl", GradientRecord)


class ComparisonArchive(RecordFile[ComparisonRecord]):
    """What comparisons asked and found: ``comparisons.jsonl`` in a folder."""

    def __init__(self, folder: str | Path) -> None:
        super().__init__(folder, "comparisons.jsonl", ComparisonRecord)


class RoundArchive(RecordFile[RoundRecord]):
    """The rounds of comparisons: ``rounds.jsonl`` in a folder."""

    def __init__(self, folder: str | Path) -> None:
        super().__init__(folder, "rounds.jsonl", RoundRecord)


class ArchiveWriter:
    """Appends records to an open, locked archive."""

    def __init__(self, path: Path, descriptor: int, provenance: Provenance | None) -> None:
        self._path = path
        self._descriptor = descriptor
        self._provenance = provenance
        self._ends_whole = False

    def append(self, record: Line, provenance: Provenance | None = None) -> None:
        """Append one record whole, or leave the file as it was; its provenance lies beside it then.

        Raises
        ------
        StorageError
            The disk is full or gone; names path and bytes.
        """
        # With the first record, not on opening: a run that adds nothing leaves nothing.
        if (made := provenance or self._provenance) is not None:
            keep_provenance(self._path.parent, made)
        line = (record.to_line() + "\n").encode()
        if not self._ends_whole:
            # Not on opening: until all that is there was read, nobody knows whether anything of it is damaged.
            _drop_unfinished_line(self._descriptor)
            self._ends_whole = True
        before = os.fstat(self._descriptor).st_size
        try:
            written = os.write(self._descriptor, line)
        except OSError as error:
            os.ftruncate(self._descriptor, before)
            raise StorageError(self._path, len(line), error.strerror or str(error)) from error
        if written != len(line):  # a full disk may take part of a line
            os.ftruncate(self._descriptor, before)
            raise StorageError(self._path, len(line), f"only {written} bytes were taken; the disk is probably full")


def keep_provenance(folder: str | Path, provenance: Provenance) -> None:
    """Write a provenance into an archive's folder, unless it is there whole; raises StorageError.

    The name says what the content has to be, so that a file which was emptied or damaged is mended.
    """
    file = Path(folder) / f"provenance-{provenance.digest}.json"
    if file.exists():
        with suppress(DamagedArchive):
            _read_provenance(file, provenance.digest)
            return
        if file.stat().st_size and not begins_with(_PROVENANCE_BEGINS)(file):
            set_aside(file)  # whatever it is, it is not what was written there
    text = provenance.to_json() + "\n"
    with whole_file(file, len(text)) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _read_provenance(file: Path, digest: str) -> Provenance:
    """Read a provenance whose text must have this digest, whichever version wrote it; raises DamagedArchive."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise DamagedArchive(f"cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DamagedArchive("not a provenance: no text") from None
    if not text.strip():
        raise DamagedArchive("is empty")
    found = hashlib.sha256(text.removesuffix("\n").encode()).hexdigest()[:16]
    if found != digest:
        raise DamagedArchive(f"was changed: the digest of its text is {found}")
    return Provenance.from_json(text)


@contextmanager
def _opened(path: Path) -> Iterator[Iterable[bytes]]:
    """Open a file of records for reading, no lines where there is none; raises DamagedArchive."""
    try:
        opened = path.open("rb")
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):  # none is there, or could be
            yield ()
            return
        raise DamagedArchive(
            f"{path} cannot be read: {error.strerror or error}; a file of records belongs there. Nothing was changed"
        ) from None
    with opened:
        yield opened


def _unfinished_line(descriptor: int) -> bytes:
    """Return what stands behind the last line feed."""
    size = os.fstat(descriptor).st_size
    end = size
    while end > 0:
        start = max(0, end - 65536)
        position = os.pread(descriptor, end - start, start).rfind(b"\n")
        if position >= 0:
            end = start + position + 1
            break
        end = start
    return os.pread(descriptor, size - end, end)


def _drop_unfinished_line(descriptor: int) -> None:
    if tail := _unfinished_line(descriptor):
        os.ftruncate(descriptor, os.fstat(descriptor).st_size - len(tail))
