"""A suite is typed data: specs x fields x threads. This module turns one into cases."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from wavecomp.compressors import Reading, Registry
from wavecomp.spec_text import UNCOMPRESSED, SpecText
from wavecomp.sweep import Case, FieldRef, Repeats

Scale = Literal["none", "peak", "last-peak", "l2"]


@dataclass(frozen=True, slots=True)
class SpecTemplate:
    """A spec, or a template of one whose ``{}`` stands for a tolerance that scales with the field.

    Attributes
    ----------
    spec : str
        Text, with ``{}`` where ``scale`` is not "none".
    tolerance : float
        Multiplied by the scale and rounded to three digits.
    scale : {"none", "peak", "last-peak", "l2"}
        ``peak``: max |x| of the field itself. ``last-peak``: that of the last field given, so that one absolute
        tolerance holds for a whole run. ``l2``: the L2 norm of a field of constant magnitude max |x|.
    """

    spec: str
    tolerance: float = 1.0
    scale: Scale = "none"

    @property
    def name(self) -> str:
        """The spec, with a tolerance that scales by its fraction (``1e-3`` of ``peak`` is ``0.001peak``): the same on
        every field."""
        return self.spec if self.scale == "none" else self.spec.format(f"{self.tolerance:g}{self.scale}")

    def resolve(self, about: FieldRef, last: FieldRef) -> SpecText:
        """Return the spec for one field, taken apart; a field of zeros keeps the tolerance as it is."""
        if self.scale == "none":
            return SpecText.parse(self.spec)
        size = last.peak if self.scale == "last-peak" else about.peak
        if self.scale == "l2":
            size *= math.sqrt(math.prod(about.shape))
        return SpecText.parse(self.spec.format(f"{self.tolerance * (size or 1.0):.2e}"))


@dataclass(frozen=True, slots=True)
class Suite:
    """What is swept.

    Attributes
    ----------
    name, summary : str
        For listings and records.
    entries : tuple of SpecTemplate or Reading
        Compressors; what was read already is not read again. The memory copy (``identity``) is added to every field, so
        that each run has its yardstick.
    fields : {"last", "every"}
        Which of a field set's snapshots.
    threads : tuple of int
        Compressors that cannot use a number of threads are left out there. Specs that name their threads keep them.
    repeats : Repeats
        How often an operation is timed.
    left_out : tuple of str
        What should be in it and cannot be, each with its reason.
    """

    name: str
    summary: str
    entries: tuple[SpecTemplate | Reading, ...]
    fields: Literal["last", "every"] = "last"
    threads: tuple[int, ...] = (1,)
    repeats: Repeats = field(default_factory=Repeats)
    left_out: tuple[str, ...] = ()

    def choose(self, snapshots: Sequence[FieldRef]) -> tuple[FieldRef, ...]:
        """Pick the snapshots that this suite is about, out of all of a field set in order of time."""
        return tuple(snapshots[-1:]) if self.fields == "last" else tuple(snapshots)

    def cases(self, snapshots: Sequence[FieldRef], registry: Registry) -> list[Case]:
        """Return the cases over a field set, without duplicates.

        Parameters
        ----------
        snapshots : sequence of FieldRef
            All of the field set, in order of time; not empty.
        registry : Registry
            Reads the specs, each once for a field.

        Raises
        ------
        SpecError
            A spec of the suite is wrong.
        """
        cases: dict[str, Case] = {}
        for about in self.choose(snapshots):
            readings = [
                entry if isinstance(entry, Reading) else registry.read(entry.resolve(about, snapshots[-1]))
                for entry in (SpecTemplate(UNCOMPRESSED), *self.entries)
            ]
            for threads in self.threads:
                for reading in readings:
                    found = registry.with_threads(reading, threads)
                    if found is not None:
                        case = Case(*found, about)
                        cases.setdefault(case.digest, case)
        return list(cases.values())


def plain(specs: Iterable[str]) -> tuple[SpecTemplate, ...]:
    """Make entries of specs that hold no tolerance."""
    return tuple(SpecTemplate(spec) for spec in specs)


def decades(template: str, exponents: Iterable[int], scale: Scale = "none") -> tuple[SpecTemplate, ...]:
    """Make entries for the tolerances :math:`10^k`; with a scale they are fractions of it."""
    if scale == "none":
        return tuple(SpecTemplate(template.format(f"1e{k}")) for k in exponents)
    return tuple(SpecTemplate(template, 10.0**k, scale) for k in exponents)
