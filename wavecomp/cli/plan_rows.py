"""A plan as a table, as the points of a picture, and as plain values for other programs."""

from __future__ import annotations

from dataclasses import asdict

from wavecomp.planning.choose import Plan
from wavecomp.planning.proposals import Proposal
from wavecomp.report.draw_plan import PlanPoint
from wavecomp.report.table import Column, Row, Table

_COLUMNS = (
    Column("", ".0f"),
    Column("Strategy", left=True),
    Column("Time (s)", ".3g"),
    Column("from", ".3g"),
    Column("to", ".3g"),
    Column("Of bare sweeps", ".2f"),
    Column("Memory (MB)", ".4g"),
    Column("On disk (MB)", ".4g"),
    Column("Gradient error", ".1e"),
    Column("Forward steps", ".0f"),
    Column("Beyond calibration", ".2g"),
)


def plan_table(made: Plan) -> Table:
    """Return a row for each proposal, of one shot."""
    rows = []
    for rank, one in enumerate(made.proposals, 1):
        found = one.prediction
        rows.append(
            Row(
                (
                    rank,
                    one.strategy.spec,
                    found.seconds,
                    found.low,
                    found.high,
                    found.seconds / made.costs.bare_s,
                    one.needed_bytes / 1e6,
                    found.disk_bytes / 1e6 if found.disk_bytes else None,
                    one.error,
                    found.forward_steps,
                    found.beyond,
                )
            )
        )
    note = f"{made.tried} predictions, by costs measured on {made.costs.problem}; times and memory are of one shot"
    return Table(f"{made.job.name}: what fits into {made.memory_bytes / 1e6:.4g} MB", _COLUMNS, tuple(rows), (note,))


def points(made: Plan) -> list[PlanPoint]:
    """Return the points of a plan's picture, the proposals last."""
    ranks = {(one.strategy.spec, one.needed_bytes): rank for rank, one in enumerate(made.proposals, 1)}
    rest = [one for one in made.points if (one.strategy.spec, one.needed_bytes) not in ranks]
    return [*(_point(one, 0) for one in rest), *(_point(one, rank) for rank, one in enumerate(made.proposals, 1))]


def _point(one: Proposal, rank: int) -> PlanPoint:
    inner, found = one.strategy.text.inner, one.prediction
    name = inner.innermost.name if inner is not None and inner.innermost.name != "identity" else ""
    line = one.strategy.name in ("mixed", "revolve", "adaptive")
    return PlanPoint(one.strategy.name, name, one.needed_bytes, found.seconds, found.low, found.high, line, rank)


def as_json(made: Plan) -> dict[str, object]:
    """Return a plan as plain values: SI units, bytes, relative errors."""
    job, sizes = made.job, made.job.sizes
    return {
        "job": {
            "name": job.name,
            "shape": list(job.shape),
            "steps": sizes.last,
            "level_bytes": sizes.level_bytes,
            "state_bytes": sizes.state_bytes,
            "everything_bytes": job.everything_bytes,
            "shots": job.shots,
        },
        "memory_bytes": made.memory_bytes,
        "gradient_error": made.error,
        "calibrated_on": made.costs.problem,
        "scaled_by": made.costs.scaled,
        "bare_s": made.costs.bare_s,
        "proposals": [_plain(one) for one in made.proposals],
        "change_bytes": made.change_bytes,
        "with_less": None if made.with_less is None else _plain(made.with_less),
        "with_more": None if made.with_more is None else _plain(made.with_more),
        "least": _plain(made.least),
        "tried": made.tried,
    }


def _plain(one: Proposal) -> dict[str, object]:
    values = asdict(one.prediction)
    values["terms"] = dict(one.prediction.terms)
    return {**values, "needed_bytes": one.needed_bytes, "error": one.error}
