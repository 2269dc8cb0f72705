"""What a plan chooses: nothing that does not fit, nothing too wrong, and of the rest the fastest."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planned import LOSSLESS, LOSSY, costs_with_codecs, job
from wavecomp.adjoint.reversal import UNLIMITED
from wavecomp.errors import CheckpointTooLarge, SlotsTooLarge, UsageError
from wavecomp.planning.candidates import RESERVE, candidates, compressor_for, imaging_steps
from wavecomp.planning.choose import NoPlan, choose
from wavecomp.planning.plan_words import lines, reason
from wavecomp.planning.predict import predict
from wavecomp.planning.proposals import AS_FAST
from wavecomp.planning.search import SPARE, SPARE_ELSEWHERE
from wavecomp.plans.strategies import parse_strategy

AMPLE = 10**7


@settings(deadline=None, max_examples=10)
@given(memory=st.integers(60_000, 2_000_000), error=st.sampled_from([0.0, 1e-4, 1e-3, 1e-2]))
def test_every_proposal_keeps_memory_and_error_and_the_first_is_as_fast_as_any(memory, error):
    plan = choose(job(), costs_with_codecs(), memory, error)
    times = [one.prediction.seconds for one in plan.proposals]
    assert times[0] <= AS_FAST * min(times)
    assert times[1:] == sorted(times[1:])
    for one in plan.proposals:
        assert one.needed_bytes <= memory
        assert one.prediction.peak_bytes <= memory
        assert one.error is not None
        assert one.error * RESERVE <= error or one.error == 0.0
    assert plan.least.needed_bytes <= plan.best.needed_bytes
    assert plan.strategy is plan.best.strategy


@pytest.mark.parametrize("error", [0.0, 1e-3])
@pytest.mark.parametrize("memory", [70_000, 150_000, 600_000])
def test_no_strategy_that_anybody_writes_down_is_faster(memory, error):
    """Brute force over texts that the search does not make, at the same tolerances and imaging steps."""
    made, costs = job(), costs_with_codecs()
    best = choose(made, costs, memory, error).best
    steps = imaging_steps(made, costs, error)
    texts = [f"{name}:every={k}" for name in ("store-all", "revolve", "mixed") for k in steps]
    for k in steps:
        texts += [f"revolve:slots={m},every={k}" for m in (1, 2, 3)]
        texts += [f"trajectory:every={k}/{LOSSLESS}"]
        level = compressor_for(costs, LOSSY, "level", k, error, made)
        texts += [f"trajectory:every={k}/{level}"] if level else []
    tried = 0
    for text in texts:
        try:
            found = predict(parse_strategy(text), made.sizes, costs, memory, signature=made.signature)
        except (CheckpointTooLarge, SlotsTooLarge):
            continue
        reserve = SPARE if text.startswith("trajectory") else 1.0
        if found.fits and found.peak_bytes * reserve <= memory:
            tried += 1
            assert best.prediction.seconds <= AS_FAST * found.seconds, text
    assert tried > 3


def test_more_memory_is_never_slower():
    made, costs = job(), costs_with_codecs()
    times = [choose(made, costs, memory, 1e-3).best.prediction.seconds for memory in (60_000, 120_000, 400_000, AMPLE)]
    assert all(later <= AS_FAST * sooner for sooner, later in pairwise(times))


def test_of_two_that_are_as_fast_the_smaller_one_is_taken():
    """Every proposal as fast as the first within a fiftieth needs at least as much memory."""
    made, costs = job(), costs_with_codecs()
    for memory in (100_000, 300_000, AMPLE):
        plan = choose(made, costs, memory, 1e-3, count=50)
        fastest = min(one.prediction.seconds for one in plan.proposals)
        near = [one for one in plan.proposals if one.prediction.seconds <= AS_FAST * fastest]
        assert plan.best.needed_bytes == min(one.needed_bytes for one in near)


def test_without_a_spectrum_every_level_is_imaged():
    plan = choose(job(spectrum=False), costs_with_codecs(), AMPLE, 1e-2)
    assert {one.strategy.every for one in plan.proposals} == {1}
    assert "nothing is known of the source's spectrum" in reason(plan)


def test_an_exact_gradient_is_asked_for_with_an_error_of_zero():
    made = [one.text for one in candidates(job(), costs_with_codecs(), 0.0)]
    assert {text.partition("/")[2] for text in made} == {"", LOSSLESS}
    assert all("every=1" in text for text in made)


def test_the_tolerance_is_the_coarsest_that_the_error_allows():
    """The made-up error is the tolerance, its deep part twice that: 1e-3 over 2 and the reserve, cut to two digits."""
    costs = costs_with_codecs()
    assert compressor_for(costs, LOSSY, "level", 1, 1e-3, job()) == LOSSY.replace("{}", "3.3e-4peak")
    assert compressor_for(costs, LOSSY, "level", 1, 1e-7, job()) is None


def test_what_is_measured_elsewhere_needs_more_in_reserve():
    costs = costs_with_codecs()
    own = choose(job(), costs, AMPLE, 1e-3)
    sizes = replace(job().sizes, level_arrays=(8000,), state_arrays=(18000, 18000))
    other = choose(replace(job(), sizes=sizes), costs, AMPLE, 1e-3)
    compressed = [one for one in other.points if one.strategy.name == "trajectory"]
    assert compressed
    for one in compressed:
        assert one.needed_bytes == int(one.prediction.peak_bytes * SPARE_ELSEWHERE)
    assert any("measured on made-up itself" in line for line in lines(own))
    assert any("2 times smaller" in line for line in lines(other))


def test_what_does_not_fit_is_said_with_what_would():
    with pytest.raises(NoPlan, match=r"1000 bytes .* are too little .* needs least, (\d+) bytes") as caught:
        choose(job(), costs_with_codecs(), 1000, 1e-3)
    needed = int(str(caught.value).rpartition("needs least, ")[2].split()[0])
    assert choose(job(), costs_with_codecs(), needed, 1e-3).best.needed_bytes <= needed


@pytest.mark.parametrize(
    ("memory", "error", "said"), [(0, 1e-3, "0 bytes"), (10, 1.0, "error of 1"), (10, -1e-3, "-0.001")]
)
def test_what_makes_no_sense_is_refused(memory, error, said):
    with pytest.raises(UsageError, match=said):
        choose(job(), costs_with_codecs(), memory, error)


def test_the_words_of_a_plan_tell_time_memory_error_and_what_memory_would_change():
    plan = choose(replace(job(), shots=3), costs_with_codecs(), 150_000, 1e-3)
    told = "\n".join(lines(plan))
    for part in (plan.best.strategy.spec, "for 3 shots", "75 kB less", "75 kB more", "The least memory that works"):
        assert part in told


def test_a_disk_is_used_where_one_is_given():
    plan = choose(job(), costs_with_codecs(), 60_000, 0.0, disk_bytes=UNLIMITED)
    assert {one.strategy.tier for one in plan.points} == {"memory", "disk"}
