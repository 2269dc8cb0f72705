"""Calibration and validation on a problem that takes seconds; no verdict here hangs on how fast the machine is."""

from __future__ import annotations

import numpy as np
import pytest

from made_up import made_costs
from wavecomp.experiments.catalogue import MODEL_EXPERIMENTS, compute_experiment
from wavecomp.experiments.codec_samples import Wanted, sample_codecs
from wavecomp.metrics.gradient import gradient_distance
from wavecomp.planning.costs import Costs
from wavecomp.planning.level_factors import level_factors
from wavecomp.planning.predict import predict
from wavecomp.planning.sizes import ProblemSizes
from wavecomp.planning.tasks import ADVANCING, SINGLE
from wavecomp.plans.strategies import parse_strategy
from wavecomp.records.experiment import load_experiment, save_experiment
from wavecomp.report.draw_experiments import draw_experiment
from wavecomp.report.experiment_words import describe

CASES = (
    ("store-all:every=4", None),
    ("revolve", 0.1),
    ("mixed:levels=12", None),
    ("trajectory:every=4/interp:abs=3e-4peak", None),
    ("revolve:slots=6/zfp:accuracy=3e-4peak", None),
    ("trajectory/zfp:accuracy=3e-5peak", 0.001),
)


@pytest.fixture(scope="module")
def bench(tiny, open_workbench):
    from wavecomp.experiments.bench import ExperimentBench

    return ExperimentBench(tiny, open_workbench(tiny))


@pytest.fixture(scope="module")
def calibration(bench):
    from wavecomp.experiments.calibration_runs import CalibrateSettings

    # Few seconds: some compressors have runs of their own, the others are sampled.
    settings = CalibrateSettings(fractions=(3e-5, 3e-4), rounds=1, seconds=1e-3)
    return compute_experiment("calibrate", bench.problem, bench=bench, settings=settings)


def test_a_calibration_has_every_task_and_every_compressor(calibration, tmp_path):
    read = load_experiment(save_experiment(tmp_path, calibration))
    costs = Costs.from_json(str(read.facts["costs"]))
    assert set(costs.lines) == {*ADVANCING, *SINGLE}
    assert all(line.seconds(3) > 0 for line in costs.lines.values())
    found = {(one.family.partition(":")[0], one.fraction, one.kind) for one in costs.codecs}
    assert found == {
        *((name, fraction, "level") for name in ("interp", "zfp") for fraction in (3e-5, 3e-4)),
        *((name, fraction, "state") for name in ("interp", "zfp") for fraction in (3e-5, 3e-4)),
        *(("blosc2", None, kind) for kind in ("level", "state")),
    }  # fmt: skip
    assert {one.family.partition(":")[0] for one in costs.errors} == {"interp", "zfp"}  # made in any case
    assert min(costs.memory_bytes_s, costs.disk_write_bytes_s, costs.disk_read_bytes_s, costs.bare_s) > 0
    places, weights = zip(*costs.weights, strict=True)
    assert 40 <= len(places) < 80
    assert 0 <= places[0] < places[-1] < 1
    assert sorted(places) == list(places)
    assert min(weights) > 0
    # The adjoint of this problem spreads as it goes back: what stands at the end of the run weighs least.
    assert weights[-1] < 0.5 * weights[0]
    assert draw_experiment(read).axes[0].get_xlabel()
    assert describe(read).endswith(" s.")


def test_sizes_of_a_problem_are_those_of_its_code(bench):
    assert ProblemSizes.of_problem(bench.problem) == ProblemSizes.of(bench.operators)
    medium = bench.problem.medium
    grid = ProblemSizes.of_grid(medium.shape, bench.operators.last, absorbing_points=medium.absorbing_points)
    assert grid == ProblemSizes.of(bench.operators)


def test_what_is_counted_is_exact_and_compressed_sizes_come_near(bench, calibration, tmp_path):
    """Runs like the calibrating ones: levels have the very bytes that were counted there, in bins of some levels.

    A bin's mean is off from a level's own size, but their sum is not, and the peak of a trajectory is that sum.
    """
    from wavecomp.experiments.validate import ValidateSettings

    settings = ValidateSettings(str(calibration.facts["costs"]), cases=CASES, rounds=1)
    result = compute_experiment("validate", bench.problem, bench=bench, settings=settings)
    read = load_experiment(save_experiment(tmp_path, result))
    rows = {str(row["strategy"]).partition(",codec")[0]: row for row in read.rows}
    assert len(rows) == len(CASES)
    tight = rows["trajectory/zfp:accuracy=3e-5peak"]
    assert tight["refused"] is not None
    assert tight["fits"] is False
    for name, row in rows.items():
        if row is tight:
            continue
        assert (row["predicted_forward_steps"], row["predicted_writes"]) == (row["forward_steps"], row["writes"])
        assert row["measured_s"] > 0
        assert row["predicted_s"] > 0
        if not row["compressed"]:
            assert row["predicted_peak_bytes"] == row["peak_bytes"], name
    level = rows["trajectory:every=4/interp:abs=3e-4peak"]
    assert level["predicted_peak_bytes"] == pytest.approx(level["peak_bytes"], rel=0.02)
    assert level["predicted_l2"] == pytest.approx(level["relative_l2"], rel=0.1)
    assert read.arrays["wall_s"].shape == (len(CASES) - 1, read.facts["rounds"])
    assert 1 <= read.facts["rounds"] <= 4  # as many as it takes to have one on a steady machine
    assert 0.0 <= read.facts["steady"] <= 1.0
    assert (read.facts["untold"] == len(CASES)) is (read.facts["steady"] == 0.0)


