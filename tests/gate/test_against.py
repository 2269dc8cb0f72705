"""What two sides answered, as a verdict: values exactly, times by rank, a witness beside."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from wavecomp.gate.against import is_decided, verdict_of
from wavecomp.gate.finding import Standing
from wavecomp.records import Failure
from wavecomp.side_by_side.instructions import Instructions
from wavecomp.side_by_side.paired_rounds import PairedRounds, Trial
from wavecomp.side_by_side.tasks import GradientTask, SweepTask

from .builders import PLACE

SPECS = ("zfp:accuracy=1e-3", "zfp:accuracy=1e-5", "float16")
NAMES = ("HEAD~1", "here")


def answer(time_s=0.01, *, first=5.0, memory=32 << 20, instructions=1_000_000, processor=None, **changes):
    timing = {"first_s": first * time_s, "samples_s": [1.1 * time_s, time_s]}
    timing |= {"first_processor_s": first * time_s, "processor_s": [1.1 * time_s, time_s]} | (processor or {})
    values = {
        "compress": timing, "decompress": timing, "compress_peak_bytes": memory, "decompress_peak_bytes": memory,
        "stream_bytes": 1000, "bound_status": "holds", "bound_margin": 0.5,
        "distortion": {"max_absolute": 1e-3, "rmse": 1e-4}, "details": {}, "compress_instructions": instructions,
    }  # fmt: skip
    return values | changes


def rounds(count, old=answer, new=answer, *, noise=0.02, seed=1, place=PLACE):
    """Make a run in which both sides answer, with noise of their own."""
    rng = np.random.default_rng(seed)
    tasks = [SweepTask(f"{spec} on field", spec, Path("field.npy"), instructions=True) for spec in SPECS]
    found = PairedRounds(tasks, rounds=count, ended="decided")
    found.introductions = {"old": {"provenance": asdict(PLACE)}, "new": {"provenance": asdict(place)}}
    for number in range(count + 1):
        for task in tasks:
            for side, make in (("old", old), ("new", new)):
                outcome = make(0.01 * float(np.exp(noise * rng.standard_normal())))
                found.add(Trial(task.case, side, number, outcome))
    return found


def worse(found):
    return {(one.case, one.quantity) for one in verdict_of(found, NAMES).of(Standing.WORSE)}


def test_equal_sides_are_the_same_in_every_value_and_time():
    found = rounds(20)
    verdict = verdict_of(found, NAMES)
    assert verdict.exit_status == 0
    assert {one.standing for one in verdict.findings} == {Standing.SAME}
    assert {one.quantity for one in verdict.timed} == {
        "compress time", "decompress time", "compress processor time", "decompress processor time",
        "first compress call", "first decompress call", "first compress call's processor time",
        "first decompress call's processor time", "compress peak memory", "decompress peak memory",
    }  # fmt: skip
    assert "all of zfp" in {one.case for one in verdict.timed}


@pytest.mark.parametrize(
    ("doctored", "quantity"),
    [
        (lambda time_s: answer(1.15 * time_s, first=5 / 1.15), "compress time"),
        (lambda time_s: answer(time_s, first=10.0), "first compress call"),
        (lambda time_s: answer(time_s, memory=int(1.1 * (32 << 20))), "decompress peak memory"),
        (lambda time_s: answer(time_s, stream_bytes=1030), "stream bytes"),
        (lambda time_s: answer(time_s, bound_status="violated"), "bound"),
    ],
)
def test_what_got_worse_is_seen_and_nothing_else(doctored, quantity):
    found = worse(rounds(40, new=doctored))
    assert (f"{SPECS[0]} on field", quantity) in found
    assert {one.startswith("first") for _, one in found} == {quantity.startswith("first")}
    assert {one.rpartition(" ")[2].replace("call", "time") for _, one in found} == {
        quantity.rpartition(" ")[2].replace("call", "time")
    }
    assert verdict_of(rounds(40, new=doctored), NAMES).exit_status == 1


def test_a_page_of_memory_is_no_change():
    assert worse(rounds(20, lambda t: answer(t, memory=4096), lambda t: answer(t, memory=900_000))) == set()


def test_some_microseconds_are_no_change():
    """4 of 20 microseconds; a fifth of a millisecond is one."""
    few = rounds(40, lambda t: answer(t / 500), lambda t: answer(t / 500 + 4e-6))
    assert worse(few) == set()
    assert worse(rounds(40, lambda t: answer(t / 10), lambda t: answer(1.2 * t / 10)))


def test_a_few_rounds_decide_nothing_and_say_so():
    found = replace_ended(rounds(3), "time")
    verdict = verdict_of(found, NAMES)
    assert verdict.exit_status == 3
    assert verdict.unjudged == ("the time for it ran out after 3 rounds, before all times were decided",)
    assert not is_decided(found)


def replace_ended(found, why):
    found.ended = why
    return found


def test_it_is_decided_at_a_look_once_every_interval_is():
    counts = [count for count in range(1, 60) if is_decided(rounds(count))]
    assert counts
    assert counts[0] > 8
    assert not is_decided(rounds(counts[0], noise=0.5))


def test_instructions_stand_beside_the_time_as_a_witness():
    found = rounds(20, new=lambda t: answer(t, instructions=1_100_000))
    assert worse(found) == set()
    bases = {
        one.basis for one in verdict_of(found, NAMES).timed if one.quantity == "compress time" and "on" in one.case
    }
    assert all(basis.endswith("; instructions +10.00 %") for basis in bases if "zfp:" in basis)
    assert sum("instructions +10.00 %" in basis for basis in bases) == 3


def test_a_side_that_dies_is_worse_and_the_other_cases_are_judged():
    found = rounds(20)
    for number in range(21):
        found.add(Trial(f"{SPECS[2]} on field", "new", number, Failure("crash", "killed by SIGSEGV")))
    assert worse(found) == {(f"{SPECS[2]} on field", "outcome")}
    assert {one.case for one in verdict_of(found, NAMES).timed} == {
        *(f"{spec} on field" for spec in SPECS[:2]), "all of zfp",
    }  # fmt: skip


def test_gradients_are_compared_by_error_steps_and_time():
    task = GradientTask("gradient of tiny by revolve:slots=9", "tiny", "revolve:slots=9")
    found = PairedRounds([task], rounds=20, ended="decided")
    found.introductions = {"old": {"provenance": asdict(PLACE)}, "new": {"provenance": asdict(PLACE)}}
    values = {
        "gradient": {"samples_s": [1.0], "processor_s": [1.0]}, "bare": {"samples_s": [0.5], "processor_s": [0.5]},
        "forward_steps": 100, "writes": 9, "reads": 9, "peak_checkpoint_bytes": 1000,
        "gradient_relative_l2": 0.0,
    }  # fmt: skip
    slow = {"samples_s": [1.2], "processor_s": [1.2]}
    for number in range(21):
        found.add(Trial(task.case, "old", number, values))
        found.add(Trial(task.case, "new", number, values | {"forward_steps": 101, "gradient": slow}))
    assert {quantity for _, quantity in worse(found)} == {"forward steps", "gradient time", "gradient processor time"}


def test_what_differs_between_the_sides_is_named():
    place = replace(PLACE, versions={**PLACE.versions, "zfpy": "1.1.0"})
    assert verdict_of(rounds(12, place=place), NAMES).causes == ("zfpy 1.0.1 → 1.1.0",)


def test_where_others_want_the_processors_its_own_time_decides():
    """Wall times that scatter by half, processor times by 2 %: the same; ten in a hundred more of them: worse."""
    rng = np.random.default_rng(7)

    def beside_others(factor):
        def make(time_s):
            wall = float(np.exp(0.5 * rng.standard_normal()))
            noted = {"first_processor_s": 5 * factor * time_s, "processor_s": [factor * time_s]}
            return answer(time_s * wall, first=5.0, processor=noted)

        return make

    equal = rounds(40, beside_others(1), beside_others(1))
    assert verdict_of(equal, NAMES).exit_status == 0
    assert any(is_decided(rounds(count, beside_others(1), beside_others(1))) for count in range(28, 40))
    found = worse(rounds(40, beside_others(1), beside_others(1.12)))
    assert {quantity for _, quantity in found} == {"compress processor time", "decompress processor time"}


def test_instructions_that_valgrind_counted_stand_there_too_or_why_nobody_did():
    found = rounds(20, lambda t: answer(t, instructions=None), lambda t: answer(t, instructions=None))
    found.introductions["old"]["no_counter"] = "no counter here"
    (remark,) = verdict_of(found, NAMES).remarks
    assert remark == "instructions were not counted: no counter here; --instructions counts with valgrind"
    counted = {f"{SPECS[0]} on field": (Instructions(1000), Instructions(1010))}
    verdict = verdict_of(found, NAMES, counted=counted)
    assert (verdict.remarks, verdict.exit_status) == ((), 0)
    (basis,) = {one.basis for one in verdict.timed if one.quantity == "compress time" and one.case in counted}
    assert basis.endswith("; instructions +1.00 %")
    failed = {case: (Instructions(None, "valgrind is not installed"), Instructions(5)) for case in counted}
    assert verdict_of(found, NAMES, counted=failed).remarks == (
        "instructions were not counted: valgrind is not installed",
    )
