from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import UsageError
from wavecomp.metrics import bit_rate, ratio, throughput_mb_s


def test_hand_worked():
    assert ratio(4000, 500) == 8.0
    assert bit_rate(500, 1000) == 4.0
    assert throughput_mb_s(500_000_000, 2.0) == 250.0


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_bit_rate_times_ratio_is_the_width_of_a_value(values, compressed):
    assert bit_rate(compressed, values) * ratio(4 * values, compressed) == pytest.approx(32, rel=1e-15)


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf])
def test_refused(bad):
    for call in (
        lambda: ratio(bad, 1),
        lambda: ratio(1, bad),
        lambda: bit_rate(bad, 1),
        lambda: bit_rate(1, bad),
        lambda: throughput_mb_s(bad, 1.0),
        lambda: throughput_mb_s(1, bad),
    ):
        with pytest.raises(UsageError, match=r"= (0|-1|nan|inf): must be a positive, finite number"):
            call()
