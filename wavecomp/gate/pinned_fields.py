"""Wavefields that are the same bits everywhere: small levels that lie in the package, not propagated anew.

A field that is propagated by compiled kernels has other last bits on another processor or with another compiler, and
with them other bytes and errors. A baseline that is to hold elsewhere is therefore measured on these. They were cut out
of levels that our own recipes propagated (``suites/pin_fields.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wavecomp.errors import DamagedField
from wavecomp.sweep import FieldRef

FOLDER = Path(__file__).parent / "pinned"
"""Where the files lie, in a checkout and in an installed package."""


@dataclass(frozen=True, slots=True)
class _Pinned:
    digest: str
    shape: tuple[int, ...]
    peak: float
    step: int
    time_s: float


_FIELDS: dict[str, _Pinned] = {
    "pinned-3d": _Pinned(
        "7ce8410064904e1333426924958d8ea898282d09b30292aa4ba02264a83f2fab",
        (41, 39, 37),
        2.3182618618011475,
        *(240, 0.7735200119018555),
    ),
    "pinned-3d-early": _Pinned(
        "c00a241f8327baf7ba95fc1e82260043acbdda4d7fa10e9e2b1a544358f37d3f",
        (18, 17, 70),
        143.70506286621094,
        *(32, 0.10313600158691406),
    ),
    "pinned-2d": _Pinned(
        "626015f12c2608ff2305dfb83e8a9c7a2d474731fe27f91d0e27a8d69ec28e58",
        (181, 121),
        2.891859531402588,
        *(600, 1.4807999610900877),
    ),
}


def pinned_references() -> list[FieldRef]:
    """Return the pinned wavefields, in one fixed order; each file is read and held against its digest.

    Returns
    -------
    list of FieldRef
        ``pinned-3d`` (a filled model), ``pinned-3d-early`` (a front that runs into exact zeros) and ``pinned-2d`` (a
        section): float32, no axis a multiple of a compressor's block. They have no ``level``: a file is its field.

    Raises
    ------
    DamagedField
        A file is not the one that was pinned: cut short, changed, or gone.
    """
    found = []
    for name, about in _FIELDS.items():
        file = FOLDER / f"{name}.npy"
        ref = FieldRef(name, file, about.digest, about.shape, "float32", about.step, about.time_s, about.peak)
        try:
            ref.load()
        except (OSError, ValueError, EOFError) as error:  # gone, or no array any more
            raise DamagedField(f"{file} is not the field {name} any more: {error}; install wavecomp anew") from None
        found.append(ref)
    return found
