"""A hypothesis strategy over the fields that compressors are tried on."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wavecomp.conformance.samples import CONTENTS, DTYPES, PEAK_EXPONENT, content

# The same examples in every run, so that a red test stays red until it is repaired.
FIXED = settings(derandomize=True, deadline=None, database=None, max_examples=40)


@st.composite
def fields(draw: st.DrawFn) -> np.ndarray:
    """Finite fields of 1 to 4 dimensions: a named kind with a random seed, or values that hypothesis picks."""
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=9))
    kind = draw(st.sampled_from((*CONTENTS, "picked")))
    if kind != "picked":
        return content(kind, shape, dtype, draw(st.integers(0, 2**16)))
    peak = math.ldexp(1.0, PEAK_EXPONENT[dtype])
    width = 32 if dtype == "float32" else 64
    return draw(hnp.arrays(dtype, shape, elements=st.floats(-peak, peak, width=width)))
