"""Tolerances as fractions of the wavefield's peak: their text, what they become, one set for all problems."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from wavecomp.cli import status_of
from wavecomp.compressors import Registry, default_registry
from wavecomp.compressors.zfp import DEFINITION as ZFP
from wavecomp.errors import SpecError, UnsupportedField
from wavecomp.impact.cases import impact_cases
from wavecomp.impact.sets import BEYOND, SHORT, SMALL, THICK, TOLERANCES
from wavecomp.impact.study import run_impact
from wavecomp.isolation import Limits
from wavecomp.plans.strategies import parse_strategy
from wavecomp.records import GradientArchive, GradientImpact, GradientRecord

QUICK_PEAK = 82.857
"""Of the problem ``quick``, measured once: the sets' tolerances were absolute before, and chosen there."""


@pytest.mark.parametrize(
    ("text", "canonical", "absolute"),
    [
        ("trajectory/zfp:accuracy=0.001peak", "trajectory/zfp:accuracy=1e-3peak", "trajectory/zfp:accuracy=0.851"),
        ("trajectory/zfp:accuracy=1e-3", "trajectory/zfp:accuracy=1e-3", "trajectory/zfp:accuracy=1e-3"),
        (
            "trajectory:overlap,every=4/interp:abs=5e-4peak",
            "trajectory:every=4,overlap/interp:abs=5e-4peak,codec=huffman,level=1",
            "trajectory:every=4,overlap/interp:abs=0.425,codec=huffman,level=1",
        ),
        (
            "mixed/sz3:abs=1e-6peak",
            "mixed/sz3:abs=1e-6peak,algorithm=interp_lorenzo",
            "mixed/sz3:abs=8.51e-4,algorithm=interp_lorenzo",
        ),
    ],
)
def test_text(text, canonical, absolute):
    strategy = parse_strategy(text)
    assert strategy.spec == canonical
    assert parse_strategy(canonical).spec == canonical
    assert strategy.at(851.0) == parse_strategy(absolute)
    assert strategy.at(851.0).spec == absolute
    assert bool(strategy.relative) == ("peak" in text)
    assert strategy.compressor_spec == canonical.partition("/")[2]


@pytest.mark.parametrize(
    "text",
    [
        "revolve:ratio=2peak", "trajectory/zfp:rate=8peak", "trajectory/zfp:precision=8peak",
        "trajectory/sz3:rel=1e-3peak", "trajectory/sz3:rel=1e-3peak,abs=1e-3", "trajectory/sz3:psnr=60peak",
        "trajectory/zfp:accuracy=peak", "trajectory/zfp:accuracy=0peak", "trajectory/zfp:accuracy=-1peak",
        "trajectory/zfp:accuracy=infpeak", "trajectory/zfp:accuracy=nanpeak", "trajectory:every=4peak",
        "trajectory/zfp:accuracy=1e-3peaks", "trajectory/zfp:accuracy=1e-3 peak", "trajectory:tier=peak",
        "trajectory/int8:block=64peak",
        "trajectory:overlappeak", "trajectory:overlap=peak",
    ],
)  # fmt: skip
def test_only_tolerances_can_be_relative(text):
    with pytest.raises(SpecError, match="peak"):
        parse_strategy(text)


def test_a_fraction_that_is_the_default_as_a_number_keeps_its_place():
    """A plug-in may have a default tolerance, which canonical text leaves out."""
    registry = Registry()
    parameters = tuple(replace(p, default=1e-3) if p.name == "accuracy" else p for p in ZFP.parameters)
    registry._definitions["zfp"] = replace(ZFP, parameters=parameters)
    assert parse_strategy("trajectory/zfp:accuracy=1e-3", registry).spec == "trajectory/zfp"
    strategy = parse_strategy("trajectory/zfp:accuracy=1e-3peak", registry)
    assert strategy.spec == "trajectory/zfp:accuracy=1e-3peak"


def test_sets_are_relative_and_what_they_were_on_quick():
    for case_set in (SMALL, THICK, SHORT, BEYOND):
        for text in case_set:
            relative = parse_strategy(text).relative
            assert bool(relative) == any(word in text for word in ("accuracy=", "abs=")), text
    for exponent, tolerance in zip(range(1, -6, -1), TOLERANCES, strict=True):
        value = parse_strategy(f"trajectory/zfp:accuracy={tolerance}").at(QUICK_PEAK).reading.values["accuracy"]
        assert value == pytest.approx(10.0**exponent, rel=0.01)
    (interp,) = [text for text in SHORT if "interp" in text]
    assert parse_strategy(interp).at(QUICK_PEAK).reading.values["abs"] == 4.14e-3


