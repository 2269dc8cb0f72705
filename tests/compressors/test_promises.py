"""Kind and number of a bound, and that its words of older records say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.compressors import (
    Absolute,
    ErrorBound,
    FixedPrecision,
    FixedRate,
    L2Norm,
    Lossless,
    PeakRelative,
    PointwiseRelative,
    SignalToNoise,
    Unbounded,
    ValueRangeRelative,
)
from wavecomp.compressors.promises import promise_of
from wavecomp.promise import Promise, promise_in_words

NUMBERS = st.floats(1e-300, 1e300)
BOUNDS: st.SearchStrategy[ErrorBound] = st.one_of(
    st.just(Lossless()),
    st.just(Unbounded()),
    st.builds(Absolute, NUMBERS),
    st.builds(ValueRangeRelative, NUMBERS),
    st.builds(ValueRangeRelative, NUMBERS, NUMBERS),
    st.builds(PointwiseRelative, NUMBERS),
    st.builds(PointwiseRelative, NUMBERS, NUMBERS),
    st.builds(PeakRelative, NUMBERS),
    st.builds(SignalToNoise, NUMBERS),
    st.builds(L2Norm, NUMBERS),
    st.builds(FixedRate, NUMBERS),
    st.builds(FixedRate, NUMBERS, st.integers(1, 99)),
    st.builds(FixedPrecision, st.integers(1, 64)),
    st.builds(FixedPrecision, st.integers(1, 64), st.integers(1, 99)),
)


@given(BOUNDS)
def test_the_words_say_the_same_with_six_digits(bound: ErrorBound) -> None:
    """Words are printed with six significant digits, so that half a unit of the last is 5e-6 of the number."""
    said, meant = promise_in_words(str(bound)), promise_of(bound)
    assert said is not None
    assert said.kind == meant.kind
    assert (said.value is None) == (meant.value is None)
    assert said.value is None or said.value == pytest.approx(meant.value, rel=5.1e-6)


@pytest.mark.parametrize("text", ["precision 32", "", "|e| <= ", "|e| <= 1e-3 of something", "lossless?"])
def test_other_words_mean_nothing(text: str) -> None:
    assert promise_in_words(text) is None


def test_what_is_no_bound_promises_nothing() -> None:
    assert promise_of("the best") == Promise("none")  # type: ignore[arg-type]
