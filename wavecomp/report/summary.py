"""The closing summary of a study: what was found, in a handful of lines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from wavecomp.report.names import family_label
from wavecomp.report.quality import PSNR_FLOORS_DB, at_quality, best_at_quality, best_lossless
from wavecomp.report.rows import base_name, current, numbers, speed, succeeded
from wavecomp.spec_text import UNCOMPRESSED

_SHOWN = 3


def summary(frame: pd.DataFrame, fields: Sequence[str] | None = None) -> list[str]:
    """Say what the records show.

    Parameters
    ----------
    frame : DataFrame
        As :func:`wavecomp.records.load_frame` returns it.
    fields : sequence of str, optional
        Names of fields with their steps; by default of each wavefield the step with most records (the latest of
        several).

    Returns
    -------
    list of str
        For each field the best lossless case, the best ratios and the fastest case at 60, 80 and 100 dB, and the speed
        of a copy; then violated bounds, failures, and the share of time outside the compressors.

    Raises
    ------
    NothingToReport
        There is no record.
    """
    frame = current(frame)
    lines: list[str] = []
    for name in reference_fields(frame) if fields is None else fields:
        rows = frame[frame["field"] == name]
        lines += [f"{name}: {line}" for line in _of_field(rows)] or [f"{name}: nothing was measured."]
    lines += _violations(frame) + _failures(frame)
    share = outside_share(frame)
    if share is not None:
        lines.append(f"Outside the compressors: {share:.1%} of the time of cases of 50 ms and more.")
    return lines


def reference_fields(frame: pd.DataFrame) -> list[str]:
    """Return of each wavefield the step with most records; the latest of several."""
    groups = frame.groupby("field", sort=True).agg(count=("case", "size"), step=("step", "max")).fillna({"step": -1})
    groups = groups.sort_values(["count", "step"], kind="stable")
    return sorted({base_name(str(name)): str(name) for name in groups.index}.values())


def outside_share(frame: pd.DataFrame, threshold_s: float = 0.05) -> float | None:
    """Return the share of the cases' time that was not spent in a compressor.

    Outside / (outside + every compression and decompression, first calls too), summed over the measured cases whose
    median compression and decompression together take at least ``threshold_s`` seconds; None without such a case.
    """
    if frame.empty or "outside_s" not in frame:
        return None
    medians = numbers(frame, "compress_median_s") + numbers(frame, "decompress_median_s")
    rows = frame[succeeded(frame) & (medians >= threshold_s)]
    outside = math.fsum(numbers(rows, "outside_s"))
    inside = 0.0
    for operation in ("compress", "decompress"):
        inside += math.fsum(numbers(rows, f"{operation}_first_s"))
        inside += math.fsum(sample for samples in rows[f"{operation}_samples_s"] for sample in samples)
    return outside / (outside + inside) if outside + inside > 0.0 else None


def _of_field(rows: pd.DataFrame) -> Iterable[str]:
    for spec, ratio, pace in _specs(best_lossless(rows)):
        yield f"best lossless ratio {ratio:.3f} by {spec}{_pace(pace)}."
    for floor in PSNR_FLOORS_DB:
        best = best_at_quality(rows, floor)
        if best.empty:
            continue
        found = zip(best["compressor"], best["ratio"], strict=True)
        ratios = ", ".join(f"{family_label(str(name))} {ratio:.1f}" for name, ratio in found)
        line = f"best ratios at ≥ {floor:.0f} dB PSNR: {ratios}"
        timed = at_quality(rows, floor).dropna(subset="speed_mb_s")
        for spec, ratio, pace in _specs(timed.sort_values("speed_mb_s", ascending=False, kind="stable").head(1)):
            line += f"; fastest {spec}{_pace(pace)}, ratio {ratio:.1f}"
        yield f"{line}."
    copies = speed(rows[(rows["compressor"] == UNCOMPRESSED) & succeeded(rows)], "compress").dropna()
    if not copies.empty:
        yield f"a copy (memcpy) runs at {copies.max() / 1e3:.2f} GB/s."


def _specs(rows: pd.DataFrame) -> Iterable[tuple[str, float, float]]:
    if rows.empty:
        return []
    return [
        (str(spec), float(ratio), float(pace))
        for spec, ratio, pace in zip(rows["spec"], rows["ratio"], rows["speed_mb_s"], strict=True)
    ]


def _pace(speed_mb_s: float) -> str:
    return "" if math.isnan(speed_mb_s) else f" at {speed_mb_s / 1e3:.3g} GB/s"


def _violations(frame: pd.DataFrame) -> list[str]:
    if "bound_status" not in frame:
        return []
    broken = frame[succeeded(frame) & (frame["bound_status"] == "violated")]
    margins = numbers(broken, "bound_margin")
    lines = [
        f"{spec} on {field}" + ("" if pd.isna(margin) else f" ({margin:.3g} times what it allows)")
        for spec, field, margin in sorted(zip(broken["spec"], broken["field"], margins, strict=True))
    ]
    measured = int(succeeded(frame).sum())
    rounding = int((succeeded(frame) & (frame["bound_status"] == "rounding")).sum())
    note = f" (beyond it by rounding alone: {rounding})" if rounding else ""
    if not lines:
        return [f"Bounds: none of {measured} measured cases violates its own{note}."]
    return [f"Bounds violated by {len(lines)} of {measured} measured cases{note}: {_first(lines)}."]


def _failures(frame: pd.DataFrame) -> list[str]:
    failed = frame[~succeeded(frame)]
    if failed.empty:
        return [f"Failures: none in {len(frame)} cases."]
    columns = (failed["spec"], failed["field"], failed["failure"], failed["message"])
    lines = sorted(f"{spec} on {field} ({kind}: {text})" for spec, field, kind, text in zip(*columns, strict=True))
    return [f"Failures: {len(lines)} of {len(frame)} cases: {_first(lines)}."]


def _first(lines: list[str]) -> str:
    rest = f"; and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return "; ".join(lines[:_SHOWN]) + rest
