"""Prices of tasks from traced runs: each span of a timeline beside the task that the same plan charges it for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wavecomp.adjoint.result import GradientRun
from wavecomp.adjoint.timeline import Span
from wavecomp.errors import Inconsistent
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.planning.tasks import ADVANCING, Line
from wavecomp.planning.virtual_clock import Charge
from wavecomp.planning.virtual_run import virtual_run
from wavecomp.plans.strategy import Strategy

STEADY = 1.25
"""Up to how many times the bare sweeps that costs are for those of a moment may take, for it to be the same machine."""

STORING = ("put", "get", "save", "load")


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

    The store's times are divided by it only where it is within :data:`STEADY`: what moves a virtual machine's
    processors apart takes a step on a small grid three times as long, and leaves copies and compressors what they are.
    """

    strategy: Strategy
    sizes: ProblemSizes
    run: GradientRun
    speed: float = 1.0

    def own_seconds(self, span: Span) -> float:
        """Return what a span takes at the speed that the costs are for, in s."""
        return span.seconds / (store_speed(self.speed) if span.task in STORING else self.speed)


def store_speed(speed: float) -> float:
    """Return what the store's times are divided by, and others that one thread takes, at a speed of bare sweeps."""
    return speed if is_steady(speed) else 1.0


def is_steady(speed: float) -> bool:
    """Return whether bare sweeps over those of the costs tell the same machine, within :data:`STEADY` both ways."""
    return 1 / STEADY <= speed <= STEADY


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
        Sample(charge, trial.own_seconds(span))
        for charge, span in zip(seen.charges, trial.run.timeline, strict=True)
        if charge is not None
    ]


def fit_tasks(runs: Sequence[Sequence[Sample]]) -> tuple[dict[str, Line], float]:
    """Fit one line a task to the samples of several runs, and what a task takes besides after the store was at work.

    Of the calls of one length the mean of each run counts, since a run's wall time is a sum, stalls included; of the
    runs the median, so that one that was disturbed does not count. Lengths weigh as much as the time spent in them.
    Where all calls have one length, a call's own cost cannot be told apart: that of ``forward`` is taken, as far as the
    time reaches.

    Returns
    -------
    lines : dict of str to Line
        Of calls that do not come after the store, or else of what is left of those that do.
    after_store_s : float
        In s: by how much calls after the store take longer than others of the same task and length.
    """
    usual, after = (_calls(runs, after_store=flag) for flag in (False, True))
    own = {call: _typical(groups) for call, groups in usual.items()}
    more = [[one - own[call] for one in found] for call in after if call in usual for found in after[call]]
    after_store_s = max(_typical(more), 0.0) if more else 0.0
    left = {call: [[max(one - after_store_s, 0.0) for one in found] for found in after[call]] for call in after}
    by_task: dict[str, dict[int, list[list[float]]]] = defaultdict(dict)
    for (task, steps), groups in (left | usual).items():
        by_task[task][steps] = groups
    fitted = {task: _line(lengths) for task, lengths in by_task.items() if len(lengths) > 1}
    launch = fitted["forward"].call_s if "forward" in fitted else 0.0
    for task, lengths in by_task.items():
        if len(lengths) == 1:
            ((steps, groups),) = lengths.items()
            typical = _typical(groups)
            call = min(launch, typical) if task in ADVANCING or task.startswith(("keep", "image")) else 0.0
            fitted[task] = Line(call, (typical - call) / steps)
    return {task: _with_spread(fitted[task], lengths) for task, lengths in by_task.items()}, after_store_s


def _calls(runs: Sequence[Sequence[Sample]], *, after_store: bool) -> dict[tuple[str, int], list[list[float]]]:
    """Return the seconds of calls by task and steps, one list for each run that has some."""
    calls: dict[tuple[str, int], list[list[float]]] = defaultdict(list)
    for samples in runs:
        mine: dict[tuple[str, int], list[float]] = defaultdict(list)
        for charge, seconds in samples:
            if charge.after_store is after_store:
                mine[charge.task, charge.steps].append(seconds)
        for call, found in mine.items():
            calls[call].append(found)
    return calls


def fit_overheads(trials: Sequence[Trial]) -> tuple[float, float]:
    """Return what a run takes beside its spans: once, and for each span, in s; least squares, neither below 0."""
    if not trials:
        return 0.0, 0.0
    spans = np.array([len(trial.run.timeline) for trial in trials], float)
    other = np.array([max(trial.run.seconds.other, 0.0) / trial.speed for trial in trials])
    return _nonnegative(spans, other, 1.0 / np.maximum(other, 1e-9))


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
    low, high = (float(np.quantile(ratios, part)) for part in (0.1, 0.9))
    return Line(line.call_s, line.step_s, low, high, len(ratios))