def test_what_weights_do_to_the_error_comes_out(bench, calibration):
    """The compressor's own part: against the gradient with the same imaging step and nothing compressed.

    The prediction has the shot's weights and the run a coarse run's: what these cost, 1.25 at most where it was
    measured, may lie between.
    """
    costs, shot = Costs.from_json(str(calibration.facts["costs"])), bench.middle_shot
    uncompressed = bench.run("trajectory:every=4", shot).gradient
    one_for_all, weighted = (
        gradient_distance(uncompressed, bench.run(f"trajectory:every=4{way}/interp:abs=1e-4peak", shot).gradient)
        for way in ("", ",weights=coarse")
    )
    levels = level_factors(costs, ProblemSizes.of(bench.operators), 4)
    expected = levels.error_ratio("interp:abs={},codec=huffman,level=1", 1e-4, costs.peak)
    assert expected < 0.8
    assert weighted.relative_l2 / one_for_all.relative_l2 == pytest.approx(expected, rel=0.25)


def test_a_problem_that_was_never_calibrated_has_scaled_costs_and_sizes_of_its_own(
    tiny, bench, calibration, open_workbench
):
    from wavecomp.experiments.bench import ExperimentBench
    from wavecomp.experiments.validate import ValidateSettings

    shorter = tiny.resized(steps=200)
    cases = (("revolve:slots=9", None), ("trajectory:every=4/zfp:accuracy=3e-4peak", None))
    settings = ValidateSettings(str(calibration.facts["costs"]), "tiny", cases=cases, rounds=1)
    result = compute_experiment(
        "validate", shorter, bench=ExperimentBench(shorter, open_workbench(shorter)), settings=settings
    )
    assert result.facts["never_calibrated"]
    assert result.arrays["reference_bare_s"].size > 0
    plain, packed = result.rows
    assert plain["predicted_peak_bytes"] == plain["peak_bytes"]
    # Sixteen sampled levels stand for fifty.
    assert packed["predicted_peak_bytes"] == pytest.approx(packed["peak_bytes"], rel=0.1)
    # What validations ask for; the calibrated problem's error alone would be right too, since this one is like it.
    assert 0.5 < packed["predicted_l2"] / packed["relative_l2"] < 2.0
    assert 0.5 < packed["predicted_deep_l2"] / packed["deep_l2"] < 2.0


def test_a_look_gives_costs_that_are_about_the_problem(bench, calibration, tmp_path):
    """By costs whose errors are ten times too small for their noise: what is looked at says so, and imaging is seen."""
    from dataclasses import replace

    from wavecomp.experiments.look import LookSettings

    costs = Costs.from_json(str(calibration.facts["costs"]))
    assert costs.noise is not None
    assert costs.about(bench.problem.digest)
    tenth = replace(costs, noise=(costs.noise[0] / 10, costs.noise[1] / 10), digest="another", imaging=())
    result = compute_experiment("look", bench.problem, bench=bench, settings=LookSettings(tenth.to_json()))
    read = load_experiment(save_experiment(tmp_path, result))
    found = Costs.from_json(str(read.facts["costs"]))
    assert found.about(bench.problem.digest)
    assert (found.level_bytes, found.state_bytes, found.last) == (costs.level_bytes, costs.state_bytes, costs.last)
    assert [one.every for one in found.imaging] == list(range(2, 25))
    for mine, theirs in zip(found.errors, tenth.errors, strict=True):
        assert mine.relative_l2 == pytest.approx(10 * theirs.relative_l2, rel=1e-3)
        assert mine.deep == pytest.approx(10 * theirs.deep, rel=1e-3)
    assert {row["what"] for row in read.rows} == {"compressor", "error", "imaging"}
    assert draw_experiment(read).axes[0].get_xlabel()
    assert describe(read).startswith("If not every step is imaged")


