"""Which benchmarks there are, by names that are the same on every field: the catalogue's, or those of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wavecomp.catalogue import SpecTemplate, Suite, find_suites
from wavecomp.compressors import Lossless, Reading, Registry
from wavecomp.errors import CompressorUnavailable, PluginFailed
from wavecomp.spec_text import UNCOMPRESSED, SpecText
from wavecomp.sweep import Case, FieldRef, Repeats

_FRACTION = re.compile(r"(?<==)([0-9][0-9.]*(?:[eE][-+]?[0-9]+)?)peak\b")


@dataclass(frozen=True, slots=True)
class SweepBenchmark:
    """A case of a sweep before its field is known.

    Attributes
    ----------
    name : str
        The spec; a tolerance that scales with the field is named by its fraction, such as ``0.001peak``.
    identity : str
        Equal for entries that mean one case on every field, however they are written.
    suite : str
        Name kept in the records.
    repeats : Repeats
        How often an operation is timed.
    entry : SpecTemplate or Reading
        What the catalogue has.
    """

    name: str
    identity: str
    suite: str
    repeats: Repeats
    entry: SpecTemplate | Reading

    def case(self, about: FieldRef, registry: Registry) -> Case:
        """Return the case on a field; raises SpecError as the sweep of its suite does."""
        entry = self.entry
        reading = entry if isinstance(entry, Reading) else registry.read(entry.resolve(about, about))
        found = registry.with_threads(reading, 1)
        assert found is not None, "on one thread, or on those that it names or takes by itself, everything runs"
        return Case(*found, about)


def sweep_benchmarks(suites: Iterable[Suite], registry: Registry) -> list[SweepBenchmark]:
    """Return the benchmarks of some suites, the memory copy first, each case once.

    Parameters
    ----------
    suites : iterable of Suite
        Of one snapshot and one thread, as those are that come with wavecomp.
    registry : Registry
        Where compressors are looked up.

    Raises
    ------
    SpecError
        A spec is wrong.
    """
    found: dict[str, SweepBenchmark] = {}
    for suite in suites:
        for entry in (SpecTemplate(UNCOMPRESSED), *suite.entries):
            name = entry.spec if isinstance(entry, Reading) else entry.name
            scaled = isinstance(entry, SpecTemplate) and entry.scale != "none"
            identity = name if scaled else registry.read(SpecText.parse(name)).spec
            found.setdefault(identity, SweepBenchmark(name, identity, suite.name, suite.repeats, entry))
    return list(found.values())


def own_suites(specs: Sequence[str], registry: Registry, *, lossless: bool) -> list[Suite]:
    """Return suites of what somebody names: those of its cases that promise the same bits, or those that do not.

    Parameters
    ----------
    specs : sequence of str
        A spec, whose tolerance may be a fraction of the field's greatest amplitude (``zfp:accuracy=1e-3peak``), or the
        name of a compressor, for all its examples.
    registry : Registry
    lossless : bool
        Which of them.

    Raises
    ------
    SpecError, CompressorUnavailable
        A text is neither, or a plug-in's import failed.
    """
    suites = [suite for spec in specs for suite in _suites(spec, registry)]
    return [
        Suite(suite.name, suite.summary, kept, repeats=suite.repeats)
        for suite in suites
        if (kept := tuple(one for one in suite.entries if _is_lossless(one, registry) == lossless))
    ]


def _suites(spec: str, registry: Registry) -> tuple[Suite, ...]:
    registry.definition(SpecText.parse(spec).head.name)  # the name of a suite is none of a compressor
    fraction = _FRACTION.search(spec)
    if fraction is None:
        return find_suites(spec, registry)
    template = SpecTemplate(f"{spec[: fraction.start(1)]}{{}}{spec[fraction.end() :]}", float(fraction[1]), "peak")
    registry.checked(SpecText.parse(template.spec.format(fraction[1])))
    return (Suite(template.name, "one compressor", (template,)),)


def _is_lossless(entry: SpecTemplate | Reading, registry: Registry) -> bool:
    if isinstance(entry, SpecTemplate) and entry.scale != "none":
        return False  # it has a tolerance
    reading = entry if isinstance(entry, Reading) else registry.read(SpecText.parse(entry.spec))
    try:
        return isinstance(registry.usable(reading).bound, Lossless)
    except (CompressorUnavailable, PluginFailed):  # its case says so when it is measured
        return False
