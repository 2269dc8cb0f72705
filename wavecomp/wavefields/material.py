"""What a recipe says about its rock beside the P velocity: a frozen tagged union, one kind a physics, read from TOML.

Every value is a number, or the name of a relation that derives it from the velocities
(:mod:`wavecomp.wavefields.rock_physics`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from wavecomp.errors import did_you_mean
from wavecomp.toml_table import TomlTable
from wavecomp.wavefields.model_spec import FASTEST_M_S, SLOWEST_M_S
from wavecomp.wavefields.rock_physics import GREATEST_Q, LEAST_Q

POISSON_SOLID = math.sqrt(3.0)
"""v_P / v_S where both Lamé parameters are one, Poisson's ratio 1/4: the usual guess for consolidated rock."""

LEAST_VP_VS = 2.0 / math.sqrt(3.0)
"""Below this a solid has a negative bulk modulus."""

QP_QS = 1.4
"""Q_P / Q_S of Devito's viscoelastic example, 100 and 70."""

ISOTROPIC_POINTS = 20.0
"""Grid spacings to where the rock around a source is fully anisotropic, if the recipe says nothing: a wavelength takes
it, and has seldom more of them."""

KERNELS = ("kv", "maxwell", "sls")
_DENSITY_KG_M3 = 500.0, 10_000.0

Density = float | Literal["gardner"]
Quality = float | Literal["li"]


@dataclass(frozen=True)
class TtiMaterial:
    """Thomsen's ε and δ, and the symmetry axis: tilt from the vertical and azimuth from x, in degrees.

    ``phi_deg`` is None in two dimensions. The defaults are those of Devito's examples. Around the source ε and δ grow
    from 0 to these values at ``isotropic_radius_m``: a source where ε ≠ δ also sends out a slow S wave, which no
    acoustic medium has and no grid resolves [Alkhalifah2000]_.
    """

    epsilon: float = 0.3
    delta: float = 0.2
    theta_deg: float = 40.0
    phi_deg: float | None = None
    isotropic_radius_m: float = 0.0

    def slowest_m_s(self, slowest_p_m_s: float) -> float:
        """Return the slowest P speed: along the axis, or with δ < 0 no less than v √(1 + 2δ) beside it."""
        return slowest_p_m_s * math.sqrt(1.0 + 2.0 * min(self.delta, 0.0))

    def components(self, _rank: int) -> tuple[str, ...]:
        """Return what can be stored, the default first."""
        return "u", "v", "u+v"


@dataclass(frozen=True)
class ViscoacousticMaterial:
    """Q of P waves at the source's peak frequency, the rheology, and the density."""

    kernel: str = "sls"
    qp: Quality = "li"
    density_kg_m3: Density = "gardner"

    def slowest_m_s(self, slowest_p_m_s: float) -> float:
        """Return the slowest speed: the P velocity itself."""
        return slowest_p_m_s

    def components(self, rank: int) -> tuple[str, ...]:
        """Return what can be stored, the default first."""
        return ("p", *_velocities(rank)) if self.kernel == "sls" else ("p",)


@dataclass(frozen=True)
class ElasticMaterial:
    """S velocity, one everywhere or v_P over a ratio (exactly one of the two is a number), and the density."""

    vs_m_s: float | None = None
    vp_vs_ratio: float | None = POISSON_SOLID
    density_kg_m3: Density = "gardner"

    def slowest_m_s(self, slowest_p_m_s: float) -> float:
        """Return the slowest speed: the S velocity."""
        if self.vs_m_s is not None:
            return self.vs_m_s
        assert self.vp_vs_ratio is not None
        return slowest_p_m_s / self.vp_vs_ratio

    def components(self, rank: int) -> tuple[str, ...]:
        """Return what can be stored, the default first: what a vertical geophone records, P and S."""
        return _elastic_components(rank)


@dataclass(frozen=True)
class ViscoelasticMaterial(ElasticMaterial):
    """Besides, Q of P and of S waves at the peak frequency; Q_S is a number or Q_P over a ratio."""

    qp: Quality = "li"
    qs: float | None = None
    qp_qs_ratio: float | None = QP_QS


Material = TtiMaterial | ViscoacousticMaterial | ElasticMaterial | ViscoelasticMaterial


def parse_material(table: TomlTable | None, physics: str, spacing_m: tuple[float, ...], source: str) -> Material | None:
    """Read the ``[material]`` table of a recipe; None for physics that need no more than the velocity.

    Parameters
    ----------
    table : TomlTable or None
        The table; None where the recipe has none, and every value is its default.
    physics : str
        The recipe's.
    spacing_m : tuple of float
        Its grid spacing along each axis, in m.
    source : str
        Where the recipe came from, for messages.

    Raises
    ------
    RecipeError
        A key is unknown, or a value makes no sense.
    """
    if physics not in _PARSERS:
        if table is not None:
            table.refuse(f'"{physics}" needs the velocity alone; leave [material] out')
        return None
    table = table or TomlTable({}, source, "material")
    material = _PARSERS[physics](table, spacing_m)
    table.finish()
    return material


