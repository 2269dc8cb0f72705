"""The closer look of ``wavecomp run``: a plane through the last level, and what a few compressors did to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wavecomp.catalogue import SpecTemplate
from wavecomp.cli.console import err
from wavecomp.compressors import Reading, default_registry
from wavecomp.errors import UnsupportedField
from wavecomp.records import Section, save_section
from wavecomp.snapshots import SnapshotSet
from wavecomp.study import library_of
from wavecomp.sweep import FieldRef
from wavecomp.sweep.examine import examine
from wavecomp.wavefields import FieldSet

# Settings whose error is looked at closely; tolerances are fractions of the last field's peak, chosen so that the
# errors that come out are of one size (ZFP stays far below its tolerance).
EXAMINED = (
    SpecTemplate("zfp:accuracy={}", 3e-2, "peak"),
    SpecTemplate("sz3:abs={},algorithm=interp_lorenzo", 1.5e-3, "peak"),
    SpecTemplate("int8:block=64"),
)

_NAMES = ("first", "second", "third")

# Sections are kept in single precision: its normal numbers, and some room below for errors.
_LEAST, _MOST = 1e-30, float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Plane:
    """Which plane is kept.

    Attributes
    ----------
    at : int or None
        Point along the second of three axes; None where the level is a plane itself.
    words : str
        Which plane it is.
    extent : tuple of float
        First and last position along the first and the last axis, in m, or in points.
    spacing_m : tuple of float or None
        Grid spacing along every axis; None where nobody said it.
    axes : tuple of str
        What the first and the last axis are called; empty where they are x and depth.
    """

    at: int | None
    words: str
    extent: tuple[float, float, float, float]
    spacing_m: tuple[float, ...] | None
    axes: tuple[str, ...] = ()

    def cut(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the plane of an array of the level's shape."""
        return np.ascontiguousarray(values if self.at is None else values[:, self.at, :], dtype=np.float32)


def write_sections(fields: FieldSet | SnapshotSet, snapshots: Sequence[FieldRef], folder: Path) -> None:
    """Keep a plane of the last level, and of the errors of a few compressors; what cannot be looked at is said."""
    last, known = snapshots[-1], default_registry()
    if last.peak and not _LEAST <= last.peak <= _MOST:
        err.print(f"{last.name}: amplitudes up to {last.peak:.3g} are beyond single precision: no section is drawn")
        return
    field = last.load()
    plane = _through_source(fields, field) if isinstance(fields, FieldSet) else _through_greatest(fields, field)
    if plane is None:
        err.print(f"{last.name} has one axis: no section is drawn")
        return

    def section(reading: Reading | None) -> Section:
        looked = examine(known.usable(reading), field, plane.spacing_m) if reading is not None else None
        return Section(
            field=last.name,
            field_digest=last.digest,
            spec=reading.spec if reading is not None else None,
            step=last.step,
            time_s=last.time_s,
            plane=plane.words,
            extent_m=plane.extent,
            statistics=looked.statistics if looked else {},
            values=plane.cut(field),
            error=plane.cut(looked.error) if looked else None,
            curves=looked.curves if looked else {},
            library=library_of(known, reading.names if reading is not None else ()),
            length_unit="m" if plane.spacing_m is not None else "points",
            axes=plane.axes,
        )

    readings = [known.checked(entry.resolve(last, last)) for entry in EXAMINED]
    save_section(folder, section(None))
    done = 0
    for reading in readings:
        try:
            looked = section(reading)
        except UnsupportedField as reason:
            err.print(f"no closer look at {reading.spec}: {reason}")
        else:
            save_section(folder, looked)
            done += 1
    err.print(f"closer look at {done} settings: done")


def _through_source(fields: FieldSet, field: NDArray[np.floating]) -> Plane:
    """Return the vertical plane of the source."""
    recipe = fields.recipe
    plane, at = "x-z", None
    if field.ndim == 3:
        at = round(recipe.source_from_origin_m[1] / recipe.spacing_m[1])
        plane = f"x-z at y = {recipe.source_m[1]:.12g} m"
    return Plane(at, plane, (*recipe.extent_m[0], *recipe.extent_m[-1]), recipe.spacing_m)


def _through_greatest(found: SnapshotSet, field: NDArray[np.floating]) -> Plane | None:
    """Return the plane of the greatest amplitude: where the source was, nobody said."""
    if field.ndim < 2:
        return None
    at, words = None, "the whole level"
    if field.ndim == 3:
        at = int(np.unravel_index(int(np.argmax(np.abs(field))), field.shape)[1])
        words = f"through the greatest amplitude, at point {at} (of 0 to {field.shape[1] - 1}) of the second axis"
    first, last = field.shape[0] - 1.0, field.shape[-1] - 1.0
    if found.spacing_m is not None:
        first, last = first * found.spacing_m[0], last * found.spacing_m[-1]
    axes = ("First axis", f"{_NAMES[field.ndim - 1].capitalize()} axis")
    return Plane(at, words, (0.0, first, 0.0, last), found.spacing_m, axes)
