from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from wavecomp.errors import PropagationError, RecipeError
from wavecomp.wavefields import propagation
from wavecomp.wavefields.float_state import kernel_float_state
from wavecomp.wavefields.propagation import open_propagator, run
from wavecomp.wavefields.velocity import build_velocity

LAYERED = {"kind": "layered", "interfaces_m": [90.0, 160.0], "velocities_m_s": [2000.0, 2600.0, 2300.0]}
CASES = {
    "2-D": {"model": LAYERED, "time.steps": 90, "snapshots": {"every": 1}},
    "3-D": {
        "model": LAYERED,
        "grid.shape": [20, 22, 24],
        "grid.space_order": 8,
        "source.position_m": [60.0, 93.0, 117.0],
        "snapshots": {"every": 1},
    },
}


def levels(recipe):
    propagator, _ = open_propagator(recipe, build_velocity(recipe))
    return {step: level.copy() for step, level in run(propagator, recipe.kept.of(propagator.steps))}, propagator


def devito_levels(recipe, damping):
    """Every time level that Devito's own solver keeps for this recipe, with the same absorbing layer."""
    from examples.seismic import AcquisitionGeometry, SeismicModel
    from examples.seismic.acoustic import AcousticWaveSolver

    model = SeismicModel(
        origin=recipe.origin_m,
        spacing=recipe.spacing_m,
        shape=recipe.shape,
        space_order=recipe.space_order,
        vp=build_velocity(recipe) / np.float32(1000.0),
        nbl=recipe.absorbing_points,
        bcs="damp",
    )
    model.damp.data[:] = damping
    place = np.array([recipe.source_m])
    geometry = AcquisitionGeometry(
        model,
        place,
        place,
        t0=0.0,
        tn=recipe.steps * float(model.critical_dt),
        f0=recipe.peak_frequency_hz / 1000.0,
        src_type="Ricker",
    )
    solver = AcousticWaveSolver(model, geometry, space_order=recipe.space_order)
    _, wavefield, _ = solver.forward(save=True)
    return np.asarray(wavefield.data), float(model.critical_dt)


@pytest.mark.parametrize("case", CASES)
def test_step_n_is_level_n_of_devitos_own_run(make_recipe, case):
    """The same arithmetic, in blocks on three buffers or at one go on all levels: the same bits."""
    recipe = make_recipe(CASES[case])
    found, propagator = levels(recipe)
    with kernel_float_state():
        reference, dt_ms = devito_levels(recipe, propagator._arguments["damp"].data)
    assert sorted(found) == list(range(1, recipe.steps + 1))
    assert propagator.dt_s == dt_ms / 1000.0
    inner = (slice(recipe.absorbing_points, -recipe.absorbing_points),) * len(recipe.shape)
    assert np.abs(reference[recipe.steps]).max() > 0.1
    for step, level in found.items():
        np.testing.assert_array_equal(level, reference[step][inner])


@pytest.mark.parametrize("seconds", [0.0, 100.0])
def test_blocks_make_no_difference(make_recipe, monkeypatch, seconds):
    recipe = make_recipe({**CASES["2-D"], "snapshots": {"steps": [31]}})
    whole, _ = levels(make_recipe(CASES["2-D"]))
    monkeypatch.setattr(propagation, "BLOCK_SECONDS", seconds)
    found, _ = levels(recipe)
    assert sorted(found) == [31, 90]
    for step, level in found.items():
        np.testing.assert_array_equal(level, whole[step])


def test_padded_levels_hold_layer_and_halo(make_recipe):
    domain, _ = levels(make_recipe())
    padded, _ = levels(make_recipe({"snapshots.padded": True}))
    margin = 5 + 4  # absorbing points and space order
    for step, level in padded.items():
        assert level.shape == (30 + 2 * margin, 24 + 2 * margin) == make_recipe({"snapshots.padded": True}).stored_shape
        np.testing.assert_array_equal(level[margin:-margin, margin:-margin], domain[step])
    layer = padded[40].copy()
    layer[margin:-margin, margin:-margin] = 0
    assert np.abs(layer[4:-4, 4:-4]).max() > 0


def test_duration_and_time_step(make_recipe):
    recipe = make_recipe({"time.steps": None, "time.duration_s": 0.05, "time.dt_s": 1e-3})
    propagator, _ = open_propagator(recipe, build_velocity(recipe))
    assert propagator.dt_s == float(np.float32(1.0)) / 1000.0
    assert propagator.steps == 50


def test_kept_step_behind_the_end_of_a_duration(make_recipe):
    recipe = make_recipe(
        {
            "time": {"duration_s": 0.05, "dt_s": 1e-3},
            "snapshots": {"steps": [51]},
        }
    )
    with pytest.raises(RecipeError, match=r"test\.toml: snapshots = 51: must be at most 50"):
        open_propagator(recipe, build_velocity(recipe))


