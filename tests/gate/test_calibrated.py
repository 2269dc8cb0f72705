"""Times relative to reference work of the same run, judged by the spread of repeated baselines."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from wavecomp.gate.calibrated import LEAST_RUNS, judge_times
from wavecomp.gate.finding import Standing
from wavecomp.gate.verdict import judge
from wavecomp.records import Timing

from .builders import PLACE, doctored, gradient, run, sweep

SPECS = ("zfp:accuracy=1e-3", "blosc2:codec=lz4,level=5", "float16")


def timed(rng, *, slower=1.0, first=1.0, memory=1.0, noise=0.03, machine=1.0, specs=SPECS, place=PLACE):
    """Return a run in which everything takes ``machine`` times as long, and the first spec ``slower`` times besides."""
    records = []
    for spec in ("identity", *specs):
        factor = slower if spec == specs[0] else 1.0

        def timing(base, factor=factor, spec=spec):
            once = base * machine * factor * math.exp(noise * rng.standard_normal())
            return Timing(5 * once * (first if spec == specs[0] else 1.0), (once,))

        peak = round(32_000_000 * (memory if spec == specs[0] else 1.0) * math.exp(noise / 10 * rng.standard_normal()))
        records.append(
            doctored(
                sweep(spec),
                lambda _, timing=timing, peak=peak: {
                    "compress": timing(0.010), "decompress": timing(0.005),
                    "compress_peak_bytes": peak, "decompress_peak_bytes": peak,
                },
            )
        )  # fmt: skip
    return run(records, place=place)


def worse(old, new):
    found, unjudged = judge_times(old, new)
    assert not unjudged
    return {(one.case.partition(" ")[0], one.quantity) for one in found if one.standing is Standing.WORSE}


def test_a_slower_machine_is_no_slower_code():
    rng = np.random.default_rng(1)
    old = [timed(rng) for _ in range(10)]
    assert worse(old, [timed(rng, machine=1.6) for _ in range(3)]) == set()


@pytest.mark.parametrize(
    ("doctoring", "quantities"),
    [
        ({"slower": 1.5}, {"compress time", "decompress time"}),
        ({"first": 4.0}, {"first compress call", "first decompress call"}),
        ({"memory": 1.1}, {"compress peak memory", "decompress peak memory"}),
    ],
)
def test_what_got_slower_or_larger_is_seen_and_nothing_else(doctoring, quantities):
    rng = np.random.default_rng(2)
    old = [timed(rng) for _ in range(12)]
    found = worse(old, [timed(rng, **doctoring) for _ in range(3)])
    assert {case for case, _ in found} == {SPECS[0]}
    assert quantities <= {quantity for _, quantity in found}
    if "memory" in doctoring:
        assert {quantity for _, quantity in found} == quantities


def test_false_alarms_are_rarer_than_said():
    """At most 1 % of verdicts on runs that have not changed say "worse". Of 200 such verdicts, each with probability at
    most 0.01, more than 8 have a probability below 1e-3 (binomial): that many fail here."""
    rng = np.random.default_rng(3)
    count = sum(bool(worse([timed(rng, noise=0.1) for _ in range(6)], [timed(rng, noise=0.1)])) for _ in range(200))
    limit = int(binom.ppf(0.999, 200, 0.01))
    assert limit == 8
    assert count <= limit


def test_too_few_baselines_and_other_machines_are_no_verdict_on_times():
    rng = np.random.default_rng(4)
    few = [timed(rng) for _ in range(LEAST_RUNS - 1)]
    found, reasons = judge_times(few, [timed(rng)])
    assert not found
    assert "is not known from 4 baselines" in reasons[0]
    elsewhere = timed(rng, place=replace(PLACE, cpu="Another CPU"))
    found, reasons = judge_times([timed(rng) for _ in range(6)], [elsewhere])
    assert not found
    assert "not compared across machines (Another CPU; Test CPU 3000)" in reasons[0]
    assert judge(few, few[-1:]).exit_status == 0
    assert judge(few, few[-1:], times=True).exit_status == 3


def test_a_codec_is_never_measured_by_its_own_library():
    rng = np.random.default_rng(5)
    specs = ("zfp:accuracy=1e-3", "zfp:reversible")
    old = [timed(rng, specs=specs) for _ in range(8)]
    found, _ = judge_times(old, [timed(rng, specs=specs)])
    bases = {one.basis.partition(",")[0] for one in found if one.case.startswith("zfp") and "time" in one.quantity}
    assert bases == {"relative to identity"}


def test_a_gradient_is_measured_by_the_bare_sweeps_of_its_round():
    rng = np.random.default_rng(6)

    def made(slower=1.0, machine=1.0):
        bare = tuple(machine * (1 + 0.02 * rng.standard_normal()) for _ in range(2))
        return run([], [gradient(walls_s=tuple(1.2 * slower * one for one in bare), bare_walls_s=bare)])

    old = [made() for _ in range(8)]
    assert worse(old, [made(machine=1.6)]) == set()
    assert {quantity for _, quantity in worse(old, [made(slower=1.2)])} == {"gradient time"}


def test_less_than_a_mib_of_memory_is_no_change_however_little_there_was():
    rng = np.random.default_rng(8)

    def made(peak):
        records = [doctored(one, lambda _: {"decompress_peak_bytes": peak}) for one in timed(rng).sweeps.values()]
        return run(records)

    old = [made(4096) for _ in range(8)]
    assert not {quantity for _, quantity in worse(old, [made(900_000)])} & {"decompress peak memory"}
    assert "decompress peak memory" in {quantity for _, quantity in worse(old, [made(3_000_000)])}
