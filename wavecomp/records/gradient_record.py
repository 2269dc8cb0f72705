"""One gradient run as one line of JSON: how the forward wavefield was kept, what that cost, what it did.

Lines are flat, carry a checksum, and name units, as those of :mod:`wavecomp.records.record` do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from statistics import median
from typing import Any

from wavecomp.errors import DamagedArchive
from wavecomp.promise import Loss
from wavecomp.records.column_types import checked
from wavecomp.records.older_losses import older_loss
from wavecomp.records.record import SCHEMA_VERSION, Failure, Scalar, checked_row, line_of


@dataclass(frozen=True, slots=True)
class WorkTimes:
    """Wall time in seconds of one run, by kind of work; the first five add up to ``wall``.

    ``advance`` and ``reverse`` are those of the time-stepping code, ``compress`` and ``decompress`` as far as the run
    waited for checkpoints: what ran beside the code shows there. ``other`` is the rest.
    """

    advance: float
    compress: float
    decompress: float
    reverse: float
    other: float
    wall: float


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, median and greatest of a number over all checkpoints of a run."""

    least: float
    median: float
    greatest: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Spread | None:
        """Return the spread of some numbers; None where there are none."""
        return cls(min(numbers), median(numbers), max(numbers)) if numbers else None


@dataclass(frozen=True, slots=True)
class GradientImpact:
    """What one way of keeping the forward wavefield cost, and what it did to the gradient.

    Attributes
    ----------
    seconds : WorkTimes
        Of the fastest round; summed over the shots.
    walls_s : tuple of float
        Wall time of every round, raw, summed over the shots; in older rows, of every repeat.
    forward_steps, writes, reads, checkpoints_held : int
        Forward steps run, and checkpoints put into the store and brought back, summed over the shots; checkpoints held
        at most at one time.
    ratio : Spread or None
        Uncompressed / compressed bytes of each checkpoint, of all shots; None where none was stored.
    peak_checkpoint_bytes : int
        Greatest sum of bytes for keeping the forward wavefield, on all tiers; the greatest among the shots.
    peak_disk_bytes : int
        The part of it that was on disk, at its own greatest.
    misfit : float or None
        ½ Σ r², over the shots too; None for the bare sweeps.
    distance : mapping
        From the exact gradient, of several shots of their sum from the exact sum: ``relative_l2``, ``relative_l1``,
        ``relative_linf``, ``psnr_db``, ``angle_rad``, ``bias``, ``norm_ratio``; and ``deep_relative_l2``, below the top
        tenth of the depth, where there are shots (older rows lack it). Empty where no gradient was computed
        (the bare sweeps).
    gradient_digest : str or None
        SHA-256 of the gradient's bytes, of several shots of those of their sum in float64: equal for equal bits.
    absolute_specs : tuple of str
        What was run for each shot, where tolerances were asked for relative to its wavefield, or the imaging step by an
        error, or by ``planned``, whose first run is ``adaptive``; else empty.
    level_weights : tuple of str
        Where each level had a tolerance of its own: for each shot a digest of what they were relative to their mean;
        else empty. Older rows lack it.
    bare_walls_s : tuple of float or None
        Wall time of the bare sweeps of the same shots in the same round as each of ``walls_s``: only with those is a
        time compared. None where the bare sweeps of a round failed; all empty where they did not run beside it.
    """

    seconds: WorkTimes
    walls_s: tuple[float, ...]
    forward_steps: int
    writes: int
    reads: int
    checkpoints_held: int
    ratio: Spread | None
    peak_checkpoint_bytes: int
    peak_disk_bytes: int
    misfit: float | None
    distance: Mapping[str, float | None]
    gradient_digest: str | None
    bare_walls_s: tuple[float | None, ...] = ()
    absolute_specs: tuple[str, ...] = ()
    level_weights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GradientRecord:
    """A case of a gradient study, what came out of it, and where.

    Attributes
    ----------
    case : str
        Digest of problem, shots, strategy and budgets: equal cases have equal digests on every machine.
    spec : str
        Canonical text of the whole strategy, its compressor included; ``bare`` for the two sweeps with nothing stored.
    strategy, strategy_parameters
        Its name and typed values.
    compressor : str or None
        Canonical spec of the compressor; None where nothing is compressed or stored.
    compressor_parameters : mapping
        Typed values of it.
    library : str
        Distributions and versions that did the work.
    threads : int
        Threads that the operators were given.
    concurrent : bool
        Other cases ran at the same time; such times never enter a table.
    problem, problem_digest : str
        Name of the gradient problem and digest of all that determines its exact gradient.
    shots : tuple of int
        Whose gradients were added up; one alone, most often.
    shape, steps, level_bytes, dtype
        Of the physical domain, of the run, and of one level.
    budget_bytes : int or None
        What the checkpoint store may hold in memory; None where it was not limited.
    disk_budget_bytes : int or None
        What it may hold on disk; None where it was not limited, or holds nothing there. A row without it is None.
    disk : str or None
        What a tier on disk lay on: the file system and a digest of its device. None where there was none, and in older
        rows.
    loss : Loss or None
        What loses of the stored levels, and how much at most. Of older rows it is derived, and may be a quantum, which
        hides under a lossless compressor's name; None where their compressor is none of ours. Levels that are not
        imaged are no part of it.
    provenance, created_utc : str
        As in a sweep's record.
    outcome : GradientImpact or Failure
        What came out.
    """

    case: str
    spec: str
    strategy: str
    strategy_parameters: Mapping[str, Scalar]
    compressor: str | None
    compressor_parameters: Mapping[str, Scalar]
    library: str
    threads: int
    concurrent: bool
    problem: str
    problem_digest: str
    shots: tuple[int, ...]
    shape: tuple[int, ...]
    steps: int | None
    level_bytes: int
    dtype: str
    budget_bytes: int | None
    provenance: str
    created_utc: str
    outcome: GradientImpact | Failure
    disk_budget_bytes: int | None = field(default=None, kw_only=True)
    disk: str | None = field(default=None, kw_only=True)
    loss: Loss | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        # What has another type than it should is said where the whole record is checked.
        readable = isinstance(self.strategy_parameters, Mapping) and isinstance(self.compressor, str | None)
        if self.loss is None and readable:
            object.__setattr__(self, "loss", older_loss(self.strategy_parameters, self.compressor))

    @property
    def failed(self) -> bool:
        """Whether the outcome is a failure."""
        return isinstance(self.outcome, Failure)

    @property
    def key(self) -> tuple[str, bool]:
        """What must not stand in an archive twice: the case, and whether it was measured among others."""
        return self.case, self.concurrent

    def to_row(self) -> dict[str, Any]:
        """Return the record as a flat mapping of JSON values."""
        row: dict[str, Any] = {"schema": SCHEMA_VERSION, "kind": "gradient"}
        row |= {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("outcome", "loss")}
        row |= {name: dict(row[name]) for name in ("strategy_parameters", "compressor_parameters")}
        row |= {"shape": list(self.shape), "shots": list(self.shots)}
        for name in _LATER:  # lines from before there was one stay as they are
            if row[name] is None:
                del row[name]
        if self.loss is not None:
            row |= {f"loss_{f.name}": getattr(self.loss, f.name) for f in fields(self.loss)}
        if isinstance(self.outcome, Failure):
            return row | {"status": "failed", "failure": self.outcome.kind, "message": self.outcome.message}
        out = self.outcome
        row |= {"status": "ok", "failure": None, "message": None, "walls_s": list(out.walls_s)}
        if out.bare_walls_s:
            row["bare_walls_s"] = list(out.bare_walls_s)
        if out.absolute_specs:
            row["absolute_specs"] = list(out.absolute_specs)
        if out.level_weights:
            row["level_weights"] = list(out.level_weights)
        row |= {f.name: getattr(out, f.name) for f in fields(out) if f.name not in _NESTED}
        row |= {f"{f.name}_s": getattr(out.seconds, f.name) for f in fields(WorkTimes)}
        row |= {f"ratio_{f.name}": getattr(out.ratio, f.name, None) for f in fields(Spread)}
        return (
            row | {f"gradient_{name}": value for name, value in out.distance.items()} | {"distances": [*out.distance]}
        )

    def to_line(self) -> str:
        """Return the record as one line of JSON with its checksum, without the line feed."""
        return line_of(self.to_row())

    @classmethod
    def from_line(cls, line: str) -> GradientRecord:
        """Read what :meth:`to_line` wrote.

        Raises
        ------
        DamagedArchive
            Not JSON, another checksum, another schema or kind, or a column is missing or has another type. Columns that
            this version does not know are passed over.
        """
        row = checked_row(line, "gradient")
        try:
            # Before there were stacks, a record had one shot, in a column of that name.
            row["shots"] = row["shots"] if "shots" in row else [row["shot"]]
            common = {f.name: row[f.name] for f in fields(cls) if f.name not in ("outcome", "loss", *_LATER)}
            common |= {name: tuple(row[name]) for name in ("shape", "shots")} | {name: row.get(name) for name in _LATER}
            return checked(cls(**common, loss=_loss(row), outcome=_outcome(row)))
        except (KeyError, TypeError, AttributeError) as error:
            raise DamagedArchive(f"a column is missing or has another type: {error}") from None


_NESTED = ("seconds", "walls_s", "bare_walls_s", "absolute_specs", "level_weights", "ratio", "distance")
_LATER = ("disk_budget_bytes", "disk")  # columns that older rows lack


def _loss(row: Mapping[str, Any]) -> Loss | None:
    return Loss(*(row[f"loss_{f.name}"] for f in fields(Loss))) if "loss_by" in row else None


def _outcome(row: Mapping[str, Any]) -> GradientImpact | Failure:
    if row["status"] == "failed":
        return Failure(row["failure"], row["message"])
    ratio = {f.name: row[f"ratio_{f.name}"] for f in fields(Spread)}
    return GradientImpact(
        **{f.name: row[f.name] for f in fields(GradientImpact) if f.name not in _NESTED},
        seconds=WorkTimes(**{f.name: row[f"{f.name}_s"] for f in fields(WorkTimes)}),
        walls_s=tuple(row["walls_s"]),
        bare_walls_s=tuple(row.get("bare_walls_s", ())),
        absolute_specs=tuple(row.get("absolute_specs", ())),
        level_weights=tuple(row.get("level_weights", ())),
        ratio=None if ratio["least"] is None else Spread(**ratio),
        distance={name: row[f"gradient_{name}"] for name in row["distances"]},
    )
