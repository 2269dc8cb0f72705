"""Somebody's snapshots as fields of a sweep, under a name that no other field of the archive has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from wavecomp.records import Record
from wavecomp.snapshots import SnapshotSet, StoredLevel
from wavecomp.sweep.case import FieldRef

_Values = tuple[str, tuple[int, ...], str]


def snapshot_references(found: SnapshotSet, name: str | None = None) -> list[FieldRef]:
    """Describe snapshots for a sweep, in order of time.

    Parameters
    ----------
    found : SnapshotSet
        As :func:`wavecomp.snapshots.find_snapshots` returns it.
    name : str, optional
        Of the field, by default the snapshots' own; a level is ``name@step``, or ``name`` where it has no step.
    """
    base = found.name if name is None else name
    return [
        FieldRef(
            base if one.step is None else f"{base}@{one.step}",
            one.level.path,
            one.digest,
            one.shape,
            one.dtype,
            one.step,
            found.time_s(one.step),
            one.peak,
            one.level,
        )
        for one in found.levels
    ]


def name_among(found: SnapshotSet, name: str, records: Iterable[Record]) -> str:
    """Return the name that snapshots go by in an archive: records of one name are of one wavefield.

    It is the name that an archive has for the same values already; the given one where nothing bears it; else the given
    one with eight digits of the values' digest, since other files may have the same stem.

    Parameters
    ----------
    found : SnapshotSet
        The snapshots.
    name : str
        What they would be called.
    records : iterable of Record
        All of the archive.
    """
    held: dict[str, dict[int | None, set[_Values]]] = {}
    for record in records:
        values = record.field_digest, record.shape, record.dtype
        held.setdefault(record.field.partition("@")[0], {}).setdefault(record.step, set()).add(values)
    # A level without a wave is the same in every wavefield.
    ours = {one.step: _values(one) for one in found.levels if one.peak > 0.0} or {
        one.step: _values(one) for one in found.levels
    }
    for base in sorted(held, key=lambda base: (base != name, base)):
        steps = held[base]
        both = ours.keys() & steps.keys()
        if both and all(steps[step] == {ours[step]} for step in both):
            return base
    if name not in held:
        return name
    digest = hashlib.sha256("".join(one.digest for one in found.levels).encode()).hexdigest()
    return f"{name}-{digest[:8]}"


def _values(one: StoredLevel) -> _Values:
    return one.digest, one.shape, one.dtype
