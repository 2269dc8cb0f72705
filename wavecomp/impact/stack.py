"""From the shots of one case in one round to what they cost together, and what the error of their sum is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from wavecomp.impact.cases import ImpactCase
from wavecomp.impact.exact import check_exact
from wavecomp.impact.worker import Measured
from wavecomp.inversion.stacking import Stack
from wavecomp.metrics.gradient import deep_relative_l2, gradient_distance
from wavecomp.records import Failure, GradientImpact, Spread, WorkTimes

Outcome: TypeAlias = tuple[Measured, GradientImpact] | Failure
"""What one of the shots came to, without its gradient, and what came out of all; or why nothing did."""


class Gathered:
    """The shots of one case in one round, on their way to its outcome."""

    def __init__(self, case: ImpactCase) -> None:
        self.case = case
        self.failure: Failure | None = None
        self._parts: dict[int, Measured] = {}
        self._stack = Stack(case.shots)

    def take(self, shot: int, outcome: Measured | Failure) -> None:
        """Add what came out for one shot; the first failure is the case's."""
        if isinstance(outcome, Failure):
            which = f"shot {shot}: " if len(self.case.shots) > 1 else ""
            self.failure = self.failure or Failure(outcome.kind, which + outcome.message)
            return
        if outcome.gradient is not None:
            self._stack.add(shot, outcome.gradient)
        self._parts[shot] = outcome.without_gradient()

    @property
    def complete(self) -> bool:
        """Whether nothing more has to be waited for."""
        return self.failure is not None or len(self._parts) == len(self.case.shots)

    @property
    def gradient(self) -> NDArray[np.floating] | None:
        """The sum; None for the bare sweeps, and until all shots are there."""
        return self._stack.total

    @property
    def wall_s(self) -> float | None:
        """Wall time of all shots; None where one has failed."""
        return None if self.failure is not None else sum(part.run.seconds.wall for part in self._parts.values())

    def check_exact(self) -> None:
        """Raise MeaninglessGradient where the exact gradient, which this is, says nothing about any other."""
        if self.failure is None and self.complete and self.gradient is not None:
            problem = self.case.problem
            shots = self.case.shots if problem.shot_count else ()
            check_exact(problem.name, shots, _sum([part.misfit for part in self._parts.values()]), self.gradient)

    def _distance(self, exact: NDArray[np.floating], gradient: NDArray[np.floating]) -> dict[str, float | None]:
        found: dict[str, float | None] = asdict(gradient_distance(_flat(exact), _flat(gradient)))
        # Only where there are shots is it known which axis is the depth.
        deep = deep_relative_l2(exact, gradient) if self.case.problem.shot_count else None
        return found if deep is None else found | {"deep_relative_l2": deep}

    def outcome(self, exact: NDArray[np.floating] | None) -> Outcome:
        """Return what came out of a complete case; ``exact`` is the sum to compare with."""
        if self.failure is not None:
            return self.failure
        parts = [self._parts[shot] for shot in self.case.shots]
        runs = [part.run for part in parts]
        gradient = self.gradient
        digest = None if gradient is None else hashlib.sha256(np.ascontiguousarray(gradient).tobytes()).hexdigest()
        seconds = WorkTimes(*(sum(getattr(run.seconds, f.name) for run in runs) for f in fields(WorkTimes)))
        return parts[0], GradientImpact(
            seconds=seconds,
            walls_s=(seconds.wall,),
            forward_steps=sum(run.forward_steps for run in runs),
            writes=sum(run.writes for run in runs),
            reads=sum(run.reads for run in runs),
            checkpoints_held=max(run.checkpoints_held for run in runs),
            ratio=Spread.of([ratio for run in runs for ratio in run.checkpoint_ratios]),
            peak_checkpoint_bytes=max(run.peak_checkpoint_bytes for run in runs),
            peak_disk_bytes=max(run.peak_disk_bytes for run in runs),
            misfit=_sum([part.misfit for part in parts]) if gradient is not None else None,
            distance={} if gradient is None or exact is None else self._distance(exact, gradient),
            gradient_digest=digest,
            absolute_specs=tuple(part.absolute_spec for part in parts if part.absolute_spec is not None),
            level_weights=tuple(run.weights for run in runs if run.weights),
        )


def merged(
    before: GradientImpact | None, now: GradientImpact, bare_wall_s: float | None, *, counts: bool
) -> GradientImpact:
    """Return what a case comes to after one more round.

    Parameters
    ----------
    before : GradientImpact or None
        What it came to before.
    now : GradientImpact
        Of one round.
    bare_wall_s : float or None
        Wall time of the bare sweeps of that round, None where they failed.
    counts : bool
        Whether the round's time counts, beside its bare sweeps; that of a round that warms up does not.
    """
    worst = now
    if before is not None:
        if _error(now) <= _error(before):
            worst = before
        peaks = {name: max(getattr(before, name), getattr(now, name)) for name in _PEAKS}
        worst = replace(worst, **peaks)
    if not counts:
        times = before if before is not None else now
        return replace(worst, seconds=times.seconds, walls_s=times.walls_s, bare_walls_s=times.bare_walls_s)
    # What was measured with no bare sweeps beside it is only kept until there is something better.
    paired = before if before is not None and before.bare_walls_s else None
    fastest = paired if paired is not None and min(paired.walls_s) <= now.walls_s[0] else now
    return replace(
        worst,
        seconds=fastest.seconds,
        walls_s=(*(paired.walls_s if paired else ()), *now.walls_s),
        bare_walls_s=(*(paired.bare_walls_s if paired else ()), bare_wall_s),
    )


def _flat(gradient: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return a gradient of a number of dimensions that distances are measured in; they do not depend on it."""
    return gradient if 1 <= gradient.ndim <= 4 else gradient.reshape(-1)


def _sum(misfits: Sequence[float | None]) -> float | None:
    named = [misfit for misfit in misfits if misfit is not None]
    return sum(named) if len(named) == len(misfits) else None


_PEAKS = ("checkpoints_held", "peak_checkpoint_bytes", "peak_disk_bytes")


def _error(impact: GradientImpact) -> float:
    found = impact.distance.get("relative_l2")
    # What is not a number is worse than all numbers.
    return 0.0 if not impact.distance else float("inf") if found is None or np.isnan(found) else found
