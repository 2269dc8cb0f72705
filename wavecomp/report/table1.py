"""Table 1: the best ratio that each Blosc codec reached over every lossless setting, beside the published rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from wavecomp.records import Provenance
from wavecomp.report.machine import machines
from wavecomp.report.published import PUBLISHED, SOURCE, PublishedRow
from wavecomp.report.rows import (
    SWEEP_TABLE1,
    current,
    lossless,
    numbers,
    parameter,
    rows_of_field,
    single_threaded,
    succeeded,
)
from wavecomp.report.table import Cell, Column, Row, Table
from wavecomp.spec_text import UNCOMPRESSED


@dataclass(frozen=True, slots=True)
class LosslessCase:
    """One setting of a codec on the table's field.

    Attributes
    ----------
    spec : str
        Canonical spec.
    chunk_bytes, shuffle, level
        Its setting.
    ratio : float
        Uncompressed / compressed bytes.
    compress_s, decompress_s : float or None
        Median wall times in seconds; None where other cases ran at the same time.
    """

    spec: str
    chunk_bytes: int
    shuffle: str
    level: int
    ratio: float
    compress_s: float | None
    decompress_s: float | None


@dataclass(frozen=True, slots=True)
class CodecCases:
    """One codec of the table.

    Attributes
    ----------
    published : PublishedRow
        The study's row.
    cases : tuple of LosslessCase
        Every setting that was measured, the best one first.
    failed : int
        Settings that failed or did not give the field back bit for bit.
    """

    published: PublishedRow
    cases: tuple[LosslessCase, ...] = field(repr=False)
    failed: int

    @property
    def best(self) -> LosslessCase | None:
        """The row of the table, None where nothing was measured."""
        return self.cases[0] if self.cases else None


@dataclass(frozen=True, slots=True)
class Table1:
    """The measured Table 1.

    Attributes
    ----------
    field, field_digest, shape, dtype, raw_bytes, time_s
        Of the field.
    entries : tuple of CodecCases
        The five codecs in the study's order.
    memcpy : LosslessCase or None
        No compression, on the same field: what a copy costs.
    measured_on : str
        Machine, and the compressing library's version.
    """

    field: str
    field_digest: str
    shape: tuple[int, ...]
    dtype: str
    raw_bytes: int
    time_s: float | None
    entries: tuple[CodecCases, ...]
    memcpy: LosslessCase | None
    measured_on: str

    def to_table(self) -> Table:
        """Return the seven columns of the study: each measured row with the published one under it."""
        rows = []
        for entry in self.entries:
            rows.append(Row(_measured_cells(entry)))
            rows.append(Row(_published_cells(entry.published), muted=True, gap_after=True))
        if self.memcpy is not None:
            copy = self.memcpy
            rows.append(
                Row(("memcpy (reference)", None, None, None, _ms(copy.compress_s), _ms(copy.decompress_s), copy.ratio))
            )
        return Table(f"Table 1: best ratio of each codec on {self.field}", _COLUMNS, tuple(rows), self.notes())

    def notes(self) -> tuple[str, ...]:
        """Say what was measured, on what, and from how many cases the best was chosen."""
        at = f" at t = {self.time_s:.4g} s" if self.time_s is not None else ""
        shape = " × ".join(map(str, self.shape))
        cases = sum(len(entry.cases) for entry in self.entries)
        failed = sum(entry.failed for entry in self.entries)
        lines = [
            f"Field {self.field}{at}: {shape} {self.dtype}, {self.raw_bytes / 1e6:.4g} MB, SHA-256 "
            f"{self.field_digest[:12]}. One thread. Best of {cases} measured cases; {failed} failed. "
            f"{self.measured_on}.",
            f"Times are medians. Published rows: {SOURCE}; times on the study's machine and its 891 MB field.",
        ]
        untimed = [entry.published.label for entry in self.entries if entry.best and entry.best.compress_s is None]
        if untimed:
            lines.append(f"No time for {', '.join(untimed)}: other cases ran at the same time.")
        return tuple(lines)


# The published rows are those of this library's codecs: the one compressor that a report knows by its name.
_LIBRARY = "blosc2"

_COLUMNS = (
    Column("Compressor", left=True),
    Column("Chunk size (bytes)"),
    Column("Shuffle mode", left=True),
    Column("Setting"),
    Column("Compression time (ms)", ".2f"),
    Column("Decompression time (ms)", ".2f"),
    Column("Ratio", ".3f"),
)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1e3


def _shuffle_mode(shuffle: str) -> str:
    return "NOSHUFFLE" if shuffle == "none" else shuffle.upper()


def _measured_cells(entry: CodecCases) -> tuple[Cell, ...]:
    label, best = entry.published.label, entry.best
    if best is None:
        state = f"all {entry.failed} cases failed" if entry.failed else "not measured"
        return (f"{label} ({state})", None, None, None, None, None, None)
    times = (_ms(best.compress_s), _ms(best.decompress_s))
    return (label, best.chunk_bytes, _shuffle_mode(best.shuffle), best.level, *times, best.ratio)


def _published_cells(row: PublishedRow) -> tuple[Cell, ...]:
    setting = (row.chunk_bytes, _shuffle_mode(row.shuffle), row.level)
    return (f"{row.label} (published)", *setting, row.compress_ms, row.decompress_ms, row.ratio)


def table1(
    frame: pd.DataFrame, field: str | None = None, provenances: Mapping[str, Provenance] | None = None
) -> Table1:
    """Pick for each Blosc codec the setting with the best ratio.

    Only single-threaded cases of one field that gave it back bit for bit take part. Among equal ratios the faster
    compression wins, then the canonical spec; a case that ran among others has no time and loses a tie.

    Parameters
    ----------
    frame : DataFrame
        As :func:`wavecomp.records.load_frame` returns it.
    field : str, optional
        Name of a field, with or without its step; by default the one with most such cases.
    provenances : mapping, optional
        By digest, as :meth:`wavecomp.records.Archive.provenances` returns them: they name the machine in the notes.

    Raises
    ------
    NothingToReport
        There is no such case.
    """
    frame = current(frame)
    codec, truncate = parameter(frame, "codec"), parameter(frame, "truncate")
    ours = (
        (frame["compressor"] == _LIBRARY)
        & codec.isin([row.codec for row in PUBLISHED])
        & truncate.isna()
        & single_threaded(frame)
    )
    rows = rows_of_field(frame, ours, field, "lossless Blosc case", SWEEP_TABLE1)
    ours, good = ours[rows.index], lossless(rows)
    entries = []
    for row in PUBLISHED:
        mine = ours & (codec[rows.index] == row.codec)
        cases = sorted(_cases(rows[mine & good]), key=_rank)
        entries.append(CodecCases(row, tuple(cases), int((mine & ~good).sum())))
    copies = sorted(
        _cases(rows[(rows["compressor"] == UNCOMPRESSED) & single_threaded(rows) & succeeded(rows)]), key=_rank
    )
    first = rows[ours].iloc[0]
    return Table1(
        field=str(first["field"]),
        field_digest=str(first["field_digest"]),
        shape=tuple(int(length) for length in first["shape"]),
        dtype=str(first["dtype"]),
        raw_bytes=int(first["raw_bytes"]),
        time_s=None if pd.isna(first["time_s"]) else float(first["time_s"]),
        entries=tuple(entries),
        memcpy=copies[0] if copies else None,
        measured_on=machines(rows[ours], provenances or {}),
    )


def _cases(rows: pd.DataFrame) -> Iterable[LosslessCase]:
    ratios, together = numbers(rows, "ratio"), rows["concurrent"].astype(bool)
    compress, decompress = numbers(rows, "compress_median_s"), numbers(rows, "decompress_median_s")
    for index, spec, values in zip(rows.index, rows["spec"], rows["parameters"], strict=True):
        yield LosslessCase(
            spec=str(spec),
            chunk_bytes=int(values.get("chunk", 0)),
            shuffle=str(values.get("shuffle", "")),
            level=int(values.get("level", 0)),
            ratio=float(ratios[index]),
            compress_s=None if together[index] else float(compress[index]),
            decompress_s=None if together[index] else float(decompress[index]),
        )


def _rank(case: LosslessCase) -> tuple[float, float, str]:
    return -case.ratio, math.inf if case.compress_s is None else case.compress_s, case.spec
