"""A compressed process stays within operators' own + budget + one level + 10 %, and the measure sees memory."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

SUITES = Path(__file__).resolve().parents[2] / "suites"
MIB = 1 << 20

PROBLEM = """
name = "block"
description = "a block of 64 points a side"
physics = "acoustic"

[model]
kind = "overthrust_like"

[initial]
kind = "smoothed"
radius_m = 100.0

[grid]
shape = [64, 64, 64]
spacing_m = 25.0
origin_m = [12000.0, 9000.0, 0.0]
absorbing_points = 8
space_order = 8

[source]
peak_frequency_hz = 10.0
first_m = [12700.0, 9740.0, 50.0]

[receivers]
depth_m = 50.0
every = 2

[time]
steps = 120
"""


@pytest.fixture
def rss(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(SUITES))
    return importlib.import_module("gradient_rss")


def test_limit_is_the_stated_sum(rss):
    assert rss.limit_bytes(100, 30, 10) == 154


@pytest.mark.skipif(sys.platform != "linux", reason="the high-water mark can be set back on Linux alone")
def test_whole_processes_keep_their_budget(rss, tmp_path, monkeypatch):
    """119 levels of 1 MiB: held uncompressed they must show in the process, and held compressed they must not.

    Two processes differ by some MiB of their own, so what shows is held to the same 10 % as the limit.
    """
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    path = tmp_path / "block.toml"
    path.write_text(PROBLEM, encoding="utf-8")
    runs = ((24 * MIB, "trajectory/zfp:accuracy=1e-2"), (128 * MIB, "trajectory/identity"))
    content = rss.measure(str(path), runs)
    own, (packed, raw) = content["own"], content["rows"]
    assert packed["level_bytes"] == raw["level_bytes"] == MIB
    assert raw["held_bytes"] >= 119 * MIB
    assert raw["run_peak_bytes"] - own["run_peak_bytes"] >= (1 - rss.ALLOWANCE) * 119 * MIB
    assert packed["held_bytes"] <= 24 * MIB
    assert packed["holds"], packed
    # The same process measured against a budget that it does not keep is found out.
    assert raw["run_peak_bytes"] > rss.limit_bytes(own["run_peak_bytes"], 24 * MIB, MIB)


def test_a_budget_that_is_too_small_is_one_message(rss):
    with pytest.raises(rss.MeasurementFailed, match=r"trajectory/identity ended with status 1: .*SlotsTooLarge"):
        rss.measure("tiny", ((1000, "trajectory/identity"),))
