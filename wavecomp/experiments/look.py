"""A problem that is too large to calibrate, looked at: what its own sweeps tell, with nothing stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from wavecomp.experiments.bench import ExperimentBench
from wavecomp.experiments.catalogue import Notice
from wavecomp.experiments.codec_samples import Wanted, sample_codecs
from wavecomp.experiments.cost_rows import cost_rows
from wavecomp.planning.codecs import HOLE
from wavecomp.planning.costs import Costs
from wavecomp.planning.own_errors import with_own_errors
from wavecomp.planning.own_sizes import with_own_sizes, with_own_sweeps
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.plans.relative import in_field_units
from wavecomp.plans.strategies import parse_strategy
from wavecomp.records.experiment import ExperimentResult

_BARE = 3


@dataclass(frozen=True)
class LookSettings:
    """Whose costs are taken.

    Attributes
    ----------
    costs : str
        :class:`~wavecomp.planning.costs.Costs` of another problem of the same dimension, as JSON.
    """

    costs: str


def look(bench: ExperimentBench, settings: LookSettings, progress: Notice) -> ExperimentResult:
    """Scale another problem's costs to this one, with what belongs to this one's field and gradient measured.

    Bare sweeps tell what steps take, a forward sweep the peak, another one what compressors leave of levels and states,
    and two bare sweeps what errors of levels and imaging steps do to the gradient. The fact ``costs`` holds all of it.
    """
    sizes = ProblemSizes.of(bench.operators)
    given = Costs.from_json(settings.costs)
    scaled = given.scaled_to(sizes.level_bytes, sizes.state_bytes, sizes.dimensions, sizes.steps)
    costs = looked_at(bench, scaled, progress)
    rows = tuple(row for row in cost_rows(costs) if row["what"] in ("compressor", "error", "imaging"))
    facts = {**bench.facts(), "shot": bench.middle_shot, "calibrated_on": given.problem, "costs": costs.to_json()}
    return ExperimentResult("look", bench.problem.name, bench.problem.digest, dict(vars(settings)), facts, rows)


def looked_at(
    bench: ExperimentBench,
    costs: Costs,
    progress: Notice = lambda _done, _total, _note: None,
    *,
    reference: Callable[[], float] | None = None,
) -> Costs:
    """Return costs that were scaled to a problem, with its own sweeps, peak, compressed sizes and errors of gradients.

    Parameters
    ----------
    bench : ExperimentBench
        The problem's.
    costs : Costs
        Scaled to it.
    progress : callable
    reference : callable, optional
        Returns how fast the machine is now: what something takes over what it took when the costs were measured. As
        fast as then, by default.
    """
    shot, code = bench.middle_shot, bench.operators
    progress(0, 3, "bare sweeps")
    bench.workbench.bare(shot)
    own = []
    for _ in range(_BARE):
        speed = reference() if reference is not None else 1.0
        own.append(bench.workbench.bare(shot).run.seconds.wall / speed)
    costs = with_own_sweeps(costs, median(own))
    peak = bench.workbench.peak(shot)
    wanted = []
    for one in costs.codecs:
        tolerance = None if one.fraction is None else in_field_units(one.fraction, peak)
        compressor = parse_strategy(f"trajectory/{one.family.replace(HOLE, repr(tolerance))}").compressor
        wanted.append(Wanted(one.family, one.fraction, one.kind, compressor))
    code.set_shot(shot)
    progress(1, 3, "compressors along a forward sweep")
    made = with_own_sizes(costs, sample_codecs(code, wanted), peak)
    progress(2, 3, "a gradient at some points")
    sampled = bench.workbench.sampled(shot)
    return with_own_errors(made, sampled, peak, ProblemSizes.of(code), code.signature, bench.problem.digest)
