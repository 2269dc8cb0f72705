"""A compressor's costs along the run, from one compressed run that was traced."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean

import numpy as np

from wavecomp.planning.ages import Ages, grown
from wavecomp.planning.codecs import CodecCosts, Kind
from wavecomp.planning.fitting import STORING, Sample, Trial, samples_of
from wavecomp.planning.tasks import Line

_PARTS = 40
"""Entries of a compressor's profile along the run, at most."""

_STALLED = 0.01


def fit_codec(
    trial: Trial,
    kind: Kind,
    family: str,
    fraction: float | None,
    lines: Mapping[str, Line],
    outline: tuple[tuple[int, ...], tuple[int, ...]],
    after_store_s: float = 0.0,
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
    after_store_s : float
        See :class:`~wavecomp.planning.costs.Costs`.
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
    beside = [
        _beside(samples, lines, after_store_s, forward, len(found))
        for forward, found in ((True, stored), (False, fetched))
    ]
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


def _beside(
    samples: Sequence[Sample], lines: Mapping[str, Line], after_store_s: float, forward: bool, count: int
) -> float:
    """Return by how much the tasks of one direction took longer than their lines say, for each store or fetch.

    Of each task one span in a hundred, those that took longest, counts as the others do: a stall of the machine is none
    of the compressor's doing, and one of 17 ms once made ZFP a quarter too dear on ``acoustic-2d``.
    """
    by_task: dict[str, list[float]] = defaultdict(list)
    for one in samples:
        task = one.charge.task
        if task.startswith(("down", "image")) is not forward and task in lines and task not in STORING:
            woken = after_store_s if one.charge.after_store else 0.0
            by_task[task].append(one.seconds - woken - lines[task].seconds(one.charge.steps))
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
