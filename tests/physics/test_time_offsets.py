"""From offsets modulo the number of buffers to the levels that a state needs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wavecomp.physics.time_offsets import Accesses, deepest, earliest_written


@st.composite
def windows(draw):
    """Buffers, and the offsets that one iteration may read while it writes level n + 1 last."""
    buffers = draw(st.integers(2, 6))
    read = draw(st.sets(st.integers(2 - buffers, 1), max_size=buffers))
    return buffers, read


@given(windows(), st.data())
def test_a_state_has_every_level_that_is_read_backwards(window, data):
    """Devito may name one buffer by another offset, a multiple of the number of buffers away; then one level too many
    is allowed, and none too few. By their own names there is none too many.
    """
    buffers, read = window
    true = max((0, *(-offset for offset in read)))
    order = buffers - 1
    assert deepest(Accesses(read=read), buffers, order) == true
    merged = {offset + buffers * data.draw(st.integers(-1, 1)) for offset in read}
    assert true <= deepest(Accesses(read=merged), buffers, order) < buffers


@given(st.integers(2, 6), st.sets(st.integers(0, 1), min_size=1), st.data())
def test_the_first_level_that_is_written_is_found_whatever_it_is_called(buffers, written, data):
    named = {offset + buffers * data.draw(st.integers(-1, 1)) for offset in written}
    assert earliest_written(Accesses(written=named), buffers) == min(written)


def test_two_buffers_of_a_second_order_equation_hold_two_levels():
    """u[n+1] is written over u[n-1], which has been read: by the same name."""
    assert deepest(Accesses(read={0, 1}), 2, time_order=2) == 1
    assert deepest(Accesses(read={0, 1}), 2, time_order=1) == 0
