"""What a recipe can say about its velocity model: a frozen tagged union, and its reading from TOML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import ClassVar

from wavecomp.toml_table import TomlTable

SLOWEST_M_S = 100.0
"""Velocities below this (m/s) are taken for a mistake of unit."""

FASTEST_M_S = 15000.0
"""Velocities above this (m/s) are taken for a mistake of unit."""

DEFAULT_SECTION_Y_M = 10000.0
"""Where a two-dimensional recipe cuts the Overthrust-like model unless it says otherwise."""


@dataclass(frozen=True)
class ConstantModel:
    """One velocity everywhere, in m/s."""

    kind: ClassVar[str] = "constant"
    velocity_m_s: float


@dataclass(frozen=True)
class LayeredModel:
    """Flat layers: ``velocities_m_s[i]`` lies above depth ``interfaces_m[i]``, the last one below all of them.

    A grid point on an interface belongs to the layer beneath it.
    """

    kind: ClassVar[str] = "layered"
    interfaces_m: tuple[float, ...]
    velocities_m_s: tuple[float, ...]


@dataclass(frozen=True)
class OverthrustLikeModel:
    """The synthetic thrust belt of :mod:`wavecomp.wavefields.velocity_overthrust`.

    ``section_y_m`` is the y at which a two-dimensional recipe cuts it, and None in three dimensions.
    """

    kind: ClassVar[str] = "overthrust_like"
    section_y_m: float | None = None


@dataclass(frozen=True)
class Hdf5Model:
    """Squared slowness in an HDF5 file of the Overthrust layout; ``dataset`` is ``m`` (true) or ``m0`` (initial)."""

    kind: ClassVar[str] = "hdf5"
    file: str
    dataset: str = "m"


@dataclass(frozen=True)
class RawModel:
    """Headerless binary velocities: ``file_shape`` along ``axes``, C order (the last axis is contiguous).

    ``axes`` is a permutation of ``xz`` or ``xyz``; ``dtype`` a NumPy type string with byte order; ``unit`` is
    ``m/s`` or ``km/s``; ``file_spacing_m`` and ``file_origin_m`` are ordered x[, y], z whatever the axes are.
    """

    kind: ClassVar[str] = "raw"
    file: str
    file_shape: tuple[int, ...]
    file_spacing_m: tuple[float, ...]
    file_origin_m: tuple[float, ...]
    axes: str
    dtype: str
    unit: str


@dataclass(frozen=True)
class SegyModel:
    """Velocities in a SEG-Y file: a trace a column, a sample a depth step.

    Two dimensions: traces in file order are x. Three dimensions: inlines are x and crosslines are y.
    """

    kind: ClassVar[str] = "segy"
    file: str
    file_spacing_m: tuple[float, ...]
    file_origin_m: tuple[float, ...]
    unit: str


ModelSpec = ConstantModel | LayeredModel | OverthrustLikeModel | Hdf5Model | RawModel | SegyModel

RAW_DTYPES = ("<f4", ">f4", "<f8", ">f8", "<i2", ">i2")
UNITS = ("m/s", "km/s")


def parse_model(table: TomlTable, dimensions: int) -> ModelSpec:
    """Read the ``[model]`` table of a recipe with two or three dimensions.

    Raises
    ------
    RecipeError
        The kind or a key is unknown, or a value makes no sense.
    """
    kind = table.choice("kind", _PARSERS)
    spec = _PARSERS[kind](table, dimensions)
    table.finish()
    return spec


def model_items(spec: ModelSpec) -> dict[str, object]:
    """Return a model as the TOML table that :func:`parse_model` reads."""
    return {"kind": spec.kind} | {key: value for key, value in asdict(spec).items() if value is not None}


def _constant(table: TomlTable, _dimensions: int) -> ModelSpec:
    return ConstantModel(_velocity(table, "velocity_m_s"))


def _layered(table: TomlTable, _dimensions: int) -> ModelSpec:
    interfaces = table.numbers("interfaces_m", unit="m")
    if list(interfaces) != sorted(set(interfaces)):
        table.wrong("interfaces_m", "depths must increase strictly")
    velocities = table.numbers("velocities_m_s", sizes=(len(interfaces) + 1,), above=0.0, unit="m/s")
    if min(velocities) < SLOWEST_M_S or max(velocities) > FASTEST_M_S:
        table.wrong("velocities_m_s", f"each must lie between {SLOWEST_M_S:g} and {FASTEST_M_S:g} m/s")
    return LayeredModel(interfaces, velocities)


def _overthrust(table: TomlTable, dimensions: int) -> ModelSpec:
    given = table.has("section_y_m")
    if given and dimensions == 3:
        table.wrong("section_y_m", "only a two-dimensional recipe cuts the model at one y; leave it out")
    if dimensions == 3:
        return OverthrustLikeModel()
    return OverthrustLikeModel(table.number("section_y_m", unit="m") if given else DEFAULT_SECTION_Y_M)


def _hdf5(table: TomlTable, _dimensions: int) -> ModelSpec:
    return Hdf5Model(table.text("file"), table.choice("dataset", ("m", "m0"), default="m"))


def _raw(table: TomlTable, dimensions: int) -> ModelSpec:
    default = "xyz" if dimensions == 3 else "xz"
    axes = table.text("axes", default)
    if sorted(axes) != sorted(default):
        table.wrong("axes", f'must name the axes of the file in their order, slowest first, such as "{default}"')
    return RawModel(
        file=table.text("file"),
        file_shape=table.integers("file_shape", least=1, sizes=(dimensions,)),
        file_spacing_m=_spacing(table, dimensions),
        file_origin_m=_origin(table, dimensions),
        axes=axes,
        dtype=table.choice("dtype", RAW_DTYPES, default="<f4"),
        unit=table.choice("unit", UNITS),
    )


def _segy(table: TomlTable, dimensions: int) -> ModelSpec:
    return SegyModel(
        file=table.text("file"),
        file_spacing_m=_spacing(table, dimensions),
        file_origin_m=_origin(table, dimensions),
        unit=table.choice("unit", UNITS),
    )


def _velocity(table: TomlTable, key: str) -> float:
    value = table.number(key, above=0.0, unit="m/s")
    if not SLOWEST_M_S <= value <= FASTEST_M_S:
        table.wrong(key, f"must lie between {SLOWEST_M_S:g} and {FASTEST_M_S:g} m/s")
    return value


def _spacing(table: TomlTable, dimensions: int) -> tuple[float, ...]:
    return table.numbers("file_spacing_m", sizes=(dimensions,), above=0.0, unit="m")


def _origin(table: TomlTable, dimensions: int) -> tuple[float, ...]:
    if not table.has("file_origin_m"):
        return (0.0,) * dimensions
    return table.numbers("file_origin_m", sizes=(dimensions,), unit="m")


_PARSERS: dict[str, Callable[[TomlTable, int], ModelSpec]] = {
    ConstantModel.kind: _constant,
    LayeredModel.kind: _layered,
    OverthrustLikeModel.kind: _overthrust,
    Hdf5Model.kind: _hdf5,
    RawModel.kind: _raw,
    SegyModel.kind: _segy,
}