def parse_component(table: TomlTable, material: Material | None, rank: int) -> str:
    """Read which component of the wavefield is stored; the default is the first one that the physics has.

    Raises
    ------
    RecipeError
        There is no such component; the text names those that there are.
    """
    known = ("u",) if material is None else material.components(rank)
    name = table.text("component", known[0])
    if name not in known:
        table.wrong("component", f"must be one of {', '.join(known)}{did_you_mean(name, known)}")
    return name


def material_items(material: Material) -> dict[str, object]:
    """Return a material as the TOML table that :func:`parse_material` reads."""
    return {key: value for key, value in asdict(material).items() if value is not None}


def _velocities(rank: int) -> tuple[str, ...]:
    return ("vz", "vx", "vy") if rank == 3 else ("vz", "vx")


def _elastic_components(rank: int) -> tuple[str, ...]:
    axes = "xyz" if rank == 3 else "xz"
    stresses = [f"t{a}{b}" for i, a in enumerate(axes) for b in axes[i:]]
    return (*_velocities(rank), *stresses, "+".join(f"t{a}{a}" for a in axes))


def _tti(table: TomlTable, spacing_m: tuple[float, ...]) -> Material:
    radius = _within(table, "isotropic_radius_m", ISOTROPIC_POINTS * max(spacing_m), 0.0, 1e6, "m")
    epsilon = _within(table, "epsilon", 0.3, 0.0, 1.0)
    delta = _within(table, "delta", min(0.2, epsilon), -0.4, 1.0)
    if delta > epsilon:
        table.wrong("delta", f"must be at most epsilon = {epsilon:g}: above it the equation is unstable")
    if radius == 0.0 and epsilon == delta != 0.0:
        table.wrong(
            "isotropic_radius_m", "must be above 0 where epsilon = delta: a part of the source would never leave"
        )
    theta = _within(table, "theta_deg", 40.0, -90.0, 90.0, "degrees")
    if len(spacing_m) == 2:
        if table.has("phi_deg"):
            table.wrong("phi_deg", "only a three-dimensional recipe has an azimuth; leave it out")
        return TtiMaterial(epsilon, delta, theta, None, radius)
    phi = _within(table, "phi_deg", 20.0, -180.0, 180.0, "degrees")
    return TtiMaterial(epsilon, delta, theta, phi, radius)


def _viscoacoustic(table: TomlTable, _spacing_m: tuple[float, ...]) -> Material:
    return ViscoacousticMaterial(table.choice("kernel", KERNELS, "sls"), _quality(table), _density(table))


def _elastic(table: TomlTable, _spacing_m: tuple[float, ...]) -> Material:
    return ElasticMaterial(*_shear(table), _density(table))


def _viscoelastic(table: TomlTable, _spacing_m: tuple[float, ...]) -> Material:
    shear = _shear(table)
    if table.has("qs"):
        if table.has("qp_qs_ratio"):
            table.wrong("qs", "qs and qp_qs_ratio exclude each other; leave one out")
        losses: tuple[float | None, float | None] = _within(table, "qs", 0.0, LEAST_Q, GREATEST_Q), None
    else:
        losses = None, _within(table, "qp_qs_ratio", QP_QS, 0.1, 10.0)
    return ViscoelasticMaterial(*shear, _density(table), _quality(table), *losses)


def _shear(table: TomlTable) -> tuple[float | None, float | None]:
    if table.has("vs_m_s"):
        if table.has("vp_vs_ratio"):
            table.wrong("vs_m_s", "vs_m_s and vp_vs_ratio exclude each other; leave one out")
        return _within(table, "vs_m_s", 0.0, SLOWEST_M_S, FASTEST_M_S, "m/s"), None
    return None, _within(table, "vp_vs_ratio", POISSON_SOLID, LEAST_VP_VS, 10.0)


def _density(table: TomlTable) -> Density:
    if table.is_text("density_kg_m3") or not table.has("density_kg_m3"):
        table.choice("density_kg_m3", ("gardner",), "gardner")
        return "gardner"
    return _within(table, "density_kg_m3", 0.0, *_DENSITY_KG_M3, "kg/m³")


def _quality(table: TomlTable) -> Quality:
    if table.is_text("qp") or not table.has("qp"):
        table.choice("qp", ("li",), "li")
        return "li"
    return _within(table, "qp", 0.0, LEAST_Q, GREATEST_Q)


def _within(table: TomlTable, key: str, default: float, least: float, most: float, unit: str = "") -> float:
    if not table.has(key):
        return default
    value = table.number(key, unit=unit)
    if not least <= value <= most:
        table.wrong(key, f"must be from {least:.6g} to {most:.6g}{unit and f' {unit}'}")
    return value


_PARSERS: dict[str, Callable[[TomlTable, tuple[float, ...]], Material]] = {
    "tti": _tti,
    "viscoacoustic": _viscoacoustic,
    "elastic": _elastic,
    "viscoelastic": _viscoelastic,
}
