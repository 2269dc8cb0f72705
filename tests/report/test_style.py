"""Compressors are told apart in figures: by colour and marker, and the same way in each of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wavecomp.compressors import Registry
from wavecomp.report.style import family_style

SHIPPED = [one.name for one in Registry().definitions() if not one.wraps]
NAMES = st.text("abcdefgh", min_size=1, max_size=5)


def test_those_that_are_shipped_all_look_different_and_the_same_in_all_company() -> None:
    looks = [family_style(name, ()) for name in SHIPPED]
    assert len(set(looks)) == len(looks)
    assert looks == [family_style(name, [*SHIPPED, "mine", "yours"]) for name in SHIPPED]


@given(st.sets(NAMES, min_size=2, max_size=12))
def test_others_look_like_nobody_beside_them(names: set[str]) -> None:
    looks = [family_style(name, [*names, *SHIPPED]) for name in sorted(names | {*SHIPPED})]
    assert len(set(looks)) == len(looks)
