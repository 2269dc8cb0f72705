"""A synthetic thrust belt: an Overthrust-like velocity model at any resolution, a pure function of position.

The model is built backwards, as a balanced section is: a point of today is carried back along the thrusts that moved
it, then unfolded, and what is left is its depth in an undisturbed pile of layers. Thrust ``k`` breaks the surface
along x = X_k(y) and flattens towards a common detachment at depth Z (a listric fault),

    f_k(x, y) = Z · (1 − exp(−(x − X_k(y)) / L_k)),   x > X_k(y).

What lies above it (its hanging wall, z < f_k) came from D_k(y) further along x, at the same height above the fault:

    x → x + D_k,   z → z + f_k(x + D_k) − f_k(x).

The shift in z is positive, so that older layers stand above younger ones across the fault, and depends on (x, y)
alone, so that three-dimensional work is a comparison and an addition a fault. On top: an erosion surface with young
sediment in the basins, meandering channels in it, and a weathered zone of varying thickness along the surface.

Positions are in m, x and y from 0 to 20000, z from 0 (surface) to 5150 downwards; outside of this box the same
formulas go on. Velocities are in m/s. No random numbers are involved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SLOWEST_ROCK_M_S = 1500.0
"""Lower limit of the model's velocity, in m/s."""

FASTEST_ROCK_M_S = 6000.0
"""Upper limit of the model's velocity, in m/s."""

EXTENT_M = (20000.0, 20000.0, 5150.0)
"""The box that the geology was made for, from 0 along x, y and z. Near it, it goes on; far away there is basement."""

