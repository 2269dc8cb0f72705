"""The suites that wavecomp ships: what is swept, as typed data."""

from __future__ import annotations

from wavecomp.compressors import BUILT_IN, Registry, default_registry
from wavecomp.errors import UnknownCompressor, UnknownSuite
from wavecomp.suites.lossless import TABLE1, TABLE1_QUICK
from wavecomp.suites.lossy import LOSSY, LOSSY_QUICK
from wavecomp.suites.steps import STEPS
from wavecomp.suites.suite import Entry, Suite, decades, plain

SUITES: dict[str, tuple[Suite, ...]] = {
    "table1": (TABLE1,),
    "table1-quick": (TABLE1_QUICK,),
    "lossy": (LOSSY,),
    "lossy-quick": (LOSSY_QUICK,),
    "steps": (STEPS,),
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
    SpecError
        It begins like a spec and is wrong.
    CompressorUnavailable
        It is a plug-in whose import failed.
    """
    known = registry if registry is not None else default_registry()
    if name in SUITES:
        return (*SUITES[name], *_plugins(known)) if name == "all" else SUITES[name]
    if ":" in name or "/" in name:
        spec = known.canonical(name)
        return (Suite(spec, "one compressor", plain([spec])),)
    try:
        definition = known.definition(name)
    except UnknownCompressor:
        raise UnknownSuite(name, [*SUITES, *(definition.name for definition in known.definitions())]) from None
    return (Suite(name, "all its examples", plain(definition.examples)),)


def _plugins(registry: Registry) -> tuple[Suite, ...]:
    added = [definition for definition in registry.definitions() if definition not in BUILT_IN]
    specs = [example for definition in added for example in definition.examples]
    return (Suite("plug-ins", "the examples of every plug-in", plain(specs)),) if specs else ()


__all__ = ["SUITES", "Entry", "Suite", "decades", "find_suites", "plain"]
