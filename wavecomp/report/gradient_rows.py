"""Rows of gradient records: those of one problem, and what their specs say in words."""

from __future__ import annotations

import difflib
import math
import statistics
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from wavecomp.errors import NothingToReport
from wavecomp.promise import QUANTUM
from wavecomp.report.names import family_label, family_of, short_number
from wavecomp.report.rows import numbers
from wavecomp.spec_text import UNCOMPRESSED, SpecText

GRADIENT = "wavecomp gradient --problem NAME"
BARE = "bare"
ONE_LEVEL = "bare sweeps, back with one level for all"


def problem_rows(frame: pd.DataFrame, problem: str | None) -> pd.DataFrame:
    """Return the rows of one problem and one choice of shots, failed ones too: those of the problem's last definition,
    measured most often.

    Parameters
    ----------
    frame : DataFrame
        From :func:`wavecomp.records.load_gradients`.
    problem : str or None
        Its name; None for the one with most rows.

    Raises
    ------
    NothingToReport
        There is no such row.
    """
    if frame.empty:
        raise NothingToReport(f"there is no gradient record yet; {GRADIENT} makes them")
    if problem is None:
        problem = str(frame["problem"].value_counts(sort=True).index[0])
    rows = frame[frame["problem"] == problem]
    if rows.empty:
        known = sorted(set(frame["problem"]))
        near = difflib.get_close_matches(problem, known, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise NothingToReport(f'the records hold no gradient of "{problem}"{hint} (there are: {", ".join(known)})')
    last = rows.sort_values("created_utc", kind="stable")["problem_digest"].iloc[-1]
    rows = rows[rows["problem_digest"] == last]
    shots = rows["shots"].map(tuple)
    # The most frequent; among equals the one that comes first.
    counts = Counter(sorted(shots))
    found: pd.DataFrame = rows[shots == counts.most_common(1)[0][0]]
    return found


def makes(rows: pd.DataFrame) -> str:
    """Return what measures more rows of a problem: a command, or a call, for a code of one's own has no shots."""
    return GRADIENT if len(rows["shots"].iloc[0]) else "wavecomp.study_gradients"


def forward_words(rows: pd.DataFrame) -> str:
    """Return what is kept of the forward run: a wavefield where there are shots."""
    return "forward wavefield" if len(rows["shots"].iloc[0]) else "levels of the forward run"


def set_up_text(row: Mapping[Hashable, Any]) -> str:
    """Return in a title's words how large a row's problem is."""
    shape = " × ".join(str(length) for length in row["shape"]) or "1"
    return f"{shape} {'points' if len(row['shots']) else 'values'}, {int(row['steps'])} steps"


def bare_words(rows: pd.DataFrame) -> str:
    """Return what the bare sweeps of some rows are."""
    return (
        ONE_LEVEL if any(map(one_level, rows.to_dict("records"))) else "bare forward and adjoint sweeps, nothing stored"
    )


def one_level(row: Mapping[Hashable, Any]) -> bool:
    """Whether a row is that of bare sweeps whose way back was given one and the same level at every step."""
    return row["strategy"] == BARE and bool(row["strategy_parameters"].get("level"))


def shots_text(shots: Sequence[int]) -> str:
    """Return the shots of a row as people write them.

    Examples
    --------
    >>> shots_text([3]), shots_text([0, 1, 2, 3]), shots_text([0, 3, 5, 6, 7])
    ('shot 3', 'sum of shots 0–3', 'sum of shots 0, 3, 5–7')
    """
    runs: list[list[int]] = []
    for shot in shots:
        if runs and shot == runs[-1][-1] + 1:
            runs[-1].append(shot)
        else:
            runs.append([shot])
    words = [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]
    return f"{'shot' if len(shots) == 1 else 'sum of shots'} {', '.join(words)}"


def measured(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with an outcome, with numeric columns of what figures need.

    Added are ``error`` (relative L2), ``peak_mb``, ``wall`` in seconds, ``over_bare`` with ``over_bare_least`` and
    ``_greatest`` (see :func:`over_bare`; all NaN where times say nothing), ``rounds``, ``tolerance`` (NaN where what
    loses has none) and whether it is ``relative``, a fraction of the wavefield's peak, ``family``, ``loses`` (what
    does: the family, or an older record's quantum) and ``head`` (the strategy's own text).
    """
    rows = rows[rows["status"] == "ok"]
    families = [None if text is None or text != text else family_of(text) for text in rows["compressor"]]
    by = rows.get("loss_by", pd.Series(None, index=rows.index, dtype="object"))
    kinds = rows.get("loss_kind", by)
    wall = numbers(rows, "wall_s").where(~rows["concurrent"].astype(bool))
    ratios = [over_bare(row) for row in rows.to_dict("records")]
    return rows.assign(
        error=numbers(rows, "gradient_relative_l2"),
        peak_mb=numbers(rows, "peak_checkpoint_bytes") / 1e6,
        wall=wall,
        over_bare=[statistics.median(row) if row else math.nan for row in ratios],
        over_bare_least=[min(row, default=math.nan) for row in ratios],
        over_bare_greatest=[max(row, default=math.nan) for row in ratios],
        rounds=[len(row) for row in ratios],
        family=pd.Series(families, rows.index, dtype="object"),
        loses=pd.Series(families, rows.index, dtype="object").mask(by == QUANTUM, QUANTUM),
        tolerance=tolerances(rows),
        relative=kinds == "wavefield-peak",
        head=[str(SpecText.parse(str(text)).head) for text in rows["spec"]],
    )


def over_bare(row: Mapping[Hashable, Any]) -> list[float]:
    """Return a row's wall time over that of the bare sweeps, round by round.

    The speed of a machine drifts: only what was measured in one round is compared. Where nothing was measured beside
    the bare sweeps (rows of older archives, and of several workers), there is no ratio.
    """
    walls, bares = row.get("walls_s"), row.get("bare_walls_s")
    if row["concurrent"] or not isinstance(walls, list) or not isinstance(bares, list):
        return []
    return [wall / bare for wall, bare in zip(walls, bares, strict=True) if wall is not None and bare]


def compressor_words(spec: str | None) -> tuple[str, str]:
    """Return a compressor's name and its setting for a table.

    Examples
    --------
    >>> compressor_words("slabs:planes=16,threads=2/zfp:accuracy=1e-3")
    ('ZFP', 'accuracy=1e-3, 2 threads')
    >>> compressor_words("identity"), compressor_words(None)
    (('none', ''), ('none', ''))
    """
    if spec is None or spec == UNCOMPRESSED:
        return "none", ""
    text = SpecText.parse(spec)
    parts = [f"{key}={short_number(value)}" if value else key for key, value in text.innermost.values.items()]
    if text.inner is not None:
        parts.append(f"{text.head.values.get('threads', '?')} threads")
    return family_label(text.innermost.name), ", ".join(parts)


def loss_words(row: Mapping[Hashable, Any]) -> str:
    """Say what loses of the stored levels of a row, and how much at most.

    Examples
    --------
    >>> loss_words({"loss_by": "quantum", "loss_kind": "wavefield-peak", "loss_value": 3e-5})
    'quantum: 3e-5 of the peak'
    >>> loss_words({"loss_by": "nothing", "loss_kind": "lossless"}), loss_words({})
    ('nothing', '')
    """
    by, kind, value = (row.get(f"loss_{name}") for name in ("by", "kind", "value"))
    if not isinstance(by, str) or not isinstance(kind, str):
        return ""
    name = by if kind == "lossless" or by == QUANTUM else family_label(by)
    if value is None or value != value or kind not in _LIMITS:
        return name
    return f"{name}: {short_number(repr(float(value)))}{_LIMITS[kind]}"


_LIMITS = {
    "absolute": "",
    "wavefield-peak": " of the peak",
    "range": " of each range",
    "peak": " of each peak",
    "pointwise": " of each value",
}
"""Behind the number of those kinds of bound that limit every single error."""


def tolerances(rows: pd.DataFrame) -> pd.Series[float]:
    """Return the bound of what loses, where it is one number for all levels of a run: NaN elsewhere."""
    if "loss_kind" not in rows:
        return pd.Series(math.nan, index=rows.index, dtype="float64")
    return numbers(rows, "loss_value").where(rows["loss_kind"].isin(("absolute", "wavefield-peak")))
