"""Every physics against Devito's own solver, bit by bit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from wavecomp.errors import RecipeError
from wavecomp.wavefields import propagation
from wavecomp.wavefields.float_state import kernel_float_state
from wavecomp.wavefields.propagation import open_propagator, run
from wavecomp.wavefields.seismic_examples import examples_quiet
from wavecomp.wavefields.seismic_model import prepare
from wavecomp.wavefields.velocity import build_velocity

LAYERED = {"kind": "layered", "interfaces_m": [90.0, 160.0], "velocities_m_s": [2000.0, 2600.0, 2300.0]}
FLAT = {"model": LAYERED, "source.peak_frequency_hz": 10.0, "time.steps": 40, "snapshots.every": None}
CUBE = {**FLAT, "grid.shape": [12, 11, 10], "source.position_m": [60.0, 43.0, 47.0], "time.steps": 12}
SMALL_ZONE = {"isotropic_radius_m": 60.0}
KERNELS = {kernel: {"physics": "viscoacoustic", "material": {"kernel": kernel}} for kernel in ("sls", "kv", "maxwell")}
PHYSICS = {
    "acoustic": {},
    "tti": {"physics": "tti", "material": SMALL_ZONE},
    **KERNELS,
    "constants": {"physics": "viscoacoustic", "material": {"kernel": "kv", "qp": 40.0, "density_kg_m3": 2000.0}},
    "elastic": {"physics": "elastic"},
    "viscoelastic": {"physics": "viscoelastic", "material": {"qp": 70.0, "qs": 60.0}},
}


def every_component(propagator, recipe):
    """Return the wavefield's components at the last step, all of the grid."""
    order = propagator.at_rest + 1
    buffer = recipe.steps % (order + 1)
    return {name: np.asarray(field.data[buffer]).copy() for name, field in propagator._fields.items()}


def in_one_piece(recipe):
    """Return what Devito's own solver has after the last step, by recipes' names."""
    prepared = prepare(recipe, build_velocity(recipe))
    with examples_quiet():
        found = prepared.solver.forward(save=False, dt=prepared.dt_ms, time_M=recipe.steps - 1)
    axes = "xyz" if len(recipe.shape) == 3 else "xz"
    match recipe.physics:
        case "acoustic":
            fields = {"u": found[1]}
        case "tti":
            fields = {"u": found[1], "v": found[2]}
        case "viscoacoustic":
            fields = {"p": found[1]}
            if found[2] is not None:
                fields |= {f"v{axis}": found[2][i] for i, axis in enumerate(axes)}
        case _:
            velocity, stress = found[2:4]
            fields = {f"v{axis}": velocity[i] for i, axis in enumerate(axes)}
            fields |= {f"t{a}{b}": stress[i, j] for i, a in enumerate(axes) for j, b in enumerate(axes) if i <= j}
    order = next(iter(fields.values())).time_order
    return {name: np.asarray(field.data[recipe.steps % (order + 1)]) for name, field in fields.items()}


# Of three dimensions one physics of each kind: the code is that of two dimensions, and of the others of its kind.
IN_THREE = [case for case in PHYSICS if case not in ("acoustic", "kv", "maxwell", "constants", "elastic")]


@pytest.mark.parametrize(("case", "rank"), [*((case, 2) for case in PHYSICS), *((case, 3) for case in IN_THREE)])
def test_a_run_in_pieces_has_the_bits_of_devitos_own_in_one(make_recipe, monkeypatch, case, rank):
    """The same kernels and the same numbers: how the run is cut makes no difference, to any component.

    Here it is cut into single steps.
    """
    recipe = make_recipe({**(FLAT if rank == 2 else CUBE), **PHYSICS[case]})
    monkeypatch.setattr(propagation, "BLOCK_SECONDS", 0.0)
    propagator, _ = open_propagator(recipe, build_velocity(recipe))
    ((step, level),) = run(propagator, recipe.kept.of(propagator.steps))
    assert step == recipe.steps
    found = every_component(propagator, recipe)
    inner = (slice(recipe.absorbing_points, -recipe.absorbing_points),) * rank
    np.testing.assert_array_equal(level, found[recipe.component][inner])
    with kernel_float_state():
        reference = in_one_piece(recipe)
    assert set(reference) <= set(found)
    for name, values in reference.items():
        assert np.abs(values).max() > 0
        np.testing.assert_array_equal(found[name], values)


