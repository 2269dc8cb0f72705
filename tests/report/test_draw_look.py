"""The picture of a look: errors by imaging step, and how small levels get for which error."""

from __future__ import annotations

import pytest

from wavecomp.experiments.cost_rows import cost_rows
from wavecomp.planning.codecs import CodecCosts, ErrorSample, Kind
from wavecomp.planning.costs import Costs
from wavecomp.planning.imaging import Imaging
from wavecomp.records.experiment import ExperimentResult
from wavecomp.report.draw_look import figure_look

ZFP = "zfp:accuracy={}"
LZ4 = "blosc2:codec=lz4,level=5,shuffle=shuffle"


def codec(family: str, fraction: float | None, size: float, kind: Kind = "level") -> CodecCosts:
    """Return one whose levels of 1,000 bytes take ``size``, all along."""
    return CodecCosts(family, fraction, kind, 1000, (0.5,), (size,), (1e-3,), (1e-3,), (0,), (1,), 0.0, 0.0, None)


@pytest.fixture
def result() -> ExperimentResult:
    """Return a look with an error at one tolerance of ZFP, and sizes at three."""
    costs = Costs(
        "seen", 2, 1000, 2000, 1, 101, 2, 2, 1.0, 1.0, 0.0, 0.0, {},
        codecs=(
            codec(ZFP, 1e-4, 200.0), codec(ZFP, 1e-3, 100.0), codec(ZFP, 1e-2, 50.0), codec(LZ4, None, 500.0),
            codec(ZFP, 1e-3, 10.0, "state"),
        ),
        errors=(
            ErrorSample(ZFP, 1e-3, "level", 1, 2e-3, 4e-3, None, apart=True),
            ErrorSample(ZFP, 1e-3, "state", 1, 9e-1, 9e-1, 20, apart=True),
        ),
        imaging=(Imaging(2, 1e-4, 1e-4, 2e-4), Imaging(4, 1e-3, 1e-3, 2e-3)),
    )  # fmt: skip
    rows = tuple(row for row in cost_rows(costs) if row["what"] in ("compressor", "error", "imaging"))
    return ExperimentResult("look", "seen", "0" * 64, {}, {}, rows)


def test_errors_rise_with_the_imaging_step(result):
    whole, deep = figure_look(result).axes[0].lines
    assert list(whole.get_xdata()) == list(deep.get_xdata()) == [2, 4]
    assert list(whole.get_ydata()) == [1e-4, 1e-3]
    assert list(deep.get_ydata()) == [2e-4, 2e-3]


def test_levels_are_as_small_as_the_error_allows_which_goes_with_the_tolerance(result):
    """At 1e-3 the deep error is 4e-3, so at a tenth and ten times the tolerance 4e-4 and 4e-2; no states."""
    lossy, lossless = figure_look(result).axes[1].lines
    assert lossy.get_label() == "ZFP"
    assert list(lossy.get_xdata()) == pytest.approx([4e-4, 4e-3, 4e-2])
    assert list(lossy.get_ydata()) == pytest.approx([5.0, 10.0, 20.0])
    assert lossless.get_label().endswith(", exact")
    assert list(lossless.get_ydata()) == pytest.approx([2.0, 2.0])


def test_without_an_error_the_ratios_of_what_loses_something_have_no_place(result):
    rows = tuple(row for row in result.rows if row["what"] != "error")
    (lossless,) = figure_look(ExperimentResult("look", "seen", "0" * 64, {}, {}, rows)).axes[1].lines
    assert lossless.get_label().endswith(", exact")
