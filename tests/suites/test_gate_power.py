"""The doctors do what they say, and the page counts what was caught."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

from wavecomp.compressors import with_plugins
from wavecomp.metrics import distortion

SUITES = Path(__file__).resolve().parents[2] / "suites"
TOLERANCE = 1e-3


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(SUITES))
    return importlib.import_module


@pytest.fixture
def treated(load, tmp_path):
    """Round trips of one field by patients: bytes and errors."""
    patients = load("power_patient")
    rng = np.random.default_rng(3)
    field = np.cumsum(rng.standard_normal((40, 30, 20)), axis=0, dtype=np.float32)

    def make(*doctors, **numbers):
        plugin = patients.write_patient(tmp_path / "-".join(doctors or ("none",)).replace(" ", "_"), doctors, **numbers)
        registry = with_plugins(str(plugin))
        compressor = registry.parse(f"patient:tolerance={TOLERANCE}")
        stream = compressor.encode(compressor.prepare(field))
        out = np.empty_like(field)
        compressor.decompress(stream, out)
        return stream.nbytes, distortion(field, out), int((np.abs(field - out) > TOLERANCE).sum())

    return make


def test_the_healthy_patient_keeps_its_word_with_a_tenth_to_spare(treated):
    _, errors, broken = treated()
    assert broken == 0
    assert 0.85 * TOLERANCE < errors.max_absolute < 0.91 * TOLERANCE


def test_an_archive_is_three_percent_larger_and_nothing_else(treated):
    before, now = treated(), treated("an archive 3 % larger")
    # Some bytes of a stream are its header.
    assert now[0] / before[0] == pytest.approx(1.03, abs=1e-3)
    assert now[1] == before[1]


def test_one_value_breaks_the_bound(treated):
    before, now = treated(), treated("one bound violation in 10^6 values", place=12345)
    assert (before[2], now[2]) == (0, 1)
    assert now[0] == before[0]


@pytest.mark.parametrize(("doctor", "factor"), [("an error 1 % larger", 1.01), ("a gradient error 5 % larger", 1.05)])
def test_errors_grow_as_said_within_the_bound(treated, doctor, factor):
    """Sums are float32, of values up to 30: half a unit in the last place, 1e-6, is 2e-3 of an error of 5e-4."""
    before, now = treated(), treated(doctor)
    assert now[1].rmse / before[1].rmse == pytest.approx(factor, rel=2e-3)
    assert (now[0], now[2]) == (before[0], 0)


def test_slower_ones_give_the_same_bytes(treated):
    before = treated()
    for doctor in ("10 % slower", "20 % slower", "a first call 2 x slower", "peak memory 10 % larger"):
        assert treated(doctor, extra=1000) == before


def content(caught: int, alarms: int) -> dict:
    seen = ["patient:tolerance=1e-3", "compress processor time", 1.1, "1.08 to 1.12 times, 11 rounds"]
    other = ["zfp:accuracy=1e-3", "compress processor time", 1.1, ""]
    slower = [{"10 % slower": {"status": 1, "worse": [seen if k < caught else other]}} for k in range(20)]
    doctored = [{"an archive 3 % larger": {"status": 1, "worse": []}, "equal": {"status": 0, "worse": []}}] * 20
    times = [{"worse": [other] if k < alarms else [], "undecided": []} for k in range(100)]
    return {
        "provenance": {"cores": 2, "cpu": "Test CPU"},
        "campaigns": {"slower": slower, "doctored": doctored, "times": times},
    }


def test_the_page_counts_what_was_caught_and_what_cried_wolf(load):
    """A slowdown that was seen elsewhere than in the patient is not caught."""
    page = load("power_page").page(content(19, 1))
    assert "| 10 % slower | side by side, idle | 19 of 20 | 19 of 20 |" in page
    assert "| an archive 3 % larger | archives, exactly | 20 of 20 | 19 of 20 |" in page
    assert "| times side by side, idle | 1 of 100 | 0 | 1 of 100 |" in page


def test_what_fell_short_is_said(load):
    shortfalls = load("power_page").shortfalls
    assert shortfalls(content(19, 1)) == []
    assert shortfalls(content(18, 2)) == [
        "10 % slower (side by side, idle): 18 of 20",
        "times: 2 of 100 equal runs called worse",
    ]


def test_a_slowdown_that_is_found_is_larger_than_the_noise(load):
    found = load("power_found")
    rng = np.random.default_rng(5)
    ratios = {f"zfp:accuracy=1e-{k}: compress processor time": list(0.01 * rng.standard_normal(60)) for k in (3, 5)}
    row = found.power_numbers(ratios, 60, 61.0)
    five, twenty = (row["smallest"][minutes]["compress processor time"][1] for minutes in ("5", "20"))
    assert 0.05 < twenty <= five < 0.07
    assert found.power_figure(row).axes
