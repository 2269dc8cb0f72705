"""Where the wall time of Revolve goes: pieces of work that add up, and counts that are the schedule's."""

from __future__ import annotations

import numpy as np
import pytest

from wavecomp.adjoint.timeline import WORK_OF
from wavecomp.experiments.actions import TASKS, ActionsSettings
from wavecomp.experiments.catalogue import compute_experiment
from wavecomp.plans.schedules import revolve
from wavecomp.records.experiment import load_experiment, save_experiment
from wavecomp.report.model_constants import constants_of

SETTINGS = ActionsSettings(slots=6, compressor="zfp:accuracy=1e-2peak", rounds=2)


@pytest.fixture(scope="module")
def result(tiny, open_workbench, tmp_path_factory):
    from wavecomp.experiments.bench import ExperimentBench

    bench = ExperimentBench(tiny, open_workbench(tiny))
    made = compute_experiment("actions", bench.problem, bench=bench, settings=SETTINGS)
    return load_experiment(save_experiment(tmp_path_factory.mktemp("actions"), made))


def test_the_pieces_of_work_add_up_to_the_times_of_the_run(result):
    """The clock adds up the same numbers in the same order: no rounding tells the sums apart."""
    for place, row in enumerate(result.rows):
        spans = result.arrays[f"spans-{place}"]
        sums = dict.fromkeys(("advance", "compress", "decompress", "reverse"), 0.0)
        for code, *_, seconds in spans.tolist():
            sums[WORK_OF[TASKS[int(code)]]] += seconds
        assert sums == {work: row[f"{work}_s"] for work in sums}
        assert sum(sums.values()) + row["other_s"] == pytest.approx(row["wall_s"], rel=1e-12)
        begun, lasted = spans[:, 3], spans[:, 4]
        assert np.all(np.diff(begun) >= 0)
        assert np.all(begun[1:] >= begun[:-1] + lasted[:-1] - 1e-9)  # perf_counter counts nanoseconds
        assert begun[-1] + lasted[-1] <= row["wall_s"]


def test_the_counts_are_those_of_the_schedule(result):
    steps = int(result.facts["steps"]) - int(result.facts["first"])
    for place, row in enumerate(result.rows):
        meant = revolve(steps, row["slots"])
        assert (row["forward_steps"], row["writes"], row["reads"]) == (
            meant.forward_steps, meant.state_writes, meant.state_reads,
        )  # fmt: skip
        assert row["adjoint_steps"] == steps
        tasks = [TASKS[int(code)] for code in result.arrays[f"spans-{place}"][:, 0]]
        assert (tasks.count("save"), tasks.count("load")) == (row["writes"], row["reads"])
        written = result.arrays[f"checkpoints-{place}"]
        assert written.shape == (row["writes"], 3)
        assert written[:, 1].sum() == row["written_bytes"]


def test_the_third_run_fills_the_memory_of_the_first(result):
    plain, packed, filled = result.rows
    assert [row["kind"] for row in result.rows] == ["uncompressed", "equal checkpoints", "equal memory"]
    assert plain["slots"] == packed["slots"] == SETTINGS.slots
    ratio = result.facts["state_bytes"] * packed["writes"] / packed["written_bytes"]
    steps = int(result.facts["steps"]) - int(result.facts["first"])
    assert filled["slots"] == min(int(SETTINGS.slots * ratio), steps)
    assert filled["forward_steps"] < packed["forward_steps"] == plain["forward_steps"]
    assert packed["peak_checkpoint_bytes"] < plain["peak_checkpoint_bytes"]


def test_the_constants_of_the_model_give_the_times_of_the_runs_back(result):
    """Saving and loading are copies and codec by definition, so equation (3)'s terms are the measured sums again."""
    c = constants_of(result)
    plain, packed, _ = result.rows
    copy = 2 * c.checkpoint_bytes / c.bandwidth
    assert (plain["writes"] + plain["reads"]) * copy == pytest.approx(plain["compress_s"] + plain["decompress_s"])
    for work, count, seconds in (("compress", "writes", c.compress_s), ("decompress", "reads", c.decompress_s)):
        if seconds > 0:
            assert packed[count] * (copy / c.ratio + seconds) == pytest.approx(packed[f"{work}_s"])
    assert c.step_s * plain["forward_steps"] == pytest.approx(plain["advance_s"])
