"""The suites that wavecomp ships: what is swept, as typed data."""

from __future__ import annotations

from dataclasses import replace

from wavecomp.catalogue.lossless import TABLE1, TABLE1_QUICK
from wavecomp.catalogue.lossy import INTERP_QUICK, LOSSY, LOSSY_QUICK
from wavecomp.catalogue.others import OTHERS
from wavecomp.catalogue.race import RACE
from wavecomp.catalogue.steps import STEPS
from wavecomp.catalogue.suite import SpecTemplate, Suite, decades, plain
from wavecomp.compressors import BUILT_IN, Reading, Registry, default_registry
from wavecomp.compressors.source import InFile
from wavecomp.errors import AmbiguousSuite, UnknownCompressor, UnknownSuite, WavecompError
from wavecomp.spec_text import SpecText

SUITES: dict[str, tuple[Suite, ...]] = {
    "table1": (TABLE1,),
    "table1-quick": (TABLE1_QUICK,),
    "lossy": (LOSSY,),
    "lossy-quick": (LOSSY_QUICK,),
    "interp-quick": (INTERP_QUICK,),
    "steps": (STEPS,),
    "others": (OTHERS,),
    "race": (RACE,),
    "quick": (TABLE1_QUICK, LOSSY_QUICK, STEPS),
    "all": (TABLE1, LOSSY, STEPS),
}


def find_suites(name: str, registry: Registry | None = None) -> tuple[Suite, ...]:
    """Return the suites behind a name.

    Parameters
    ----------
    name : str
        A suite; ``quick`` and ``all`` stand for several, and ``all`` takes the examples of every plug-in along. A spec,
        or the bare name of a compressor for all its examples, is a suite of its own.
    registry : Registry, optional
        Where compressors are looked up.

    Raises
    ------
    UnknownSuite
        It is none of these.
    AmbiguousSuite
        It is a suite, and a plug-in as well.
    SpecError
        It begins like a spec and is wrong.
    CompressorUnavailable
        It is a plug-in whose import failed.
    """
    known = registry if registry is not None else default_registry()
    if name in SUITES and any(definition.name == name for definition in known.definitions()):
        raise AmbiguousSuite(name)
    if name in SUITES:
        shipped = tuple(_present(suite, known) for suite in SUITES[name])
        return (*shipped, *_plugins(known)) if name == "all" else shipped
    spec = SpecText.parse(name)
    if not spec.is_bare:
        reading = known.checked(spec)
        return (Suite(reading.spec, "one compressor", (reading,)),)
    try:
        definition = known.definition(name)
    except UnknownCompressor:
        raise UnknownSuite(name, [*SUITES, *(definition.name for definition in known.definitions())]) from None
    return (Suite(name, "all its examples", plain(definition.examples)),)


def examples_of_files(registry: Registry) -> tuple[Suite, ...]:
    """Return a suite of its examples for every compressor that came from a file of somebody's."""
    return tuple(
        Suite(definition.name, "all its examples", plain(definition.examples))
        for definition in registry.definitions()
        if isinstance(registry.source(definition.name), InFile)
    )


def _present(suite: Suite, registry: Registry) -> Suite:
    """Leave out the compressors of an extra that is not installed: each is one reason, and no failure a setting."""
    if suite is not OTHERS:
        return suite
    missing = registry.unavailable()
    kept, left_out = [], {}
    for entry in suite.entries:
        name = entry.name if isinstance(entry, Reading) else SpecText.parse(entry.spec).head.name
        if name in missing:
            left_out[name] = f"{name}: {missing[name]}"
        else:
            kept.append(entry)
    return replace(suite, entries=tuple(kept), left_out=tuple(left_out.values()))


def _plugins(registry: Registry) -> tuple[Suite, ...]:
    """Return the examples of every plug-in; one that cannot take part leaves the others alone."""
    built_in = {definition.name for definition in BUILT_IN}
    missing = {name: reason for name, reason in registry.unavailable().items() if name not in built_in}
    left_out = [f"plug-in {name}: {reason}" for name, reason in missing.items()]
    readings = []
    for definition in registry.definitions():
        if definition in BUILT_IN or definition.name in missing:
            continue
        for example in definition.examples:
            try:
                readings.append(registry.checked(SpecText.parse(example)))
            except WavecompError as error:
                left_out.append(f"plug-in {definition.name}: its example {example!r:.100}: {error}")
    about = "the examples of every plug-in"
    return (Suite("plug-ins", about, tuple(readings), left_out=tuple(left_out)),) if readings or left_out else ()


__all__ = ["SUITES", "SpecTemplate", "Suite", "decades", "examples_of_files", "find_suites", "plain"]
