"""The manifest of a stored wavefield: what was computed, from what, with what, and the digests of every file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from wavecomp.errors import DamagedField

MANIFEST = "manifest.json"
MANIFEST_DIGEST = "manifest.sha256"
SCHEMA = 1

T = TypeVar("T", "SnapshotEntry", "Manifest")


@dataclass(frozen=True)
class SnapshotEntry:
    """One stored time step.

    Attributes
    ----------
    file : str
        Name of the ``.npy`` file beside the manifest.
    step, time_s : int, float
        Time level, and its time in s after the start of the simulation.
    data_sha256, file_sha256 : str
        SHA-256 of the array's bytes in C order, and of the whole file, header included.
    minimum, maximum, l2_norm : float
        Of the array; the norm is √Σu², accumulated in double precision.
    """

    file: str
    step: int
    time_s: float
    shape: tuple[int, ...]
    dtype: str
    data_sha256: str
    file_sha256: str
    minimum: float
    maximum: float
    l2_norm: float


@dataclass(frozen=True)
class Manifest:
    """Everything that is known about a stored wavefield.

    ``recipe`` is the canonical JSON text; ``model_file_sha256`` is None for a model without a file; ``dt_s`` is the
    time step that was used and ``absorbing_points`` the layer around the domain; ``seconds`` is the wall time taken.
    ``build`` is what the kernels were compiled with, as far as it may change bits: the compiler, its flags, Devito's
    settings (:meth:`wavecomp.wavefields.build.Build.mapping`); empty in manifests that are older than it.
    ``component`` is the component of the wavefield that is stored; the acoustic one has u alone.
    ``recipe_file`` is where the recipe's file lay, seen from the field's folder; None where it came with wavecomp.
    """

    name: str
    recipe_digest: str
    recipe: str
    model_file_sha256: str | None
    dt_s: float
    steps: int
    absorbing_points: int
    padded: bool
    compiler: str
    versions: dict[str, str]
    created_utc: str
    seconds: float
    snapshots: tuple[SnapshotEntry, ...]
    schema: int = SCHEMA
    build: dict[str, str] = field(default_factory=dict)
    recipe_file: str | None = None
    component: str = "u"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest and, beside it, its digest."""
    content = (json.dumps(asdict(manifest), indent=1, sort_keys=True, allow_nan=False) + "\n").encode()
    (folder / MANIFEST).write_bytes(content)
    (folder / MANIFEST_DIGEST).write_text(hashlib.sha256(content).hexdigest() + "\n")


def read_manifest(folder: Path) -> Manifest:
    """Read a manifest and check it against its digest.

    Raises
    ------
    DamagedField
        One of the two files is missing, or they do not belong together, or the manifest is of another schema.
    """
    try:
        content = (folder / MANIFEST).read_bytes()
        digest = (folder / MANIFEST_DIGEST).read_bytes()
    except OSError as error:
        raise DamagedField(f"{folder}: no readable manifest ({error})") from None
    # Compared as bytes, newline included: no byte of the two files is free to change.
    if digest != (hashlib.sha256(content).hexdigest() + "\n").encode():
        raise DamagedField(f"{folder / MANIFEST} was changed: its SHA-256 is not the one in {MANIFEST_DIGEST}")
    try:
        values = json.loads(content)
        schema = values.get("schema")
    except (ValueError, AttributeError):
        raise DamagedField(f"{folder / MANIFEST}: no manifest of a stored field") from None
    if schema != SCHEMA:
        raise DamagedField(f"{folder / MANIFEST}: schema {schema!r}; this wavecomp reads schema {SCHEMA}")
    try:
        entries = tuple(_known(SnapshotEntry, {**item, "shape": tuple(item["shape"])}) for item in values["snapshots"])
        return _known(Manifest, {**values, "snapshots": entries})
    except (TypeError, KeyError) as error:
        raise DamagedField(f"{folder / MANIFEST}: no manifest of a stored field ({error})") from None


def _known(kind: type[T], values: dict[str, Any]) -> T:
    """Make one of what this version knows; a newer one may keep more."""
    names = {item.name for item in fields(kind)}
    return kind(**{name: value for name, value in values.items() if name in names})