def test_costs_of_a_run_predict_another_budget_without_the_problem(calibration):
    """What a planner does: no operators, only costs and sizes."""
    costs = Costs.from_json(str(calibration.facts["costs"]))
    sizes = ProblemSizes.of_grid((240, 120), 900, absorbing_points=20)
    scaled = costs.scaled_to(sizes.level_bytes, sizes.state_bytes, 2, sizes.steps)
    strategy = parse_strategy("revolve")
    few, many = (predict(strategy, sizes, scaled, budget) for budget in (4_000_000, 40_000_000))
    assert few.forward_steps > many.forward_steps
    assert few.peak_bytes <= 4_000_000 < many.peak_bytes <= 40_000_000
    assert few.low < few.seconds < few.high


def test_the_experiments_of_the_model_are_known():
    assert set(MODEL_EXPERIMENTS) == {"calibrate", "look", "validate"}


def test_what_is_computed_from_a_compressed_state_is_sampled(bench):
    """A coarse tolerance leaves an error that the stream pays for; without loss there is nothing to grow."""
    wanted = [
        Wanted("zfp:accuracy={}", 3e-3, "state", parse_strategy("trajectory/zfp:accuracy=0.01").compressor),
        Wanted("identity", None, "state", parse_strategy("trajectory/identity").compressor),
        Wanted("zfp:accuracy={}", 3e-3, "level", parse_strategy("trajectory/zfp:accuracy=0.01").compressor),
    ]
    code = bench.operators
    code.set_shot(bench.middle_shot)
    lossy, lossless, level = sample_codecs(code, wanted)
    assert 0.0 < lossy.growth_at_end < 3.0
    assert lossless.growth_at_end == 0.0
    assert level.growth_at_end is None


def test_large_states_are_sized_at_all_places_and_timed_at_some(bench, monkeypatch):
    """The peak of a curve may lie between the places that are timed: sizes are those of small states, byte by byte."""
    wanted = [Wanted("zfp:accuracy={}", 3e-3, "state", parse_strategy("trajectory/zfp:accuracy=0.01").compressor)]
    code = bench.operators
    code.set_shot(bench.middle_shot)
    (small,) = sample_codecs(code, wanted)
    monkeypatch.setattr("wavecomp.experiments.codec_samples._LARGE_BYTES", 1)
    (large,) = sample_codecs(code, wanted)
    assert large.places == small.places
    assert len(large.places) == 16
    assert large.sizes == small.sizes
    assert min(*large.store_s, *large.fetch_s) > 0
    # Timed at the first of each four, and straight in between.
    timed = np.array(large.places)[::4]
    for seconds in (large.store_s, large.fetch_s):
        np.testing.assert_allclose(seconds, np.interp(large.places, timed, np.array(seconds)[::4]), rtol=1e-12)


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        ([(1.0, 1.0), (1.0, 3.0), (1.0, 1.2), (1.0, 0.7)], 2),
        ([(1.0, 3.0), (1.0, 4.0)], 0),
    ],
)
def test_runs_on_another_machine_do_not_count_unless_there_are_no_others(bench, beside, expected):
    """Bare sweeps that took 1.25 times what they took at the calibration, or less than that part of it, do not count.

    Of walls of 10, 40, 13 and 9 seconds beside 1, 3, 1.2 and 0.7 of bare sweeps, 10 and 13 are left: of two the faster
    one counts. So it does of 10 and 40 beside 3 and 4.
    """
    case = run_case(bench, beside)
    assert case.steady(1.0) == expected
    row = case.row(made_up(bench), 1.0)
    assert (row["measured_s"], row["speed"]) == ((10.0, 1.0) if expected else (10.0, 3.0))
    assert case.faster(1.0) is (expected > 0)  # 0.7 in the last round


def test_a_prediction_is_for_the_speed_that_the_problems_own_bare_sweeps_tell(bench):
    """Costs are linear in the speed: own sweeps of 1.5 times those of the costs make it 1.5 times as much."""
    costs = made_up(bench)
    still = run_case(bench, [(costs.bare_s, 1.0)]).row(costs, 1.0)
    row = run_case(bench, [(1.5 * costs.bare_s, 1.2)]).row(costs, 1.0)
    assert (row["own_speed"], row["speed"]) == (pytest.approx(1.5), pytest.approx(1.2))
    assert row["predicted_s"] == pytest.approx(1.5 * still["predicted_s"])
    assert row["published_s"] == pytest.approx(1.5 * still["published_s"])
    assert row["predicted_reference_speed_s"] == pytest.approx(1.2 * still["predicted_s"])


def made_up(bench):
    return made_costs(level_bytes=bench.operators.level_bytes, state_bytes=bench.operators.state_bytes)


def run_case(bench, beside):
    """Return a case whose runs took 10, 40, 13 and 9 seconds beside these bare sweeps."""
    from wavecomp.experiments.validation_case import RunCase

    case = RunCase(bench, ProblemSizes.of(bench.operators), "store-all", None)
    case.walls, case.beside = [10.0, 40.0, 13.0, 9.0][: len(beside)], beside
    return case