def test_a_relative_run_has_the_bits_of_the_absolute_one(tiny, open_workbench):
    bench = open_workbench(tiny)
    peak = bench.peak(1)
    operators = bench.operators
    operators.set_shot(1)
    operators.rest()
    greatest = 0.0
    for step in range(1, operators.last):
        operators.forward(step, step + 1, record=False)
        greatest = max(greatest, float(np.abs(operators.state(step + 1)[1]).max()))
    # A look at every other pair of levels misses a hundredth at most: 1 − cos of a step's part of the period.
    assert 0.98 * greatest <= peak <= greatest
    for text in ("trajectory/zfp:accuracy=1e-3peak", "trajectory:every=4/interp:abs=1e-4peak"):
        relative = bench.run(parse_strategy(text), shot=1)
        absolute = bench.run(parse_strategy(parse_strategy(text).at(peak).spec), shot=1)
        assert relative.strategy == absolute.strategy
        np.testing.assert_array_equal(relative.gradient, absolute.gradient)


def test_a_wavefield_that_is_zero_has_no_peak(tiny, open_workbench, monkeypatch):
    bench = open_workbench(tiny)
    monkeypatch.setattr(bench._reversal, "_peaks", {})
    monkeypatch.setattr(bench.operators, "forward", lambda *_args, **_kwargs: None)
    with pytest.raises(UnsupportedField, match="peak is 0"):
        bench.settled(parse_strategy("trajectory/zfp:accuracy=1e-3peak"))


def test_the_record_keeps_what_was_asked_and_what_was_run(tiny, tmp_path):
    asked = ("trajectory/slabs/zfp:accuracy=1e-3peak", "trajectory:every=4/interp:abs=1e-4peak")
    cases = impact_cases(tiny, asked, (), default_registry(), shots=(0, 2))
    again = impact_cases(tiny, ("trajectory/slabs/zfp:accuracy=0.001peak",), (), default_registry(), shots=(0, 2))
    assert again[-1].digest == cases[2].digest
    result = run_impact(cases, GradientArchive(tmp_path), rounds=1, limits=Limits(300.0, 2**40))
    _, stored, zfp, interp = result.records
    assert isinstance(zfp.outcome, GradientImpact)
    assert isinstance(interp.outcome, GradientImpact)
    assert zfp.spec == "trajectory/slabs:planes=16,threads=2/zfp:accuracy=1e-3peak"
    assert zfp.compressor == "slabs:planes=16,threads=2/zfp:accuracy=1e-3peak"
    assert zfp.compressor_parameters["inner.accuracy"] == "1e-3peak"
    assert interp.strategy_parameters["every"] == 4
    assert interp.compressor_parameters["abs"] == "1e-4peak"
    assert [len(record.outcome.absolute_specs) for record in (stored, zfp, interp)] == [0, 2, 2]
    assert all(text.startswith("trajectory/slabs:planes=16,threads=2/zfp:accuracy=0.8") for text in
               zfp.outcome.absolute_specs)  # fmt: skip
    for record in result.records:
        assert GradientRecord.from_line(record.to_line()).to_line() == record.to_line()
    assert "absolute_specs" not in json.loads(stored.to_line())


def test_the_small_study_of_the_smallest_problem(tmp_path, monkeypatch, capfd):
    """Its peak is 851, ten times that on which the sets' tolerances were chosen: nothing fails, nothing is far off."""
    monkeypatch.chdir(tmp_path)
    assert status_of(["gradient", "--problem", "tiny", "--short", "--rounds", "1"]) == 0
    shown = capfd.readouterr()
    assert "failed" not in shown.err
    assert "abs=5e-5p" in shown.out
    records = list(GradientArchive(tmp_path / "results" / "tiny"))
    assert len({record.spec for record in records}) == 1 + len(SHORT)
    errors = [record.outcome.distance.get("relative_l2", 0.0) for record in records]
    assert max(errors) < 0.1
