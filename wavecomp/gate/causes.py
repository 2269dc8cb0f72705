"""What is another one now than it was: the first things to look at when a value has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from wavecomp.gate.runs import ComparedRun
from wavecomp.records import Provenance

_OWN = "wavecomp"


def causes(old: ComparedRun, new: ComparedRun) -> list[str]:
    """Return what changed between two runs, likely causes first: libraries, our own code, processor, settings.

    Returns
    -------
    list of str
        Such as ``zfpy 1.0.1 → 1.1.0``. Empty where nothing is known to have changed.
    """
    before, now = old.places, new.places
    if not before or not now:
        missing = " and ".join(run.name for run in (old, new) if not run.places)
        return [f"{missing}: nobody knows with which libraries and where it was measured (its provenance is missing)"]
    return causes_between(before, now, _libraries(old), _libraries(new))


def causes_between(
    before: Sequence[Provenance],
    now: Sequence[Provenance],
    old_libraries: Mapping[str, str] = MappingProxyType({}),
    new_libraries: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Return what changed between some places and some others; neither is empty.

    The libraries are those that records name: a plug-in that is a file stands there alone.
    """
    versions = [_merged(places, lambda place: place.versions) for places in (before, now)]
    # What only one of the two was asked to use is no change.
    both = old_libraries.keys() & new_libraries.keys()
    found = _versions(
        {name: old_libraries[name] for name in both} | versions[0],
        {name: new_libraries[name] for name in both} | versions[1],
    )
    found += _plain("wavecomp's commit", before, now, lambda place: place.commit or "")
    found += _plain("wavecomp's code", before, now, lambda place: place.code)
    found += _plain("Python", before, now, lambda place: place.python)
    found += _plain("processor", before, now, lambda place: place.cpu)
    found += _plain("architecture", before, now, lambda place: place.machine)
    found += _plain("cores", before, now, lambda place: str(place.cores))
    found += _plain("system", before, now, lambda place: place.system)
    builds = [_merged(places, lambda place: place.build) for places in (before, now)]
    found += _versions(builds[0], builds[1], "build: ")
    settings = [_merged(places, lambda place: place.settings) for places in (before, now)]
    return found + _versions(settings[0], settings[1], "setting ")


def _libraries(run: ComparedRun) -> dict[str, str]:
    """Return the versions of the libraries that a run's records name, by their names."""
    found: dict[str, dict[str, None]] = {}
    for record in run.records:
        for library in record.library.split(", "):
            name, _, version = library.partition(" ")
            found.setdefault(name, {})[version] = None
    return {name: " and ".join(versions) for name, versions in found.items()}


def _merged(places: Sequence[Provenance], read: Callable[[Provenance], Mapping[str, str]]) -> dict[str, str]:
    """Return all that some places say; where they differ among themselves, all of it."""
    found: dict[str, dict[str, None]] = {}
    for place in places:
        for name, value in read(place).items():
            found.setdefault(name, {})[value] = None
    return {name: " and ".join(values) for name, values in found.items()}


def _versions(old: Mapping[str, str], new: Mapping[str, str], before: str = "") -> list[str]:
    names = sorted({*old, *new}, key=lambda name: (name == _OWN, name))
    return [
        f"{before}{name} {old.get(name, '(none)')} → {new.get(name, '(none)')}"
        for name in names
        if old.get(name) != new.get(name)
    ]


def _plain(
    what: str, old: Sequence[Provenance], new: Sequence[Provenance], read: Callable[[Provenance], str]
) -> list[str]:
    before, now = (list(dict.fromkeys(value for place in places if (value := read(place)))) for places in (old, new))
    if before == now or not before or not now:
        return []
    return [f"{what}: {' and '.join(before)} → {' and '.join(now)}"]
