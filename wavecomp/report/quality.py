"""Compressors at equal quality: the best ratio, and the fastest case, that reach a peak signal-to-noise ratio."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from wavecomp.records import Provenance
from wavecomp.report.machine import machines
from wavecomp.report.names import family_label
from wavecomp.report.rows import (
    SWEEP_LOSSY,
    current,
    lossless,
    numbers,
    plain,
    psnr_db,
    rows_of_field,
    single_threaded,
    speed,
    succeeded,
)
from wavecomp.report.table import Column, Row, Table
from wavecomp.spec_text import UNCOMPRESSED

PSNR_FLOORS_DB = (60.0, 80.0, 100.0)


def lossy(frame: pd.DataFrame) -> pd.Series[bool]:
    """Mark the measured rows of compressors that promise less than every bit."""
    if "bound" not in frame:
        return pd.Series(False, index=frame.index, dtype="bool")
    return succeeded(frame) & (frame["bound"] != "lossless")


def at_quality(rows: pd.DataFrame, floor_db: float) -> pd.DataFrame:
    """Return the single-threaded lossy rows of one field with at least that PSNR, best ratio first.

    Parameters
    ----------
    rows : DataFrame
        One field's rows.
    floor_db : float
        Least PSNR in dB, relative to the field's value range.

    Returns
    -------
    DataFrame
        Among equal ratios the faster compression stands first, then the canonical spec. Wrappers are left out. A
        column ``speed_mb_s`` is added: compression in MB/s, NaN where the time does not count.
    """
    return _ordered(rows[lossy(rows) & plain(rows) & single_threaded(rows) & (psnr_db(rows) >= floor_db)])


def best_at_quality(rows: pd.DataFrame, floor_db: float) -> pd.DataFrame:
    """Return the first row of each compressor in :func:`at_quality`."""
    return at_quality(rows, floor_db).drop_duplicates("compressor")


def best_lossless(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the one single-threaded lossless row with the best ratio, in a frame that may be empty."""
    exact = rows[lossless(rows) & single_threaded(rows) & (rows["compressor"] != UNCOMPRESSED)]
    return _ordered(exact).head(1)


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.assign(ratio=numbers(rows, "ratio"), speed_mb_s=speed(rows, "compress"))
    return rows.sort_values(["ratio", "speed_mb_s", "spec"], ascending=[False, False, True], kind="stable")


def quality_table(
    frame: pd.DataFrame, field: str | None = None, provenances: Mapping[str, Provenance] | None = None
) -> Table:
    """Return the best ratio of each lossy compressor at 60, 80 and 100 dB, one thread.

    Raises
    ------
    NothingToReport
        No lossy case was measured.
    """
    frame = current(frame)
    rows = rows_of_field(frame, lossy(frame) & single_threaded(frame), field, "lossy case", SWEEP_LOSSY)
    body: list[Row] = []
    for floor in PSNR_FLOORS_DB:
        best = best_at_quality(rows, floor)
        decompress, quality, largest = speed(best, "decompress"), psnr_db(best), numbers(best, "error_max_absolute")
        for index, name, spec in zip(best.index, best["compressor"], best["spec"], strict=True):
            values = (best["ratio"][index], best["speed_mb_s"][index], decompress[index])
            numbers_shown = [None if pd.isna(value) else float(value) for value in values]
            errors = [float(quality[index]), float(largest[index])]
            body.append(Row((f"≥ {floor:.0f}", family_label(str(name)), str(spec), *numbers_shown, *errors)))
        if not best.empty:
            body[-1] = Row(body[-1].cells, gap_after=True)
    name = str(rows["field"].iloc[0])
    return Table(
        f"Best ratio at equal quality on {name}",
        (
            Column("PSNR (dB)"),
            Column("Compressor", left=True),
            Column("Setting", left=True),
            Column("Ratio", ".1f"),
            Column("Compression (MB/s)", ".0f"),
            Column("Decompression (MB/s)", ".0f"),
            Column("PSNR reached (dB)", ".1f"),
            Column("Largest error", ".2e"),
        ),
        tuple(body),
        (
            "One thread. PSNR over the value range of the whole field; the largest error is absolute, in the field's "
            f"unit. MB/s of uncompressed bytes at the median time. {machines(rows[lossy(rows)], provenances or {})}.",
        ),
    )
