"""Where the memory does not hold every level: the same exact gradient, and no failure that was known beforehand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wavecomp.cli import status_of
from wavecomp.compressors import default_registry
from wavecomp.errors import BudgetExceeded, CheckpointTooLarge
from wavecomp.impact import worker as impact_worker
from wavecomp.impact.cases import BARE, EXACT, ImpactCase, impact_cases
from wavecomp.impact.memory import LeftOut, leave_out, memory_for_levels, memory_there
from wavecomp.impact.study import run_impact
from wavecomp.impact.worker import Measuring, ShotTask
from wavecomp.isolation import Limits
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.plans.room import OVERHEAD_BYTES, PAGE_BYTES
from wavecomp.plans.strategies import parse_strategy
from wavecomp.records import Failure, GradientArchive

REGISTRY = default_registry()
MIB = 1 << 20


def specs(cases):
    return [case.spec for case in cases]


def left_out(problem, text, memory_bytes, **more):
    """Cross one strategy with no compression: it was not named, so it may be left out."""
    head, _, _ = text.partition("/")
    cases = [case for case in impact_cases(problem, (text,), (), REGISTRY, **more) if case.spec.startswith(head)]
    return leave_out([replace(case, asked=False) for case in cases], memory_bytes)[1]


@pytest.mark.parametrize("name", ["tiny", "cube"])
def test_sizes_are_known_before_the_operators_are(name, request, open_workbench):
    problem = request.getfixturevalue(name)
    operators = open_workbench(problem).operators
    assert problem.level_bytes == operators.level_bytes
    assert problem.state_bytes == operators.state_bytes
    assert problem.levels_bytes(every=4) == len(range(4, operators.last, 4)) * operators.level_bytes
    assert problem.levels_bytes() == (operators.last - 1) * operators.level_bytes


@pytest.mark.parametrize(
    "text",
    ["store-all", "store-all:every=4", "trajectory", "trajectory:every=7", "revolve:slots=5", "revolve:slots=9,every=3",
     "mixed:levels=10", "mixed:levels=40,every=4", "mixed:levels=25,every=7,overlap"],
)  # fmt: skip
def test_what_is_said_to_be_needed_is_what_a_run_holds(text, tiny, open_workbench):
    """Of store-all one level or two stay in the buffers; a store adds OVERHEAD_BYTES a checkpoint, and a page."""
    run = open_workbench(tiny).run(parse_strategy(text))
    (found,) = left_out(tiny, text, 1)
    if text.startswith("store-all"):
        assert (
            found.needed_bytes - 2 * tiny.level_bytes
            <= run.peak_checkpoint_bytes
            <= found.needed_bytes + tiny.level_bytes
        )
    else:
        bookkeeping = run.checkpoints_held * OVERHEAD_BYTES + PAGE_BYTES
        assert found.needed_bytes <= run.peak_checkpoint_bytes <= found.needed_bytes + bookkeeping
    assert left_out(tiny, text, found.needed_bytes) == []


def test_only_what_nobody_asked_for_is_left_out(tiny):
    cases = impact_cases(tiny, ("trajectory", "trajectory/int8"), (), REGISTRY)
    kept, out = leave_out(cases, 1_000_000)
    assert specs(kept) == [BARE, "trajectory/identity", "trajectory/int8:block=64"]
    assert out == [LeftOut("store-all", 299 * tiny.level_bytes, 1_000_000)]
    assert "8611200 bytes (0.008611 GB), and there are 1000000" in str(out[0])
    others = [replace(case, asked=case.spec == "store-all") for case in cases]
    kept, out = leave_out(others, 1_000_000)
    assert "store-all" in specs(kept)
    assert [one.spec for one in out] == ["trajectory/identity"]
    # A budget of its own counts instead of the memory; what plans by it always fits.
    assert left_out(tiny, "trajectory", 1, budget_bytes=10**8) == []
    assert left_out(tiny, "revolve", 1) == left_out(tiny, "trajectory:tier=disk", 1) == []


def test_the_study_of_the_paper_is_planned_for_the_memory_there_is():
    """1.3 TB of levels: nothing that the default study keeps is known not to fit, and something exact is in it."""
    paper, there = find_problem("paper"), 10 * 2**30
    assert (paper.medium.shape, paper.medium.steps) == ((801, 801, 207), 2500)
    assert paper.level_bytes == 801 * 801 * 207 * 4
    assert paper.levels_bytes() == 2499 * 801 * 801 * 207 * 4
    kept, out = leave_out(impact_cases(paper, (), (), REGISTRY, memory_bytes=there), there)
    assert [one.spec for one in out] == ["store-all", "store-all:every=4"]
    assert {"revolve:slots=4/identity", "mixed:levels=8/identity"} <= set(specs(kept))
    assert leave_out(kept, there) == (kept, [])


def test_the_problem_of_the_paper_is_the_field_of_the_paper():
    from wavecomp.wavefields import find_recipe

    field, medium = find_recipe("paper"), find_problem("paper").medium
    for name in ("shape", "spacing_m", "model", "absorbing_points", "space_order", "source_m", "steps", "dt_s"):
        assert getattr(medium, name) == getattr(field, name), name
    assert 8 <= medium.peak_frequency_hz == field.peak_frequency_hz <= 10


def test_memory_is_shared_out():
    import psutil

    total = psutil.virtual_memory().total
    assert memory_for_levels(1000) == 500
    assert memory_for_levels(2 * total) == total // 2
    own = psutil.Process().memory_info().rss
    assert memory_there(1) == 0
    assert 0 < memory_there(own + 100 * MIB) < 200 * MIB
    assert memory_there(2**60) <= total


@pytest.fixture
def task_of(tiny):
    def give(text, shot=0):
        way = text if text == EXACT else parse_strategy(text)
        return ShotTask(ImpactCase(tiny, (shot,), way, None), shot)

    return give


def test_the_exact_gradient_has_the_same_bits_from_checkpoints(task_of, tiny, open_workbench, monkeypatch):
    """Memory for fifteen states besides what every run takes; 60 would be needed for all levels."""
    exact = [open_workbench(tiny).run(parse_strategy("store-all"), shot=shot).gradient for shot in (0, 2)]
    spare = impact_worker._OWN_BYTES + impact_worker._SPARE_LEVELS * tiny.level_bytes + tiny.state_bytes
    measuring = Measuring(2**60)

    def there(_limit):
        return spare + 15 * (tiny.state_bytes + OVERHEAD_BYTES) + PAGE_BYTES - measuring._bench.spare_bytes

    monkeypatch.setattr(impact_worker, "memory_there", there)
    for text in ("revolve:slots=5", EXACT):  # the one finds a process without operators, the other one with them
        for shot, gradient in zip((0, 2), exact, strict=True):
            found = measuring(task_of(text, shot))
            np.testing.assert_array_equal(found.gradient, gradient)
            assert found.run.forward_steps > 299
            assert not measuring._stored_all
    with pytest.raises(CheckpointTooLarge, match=str(299 * tiny.level_bytes)):
        measuring(task_of("store-all"))
    # Refused by the store, not killed by the system: the process lives, and the next case is measured.
    with pytest.raises(BudgetExceeded, match="a ratio of about"):
        measuring(task_of("trajectory"))
    np.testing.assert_array_equal(measuring(task_of("mixed:levels=8")).gradient, exact[0])

    monkeypatch.setattr(impact_worker, "memory_there", lambda _limit: 2**30)
    ample = Measuring(2**60)
    for shot, gradient in zip((0, 2), exact, strict=True):
        found = ample(task_of(EXACT, shot))
        assert ample._stored_all
        assert found.run.writes == 0
        np.testing.assert_array_equal(found.gradient, gradient)
    assert ample(task_of("store-all")).gradient.tobytes() == exact[0].tobytes()


def test_a_process_stays_below_its_limit_where_the_levels_do_not_fit(tiny, tmp_path):
    """346 MB of levels in a process of 640 MiB, half of which levels may take at most.

    A process that went above it would be stopped: a failure of kind "memory" in every record.
    """
    long = tiny.resized(steps=12_000)
    limits = Limits(seconds=600.0, memory_bytes=640 * MIB)
    assert long.levels_bytes() > memory_for_levels(limits.memory_bytes)
    cases = impact_cases(long, ("revolve:slots=400",), (), REGISTRY)
    result = run_impact(cases, GradientArchive(tmp_path), rounds=1, limits=limits)
    outcomes = {record.spec: record.outcome for record in result.records}
    assert outcomes["revolve:slots=400/identity"].distance["relative_l2"] == 0.0
    assert outcomes[BARE].seconds.wall > 0
    refused = outcomes["store-all"]
    assert isinstance(refused, Failure)
    assert refused.kind == "exception"
    assert str(long.levels_bytes()) in refused.message


def test_a_default_case_that_cannot_fit_is_said_and_does_not_fail_the_command(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    words = ["gradient", "--problem", "tiny", "--memory", "2MB", "--strategy", "mixed"]
    assert status_of(words) == 0
    shown = capfd.readouterr()
    assert "left out: store-all holds 8611200 bytes (0.008611 GB), and there are 2000000" in " ".join(shown.err.split())
    assert "store-all" not in shown.out
    assert (tmp_path / "results" / "tiny" / "report.md").exists()
    assert status_of([*words, "--strategy", "store-all"]) == 1
    assert "8611200" in capfd.readouterr().err
