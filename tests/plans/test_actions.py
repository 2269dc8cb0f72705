from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.plans.actions import Forward, ForwardKeeping, Reverse, Tape, imaged


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 9))
def test_imaged_is_what_it_says(first, length, every):
    last = first + length
    assert list(imaged(first, last, every)) == [n for n in range(first, last) if n % every == 0]


def test_the_examples_of_the_docstrings():
    assert list(ForwardKeeping(3, 8, 2).kept) == [4, 6]
    assert (list(Tape(3, 8, 1).kept), Tape(3, 8, 1).reach) == ([3, 4, 5, 6, 7], 8)
    assert Tape(3, 8, 1, to_last=False).reach == 7
    assert (list(Tape(3, 8, 2, to_last=False).kept), Tape(3, 8, 2, to_last=False).reach) == ([4, 6], 6)
    assert list(Reverse(8, 3, 1, "tape").imaged) == [7, 6, 5, 4, 3]
    assert list(Reverse(8, 3, 2, "store").imaged) == [6, 4]


def test_actions_are_values():
    assert Forward(1, 2) == Forward(1, 2)
    assert len({Forward(1, 2), Forward(1, 2), Forward(1, 3)}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        Forward(1, 2).first = 0
