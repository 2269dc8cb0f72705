"""Which rows of a frame belong together: one field's, the lossless ones, the ones whose times count."""

from __future__ import annotations

import difflib
import math
from typing import Any

import pandas as pd

from wavecomp.errors import NothingToReport
from wavecomp.spec_text import SpecText

SWEEP_TABLE1 = "wavecomp sweep table1-quick --field NAME"
SWEEP_LOSSY = "wavecomp sweep lossy --field NAME"
SWEEP_STEPS = "wavecomp sweep steps --field NAME"
RUN = "wavecomp run --field NAME"


def base_name(field: str) -> str:
    """Return the recipe's name of a field: ``quick`` for ``quick@600``."""
    return field.partition("@")[0]


def numbers(frame: pd.DataFrame, column: str) -> pd.Series[float]:
    """Return a column as float64, NaN where it has no number or does not exist (a frame of failures has no ratios)."""
    if column not in frame:
        return pd.Series(math.nan, index=frame.index, dtype="float64")
    return pd.to_numeric(frame[column], errors="coerce").astype("float64")


def parameter(frame: pd.DataFrame, key: str) -> pd.Series[Any]:
    """Return one value of every row's ``parameters``; None where the row has no such key."""
    return pd.Series([values.get(key) for values in frame["parameters"]], index=frame.index, dtype="object")


def succeeded(frame: pd.DataFrame) -> pd.Series[bool]:
    """Mark the rows that hold a measurement."""
    return frame["status"] == "ok"


def lossless(frame: pd.DataFrame) -> pd.Series[bool]:
    """Mark the measured rows whose compressor promised every bit and kept the promise."""
    if "bound" not in frame:
        return pd.Series(False, index=frame.index, dtype="bool")
    return succeeded(frame) & (frame["bound"] == "lossless") & (frame["bound_status"] == "holds")


def single_threaded(frame: pd.DataFrame) -> pd.Series[bool]:
    """Mark the rows of compressors that were given one thread."""
    return frame["threads"] == 1


def plain(frame: pd.DataFrame) -> pd.Series[bool]:
    """Mark the rows of compressors that wrap no other: a wrapper's ratio is that of what it wraps."""
    return frame["spec"].map(lambda spec: SpecText.parse(spec).inner is None).astype("bool")


def psnr_db(frame: pd.DataFrame) -> pd.Series[float]:
    """Return the peak signal-to-noise ratio in dB; inf where nothing changed (archives hold null there)."""
    return numbers(frame, "error_psnr_db").where(numbers(frame, "error_max_absolute") != 0.0, math.inf)


def speed(frame: pd.DataFrame, operation: str) -> pd.Series[float]:
    """Return uncompressed MB/s (10^6 bytes) at the median time; NaN for concurrent rows, whose times say nothing.

    Parameters
    ----------
    frame : DataFrame
        Rows of records.
    operation : {"compress", "decompress"}
        What was timed.
    """
    seconds = numbers(frame, f"{operation}_median_s")
    return (numbers(frame, "raw_bytes") / seconds / 1e6).where(~frame["concurrent"].astype(bool) & (seconds > 0.0))


def current(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop rows of fields that were generated anew since: of each field's name, the last measured digest stays.

    Raises
    ------
    NothingToReport
        The frame has no row at all.
    """
    if frame.empty:
        raise NothingToReport(f"there is no record yet; {RUN} makes the whole study, {SWEEP_TABLE1} its Table 1")
    last = frame.sort_values(["created_utc", "field_digest"]).groupby("field")["field_digest"].last()
    return frame[frame["field_digest"] == frame["field"].map(last)]


def rows_of_field(
    frame: pd.DataFrame, wanted: pd.Series[bool], field: str | None, what: str, command: str
) -> pd.DataFrame:
    """Return every row, failed ones too, of the one field that a table or figure is about.

    Parameters
    ----------
    frame : DataFrame
        As :func:`current` returns it.
    wanted : Series of bool
        The rows that the table or figure needs.
    field : str or None
        A field's name, with or without its step. None, or a name without step: the field with most wanted rows, then
        the latest step.
    what, command : str
        What is missing, and what to call, where there is none.

    Raises
    ------
    NothingToReport
        No wanted row; the text names ``command``.
    """
    chosen = frame[wanted]
    if field is not None:
        named = chosen[(chosen["field"] == field) | (chosen["field"].map(base_name) == field)]
        if named.empty and not chosen.empty:
            known = sorted(set(chosen["field"]))
            near = difflib.get_close_matches(field, known, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            raise NothingToReport(
                f'the records hold no {what} of field "{field}"{hint} (there are: {", ".join(known)})'
            )
        chosen = named
    if chosen.empty:
        option = f" --field {base_name(field)}" if field else ""
        raise NothingToReport(f"the records hold no {what}; {command}{option} makes it")
    groups = chosen.groupby("field", sort=True).agg(count=("case", "size"), step=("step", "max")).fillna({"step": -1})
    best = groups.sort_values(["count", "step"], kind="stable").index[-1]
    found: pd.DataFrame = frame[frame["field"] == best]
    return found