def test_kept_levels_do_not_depend_on_what_else_is_kept(make_recipe):
    """Levels of first-order equations begin with step 1, which the source has reached."""
    few, all_of_them = (
        dict(levels(make_recipe({**FLAT, **PHYSICS["elastic"], **kept})))
        for kept in ({"snapshots.steps": [1, 17]}, {"snapshots.every": 1})
    )
    assert sorted(few) == [1, 17, 40]
    assert sorted(all_of_them) == list(range(1, 41))
    for step, level in few.items():
        np.testing.assert_array_equal(level, all_of_them[step])
    stress = dict(
        levels(make_recipe({**FLAT, **PHYSICS["elastic"], "snapshots.steps": [1], "snapshots.component": "txx"}))
    )
    assert np.count_nonzero(stress[1]) == 1  # the source's own point, which is on the grid


def levels(recipe):
    propagator, _ = open_propagator(recipe, build_velocity(recipe))
    for step, level in run(propagator, recipe.kept.of(propagator.steps)):
        yield step, level.copy()


@pytest.mark.parametrize(("case", "total"), [("tti", "u+v"), ("elastic", "txx+tzz")])
def test_a_sum_is_the_sum_of_its_components(make_recipe, case, total):
    changes = {**FLAT, **PHYSICS[case]}
    parts = [dict(levels(make_recipe({**changes, "snapshots.component": part})))[40] for part in total.split("+")]
    ((_, found),) = levels(make_recipe({**changes, "snapshots.component": total}))
    np.testing.assert_array_equal(found, parts[0] + parts[1])
    assert not np.array_equal(parts[0], parts[1])


def test_padded_levels_of_staggered_components(make_recipe):
    changes = {**FLAT, **PHYSICS["elastic"]}
    recipe = make_recipe({**changes, "snapshots.padded": True})
    margin = recipe.absorbing_points + recipe.space_order
    ((_, padded),) = levels(recipe)
    ((_, domain),) = levels(make_recipe(changes))
    assert padded.shape == recipe.stored_shape
    np.testing.assert_array_equal(padded[margin:-margin, margin:-margin], domain)


STRONG = {
    "model": {"kind": "layered", "interfaces_m": [80.0, 140.0], "velocities_m_s": [1500.0, 6000.0, 2000.0]},
    "source.peak_frequency_hz": 10.0,
    "time.steps": 10_000,
}


@pytest.mark.parametrize(
    "changes",
    [
        {"physics": "tti", "material": {"epsilon": 1.0, "delta": -0.4}},
        {"physics": "tti", "material": {"epsilon": 0.3, "delta": 0.3}},
        *({"physics": "viscoacoustic", "material": {"kernel": kernel, "qp": 5.0}} for kernel in KERNELS),
        {"physics": "elastic", "material": {"vp_vs_ratio": 1.5}},
        {"physics": "viscoelastic", "material": {"qp": 8.0, "qs": 8.0}},
    ],
)
def test_the_stable_step_is_stable(make_recipe, changes):
    """Strong contrasts and losses, the source long silent: the field fades, at the step that is taken by default.

    The wavelet ends at 0.2 s; an unstable mode would have a second to grow from there, 1000 steps and more, and just
    beyond the limit it grows by a fifth in each. What remains is trapped, or the slow S waves of an anisotropic medium.
    """
    recipe = make_recipe({**STRONG, **changes})
    propagator, _ = open_propagator(recipe, build_velocity(recipe))
    over = math.ceil(0.2 / propagator.dt_s)
    (_, early), (_, late) = ((step, np.abs(level).max()) for step, level in run(propagator, (over, 6 * over)))
    assert early > 0
    assert late < 0.5 * early


def test_losses_shorten_the_step(make_recipe):
    """Devito's critical step is that of a lossless medium; strong loss needs less, and more is refused."""
    weak, strong = (
        open_propagator(recipe, build_velocity(recipe))[0].dt_s
        for recipe in (
            make_recipe({**FLAT, **KERNELS["kv"], "material": {"kernel": "kv", "qp": q}}) for q in (1e4, 5.0)
        )
    )
    assert strong < 0.6 * weak
    recipe = make_recipe(
        {**FLAT, "physics": "viscoacoustic", "material": {"kernel": "kv", "qp": 5.0}, "time.dt_s": weak}
    )
    with pytest.raises(RecipeError, match="unstable: must be at most"):
        open_propagator(recipe, build_velocity(recipe))
