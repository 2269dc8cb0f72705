"""A calibration gives the constants of the published equations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wavecomp.cli.model_constants import constants_of_costs
from wavecomp.errors import NothingToReport
from wavecomp.planning.codecs import CodecCosts
from wavecomp.planning.costs import Costs
from wavecomp.planning.tasks import Line


def codec(family, fraction, kind="state", raw=2000, sizes=(100.0, 300.0), store=(0.3, 0.5), fetch=(0.1, 0.3)):
    return CodecCosts(family, fraction, kind, raw, (0.0, 1.0), sizes, store, fetch, (20,), (1,))


LINES = {
    "forward": Line(0.5, 2.0), "down:each": Line(0.0, 3.0), "save": Line(0.05, 0.15), "load": Line(0.0, 0.6),
}  # fmt: skip
COSTS = Costs(
    "block", 2, 1000, 2000, 1, 101, 2, 2, 1.0, 9.0, 0.0, 0.0, LINES,
    (
        codec("sz3:abs={}", 1e-3), codec("zfp:accuracy={}", 1e-2, sizes=(50.0, 50.0)), codec("zfp:accuracy={}", 1e-4),
        codec("zfp:accuracy={}", 1e-3),
    ),
)  # fmt: skip


def test_by_hand():
    """Copies take (0.2 + 0.6) / 2 = 0.4 s, a tenth of that compressed ten-fold; zfp's middle tolerance is 1e-3."""
    c = constants_of_costs(COSTS)
    assert (c.step_s, c.checkpoint_bytes, c.steps) == (2.0, 2000.0, 100)
    assert 2 * c.checkpoint_bytes / c.bandwidth == pytest.approx(0.4)
    assert c.ratio == pytest.approx(2000 / 200)
    assert c.compress_s == pytest.approx(0.4 - 0.04)
    assert c.decompress_s == pytest.approx(0.2 - 0.04)
    assert "a step back takes 1.50" in c.sources[2][0]
    assert "ZFP accuracy 1e-3 of the peak" in " ".join(source for _, source in c.sources).replace("0.001", "1e-3")
    assert "block" in c.where


def test_levels_stand_in_for_states_with_the_same_seconds_a_byte():
    level = codec("interp:abs={}", 1e-3, "level", 1000, (50.0, 150.0), (0.15, 0.25), (0.05, 0.15))
    assert constants_of_costs(replace(COSTS, codecs=(level,))) == replace(
        constants_of_costs(replace(COSTS, codecs=(codec("interp:abs={}", 1e-3),))),
        sources=constants_of_costs(replace(COSTS, codecs=(level,))).sources,
    )


def test_no_compressor_is_said():
    with pytest.raises(NothingToReport, match="no compressor"):
        constants_of_costs(replace(COSTS, codecs=()))