def test_unstable_time_step_is_refused_with_the_stable_one(make_recipe):
    """Devito's limit is √(4 / (2 Σ|w|)) h / v with the nine weights w of the second derivative, Σ|w| = 6.5016."""
    recipe = make_recipe({"time.dt_s": 0.01})
    with pytest.raises(RecipeError, match=r"test\.toml: time\.dt_s = 0\.01: unstable: must be at most 0\.002773 s"):
        open_propagator(recipe, build_velocity(recipe))


@pytest.mark.parametrize("kept", [(400,), (1, 2, 399, 400)])
def test_blow_up_is_reported(make_recipe, monkeypatch, kept):
    from wavecomp.wavefields import seismic_model

    monkeypatch.setattr(seismic_model, "time_step_ms", lambda *_: np.float32(4.0))
    recipe = make_recipe({"time.steps": 400})
    propagator, _ = open_propagator(recipe, build_velocity(recipe))
    with pytest.raises(PropagationError, match="blew up: at step"):
        for _ in run(propagator, kept):
            pass


def test_stable_run_at_the_stability_limit_stays_within_the_bound(make_recipe):
    found, propagator = levels(make_recipe({"time.steps": 3000, "snapshots.every": 500}))
    assert max(np.abs(level).max() for level in found.values()) <= propagator.amplitude_bound()


def test_progress_grows_to_the_last_step(make_recipe):
    recipe = make_recipe()
    propagator, _ = open_propagator(recipe, build_velocity(recipe))
    calls = []
    for _ in run(propagator, recipe.kept.of(40), lambda *reached: calls.append(reached)):
        pass
    assert [last for _, last in calls] == [40] * len(calls)
    steps = [step for step, _ in calls]
    assert steps == sorted(set(steps))
    assert steps[-1] == 40


def test_grid_too_coarse_for_the_velocities_of_a_file(make_recipe, tmp_path):
    np.full((30, 24), 900.0, np.float32).tofile(tmp_path / "slow.bin")
    model = {"kind": "raw", "file": "slow.bin", "file_shape": [30, 24], "file_spacing_m": [10.0, 10.0], "unit": "m/s"}
    recipe = make_recipe({"model": model}, tmp_path)
    with pytest.raises(RecipeError, match="too coarse for 20 Hz at 900 m/s"):
        open_propagator(recipe, build_velocity(recipe))


def test_importing_the_package_does_not_import_devito():
    code = "import sys, wavecomp.wavefields; sys.exit('devito' in sys.modules or 'matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


FLOATS = """
import sys
import numpy as np
from wavecomp.wavefields import build_velocity, parse_recipe
from wavecomp.wavefields.propagation import open_propagator, run
recipe = parse_recipe(sys.argv[1], "floats.toml")
propagator, _ = open_propagator(recipe, build_velocity(recipe))
for _ in run(propagator, recipe.kept.of(recipe.steps)):
    sys.exit(not (np.full(9, 1e-40, np.float32) * np.float32(0.5)).all())
"""


def test_subnormal_numbers_survive_the_kernels(make_content, toml_text):
    """Kernels compiled with -ffast-math may switch a thread to flushing them to zero, which must not last."""
    assert subprocess.run([sys.executable, "-c", FLOATS, toml_text(make_content())], check=False).returncode == 0


MEMORY = """
import re, sys
from pathlib import Path
from wavecomp.wavefields import build_velocity, parse_recipe
from wavecomp.wavefields.propagation import open_propagator, run
warm, real = (parse_recipe(text, "memory.toml") for text in sys.argv[1:])
def peak():
    # Not getrusage's: that begins with the size of the process which started this one.
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
for recipe in (warm, real):
    before = peak()
    propagator, _ = open_propagator(recipe, build_velocity(recipe))
    for _ in run(propagator, (8,)):
        pass
print(peak() - before)
"""


def test_memory_is_three_time_levels_and_two_model_arrays(make_content, toml_text):
    """Peak memory, from which the paper preset's follows: 881 × 881 × 287 and its halo are 0.97 GB an array.

    The wavefield has three levels; velocity, damping and the recipe's own velocity array make six arrays at most, as
    the last is smaller and one is gone when the wavefield comes. Seven allow for pages and small things: 6.8 GB.
    """
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak memory of a process is read from /proc")
    content = make_content(
        {
            "model": {"kind": "overthrust_like"},
            "grid": {"shape": [120, 120, 100], "spacing_m": 50.0, "absorbing_points": 15, "space_order": 8},
            "source": {"position_m": ["centre", "centre", 100.0], "peak_frequency_hz": 5.0},
        }
    )
    small = {**content, "grid": {**content["grid"], "shape": [20, 20, 20]}}
    command = [sys.executable, "-c", MEMORY, toml_text(small), toml_text(content)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    array = (150 + 16) * (150 + 16) * (130 + 16) * 4
    assert 3 * array < int(done.stdout) < 7 * array


def test_snapshot_view_is_not_a_copy(make_recipe):
    recipe = make_recipe({"snapshots.padded": True})
    propagator, _ = open_propagator(recipe, build_velocity(recipe))
    for _, level in run(propagator, (40,)):
        assert np.shares_memory(level, np.asarray(propagator._fields["u"].data_with_halo))
