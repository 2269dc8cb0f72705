"""What a comparison asked and found, as one line of JSON: the settings at which everybody meets the same error.

Lines carry a checksum, as those of :mod:`wavecomp.records.record` do. What was tried on the way lies in records of its
own (``trials.jsonl``, ``gradient-trials.jsonl``), and so does what was measured at the settings found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeAlias

from wavecomp.errors import DamagedArchive
from wavecomp.records.column_types import checked
from wavecomp.records.record import SCHEMA_VERSION, checked_row, line_of

Measure: TypeAlias = Literal["psnr", "max-error", "nrmse", "gradient-error", "deep-error"]
"""What is equal for all: an error of a field, or of a gradient, over the whole or below the top tenth of its depth."""

OF_GRADIENTS: tuple[Measure, ...] = ("gradient-error", "deep-error")

Status: TypeAlias = Literal["found", "stands", "unmet", "failed"]
"""A setting was found that meets the target; there was nothing to find; no setting tried meets it; none came back."""


@dataclass(frozen=True, slots=True)
class ContestantAnswer:
    """One contestant at one target.

    Attributes
    ----------
    contestant : str
        As it takes part: a spec, or a strategy, without the value that is to be found.
    target : str
        The value of the comparison's measure, as it was asked for.
    limit : float
        What the error may be: in the unit of the field for ``max-error``, a fraction otherwise (``psnr`` as nrmse).
    status : {"found", "stands", "unmet", "failed"}
    spec : str or None
        The setting: of ``unmet`` the one with the least error. None where every one failed.
    key, value
        The parameter that was searched, and what it came to; None where there is none.
    error : float or None
        At that setting, in the unit of ``limit``.
    meets : bool
        The error is at most the limit.
    ratio : float or None
        Uncompressed / compressed bytes at that setting; for gradients, memory of everything stored over peak memory.
    tried : int
        Settings that were evaluated, refused ones too.
    coarsest : float or None
        The coarsest value of the parameter that was evaluated: how far beyond the answer anybody looked.
    message : str or None
        Why there is nothing, or what was refused.
    """

    contestant: str
    target: str
    limit: float
    status: Status
    spec: str | None
    key: str | None
    value: float | None
    error: float | None
    meets: bool
    ratio: float | None
    tried: int
    coarsest: float | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ComparisonRecord:
    """A comparison.

    Attributes
    ----------
    case : str
        Digest of what was asked: equal on every machine.
    measure : {"psnr", "max-error", "nrmse", "gradient-error", "deep-error"}
        What is equal for all.
    subject, subject_digest : str
        Name and digest of the field, or of the gradient problem.
    shape, dtype
        Of the field, or of the gradient.
    step, time_s
        Of the field, where they are known.
    peak : float or None
        max |x| of the field.
    shots : tuple of int
        Of a gradient; empty for a field.
    contestants, targets : tuple of str
        What was asked for, in its order.
    beside : tuple of str
        Settings that are measured whatever was asked for: the memory copy and a lossless compressor, or the strategies
        that lose nothing.
    race : str
        Digest of the rounds at the settings found; empty for gradients, whose records have rounds of their own.
    library : str
        Distributions and versions that did the work, of all contestants.
    provenance, created_utc : str
        As in a sweep's record.
    answers : tuple of ContestantAnswer
        Each contestant at each target.
    """

    case: str
    measure: Measure
    subject: str
    subject_digest: str
    shape: tuple[int, ...]
    dtype: str
    step: int | None
    time_s: float | None
    peak: float | None
    shots: tuple[int, ...]
    contestants: tuple[str, ...]
    targets: tuple[str, ...]
    beside: tuple[str, ...]
    race: str
    library: str
    provenance: str
    created_utc: str
    answers: tuple[ContestantAnswer, ...]

    @property
    def of_gradients(self) -> bool:
        """What is equal is an error of gradients, not of a field."""
        return self.measure in OF_GRADIENTS

    @property
    def failed(self) -> bool:
        """A comparison is none: a contestant that fails is an answer."""
        return False

    @property
    def key(self) -> tuple[str, bool]:
        """What must not stand in an archive twice."""
        return self.case, False

    def same_answers(self, other: ComparisonRecord) -> bool:
        """Whether another record says the same, whenever and wherever it was made."""
        return (self.case, self.race, self.library, self.answers) == (
            other.case,
            other.race,
            other.library,
            other.answers,
        )

    def to_line(self) -> str:
        """Return the record as one line of JSON with its checksum, without the line feed."""
        row: dict[str, Any] = {"schema": SCHEMA_VERSION, "kind": "comparison"}
        row |= {f.name: getattr(self, f.name) for f in fields(self)}
        row |= {name: list(row[name]) for name in _LISTS}
        return line_of(row | {"answers": [asdict(answer) for answer in self.answers]})

    @classmethod
    def from_line(cls, line: str) -> ComparisonRecord:
        """Read what :meth:`to_line` wrote; raises DamagedArchive."""
        row = checked_row(line, "comparison")
        try:
            common = {f.name: row[f.name] for f in fields(cls)}
            common |= {name: tuple(row[name]) for name in _LISTS}
            return checked(cls(**common | {"answers": tuple(map(_answer, row["answers"]))}))
        except (KeyError, TypeError, AttributeError) as error:
            raise DamagedArchive(f"a column is missing or has another type: {error}") from None


_LISTS = ("shape", "shots", "contestants", "targets", "beside")


def _answer(row: Mapping[str, Any]) -> ContestantAnswer:
    return ContestantAnswer(**{f.name: row[f.name] for f in fields(ContestantAnswer)})
