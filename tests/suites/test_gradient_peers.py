"""The verdict on ratios, and pyrevolve's gradient against ours."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from wavecomp.compressors import default_registry
from wavecomp.physics.opening import open_operators
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.physics.workbench import Workbench
from wavecomp.plans.strategies import parse_strategy

SUITES = Path(__file__).resolve().parents[2] / "suites"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(SUITES))
    return importlib.import_module


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench(open_operators(find_problem("tiny").resized(steps=80)))


def entry(peers, name, seconds, held=1, error=0.0, deep=0.0):
    found = {"held_bytes": held, "relative_l2": error, "deep_relative_l2": deep}
    return peers.Contestant(name, dict, seconds=list(seconds), found=found)


def test_a_ratio_is_the_median_of_the_ratios_within_rounds(load):
    """Medians of the times, 2 and 4, would give 0.5; the ratios of the rounds are 1/4, 2 and 3/4."""
    peers = load("peers_verdict")
    entries = {"a": entry(peers, "a", [1, 2, 3]), "b": entry(peers, "b", [4, 1, 4])}
    row = peers.Goal("row", ("a",), "b", bar=0.8, aim=0.5).measure(entries)
    assert (row["ratio"], row["least"], row["greatest"]) == (0.75, 0.25, 2.0)
    assert row["verdict"] == "bar met, aim missed"
    faster = peers.Goal("row", ("a",), "b", bar=1.0, aim=1.3, faster=True).measure(entries)
    assert faster["ratio"] == pytest.approx(4 / 3)
    assert faster["verdict"] == "aim met"
    assert peers.Goal("row", ("a",), "b", bar=0.7, aim=0.5).measure(entries)["verdict"] == "bar missed"


def test_what_ran_more_often_in_a_round_counts_with_its_median_there(load):
    """Rounds of three runs against one: medians 2 and 5 over 4 and 10."""
    peers = load("peers_verdict")
    entries = {"a": entry(peers, "a", [1, 2, 9, 5, 4, 6]), "b": entry(peers, "b", [4, 10])}
    row = peers.Goal("row", ("a",), "b", bar=0.8, aim=0.5).measure(entries)
    assert (row["ratio"], row["least"], row["greatest"]) == (0.5, 0.5, 0.5)
    entries["b"] = entry(peers, "b", [2, 2, 9, 10, 4, 6])
    assert peers.Goal("row", ("a",), "b", bar=0.8, aim=0.5).measure(entries)["ratio"] == 1.0


def test_only_runs_within_memory_and_error_count(load):
    peers = load("peers_verdict")
    entries = {
        "quick but big": entry(peers, "quick but big", [1], held=11, error=1e-4),
        "quick but wrong": entry(peers, "quick but wrong", [1], held=10, error=2e-3),
        "quick but wrong in the deep": entry(peers, "quick but wrong in the deep", [1], held=10, deep=2e-3),
        "fits": entry(peers, "fits", [3], held=10, error=1e-3),
        "b": entry(peers, "b", [2]),
    }
    names = tuple(name for name in entries if name != "b")
    limits = {"most_bytes": 10, "most_error": 1e-3}
    assert peers.Goal("row", names, "b", 2, 1, **limits).measure(entries)["ours"] == "fits"
    assert "ratio" not in peers.Goal("row", names[:3], "b", 2, 1, **limits).measure(entries)
    entries["nan"] = entry(peers, "nan", [1], error=math.inf)
    assert "ratio" not in peers.Goal("row", ("nan",), "b", 2, 1).measure(entries)


def test_the_aim_is_one_of_memory_too(load):
    """What holds more than the aim allows misses it, however fast; a slower run that meets it all goes before it."""
    peers = load("peers_verdict")
    goal = peers.Goal("row", ("big", "small"), "b", bar=1.0, aim=0.5, most_bytes=10, aim_bytes=5)
    entries = {"big": entry(peers, "big", [1], held=6), "b": entry(peers, "b", [4])}
    assert goal.measure(entries)["verdict"] == "bar met, aim missed"
    entries["small"] = entry(peers, "small", [2], held=5)
    assert (goal.measure(entries)["ours"], goal.measure(entries)["verdict"]) == ("small", "aim met")
    entries["small"] = entry(peers, "small", [3], held=5)
    assert (goal.measure(entries)["ours"], goal.measure(entries)["verdict"]) == ("big", "bar met, aim missed")


def test_without_pyrevolve_there_is_one_message(load, monkeypatch):
    peer = load("pyrevolve_peer")
    monkeypatch.setitem(sys.modules, "pyrevolve", None)
    monkeypatch.setitem(sys.modules, "pyrevolve.compression", None)
    with pytest.raises(peer.PeerUnavailable, match=r"needs pyrevolve.*pip install 'wavecomp\[peers\]'"):
        peer.PyrevolvePeer(None, 1.0)


@pytest.fixture
def pyrevolve(load):
    pytest.importorskip("pyrevolve", reason="pyrevolve is not installed; it is the extra wavecomp[peers]")
    return load("pyrevolve_peer")


@pytest.mark.parametrize("spec", [None, "zfp:reversible"])
def test_pyrevolve_gives_the_same_bits(pyrevolve, bench, spec):
    exact = bench.run(parse_strategy("store-all")).gradient
    peer = pyrevolve.PyrevolvePeer(bench, 60.0)
    made = peer.run(7, default_registry().parse(spec) if spec else None)
    np.testing.assert_array_equal(made.gradient, exact)
    assert np.abs(exact).max() > 0
    assert made.reserved_bytes == 7 * bench.operators.state_bytes
    assert (made.held_bytes == made.reserved_bytes) == (spec is None)
    # Revolve's least number of forward steps for N = 79 and 7 checkpoints, p = t N - C(7 + t, t - 1) with t = 3, and
    # one more a step, which pyrevolve runs again before each reverse step. Both wavefields are counted by their steps.
    assert made.forward_steps == 79 + 3 * 79 - math.comb(10, 2)


def test_pyrevolve_stops_when_its_time_is_up(pyrevolve, bench):
    peer = pyrevolve.PyrevolvePeer(bench, 0.0)
    with pytest.raises(pyrevolve.PeerUnavailable, match="longer than 0 s"):
        peer.run(3)
