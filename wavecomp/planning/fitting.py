"""Costs from traced runs: each span of a timeline beside the task that the same plan charges it for."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.result import GradientRun
from wavecomp.errors import Inconsistent
from wavecomp.planning.ages import Ages, grown
from wavecomp.planning.codecs import CodecCosts, Kind
from wavecomp.planning.costs import ADVANCING, AFTER_PUT, Line
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.planning.virtual_clock import Charge
from wavecomp.planning.virtual_run import virtual_run
from wavecomp.plans.strategy import Strategy

_PARTS = 40
_STALLED = 0.01
_STORING = ("put", "get", "save", "load")
"""Entries of a compressor's profile along the run, at most."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A traced run that costs are taken from.

    Attributes
    ----------
    strategy : Strategy
        What was run, with numbers for its imaging step and tolerances.
    sizes : ProblemSizes
        Of the problem, with the steps of this run.
    run : GradientRun
        With its timeline.
    speed : float
        The bare sweeps beside it over those that the costs are for: its times are divided by it.
    """

    strategy: Strategy
    sizes: ProblemSizes
    run: GradientRun
    speed: float = 1.0


class Sample(NamedTuple):
    """What one charge took, in s."""

    charge: Charge
    seconds: float


def samples_of(trial: Trial) -> list[Sample]:
    """Return the charges of a trial with the seconds that its spans took.

    Raises
    ------
    Inconsistent
        The timeline is not that of the plan: the run was another one, or was not traced.
    """
    seen = virtual_run(trial.strategy, trial.sizes)
    if [span[:3] for span in seen.spans] != [span[:3] for span in trial.run.timeline]:
        raise Inconsistent(
            f"{trial.strategy.spec}: a timeline of {len(trial.run.timeline)} spans was given, its plan has "
            f"{len(seen.spans)}, or others; give a traced run of the same strategy and steps, without a budget"
        )
    return [
        Sample(charge, span.seconds / trial.speed)
        for charge, span in zip(seen.charges, trial.run.timeline, strict=True)
        if charge is not None
    ]


def fit_lines(runs: Sequence[Sequence[Sample]]) -> dict[str, Line]:
    """Fit one line a task to the samples of several runs.

    Of the calls of one length the mean of each run counts, since a run's wall time is a sum, stalls included; of the
    runs the median, so that one that was disturbed does not count. Lengths weigh as much as the time spent in them.
    Where all calls have one length, a call's own cost cannot be told apart: that of ``forward`` is taken, as far as the
    time reaches. What a level's way into the store adds to the time step after it is one number, for steps again as for
    those ahead: it hardly depended on how many steps followed, nor on the grid.
    """
    by_task: dict[str, dict[int, list[list[float]]]] = defaultdict(lambda: defaultdict(list))
    for samples in runs:
        mine: dict[tuple[str, int], list[float]] = defaultdict(list)
        for charge, seconds in samples:
            mine[charge.task, charge.steps].append(seconds)
        for (task, steps), found in mine.items():
            by_task[task][steps].append(found)
    after = {task: by_task.pop(task) for task in list(by_task) if task.endswith(AFTER_PUT)}
    fitted = {task: _line(lengths) for task, lengths in by_task.items() if len(lengths) > 1}
    launch = fitted["forward"].call_s if "forward" in fitted else 0.0
    for task, lengths in by_task.items():
        if len(lengths) == 1:
            ((steps, groups),) = lengths.items()
            typical = _typical(groups)
            call = min(launch, typical) if task in ADVANCING or task.startswith(("keep", "image")) else 0.0
            fitted[task] = Line(call, (typical - call) / steps)
    more = [
        [seconds - fitted[base].seconds(steps) for seconds in found]
        for task, lengths in after.items()
        if (base := task.removesuffix(AFTER_PUT)) in fitted
        for steps, groups in lengths.items()
        for found in groups
    ]
    if more:
        further = max(_typical(more), 0.0)
        for base in {"forward", "record"} & set(fitted):
            task = base + AFTER_PUT
            fitted[task] = replace(fitted[base], call_s=fitted[base].call_s + further)
            by_task[task] = after.get(task, {})
    return {task: _with_spread(fitted[task], lengths) for task, lengths in by_task.items()}


def fit_overheads(trials: Sequence[Trial]) -> tuple[float, float]:
    """Return what a run takes beside its spans: once, and for each span, in s; least squares, neither below 0."""
    if not trials:
        return 0.0, 0.0
    spans = np.array([len(trial.run.timeline) for trial in trials], float)
    other = np.array([max(trial.run.seconds.other, 0.0) / trial.speed for trial in trials])
    return _nonnegative(spans, other, 1.0 / np.maximum(other, 1e-9))


def fit_codec(
    trial: Trial,
    kind: Kind,
    family: str,
    fraction: float | None,
    lines: Mapping[str, Line],
    outline: tuple[tuple[int, ...], tuple[int, ...]],
) -> CodecCosts:
    """Take a compressor's costs along the run from one compressed run.

    Parameters
    ----------
    trial : Trial
        Of a trajectory for ``kind="level"``, of a Revolve for ``"state"``.
    kind, family, fraction
        As in :class:`~wavecomp.planning.codecs.CodecCosts`.
    lines : mapping of str to Line
        Of the uncompressed runs: what the other tasks take beyond them is put down to the compressor.
    outline : (heads, parts)
        Bytes of the stream's head, and number of its parts, of each array.
    """
    store, fetch = ("put", "get") if kind == "level" else ("save", "load")
    samples, sizes = samples_of(trial), trial.sizes
    stored = [one for one in samples if one.charge.task == store]
    fetched = [one for one in samples if one.charge.task == fetch]
    heads, parts = outline
    keys = {(kind, one.charge.step) for one in stored}
    receipts = [receipt for receipt in trial.run.receipts if receipt.key in keys]
    places = [(one.charge.step - sizes.first) / sizes.steps for one in stored]
    weight = [receipt.bytes - sum(heads) for receipt in receipts]
    grid = profile_places(places)
    found = list(zip(places, weight, ages_of(samples, store, sizes.first), strict=True))
    exact = [(place, size) for place, size, age in found if not age]
    first = profile([place for place, _ in exact], [size for _, size in exact], grid)
    growths = [
        (size / float(np.interp(place, grid, first)) - 1.0) / grown(place, age) for place, size, age in found if age
    ]
    beside = [_beside(samples, lines, forward, len(found)) for forward, found in ((True, stored), (False, fetched))]
    fetched_at = [(one.charge.step - sizes.first) / sizes.steps for one in fetched]
    return CodecCosts(
        family=family,
        fraction=fraction,
        kind=kind,
        raw_bytes=sizes.level_bytes if kind == "level" else sizes.state_bytes,
        places=tuple(grid),
        sizes=first,
        store_s=profile(places, [one.seconds for one in stored], grid),
        fetch_s=profile(fetched_at, [one.seconds for one in fetched], grid),
        heads=heads,
        parts=parts,
        beside_store_s=beside[0],
        beside_fetch_s=beside[1],
        growth_at_end=max(float(np.median(growths)), 0.0) if growths else None,
    )


def ages_of(samples: Sequence[Sample], store: str, rest: int) -> list[float]:
    """Return the ages of the checkpoints that a task stored."""
    ages, found = Ages(rest), []
    for one in samples:
        if one.charge.task == "load":
            ages.brought_back(one.charge.step)
        elif one.charge.task == store:
            found.append(ages.stored(one.charge.step))
    return found


def _beside(samples: Sequence[Sample], lines: Mapping[str, Line], forward: bool, count: int) -> float:
    """Return by how much the tasks of one direction took longer than their lines say, for each store or fetch.

    Of each task one span in a hundred, those that took longest, counts as the others do: a stall of the machine is none
    of the compressor's doing, and one of 17 ms once made ZFP a quarter too dear on ``acoustic-2d``.
    """
    by_task: dict[str, list[float]] = defaultdict(list)
    for one in samples:
        task = one.charge.task
        if task.startswith(("down", "image")) is not forward and task in lines and task not in _STORING:
            by_task[task].append(one.seconds - lines[task].seconds(one.charge.steps))
    more = 0.0
    for excess in by_task.values():
        usual = sorted(excess)[: len(excess) - math.ceil(_STALLED * len(excess))] or excess
        more += fmean(usual) * len(excess)
    return more / count if count else 0.0


def profile_places(places: Sequence[float]) -> list[float]:
    """Return where a profile has its entries: the middles of parts of the run with equally many samples."""
    ordered = np.sort(np.asarray(places, float))
    return [float(part.mean()) for part in np.array_split(ordered, min(_PARTS, len(ordered)))]


def profile(places: Sequence[float], values: Sequence[float], grid: Sequence[float]) -> tuple[float, ...]:
    """Return typical values of the samples nearest to each entry; an entry without any has what lies between others."""
    edges = [-np.inf, *((a + b) / 2 for a, b in pairwise(grid)), np.inf]
    bins: list[list[float]] = [[] for _ in grid]
    for number, value in zip(np.searchsorted(edges, places, side="right") - 1, values, strict=True):
        bins[number].append(value)
    there = [number for number, found in enumerate(bins) if found]
    return tuple(
        float(np.interp(grid[number], [grid[n] for n in there], [midmean(bins[n]) for n in there]))
        for number in range(len(grid))
    )


def midmean(values: Sequence[float]) -> float:
    """Return the mean of the middle half of the values.

    Examples
    --------
    >>> midmean([1.0, 2.0, 3.0, 100.0])
    2.5
    """
    ordered = np.sort(np.asarray(values, float))
    cut = len(ordered) // 4
    return float(ordered[cut : len(ordered) - cut].mean())


def _typical(groups: Sequence[Sequence[float]]) -> float:
    """Return the median over runs of their means, each run counted as often as it has samples."""
    means = np.array([np.mean(found) for found in groups])
    order = np.argsort(means)
    counts = np.cumsum(np.array([len(found) for found in groups])[order])
    return float(means[order][np.searchsorted(counts, counts[-1] / 2)])


def _line(lengths: Mapping[int, Sequence[Sequence[float]]]) -> Line:
    steps = np.array(list(lengths), float)
    typical = np.array([_typical(groups) for groups in lengths.values()])
    counts = np.array([sum(map(len, groups)) for groups in lengths.values()], float)
    return Line(*_nonnegative(steps, typical, counts / np.maximum(typical, 1e-12)))


def _nonnegative(x: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    """Fit ``y = a + b x`` with weights, a and b not below 0."""
    root = np.sqrt(weights)
    if np.ptp(x) > 0:
        a, b = np.linalg.lstsq(np.stack([root, root * x], axis=1), root * y, rcond=None)[0]
        if a >= 0 and b >= 0:
            return float(a), float(b)
        if b < 0:
            return float((weights * y).sum() / weights.sum()), 0.0
        return 0.0, float((weights * x * y).sum() / (weights * x * x).sum())
    return float((weights * y).sum() / weights.sum()), 0.0


def _with_spread(line: Line, lengths: Mapping[int, Sequence[Sequence[float]]]) -> Line:
    ratios = [
        one / max(line.seconds(steps), 1e-12) for steps, groups in lengths.items() for found in groups for one in found
    ]
    if not ratios:
        return line
    low, high = (float(np.quantile(ratios, part)) for part in (0.1, 0.9))
    return Line(line.call_s, line.step_s, low, high, len(ratios))
