"""What a history follows: each metric with its values in one run, by case. Less is better in all of them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wavecomp.records import GradientImpact, GradientRecord, Measurement, Record
from wavecomp.report.history_runs import AnyRecord, Run
from wavecomp.report.names import family_label, family_of, setting_label
from wavecomp.spec_text import UNCOMPRESSED

_LEAST_PEAK_BYTES = 65536
"""Peaks below are counted as this: a library's arena and the system's pages are all that is seen there."""


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """What is measured again and again: equal in two runs where their values may be compared.

    Attributes
    ----------
    group : str
        What it is drawn with: a compressor, or a way of keeping the wavefield with its compressor.
    label, short : str
        The whole setting, and on what; the same in a few words.
    subject, digest : str
        Name of the field or problem, and the digest of what determines it.
    """

    group: str
    label: str
    short: str
    subject: str
    digest: str


@dataclass(frozen=True, slots=True)
class Value:
    """A number of a case in a run, and the libraries that made it, such as ``zfpy 1.0.1``."""

    number: float
    library: str


@dataclass(frozen=True, slots=True)
class Metric:
    """One picture.

    Attributes
    ----------
    stem : str
        Of its files.
    name, title : str
        In a word or two, and in full, with what it is relative to.
    exact : bool
        The same work gives the same number: any change is a step. Otherwise only one beyond the noise is.
    rounding : float
        Relative difference of two exact numbers that is none: sums whose order is free.
    values : callable
        From a run to its values by case.
    """

    stem: str
    name: str
    title: str
    exact: bool
    values: Callable[[Run], dict[Case, Value]]
    rounding: float = 0.0


def sweep_case(record: Record) -> Case:
    """Return what a record of a sweep is a case of."""
    threads = f", {record.threads} threads" if record.threads != 1 else ""
    digest = f"{record.field_digest} {'x'.join(map(str, record.shape))} {record.dtype}"
    group = family_label(family_of(record.spec))
    where = f"on {record.field}{threads}"
    return Case(group, f"{record.spec} {where}", f"{setting_label(record.spec)} {where}", record.field, digest)


def gradient_case(record: GradientRecord) -> Case:
    """Return what a gradient is a case of."""
    inner = family_of(record.compressor) if record.compressor else ""
    group = f"{record.strategy} with {family_label(inner)}" if inner not in ("", UNCOMPRESSED) else record.strategy
    budgets = ((record.budget_bytes, "in memory"), (record.disk_budget_bytes, "on disk"))
    limits = "".join(f", {size / 1e6:g} MB {where}" for size, where in budgets if size is not None)
    shots = f", shots {'+'.join(map(str, record.shots))}" if record.shots not in ((), (0,)) else ""
    threads = f", {record.threads} threads" if record.threads != 1 else ""
    label = f"{record.spec} on {record.problem}{shots}{limits}{threads}"
    return Case(group, label, label, record.problem, record.problem_digest)


def _of_sweeps(
    run: Run, number: Callable[[Record, Measurement], float | None], alone: bool = False
) -> dict[Case, Value]:
    rows = [
        (sweep_case(record), record, number(record, record.outcome))
        for record in run.records
        if isinstance(record.outcome, Measurement)
    ]
    return _middle(rows, alone)


def _of_gradients(run: Run, number: Callable[[GradientImpact], float | None], alone: bool = False) -> dict[Case, Value]:
    rows = [
        (gradient_case(record), record, number(record.outcome))
        for record in run.gradients
        if isinstance(record.outcome, GradientImpact)
    ]
    return _middle(rows, alone)


def _middle(rows: Iterable[tuple[Case, AnyRecord, float | None]], alone: bool) -> dict[Case, Value]:
    """Return the median of each case over the rounds of a run: of those measured alone, or where there are none of all.

    With an even number it is the smaller of the two in the middle, so that an exact value stays what it is.
    """
    found: dict[Case, dict[bool, list[tuple[float, str]]]] = {}
    for case, record, value in rows:
        if value is not None and math.isfinite(value) and value >= 0.0 and not (alone and record.concurrent):
            found.setdefault(case, {}).setdefault(record.concurrent, []).append((float(value), record.library))
    return {case: Value(*statistics.median_low(kinds.get(False) or kinds[True])) for case, kinds in found.items()}


def copying_s(run: Run) -> dict[tuple[str, str], tuple[float, float]]:
    """Return the median seconds in which each field was copied: to compress by ``identity``, and to decompress."""
    return {
        (record.field, record.field_digest): (record.outcome.compress.median_s, record.outcome.decompress.median_s)
        for record in run.records
        if record.compressor == UNCOMPRESSED and record.threads == 1 and not record.concurrent
        if isinstance(record.outcome, Measurement)
    }


def _over_copying(run: Run, seconds: Callable[[Measurement], float], place: int) -> dict[Case, Value]:
    copies = copying_s(run)

    def number(record: Record, out: Measurement) -> float | None:
        copy = copies.get((record.field, record.field_digest))
        if record.compressor == UNCOMPRESSED or copy is None or copy[place] <= 0.0:
            return None
        return seconds(out) / copy[place]

    return _of_sweeps(run, number, alone=True)


def _peak(_record: Record, out: Measurement) -> float | None:
    peaks = [one for one in (out.compress_peak_bytes, out.decompress_peak_bytes) if one is not None]
    return float(max(*peaks, _LEAST_PEAK_BYTES)) if peaks else None


def _over_bare(out: GradientImpact) -> float | None:
    if not out.distance:  # the bare sweeps themselves
        return None
    pairs = zip(out.walls_s, out.bare_walls_s, strict=False)
    ratios = [wall / bare for wall, bare in pairs if bare is not None and bare > 0.0]
    return statistics.median(ratios) if ratios else None


METRICS: tuple[Metric, ...] = (
    Metric(
        "bytes",
        "stream bytes",
        "Bytes of the compressed stream",
        True,
        lambda run: _of_sweeps(run, lambda _, o: o.stream_bytes),
    ),
    Metric(
        "error",
        "largest error",
        "Largest error",
        True,
        lambda run: _of_sweeps(run, lambda _, o: o.distortion.get("max_absolute")),
    ),
    Metric(
        "margin",
        "error over bound",
        "Worst error over the allowed one",
        True,
        lambda run: _of_sweeps(run, lambda _, o: o.bound_margin),
    ),
    Metric(
        "compress",
        "compress time",
        "Time to compress over a copy of the same run",
        False,
        lambda run: _over_copying(run, lambda o: o.compress.median_s, 0),
    ),
    Metric(
        "decompress",
        "decompress time",
        "Time to decompress over a copy of the same run",
        False,
        lambda run: _over_copying(run, lambda o: o.decompress.median_s, 1),
    ),
    Metric(
        "first-call",
        "first call",
        "First call to compress over a copy of the same run",
        False,
        lambda run: _over_copying(run, lambda o: o.compress.first_s, 0),
    ),
    Metric(
        "memory",
        "peak memory",
        "Peak memory of compressing and decompressing",
        False,
        lambda run: _of_sweeps(run, _peak, True),
    ),
    Metric(
        "gradient-error",
        "gradient error",
        "Relative error of the gradient",
        True,
        lambda run: _of_gradients(run, lambda o: o.distance.get("relative_l2")),
        rounding=1e-9,
    ),
    Metric(
        "forward-steps",
        "forward steps",
        "Forward steps of a gradient",
        True,
        lambda run: _of_gradients(run, lambda o: o.forward_steps),
    ),
    Metric(
        "checkpoint-bytes",
        "checkpoint bytes",
        "Peak bytes of the checkpoints of a gradient",
        True,
        lambda run: _of_gradients(run, lambda o: o.peak_checkpoint_bytes),
    ),
    Metric(
        "gradient-time",
        "gradient time",
        "Time of a gradient over the bare sweeps of the same round",
        False,
        lambda run: _of_gradients(run, _over_bare, alone=True),
    ),
)


def without_copy(runs: Iterable[Run]) -> list[int]:
    """Return the places of the runs whose sweeps hold times that no copy of the same field stands beside."""
    return [
        place
        for place, run in enumerate(runs)
        if {(one.field, one.field_digest) for one in run.records if not one.concurrent and not one.failed}
        - copying_s(run).keys()
    ]
