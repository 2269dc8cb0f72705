r"""Times across runs of one machine, each relative to reference work of its own run.

A time as such is never compared: the same call in two processes differs by a factor of up to 1.6, and a machine has
good and bad hours. What is compared is :math:`c = \log (t / t_\mathrm{ref})`, where the reference was measured in the
same run: a memory copy, a codec of another library, or for a gradient the bare sweeps of the same round. How much
:math:`c` varies from run to run where nothing changed is known from repeated baselines, and from nowhere else.

With n baselines of mean :math:`\bar c` and m new runs of mean :math:`c'`, the shift :math:`c' - \bar c` has the
interval :math:`\pm\, t_{1-\alpha/2K,\,d}\; s \sqrt{1/n + 1/m}` for all K values at once, where :math:`s^2` is the
variance of this value, moderated by that of all values of its quantity [Smyth2004]_, since few baselines know their own
spread badly,

.. math:: s^2 = \frac{d_0 s_0^2 + (n-1) s_1^2}{d_0 + n - 1}, \qquad d = d_0 + n - 1, \qquad d_0 = 4.

A value is worse if the whole interval lies above :math:`\log(1 + \mathit{least})`, the same or better if it lies below,
and undecided otherwise.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from wavecomp.gate.finding import Finding, Standing
from wavecomp.gate.least import LEAST, MEMORY_FLOOR, TIME_FLOOR_S
from wavecomp.gate.runs import ComparedRun, label
from wavecomp.records import GradientImpact, Measurement, Record
from wavecomp.side_by_side.tasks import COMPRESS_TIME, DECOMPRESS_TIME, GRADIENT_TIME
from wavecomp.spec_text import UNCOMPRESSED

LEAST_RUNS = 5
"""Baselines without which nobody knows how much a time varies."""

REFERENCES = ("identity", "zfp:reversible", "blosc2:codec=zlib,level=1,shuffle=shuffle,chunk=524288")
"""The reference work of a sweep: a memory copy and two codecs. No case is measured by its own library."""

_PRIOR = 4
_ALPHA = 0.01
_TIMES = 2.0
"""A time across runs has to change by twice what counts side by side: each process has its luck with memory, and a run
has one process."""


@dataclass(frozen=True, slots=True)
class _Series:
    """One value in every run: log relative to the reference, and as it was measured."""

    case: str
    quantity: str
    unit: str
    logs: tuple[tuple[float, ...], tuple[float, ...]]
    medians: tuple[float, float]
    reference: str


def judge_times(
    old: Sequence[ComparedRun], new: Sequence[ComparedRun], *, alpha: float = _ALPHA
) -> tuple[list[Finding], list[str]]:
    """Compare the times and the memory of runs of one machine.

    Parameters
    ----------
    old, new : sequence of ComparedRun
        Repeated baselines of unchanged code, and the runs that are asked about; of the same cases.
    alpha : float
        Probability, at most, that any one of all values is called worse that has slowed down by its least effect; for
        values that have not changed it is far smaller.

    Returns
    -------
    findings : list of Finding
    unjudged : list of str
        Why nothing, or not all, was judged.
    """
    if (reason := _why_not(old, new)) is not None:
        return [], [reason]
    series = list(_series(old, new))
    if not series:
        return [], ["times: no case was timed alone in all of these runs"]
    spreads = {quantity: _typical(series, quantity) for quantity in {one.quantity for one in series}}
    return [_judge(one, spreads[one.quantity], alpha / len(series)) for one in series], []


def _why_not(old: Sequence[ComparedRun], new: Sequence[ComparedRun]) -> str | None:
    if len(old) < LEAST_RUNS:
        return (
            f"times: how much they vary from run to run is not known from {len(old)} baseline{'s' * (len(old) != 1)}; "
            f"give a folder of {LEAST_RUNS} or more runs of the old code, or measure both at once with --against"
        )
    benches = {(place.machine, place.cpu, place.cores) for run in (*old, *new) for place in run.places}
    if len(benches) != 1:
        return (
            f"times: not compared across machines ({'; '.join(sorted({bench[1] for bench in benches})) or 'unknown'})"
        )
    return None


def _series(old: Sequence[ComparedRun], new: Sequence[ComparedRun]) -> Iterator[_Series]:
    runs = (*old, *new)
    cut = len(old)
    everywhere = set.intersection(*({*run.sweeps, *run.gradients} for run in runs))
    for name in sorted(everywhere):
        records = [run.sweeps.get(name) or run.gradients[name] for run in runs]
        if any(record.concurrent for record in records) or records[0].spec == UNCOMPRESSED:
            continue  # the copy is the yardstick
        found = [_timed(record.outcome) for record in records]
        for quantity in sorted(set.intersection(*(set(each) for each in found))):
            values = [each[quantity] for each in found]
            memory = quantity.endswith("memory")
            choices: dict[str, list[float]] = {"": [0.0] * len(runs)}
            if isinstance(records[0], Record) and not memory:
                choices = _references(records[0], quantity, runs)
            if not choices:
                continue
            logs = {
                reference: [
                    math.log(value + (MEMORY_FLOOR if memory else TIME_FLOOR_S)) - by
                    for value, by in zip(values, times, strict=True)
                ]
                for reference, times in choices.items()
            }
            best = min(logs, key=lambda reference: statistics.stdev(logs[reference][:cut]))
            both = tuple(logs[best][:cut]), tuple(logs[best][cut:])
            medians = statistics.median(values[:cut]), statistics.median(values[cut:])
            yield _Series(name, quantity, "bytes" if memory else "s", both, medians, best)


def _timed(outcome: object) -> Mapping[str, float]:
    """Return what was timed, and what memory was seen, of one outcome; nothing of a failure."""
    found: dict[str, float] = {}
    if isinstance(outcome, Measurement):
        for what, timing in (("compress", outcome.compress), ("decompress", outcome.decompress)):
            # The quickest call: whatever else the machine does only adds to a time.
            found[f"{what} time"], found[f"first {what} call"] = timing.min_s, timing.first_s
        for what, peak in (
            ("compress", outcome.compress_peak_bytes),
            ("decompress", outcome.decompress_peak_bytes),
        ):
            if peak is not None:
                found[f"{what} peak memory"] = peak
    if isinstance(outcome, GradientImpact) and outcome.distance:
        pairs = zip(outcome.walls_s, outcome.bare_walls_s, strict=False)
        if relative := [wall / bare for wall, bare in pairs if bare]:
            found[GRADIENT_TIME] = statistics.median(relative)
    return {name: value for name, value in found.items() if value > 0 or name.endswith("memory")}


def _references(record: Record, quantity: str, runs: Sequence[ComparedRun]) -> dict[str, list[float]]:
    """Return the logarithm of the time of every possible reference in every run, by its spec."""
    found: dict[str, list[float]] = {}
    operation = DECOMPRESS_TIME if "decompress" in quantity else COMPRESS_TIME
    for spec in REFERENCES:
        times = []
        for run in runs:
            beside = [
                other
                for other in run.sweeps.values()
                if other.spec == spec and other.field_digest == record.field_digest and not other.concurrent
            ]
            if beside and label(beside[0]) != label(record) and beside[0].library != record.library:
                time_s = _timed(beside[0].outcome).get(operation)
                times += [math.log(time_s)] if time_s else []
        if len(times) == len(runs):
            found[spec] = times
    return found


def _typical(series: Sequence[_Series], quantity: str) -> float:
    """Return the median variance of a quantity among all cases."""
    return statistics.median(statistics.variance(one.logs[0]) for one in series if one.quantity == quantity)


def _judge(one: _Series, typical: float, alpha: float) -> Finding:
    before, now = (np.asarray(logs) for logs in one.logs)
    freedom = _PRIOR + before.size - 1
    variance = (_PRIOR * typical + (before.size - 1) * float(before.var(ddof=1))) / freedom
    half = float(student.ppf(1 - alpha / 2, freedom)) * math.sqrt(variance * (1 / before.size + 1 / now.size))
    shift = float(now.mean() - before.mean())
    low, high = math.exp(shift - half), math.exp(shift + half)
    against = f"relative to {one.reference}, " if one.reference else ""
    basis = f"{against}{low:.3g} to {high:.3g} times, {before.size} baselines"
    floor = MEMORY_FLOOR if one.unit == "bytes" else TIME_FLOOR_S
    nothing = abs(one.medians[1] - one.medians[0]) <= floor
    standing = Standing.SAME if nothing else standing_of(low, high, _least(one))
    return Finding(one.case, one.quantity, one.unit, *one.medians, standing, basis)


def _least(one: _Series) -> float:
    return LEAST[one.quantity] * (1.0 if one.unit == "bytes" else _TIMES)


def standing_of(low: float, high: float, least: float) -> Standing:
    """Say how the interval of a ratio new / old stands against the least effect."""
    if low > 1 + least:
        return Standing.WORSE
    if high >= 1 + least:
        return Standing.UNDECIDED
    return Standing.BETTER if high < 1 / (1 + least) else Standing.SAME
