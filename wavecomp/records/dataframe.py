"""Archives as pandas data frames, for tables and figures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from wavecomp.records.archive import Archive, GradientArchive
from wavecomp.records.gradient_record import GradientRecord
from wavecomp.records.record import Record

if TYPE_CHECKING:
    import pandas as pd


def load_frame(archives: Iterable[Archive]) -> pd.DataFrame:
    """Return one row for each case of one or more archives.

    Where a case was measured both alone and among others, the row of the one measured alone is kept; a later record of
    the same case replaces an earlier one.

    Parameters
    ----------
    archives : iterable of Archive
        Read in order; damaged ones raise DamagedArchive.

    Returns
    -------
    pandas.DataFrame
        The columns of :meth:`wavecomp.records.record.Record.to_row`; empty if there is no record.
    """
    return _frame(record for archive in archives for record in archive.latest().values())


def load_gradients(archives: Iterable[GradientArchive]) -> pd.DataFrame:
    """Return one row for each case of one or more archives of gradients, chosen as :func:`load_frame` does.

    Returns
    -------
    pandas.DataFrame
        The columns of :meth:`wavecomp.records.gradient_record.GradientRecord.to_row`; empty if there is no record.
    """
    return _frame(record for archive in archives for record in archive.latest().values())


def _frame(records: Iterable[Record | GradientRecord]) -> pd.DataFrame:
    import pandas as pd  # here, not above: measuring processes read records and need no data frames

    rows: dict[str, dict[str, Any]] = {}
    for record in records:
        key, _ = record.key
        kept = rows.get(key)
        if kept is None or kept["concurrent"] or not record.concurrent:
            rows[key] = record.to_row()
    return pd.DataFrame(list(rows.values()))
