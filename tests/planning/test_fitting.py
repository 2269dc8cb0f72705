"""Costs of a machine with known prices come back; nothing here takes time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_up import SIZES, made_costs, trial_of, with_receipts
from wavecomp.checkpoints.receipts import Receipt
from wavecomp.errors import Inconsistent
from wavecomp.experiments.short_runs import short_texts
from wavecomp.planning.ages import Ages
from wavecomp.planning.codecs import CodecCosts
from wavecomp.planning.fit_codecs import fit_codec, midmean
from wavecomp.planning.fit_whole_runs import fit_handoffs, with_growth
from wavecomp.planning.fitting import STEADY, STORING, Trial, fit_overheads, fit_tasks, samples_of
from wavecomp.planning.predict import predict
from wavecomp.planning.prices import Prices
from wavecomp.planning.tasks import ADVANCING
from wavecomp.plans.strategies import parse_strategy

TEXTS = short_texts(SIZES.steps)


def test_the_short_runs_tell_every_price():
    """Prices are linear, so least squares gives them back, whatever the weights, to rounding."""
    costs = made_costs()
    trials = [trial_of(text, costs) for text in TEXTS]
    lines, _ = fit_tasks([samples_of(trial) for trial in trials])
    assert set(lines) == set(costs.lines)
    for task, line in costs.lines.items():
        for steps in (1, 7) if task in ADVANCING and task != "down:each" else (1,):
            assert lines[task].seconds(steps) == pytest.approx(line.seconds(steps), rel=1e-9), task
        assert (lines[task].low, lines[task].high) == pytest.approx((1.0, 1.0))
    assert fit_overheads(trials) == pytest.approx((costs.run_s, costs.span_s), rel=1e-6)


@settings(max_examples=5, deadline=None)
@given(speeds=st.lists(st.floats(1 / STEADY, STEADY), min_size=len(TEXTS), max_size=len(TEXTS)))
def test_a_machine_whose_speed_drifts_has_the_costs_of_its_usual_speed(speeds):
    costs = made_costs()
    trials = [trial_of(text, costs, speed=speed) for text, speed in zip(TEXTS, speeds, strict=True)]
    lines, _ = fit_tasks([samples_of(trial) for trial in trials])
    assert lines["record"].seconds(5) == pytest.approx(costs.lines["record"].seconds(5), rel=1e-9)
    assert fit_overheads(trials) == pytest.approx((costs.run_s, costs.span_s), rel=1e-6)


def test_one_disturbed_run_of_three_does_not_count():
    costs = made_costs()
    quiet = [samples_of(trial_of("trajectory:every=4", costs)) for _ in range(2)]
    disturbed = [sample._replace(seconds=5 * sample.seconds) for sample in quiet[0]]
    lines, _ = fit_tasks([disturbed, *quiet])
    assert lines["keep:store"].seconds(1) == pytest.approx(costs.lines["keep:store"].seconds(1))


@pytest.mark.parametrize("speed", [0.3, 3.4])
def test_where_the_processors_were_moved_apart_the_store_takes_what_it_always_does(speed):
    """The time steps take 3.4 times as long, and nothing else does: prices are those of the usual machine."""
    costs = made_costs(after_store_s=0.0)
    trials = []
    for trial in (trial_of(text, costs) for text in TEXTS):
        spans = [
            span if span.task in STORING else span._replace(seconds=span.seconds * speed) for span in trial.run.timeline
        ]
        trials.append(replace(trial, run=replace(trial.run, timeline=tuple(spans)), speed=speed))
    lines, _ = fit_tasks([samples_of(trial) for trial in trials])
    for task in ("put", "get", "save", "load", "record", "down:each"):
        assert lines[task].seconds(1) == pytest.approx(costs.lines[task].seconds(1), rel=1e-9), task


@pytest.mark.parametrize("woken", [0.5, 0.0])
def test_storing_everything_does_not_pay_for_what_the_store_does_to_the_task_after_it(woken):
    """Tasks after the store take half a second longer. A tape has no store; pooled, its steps would take some of it."""
    truth = made_costs(after_store_s=woken)
    samples = [samples_of(trial_of(text, truth)) for text in TEXTS]
    lines, after = fit_tasks(samples)
    assert after == pytest.approx(woken, rel=1e-9, abs=1e-12)
    found = replace(truth, lines=lines, after_store_s=after)
    for text in ("store-all", "trajectory:every=2", "mixed:levels=14", "revolve:slots=9"):
        strategy = parse_strategy(text)
        assert predict(strategy, SIZES, found).seconds == pytest.approx(predict(strategy, SIZES, truth).seconds)


def test_what_was_fitted_predicts_runs_that_were_not_fitted():
    """All of a prediction is linear in the prices, so costs that came back predict to rounding."""
    truth = made_costs()
    trials = [trial_of(text, truth) for text in TEXTS]
    run_s, span_s = fit_overheads(trials)
    lines, after_store_s = fit_tasks([samples_of(trial) for trial in trials])
    found = replace(truth, lines=lines, after_store_s=after_store_s, run_s=run_s, span_s=span_s)
    for text in ("revolve:slots=9", "mixed:levels=14", "trajectory:every=7", "revolve:slots=3,every=5", "store-all"):
        strategy = parse_strategy(text)
        assert predict(strategy, SIZES, found).seconds == pytest.approx(predict(strategy, SIZES, truth).seconds)


def test_a_timeline_of_another_run_is_refused():
    costs = made_costs()
    trial = trial_of("revolve:slots=5", costs)
    with pytest.raises(Inconsistent, match=r"revolve:slots=6.*its plan has"):
        samples_of(replace(trial, strategy=parse_strategy("revolve:slots=6")))


def test_a_compressor_has_its_bytes_and_seconds_where_they_were_and_what_it_costs_beside():
    """Levels at step n have 100 + n bytes behind a head of 10. Slower keeping is put down to it."""
    costs = made_costs()
    slow = replace(costs, lines=costs.lines | {"keep:store": replace(costs.lines["keep:store"], step_s=0.1)})
    trial = trial_of("trajectory:every=2", slow)
    sizes = {
        sample.charge.step: 110 + sample.charge.step for sample in samples_of(trial) if sample.charge.task == "put"
    }
    codec = fit_codec(
        with_receipts(trial, "level", sizes), "level", "zfp:accuracy={}", 1e-3, costs.lines, ((10,), (1,)),
        costs.after_store_s,
    )  # fmt: skip
    for place, size in zip(codec.places, codec.sizes, strict=True):
        assert size == pytest.approx(100 + SIZES.first + place * SIZES.steps, abs=2.0)  # two levels share an entry
    assert codec.store_s == pytest.approx([costs.lines["put"].seconds(1)] * len(codec.places))
    assert codec.fetch_s == pytest.approx([costs.lines["get"].seconds(1)] * len(codec.places))
    assert codec.beside_store_s == pytest.approx(0.1 - costs.lines["keep:store"].seconds(1))
    assert codec.beside_fetch_s == pytest.approx(0.0, abs=1e-12)


def test_a_stall_of_the_machine_is_not_put_down_to_the_compressor():
    """One call back takes a second longer than all others: with 60 levels a sixtieth of it each, if it counted."""
    costs = made_costs()
    trial = trial_of("trajectory:every=2", costs)
    sizes = {sample.charge.step: 500 for sample in samples_of(trial) if sample.charge.task == "put"}
    spans = list(trial.run.timeline)
    place = max(number for number, span in enumerate(spans) if span.task == "down")
    spans[place] = spans[place]._replace(seconds=spans[place].seconds + 1.0)
    stalled = replace(trial, run=replace(trial.run, timeline=tuple(spans)))
    codec = fit_codec(
        with_receipts(stalled, "level", sizes), "level", "zfp:accuracy={}", 1e-3, costs.lines, ((10,), (1,)),
        costs.after_store_s,
    )  # fmt: skip
    assert codec.beside_fetch_s == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("more", [0.003, 0.0])
def test_what_handing_over_takes_is_found_and_predicted(more):
    """Each of 60 levels is handed over twice. A run that is faster than shared cores allow has no price below 0."""
    costs = made_costs()
    strategy = parse_strategy("trajectory:every=2,overlap")
    expected = predict(strategy, SIZES, replace(costs, handoffs={"identity": more})).seconds
    assert expected - predict(strategy, SIZES, costs).seconds == pytest.approx(120 * more)
    plain = trial_of("trajectory:every=2", costs)
    trial = Trial(
        strategy, SIZES,
        replace(plain.run, seconds=replace(plain.run.seconds, wall=2 * (expected - (more == 0.0)))), 2.0,
    )  # fmt: skip
    slow = replace(trial, run=replace(trial.run, seconds=replace(trial.run.seconds, wall=9 * expected)))
    found = fit_handoffs({"identity": [slow, trial, trial]}, costs)
    assert found == {"identity": pytest.approx(more)}
    assert replace(costs, handoffs=found).handoff("another") == found["identity"]
    assert costs.handoff("identity") is None


def test_what_is_computed_from_compressed_states_is_larger_by_its_age():
    """States of 50 kB; at the end of the run a tenth more at an age of 1, in its middle half of that, and at an age of
    2 2^(3/2) times as much. At 1, 3 and 7 steps from one of age 0 it is 1/3, 2/3 and 1.

    On the first way up, and from the state of rest, nothing carries an error: these have 50 kB wherever they are. An
    age adds to that of the state that was brought back.
    """
    costs = made_costs()
    trial = trial_of("revolve:slots=4", costs)
    ages, base, receipts = {}, SIZES.first, []
    for charge, _ in samples_of(trial):
        if charge.task == "load":
            base = charge.step
        elif charge.task == "save":
            steps = charge.step - base
            more = 0.0 if base == SIZES.first else ages[base] + min(1.0, np.log2(1 + steps) / 3)
            ages[charge.step] = more
            size = round(50_000 * (1 + 0.1 * SIZES.place(charge.step) * more**1.5))
            receipts.append(Receipt(("state", charge.step), size + 20, size, 1.0, 0.0, "memory"))
    assert max(ages.values()) > 1.0
    trial = replace(trial, run=replace(trial.run, receipts=tuple(receipts)))
    codec = fit_codec(trial, "state", "zfp:accuracy={}", 1e-3, costs.lines, ((10, 10), (1, 1)), costs.after_store_s)
    assert set(codec.sizes) == {50_000.0}
    assert codec.growth_at_end == pytest.approx(0.1, abs=2e-3)
    assert codec.bytes_at(0.5, 0.0) == 50_000.0
    strategy = parse_strategy("revolve:slots=4/zfp:accuracy=1e-3peak")
    known = made_costs(codecs=(codec,))
    expected = 50_000 * (1 + 0.1 * SIZES.place(40) * 2**1.5)
    assert sum(Prices(strategy, SIZES, known).packed(("state", 40), 2.0).sizes) == pytest.approx(expected, rel=2e-3)
    without = made_costs(codecs=(replace(codec, growth_at_end=0.0),))
    more = predict(strategy, SIZES, known).store_bytes - predict(strategy, SIZES, without).store_bytes
    assert 0 < more < 4 * 50_000 * 0.1 * max(ages.values()) ** 1.5 + 4096  # the arena takes pages


def test_a_growth_that_no_run_told_is_that_of_the_nearest_tolerance_by_its_fourth_root():
    state = CodecCosts("a:{}", 1e-3, "state", 100, (0.5,), (10.0,), (0.0,), (0.0,), (5,), (1,), growth_at_end=0.3)
    finer, level = replace(state, fraction=1e-4, growth_at_end=0.1), replace(state, kind="level", growth_at_end=None)
    other = replace(state, family="b", fraction=None, growth_at_end=None)
    unknown = replace(state, fraction=1.6e-2, growth_at_end=None)
    found = with_growth([state, finer, level, other, unknown])
    assert [one.growth_at_end for one in found] == [0.3, 0.1, pytest.approx(0.3), None, pytest.approx(0.6)]
    assert found[3].bytes_at(1.0, 1.0) == 10.0


@pytest.mark.parametrize(("steps", "age"), [(0, 0.0), (1, 1 / 3), (3, 2 / 3), (7, 1.0), (100, 1.0)])
def test_ages(steps, age):
    ages = Ages(1)
    assert ages.stored(40) == 0.0  # on the first way up
    ages.brought_back(1)
    assert ages.stored(20) == 0.0  # from the state of rest
    ages.brought_back(20)
    assert ages.stored(20 + steps) == pytest.approx(age)
    ages.brought_back(20 + steps)
    assert ages.now(27 + steps) == pytest.approx(age + 1.0)


@given(st.lists(st.floats(0, 100), min_size=1))
def test_the_middle_mean_lies_among_the_values(values):
    assert min(values) - 1e-9 <= midmean(values) <= max(values) + 1e-9
