"""Verdicts from rounds: seldom false, found where the effect is large, and the same from either side."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm

from wavecomp.gate.finding import Standing
from wavecomp.gate.paired import Looks, Series, judge, log_ratio, spent
from wavecomp.gate.paired_power import power, smallest_slowdown

LEAST = 0.05
EDGE = math.log1p(LEAST)


def rounds(shift: float, scatter: float, count: int, seed: int = 0) -> Series:
    return Series(shift + scatter * np.random.default_rng(seed).standard_normal(count), LEAST)


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        (math.log(1.2), Standing.WORSE),
        (math.log(1 / 1.2), Standing.BETTER),
        (0.0, Standing.SAME),
        (EDGE, Standing.UNDECIDED),
    ],
)
def test_each_verdict_is_reached(shift: float, expected: Standing) -> None:
    found = judge({"case": rounds(shift, 0.01, 60)})["case"]
    assert found.standing is expected
    assert found.lower <= found.ratio <= found.upper
    assert found.lower <= math.exp(shift) <= found.upper


def test_at_the_boundary_a_false_alarm_is_as_rare_as_said() -> None:
    """400 whole runs of 6 quantities at 1 + least exactly, with Cauchy noise and all looks up to 60 rounds.

    With a probability of at most alpha/2 = 0.1 a run says WORSE of any. Of 400 such runs more than the quantile of
    1 - 1e-6 of the binomial distribution would show that this is not so.
    """
    rng = np.random.default_rng(10)
    alarms = 0
    for _ in range(400):
        cases = {str(i): Series(EDGE + 0.02 * rng.standard_cauchy(60), LEAST) for i in range(6)}
        alarms += any(found.standing is Standing.WORSE for found in judge(cases, alpha=0.2).values())
    assert alarms <= binom.ppf(1 - 1e-6, 400, 0.1)


def test_no_change_is_never_called_one() -> None:
    """300 runs of equal sides with a scatter of 10 %: here the interval would have to miss by 5 % besides."""
    rng = np.random.default_rng(11)
    wrong = 0
    for _ in range(300):
        cases = {str(i): Series(0.1 * rng.standard_t(2, 60), LEAST) for i in range(6)}
        wrong += any(one.standing in (Standing.WORSE, Standing.BETTER) for one in judge(cases).values())
    assert wrong == 0


def test_a_group_is_decided_before_its_members() -> None:
    """Eight cases, each 8 % slower with a scatter of 5 %: the mean of eight scatters by 1.8 %."""
    cases = {f"zfp {i}": rounds(math.log(1.08), 0.05, 40, seed=i) for i in range(8)}
    found = judge(cases, {"zfp": list(cases), "alone": ["zfp 0"]})
    assert found["zfp"].standing is Standing.WORSE
    assert "alone" not in found
    assert sum(found[name].standing is Standing.WORSE for name in cases) < len(cases)


def test_a_member_that_failed_does_not_stop_its_group() -> None:
    cases = {str(i): rounds(math.log(1.3), 0.01, 30, seed=i) for i in range(3)}
    cases["failed"] = Series([math.nan] * 30, LEAST)
    found = judge(cases, {"all": list(cases)})
    assert found["all"].standing is Standing.WORSE
    assert found["failed"].standing is Standing.UNDECIDED
    assert found["failed"].rounds == 0


def test_too_few_rounds_decide_nothing_and_say_what_they_saw() -> None:
    found = judge({"case": Series([math.log(2)] * 3, LEAST)})["case"]
    assert (found.standing, found.rounds, found.upper) == (Standing.UNDECIDED, 3, math.inf)
    assert found.ratio == pytest.approx(2, rel=1e-12)


def test_what_is_decided_stays_decided() -> None:
    """Later rounds cannot take a verdict back: a verdict is of the first look that decides."""
    looks = Looks(1)
    first = next(looks.rounds())
    early = [math.log(1.5)] * first
    now, later = judge({"c": Series(early, LEAST)})["c"], judge({"c": Series(early + [0.0] * 200, LEAST)})["c"]
    assert now == later
    assert now.standing is Standing.WORSE


@given(st.lists(st.floats(-0.5, 0.5), min_size=0, max_size=60))
@settings(deadline=None)
def test_trading_the_sides_trades_better_and_worse(values: list[float]) -> None:
    one = judge({"c": Series(values, LEAST)})["c"].standing
    other = judge({"c": Series([-x for x in values], LEAST)})["c"].standing
    traded = {Standing.WORSE: Standing.BETTER, Standing.BETTER: Standing.WORSE}
    # "Same" asks for the upper end alone: from the other side it may have been said at an earlier look.
    if one in traded:
        assert other in (traded[one], Standing.SAME)


def test_alpha_is_spent_once() -> None:
    """The sum over looks tends to 1 from below, and both halves together are alpha."""
    assert sum(spent(k) for k in range(1, 10_000)) == pytest.approx(1 - 1 / 10_000, rel=1e-9)
    looks = Looks(cases=40, groups=8, alpha=0.05)
    of_case, of_group = looks.each
    assert 40 * of_case + 8 * of_group == pytest.approx(0.05, rel=1e-12)
    assert Looks(cases=40, alpha=0.05).each[0] * 40 == pytest.approx(0.05, rel=1e-12)


def test_looks_come_ever_more_seldom_and_are_known() -> None:
    looks = Looks(cases=60, groups=16)
    numbers = list(itertools.islice(looks.rounds(), 8))
    assert numbers == [14, 19, 26, 35, 47, 63, 84, 112]
    assert [n for n in range(1, 50) if looks.due(n)] == [14, 19, 26, 35, 47]
    assert [looks.reachable(n) for n in (13, 14, 25, 26)] == [0, 14, 19, 26]


def test_log_ratio_knows_what_is_none() -> None:
    assert log_ratio(2.0, 3.0) == pytest.approx(math.log(1.5))
    assert math.isnan(log_ratio(None, 1.0))
    assert math.isnan(log_ratio(0.0, 1.0))
    # Of bytes: 3 pages more than 1 page are nothing where 1 MiB is the floor; from nothing to 4 MiB is four floors.
    mebibyte = float(2**20)
    assert log_ratio(4096.0, 16384.0, floor=mebibyte) == 0.0
    assert log_ratio(0.0, 4 * mebibyte, floor=mebibyte) == pytest.approx(math.log(4))
    assert log_ratio(4 * mebibyte, 0.0, floor=mebibyte) == pytest.approx(-math.log(4))
    assert log_ratio(40 * mebibyte, 44 * mebibyte, floor=mebibyte) == pytest.approx(math.log(1.1))


def test_bad_groups_are_said() -> None:
    cases = {"a": Series([0.0], 0.05), "b": Series([0.0], 0.5)}
    with pytest.raises(ValueError, match=r"different least changes: \[0\.05, 0\.5\]"):
        judge(cases, {"both": ["a", "b"]})
    with pytest.raises(ValueError, match=r"\['a'\]: a name of a case and of a group"):
        judge({"a": cases["a"], "c": cases["a"]}, {"a": ["a", "c"]})


def test_power_of_gaussian_noise_is_the_known_one() -> None:
    """One look at n = 60: WORSE iff the lower limit, about mean - z sigma/sqrt(n e), is above the edge, e = 3/pi.

    Pitman's efficiency e of the signed-rank test for the normal distribution is that of large n. The distance from the
    edge that is found in 95 of 100 is (z_alpha/2 + z_0.95) sigma / sqrt(n e); of that, z_0.95 is less than a third. The
    scatter of 2000 values is known within 1/sqrt(4000) = 1.6 % (three times that: 5 %), the 95 % quantile of 1000
    resamples within 0.07 of a standard deviation (three times that: 4 % of 5.5), and earlier looks, which also may
    find it, take off less than 3 %: 12 % in all.
    """
    sigma, n = 0.05, 60
    looks = Looks(1, alpha=0.001)
    alphas = {count: looks.each[0] * spent(k) for k, count in zip(range(1, 9), looks.rounds(), strict=False)}
    last = looks.reachable(n)
    z = norm.isf(alphas[last] / 2) + norm.isf(0.05)
    expected = math.expm1(EDGE + z * sigma / math.sqrt(last * 3 / math.pi))
    noise = sigma * np.random.default_rng(3).standard_normal(2000)
    found = smallest_slowdown(noise, n, least=LEAST, looks=looks, resamples=1000)
    assert (found - LEAST) / (expected - LEAST) == pytest.approx(1, abs=0.12)
    assert power(noise, found * 1.001, n, least=LEAST, looks=looks, resamples=1000) >= 0.95
    assert power(noise, 0.0, n, least=LEAST, looks=looks) == 0.0
    assert math.isinf(smallest_slowdown(noise, 3, least=LEAST, looks=looks))
    with pytest.raises(ValueError, match="no rounds to draw from"):
        power([math.nan], 0.1, 10, least=LEAST, looks=looks)
