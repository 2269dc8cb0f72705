"""The text of ``every=auto``, what it becomes, and what is refused."""

from __future__ import annotations

import pickle

import pytest

from wavecomp.compressors import default_registry
from wavecomp.errors import SpecError, UnsupportedStrategy
from wavecomp.impact.cases import impact_cases
from wavecomp.plans.budget import schedule_of
from wavecomp.plans.strategies import parse_strategy


@pytest.mark.parametrize(
    ("asked", "run"),
    [
        ("store-all:every=auto,error=1e-2", "store-all:every=7"),
        ("trajectory:every=auto,overlap/zfp:accuracy=1e-3", "trajectory:every=7,overlap/zfp:accuracy=1e-3"),
        ("revolve:every=auto,error=1e-4,slots=3", "revolve:slots=3,every=7"),
        ("mixed:every=auto,tier=disk/blosc2", "mixed:every=7,tier=disk/blosc2"),
    ],
)
def test_a_number_takes_its_place(asked, run):
    strategy = parse_strategy(asked)
    assert strategy.unsettled
    settled = strategy.with_step(7)
    assert settled == parse_strategy(run)
    assert settled.spec == parse_strategy(run).spec
    assert not settled.unsettled
    assert pickle.loads(pickle.dumps(strategy)) == strategy


def test_it_stands_beside_a_fraction_of_the_peak():
    strategy = parse_strategy("trajectory:every=auto,error=1e-2/zfp:accuracy=1e-3peak")
    assert strategy.at(851.0).spec == "trajectory:every=auto,error=0.01/zfp:accuracy=0.851"
    assert strategy.with_step(3).at(851.0) == strategy.at(851.0).with_step(3)
    assert strategy.with_step(3).at(851.0).spec == "trajectory:every=3/zfp:accuracy=0.851"


def test_what_is_asked_for_stays_in_the_parameters():
    parameters = parse_strategy("trajectory:every=auto").parameters
    assert (parameters["every"], parameters["error"]) == ("auto", 1e-3)
    assert "error" not in parse_strategy("trajectory:every=4").parameters


def test_it_is_no_strategy_to_be_run():
    strategy = parse_strategy("trajectory:every=auto")
    with pytest.raises(UnsupportedStrategy, match="give one, as in every=4"):
        _ = strategy.every
    with pytest.raises(UnsupportedStrategy, match="every=auto,error=1e-3"):
        schedule_of(strategy, 100, 200, 100, 10**9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trajectory:error=1e-3", "write every=auto, or leave error out"),
        ("trajectory:every=4,error=1e-3", "error=1e-3 is what every=auto finds"),
        ("trajectory:every=Auto", "every=Auto must be an integer from 1 to 1000000, or auto"),
        ("trajectory:every=auto,error=0", "error=0 must be"),
        ("trajectory:every=auto,error=1.5", "error=1.5 must be"),
        ("trajectory:every=auto,error=nan", "error=nan must be"),
        ("trajectory:every=auto,error=1e-3peak", "error is no tolerance"),
        ("trajectory:every=auto,every=4", "every is given twice"),
        ("trajectory:slots=auto", "slots"),
        ("mixed:levels=auto", "levels=auto must be an integer"),
    ],
)
def test_refusals(text, said):
    with pytest.raises(SpecError, match=said):
        parse_strategy(text)


def test_records_of_two_errors_are_two(tiny):
    words = [f"trajectory:every=auto{error}/zfp:accuracy=1e-3" for error in ("", ",error=0.001", ",error=1e-4")]
    usual, named, other = (impact_cases(tiny, [word], (), default_registry())[-1].digest for word in words)
    assert usual == named != other