SLAB_POINTS = 2_000_000
"""The model is computed in slabs of about so many points, and at least one plane: temporary arrays are as large."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Thrust:
    """Where the fault meets the surface (m), how it bends with y, its ramp length and its greatest displacement (m)."""

    x_m: float
    strike: tuple[tuple[float, float, float], ...]
    ramp_m: float
    slip_m: float
    slip_centre_y_m: float
    slip_width_y_m: float


_DETACHMENT_M = 4150.0

# Ordered by x: each fault's hanging wall then contains those of the faults behind it.
_THRUSTS = (
    _Thrust(2600.0, ((620.0, 17300.0, 0.4), (210.0, 6900.0, 1.9)), 3900.0, 1500.0, 12500.0, 9500.0),
    _Thrust(6900.0, ((830.0, 21400.0, 2.3), (260.0, 8100.0, 0.2)), 3300.0, 2100.0, 6500.0, 11000.0),
    _Thrust(10900.0, ((540.0, 14600.0, 4.4), (190.0, 5700.0, 3.1)), 2900.0, 1800.0, 14500.0, 9000.0),
    _Thrust(14700.0, ((720.0, 18900.0, 1.1), (230.0, 7400.0, 5.2)), 2500.0, 1300.0, 8500.0, 12500.0),
)

# Folds: amplitude (m), wavelength along x (m), phase, and the swing of the phase with y: (radians, wavelength (m)).
_FOLDS = (
    (190.0, 5300.0, 0.7, 1.3, 23000.0),
    (85.0, 2450.0, 2.9, 0.9, 11700.0),
    (60.0, 9100.0, 4.0, 1.7, 15100.0),
)

# Layers of the undisturbed pile: depth of the base (m), velocity at the top (m/s), lateral change (fraction).
_LAYERS = (
    (-900.0, 2350.0, 0.050),
    (-600.0, 2750.0, -0.040),
    (-330.0, 2500.0, 0.060),
    (-60.0, 3050.0, -0.030),
    (160.0, 2780.0, 0.050),
    (330.0, 3350.0, 0.025),
    (560.0, 3000.0, -0.060),
    (820.0, 3550.0, 0.030),
    (960.0, 4150.0, -0.020),
    (1230.0, 3350.0, 0.055),
    (1500.0, 3750.0, -0.045),
    (1640.0, 4500.0, 0.020),
    (1930.0, 3650.0, 0.060),
    (2200.0, 4050.0, -0.030),
    (2360.0, 4850.0, 0.015),
    (2700.0, 4000.0, -0.050),
    (2960.0, 4400.0, 0.040),
    (3130.0, 5150.0, -0.015),
    (3520.0, 4250.0, 0.050),
    (3850.0, 4750.0, -0.030),
    (4150.0, 5350.0, 0.020),
    (4420.0, 4650.0, -0.040),
    (4680.0, 5500.0, 0.020),
)
_GRADIENT_PER_S = 0.18
_BASEMENT_M_S = 5900.0

# Channels: mean position (m), runs along y or x, meanders (amplitude (m), wavelength (m), phase), half width (m),
# depth of the bed's edge below the surface and depth of the channel (m), velocity of the filling (m/s).
_CHANNELS = (
    (4700.0, "y", ((900.0, 9300.0, 0.9), (330.0, 3700.0, 2.2)), 260.0, 300.0, 130.0, 1720.0),
    (12900.0, "y", ((1100.0, 11900.0, 3.8), (420.0, 4300.0, 0.3)), 340.0, 210.0, 160.0, 2900.0),
    (15800.0, "y", ((700.0, 7900.0, 5.6), (260.0, 3100.0, 1.4)), 210.0, 380.0, 110.0, 1650.0),
    (13300.0, "x", ((1000.0, 10300.0, 2.7), (380.0, 4700.0, 4.9)), 300.0, 440.0, 150.0, 3050.0),
)


def overthrust_like(x_m: Array, y_m: Array, z_m: Array) -> NDArray[np.float32]:
    """Sample the model on the grid that three coordinate axes span.

    Parameters
    ----------
    x_m, y_m, z_m : ndarray of float64, one-dimensional
        Positions along each axis, in m.

    Returns
    -------
    ndarray of float32, shape (x_m.size, y_m.size, z_m.size)
        P velocity in m/s, between :data:`SLOWEST_ROCK_M_S` and :data:`FASTEST_ROCK_M_S`. The value at a position
        depends on this position alone, whatever grid it belongs to.
    """
    velocity = np.empty((x_m.size, y_m.size, z_m.size), dtype=np.float32)
    thickness = max(1, SLAB_POINTS // max(1, y_m.size * z_m.size))
    for start in range(0, x_m.size, thickness):
        x = x_m[start : start + thickness]
        velocity[start : start + thickness] = _slab(x[:, None], y_m[None, :], z_m)
    return velocity


def _slab(x: Array, y: Array, z: Array) -> Array:
    depth, facies = _undisturbed(x, y, z)
    bases = np.array([base for base, _, _ in _LAYERS])
    tops = np.concatenate([[bases[0] - 300.0], bases])
    speeds = np.array([speed for _, speed, _ in _LAYERS] + [_BASEMENT_M_S])
    changes = np.array([change for _, _, change in _LAYERS] + [0.01])
    layer = np.searchsorted(bases, depth, side="right")
    velocity: Array = speeds[layer] * (1.0 + changes[layer] * facies)
    velocity += _GRADIENT_PER_S * (depth - tops[layer])
    _lay_sediment(velocity, x, y, z)
    _cut_channels(velocity, x, y, z)
    _weather(velocity, x, y, z)
    return np.clip(velocity, SLOWEST_ROCK_M_S, FASTEST_ROCK_M_S, out=velocity)


def _undisturbed(x: Array, y: Array, z: Array) -> tuple[Array, Array]:
    """Return the depth in the undisturbed pile, and the lateral variation of rock in [-1, 1], of every point."""
    shape = (x.shape[0], y.shape[1], z.size)
    depth = np.broadcast_to(z, shape).copy()
    depth += _old_relief(x, y, z)
    origin = x + 0.0 * y
    fold, facies = _fold(origin, y), _facies(origin, y)
    lift = np.broadcast_to(fold[:, :, None], shape).copy()
    rock = np.broadcast_to(facies[:, :, None], shape).copy()
    above = np.ones(shape, dtype=bool)
    height = np.broadcast_to(z, shape).copy()
    for thrust in _THRUSTS:
        slip = _slip(thrust, y)
        here, there = _fault_depth(thrust, origin, y), _fault_depth(thrust, origin + slip, y)
        above &= height < here[:, :, None]
        rise = (there - here)[:, :, None]
        np.add(height, rise, out=height, where=above)
        np.add(depth, rise, out=depth, where=above)
        origin = origin + slip
        next_fold, next_facies = _fold(origin, y), _facies(origin, y)
        np.add(lift, (next_fold - fold)[:, :, None], out=lift, where=above)
        np.add(rock, (next_facies - facies)[:, :, None], out=rock, where=above)
        fold, facies = next_fold, next_facies
    # Folds die out towards the detachment, beneath which nothing moved.
    fade = np.clip((_DETACHMENT_M - height) / 1600.0, 0.0, 1.0)
    depth += lift * fade * fade * (3.0 - 2.0 * fade)
    return depth, rock


def _wave(position: Array, length_m: float, phase: float) -> Array:
    return np.sin(2.0 * np.pi / length_m * position + phase)


def _slip(thrust: _Thrust, y: Array) -> Array:
    return thrust.slip_m * np.exp(-(((y - thrust.slip_centre_y_m) / thrust.slip_width_y_m) ** 2))


def _fault_depth(thrust: _Thrust, x: Array, y: Array) -> Array:
    """Depth of the fault in m; in front of its outcrop it is 0, so that nothing lies above it there."""
    outcrop = thrust.x_m + sum(a * _wave(y, length, phase) for a, length, phase in thrust.strike)
    return _DETACHMENT_M * -np.expm1(-np.maximum(x - outcrop, 0.0) / thrust.ramp_m)


def _fold(x: Array, y: Array) -> Array:
    bent = x + 260.0 * _wave(x, 5300.0, 0.2)  # steep fore-limbs, gentle back-limbs
    total = np.zeros_like(x)
    for amplitude, length, phase, swing, swing_length in _FOLDS:
        total += amplitude * np.sin(2.0 * np.pi / length * bent + phase + swing * _wave(y, swing_length, 0.6 + phase))
    return total


def _facies(x: Array, y: Array) -> Array:
    return 0.55 * _wave(x - 0.35 * y, 7700.0, 0.3) + 0.45 * _wave(y + 0.25 * x, 6100.0, 1.7)


def _old_relief(x: Array, y: Array, z: Array) -> Array:
    """Tilt of the whole pile, and two old normal faults that die out upwards before they reach the thrusts."""
    tilt = 0.022 * (x - 10000.0) - 0.012 * (y - 10000.0)
    first = 8200.0 + 0.30 * (y - 10000.0) + 300.0 * _wave(y, 9900.0, 0.9)
    second = 15600.0 - 0.22 * (y - 10000.0) + 240.0 * _wave(y, 8300.0, 4.1)
    throw = 190.0 * ((x - first)[:, :, None] > 0.4 * (_DETACHMENT_M - z))
    throw -= 260.0 * ((x - second)[:, :, None] > 0.3 * (z - _DETACHMENT_M))
    return tilt[:, :, None] + throw * np.clip((z - 3500.0) / 700.0, 0.0, 1.0)


def _erosion_depth(x: Array, y: Array) -> Array:
    basin = 260.0 * _wave(x + 0.2 * y, 13100.0, 2.6) + 170.0 * _wave(y - 0.1 * x, 10700.0, 0.5)
    return 220.0 + basin + 45.0 * _wave(x, 3900.0, 1.2)


def _lay_sediment(velocity: Array, x: Array, y: Array, z: Array) -> None:
    floor = _erosion_depth(x, y)[:, :, None]
    dip = (0.010 * (x - 10000.0) + 25.0 * _wave(y, 7300.0, 2.0))[:, :, None]
    bed = np.floor((z + dip) / 95.0)
    sediment = 1850.0 + 0.55 * z + 110.0 * np.where(bed % 2.0 == 0.0, 1.0, -1.0) + 40.0 * (bed % 3.0)
    np.copyto(velocity, sediment, where=z < floor)


def _cut_channels(velocity: Array, x: Array, y: Array, z: Array) -> None:
    for mean, runs_along, meanders, half_width, edge, cut, filling in _CHANNELS:
        along, across = (y, x) if runs_along == "y" else (x, y)
        centre = mean + sum(a * _wave(along, length, phase) for a, length, phase in meanders)
        slope = sum(
            a * 2.0 * np.pi / length * np.cos(2.0 * np.pi / length * along + phase) for a, length, phase in meanders
        )
        off = (across - centre) / (half_width * np.sqrt(1.0 + np.square(slope)))
        bed = (edge + cut * (1.0 - off * off))[:, :, None]
        inside = (z >= edge) & (z < bed)
        np.copyto(velocity, filling + 0.6 * (z - edge), where=inside)


def _weather(velocity: Array, x: Array, y: Array, z: Array) -> None:
    thickness = 95.0 + 38.0 * _wave(x + 0.4 * y, 4700.0, 0.8) + 27.0 * _wave(y - 0.3 * x, 2900.0, 3.3)
    surface = 1580.0 + 80.0 * _wave(x, 5900.0, 2.1) * _wave(y, 7100.0, 0.4)
    base = thickness[:, :, None]
    weathered = surface[:, :, None] + 420.0 * (z / base)
    np.copyto(velocity, np.minimum(velocity, weathered), where=z < base)
