"""Experiments on what compression does to the gradient, on the tiny problem."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from wavecomp.experiments.catalogue import EXPERIMENTS, MODEL_EXPERIMENTS, compute_experiment
from wavecomp.metrics.gradient import gradient_distance
from wavecomp.physics.acoustic import FIRST
from wavecomp.records.experiment import load_experiment, save_experiment
from wavecomp.report.draw_experiments import FIGURES, draw_experiment
from wavecomp.report.experiment_words import describe
from wavecomp.report.page import build_report


@pytest.fixture(scope="module")
def bench(tiny, open_workbench):
    from wavecomp.experiments.bench import ExperimentBench

    return ExperimentBench(tiny, open_workbench(tiny))


def weights(bench, shot):
    """Return W = Σ_n |w_n| and T = Σ_n |u_n w_n|, where the gradient is Σ_n u_n w_n.

    w_n is read off the imaging operator itself, given a level of ones, one step at a time.
    """
    operators = bench.operators
    operators.set_shot(shot)
    operators.rest()
    levels = operators.slots(operators.last)
    for step in range(FIRST, operators.last):
        operators.keep(step, levels[step])
        operators.forward(step, step + 1, record=True)
    operators.residual.data[:] = operators.records.data - bench.workbench.observed(shot)
    # observed() may have modelled: the adjoint alone is run from here.
    (ones,) = operators.slots(1)
    ones.array[:] = 1
    total, product = (np.zeros(bench.problem.medium.shape) for _ in range(2))
    operators.v._data[:] = 0
    for step in reversed(range(FIRST, operators.last)):
        operators.sweep().down_to_image(step + 1, step)
        operators.gradient[:] = 0
        operators.sweep().image(step, ones)
        total += np.abs(operators.gradient)
        product += np.abs(operators.gradient * levels[step].array.astype(np.float64))
    return total, product


def test_the_error_falls_with_the_tolerance_down_to_the_rounding_of_float32(bench):
    """The gradient is linear in the levels: g = Σ u_n w_n.

    With |Δu_n| ≤ τ its error is at most τ Σ |w_n| at each point, plus what the two float32 sums round: each at most
    γ Σ |u_n w_n|, γ = m ε / (1 − m ε), with m = N + 3 roundings on the way of a term (one product, two in w_n, and the
    sums) and ε = 2⁻²⁴. Both bounds are computed here from the operators themselves; the second one is the floor.
    """
    from wavecomp.experiments.error import ToleranceSettings

    bench.workbench.observed(bench.middle_shot)
    total, product = weights(bench, bench.middle_shot)
    exact = bench.exact(bench.middle_shot)
    norm = np.linalg.norm(exact.astype(np.float64))
    roundings = (bench.operators.last + 3) * 2.0**-24
    floor = 2 * roundings / (1 - roundings) * np.linalg.norm(product) / norm
    settings = ToleranceSettings(exponents=(2, 1, 0, -1, -2, -3, -4, -5))
    result = compute_experiment("tolerance", bench.problem, bench=bench, settings=settings)
    for family in ("zfp", "sz3"):
        rows = [row for row in result.rows if row["compressor"].startswith(f"{family}:") and row["tolerance"]]
        errors = [row["relative_l2"] for row in rows]
        assert all(row["relative_l2"] <= row["tolerance"] * np.linalg.norm(total) / norm + floor for row in rows)
        assert all(after < before for before, after in pairwise(errors))
        assert errors[0] / errors[-1] >= 1e4
        assert errors[-1] < floor
    lossless = [row for row in result.rows if "reversible" in row["compressor"]]
    assert [(row["relative_l2"], row["angle_rad"], row["norm_ratio"]) for row in lossless] == [(0.0, 0.0, 1.0)]


def test_a_restart_from_an_identical_state_has_no_error(bench):
    from wavecomp.experiments.forward import RestartSettings

    settings = RestartSettings(every=20, compressors=("identity", "zfp:reversible", "zfp:accuracy=1e-1"))
    result = compute_experiment("restart", bench.problem, bench=bench, settings=settings)
    for row in result.rows:
        if row["compressor"] == "zfp:accuracy=0.1":
            assert row["relative_l2"] > 0
            if row["steps_after"] == 0:  # the promise of the compressor, before anything has moved
                assert row["largest"] <= 0.1
        else:
            assert row["relative_l2"] == row["largest"] == 0.0


def test_a_stack_is_what_it_says_and_its_error_falls(bench):
    """Each curve is a root of a mean square over K random orders.

    The mean of K draws scatters by σ/√K, and 80 % of a normal distribution lie between ± 1.2816 σ: three such scatters
    are allowed for a rise. At the last number the order does not matter, and the stack can be measured directly.
    """
    from wavecomp.experiments.shots import StackSettings

    strategy = "trajectory/zfp:accuracy=10"
    result = compute_experiment(
        "stack", bench.problem, bench=bench, settings=StackSettings(strategies=(strategy,), orders=24)
    )
    rows = result.rows
    assert [row["shots"] for row in rows] == [1, 2, 3, 4]
    for before, after in pairwise(rows):
        scatter = (before["relative_l2_p90"] - before["relative_l2_p10"]) / 2.5631 / np.sqrt(24)
        assert after["relative_l2"] <= before["relative_l2"] + 3 * scatter
    exact = sum(bench.exact(shot).astype(np.float64) for shot in range(4))
    stacked = sum(bench.run(strategy, shot).gradient.astype(np.float64) for shot in range(4))
    assert rows[-1]["relative_l2"] == pytest.approx(gradient_distance(exact, stacked).relative_l2, rel=1e-10)
    assert rows[-1]["relative_l2_p10"] == pytest.approx(rows[-1]["relative_l2_p90"], rel=1e-10)


def test_memory_and_ratio_tell_the_bytes(bench):
    from wavecomp.experiments.forward import RatioSettings
    from wavecomp.experiments.memory import MemorySettings

    few = MemorySettings(every=(1, 4), together=(4,), exponents=(0,))
    rows = compute_experiment("memory", bench.problem, bench=bench, settings=few).rows
    by = {(row["family"], row["every"]): row for row in rows}
    assert by["subsampled", 1]["relative_l2"] == 0.0
    assert by["subsampled", 1]["writes"] == bench.operators.last - 1
    assert by["both", 4]["peak_checkpoint_bytes"] < by["lossy", 1]["peak_checkpoint_bytes"]
    assert by["both", 4]["peak_checkpoint_bytes"] < by["subsampled", 4]["peak_checkpoint_bytes"]

    settings = RatioSettings(every=100, compressors=("identity", "zfp:accuracy=1e0"))
    rows = compute_experiment("ratio", bench.problem, bench=bench, settings=settings).rows
    level = bench.operators.level_bytes
    for row in rows:
        if row["compressor"] == "identity":  # a header, and nothing else
            assert 0 < level / row["ratio"] - level < 100
    lossy = [row["ratio"] for row in rows if row["compressor"] != "identity"]
    assert lossy[0] > lossy[-1] > 1


def test_every_result_is_saved_whole_and_drawn_with_units(bench, tmp_path):
    from wavecomp.experiments.actions import ActionsSettings
    from wavecomp.experiments.error import CheckpointsSettings, StepsSettings, ToleranceSettings
    from wavecomp.experiments.forward import RatioSettings, RestartSettings
    from wavecomp.experiments.fwi import FwiSettings
    from wavecomp.experiments.memory import MemorySettings
    from wavecomp.experiments.shots import StackSettings

    small = {
        "actions": ActionsSettings(slots=6, rounds=1),
        "tolerance": ToleranceSettings(exponents=(0, -1), fixed=("int8", "zfp:reversible")),
        "steps": StepsSettings(steps=(300,), exponents=(0, -1), restarts=10),
        "checkpoints": CheckpointsSettings(slots=(8, 16), exponents=(0,)),
        "restart": RestartSettings(every=50, compressors=("int8", "sz3:abs=1e-2")),
        "stack": StackSettings(shots=2, strategies=("trajectory:every=4",), orders=2),
        "memory": MemorySettings(every=(2, 4), together=(4,), exponents=(0, -1)),
        "ratio": RatioSettings(every=100, compressors=("zfp:accuracy=1e0", "int8")),
        "fwi": FwiSettings(strategies=("trajectory:every=4/int8",), shots=1, iterations=1),
    }
    assert set(small) == set(EXPERIMENTS) == set(FIGURES) - set(MODEL_EXPERIMENTS)
    for name, settings in small.items():
        result = compute_experiment(name, bench.problem, bench=bench, settings=settings)
        read = load_experiment(save_experiment(tmp_path, result))
        assert read.rows == result.rows
        assert read.facts == result.facts
        figure = draw_experiment(read)
        for axes in figure.axes:
            assert axes.get_ylabel() or axes.get_xlabel()
        assert describe(read).endswith(".")
        assert "nan" not in describe(read)
    assert not list(tmp_path.glob("*.tmp"))
    build_report(tmp_path, tmp_path)
    page = (tmp_path / "report.md").read_text()
    assert all(f"figures/experiment-{name}.png" in page for name in small)
