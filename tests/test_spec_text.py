"""Texts of compressors and strategies: taken apart and put together they stay what they were, and one change is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.spec_text import SpecPart, SpecText

TEXTS = st.text("ab1:/,=.e-é", max_size=30)
NAMES = st.text("abz_", min_size=1, max_size=4)
VALUES = st.one_of(st.none(), st.text("019.e-=", max_size=5))


@st.composite
def specs(draw: st.DrawFn) -> SpecText:
    """Any text without a key that stands twice in one part."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        keys = draw(st.lists(NAMES, unique=True, max_size=3))
        parts.append(SpecPart(draw(NAMES), tuple((key, draw(VALUES)) for key in keys)))
    return SpecText(tuple(parts))


@given(TEXTS)
def test_any_text_comes_back(text: str) -> None:
    assert str(SpecText.parse(text)) == text


@given(specs())
def test_what_was_built_comes_back(spec: SpecText) -> None:
    assert SpecText.parse(str(spec)) == spec


@given(specs(), st.data())
def test_a_changed_value_is_the_only_change(spec: SpecText, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(spec.parts) - 1))
    key, value = data.draw(NAMES), data.draw(st.text("019.e-", max_size=5))
    old = spec.parts[number]
    changed = spec.with_value(number, key, value)
    assert changed.parts[number].values == {**old.values, key: value}
    assert changed.parts[number].name == old.name
    assert [one for one, _ in changed.parts[number].items][: len(old.items)] == [one for one, _ in old.items]
    others = [part for place, part in enumerate(spec.parts) if place != number]
    assert [part for place, part in enumerate(changed.parts) if place != number] == others
    assert SpecText.parse(str(changed)) == changed


@given(specs(), NAMES)
def test_what_is_taken_out_is_gone_and_all_else_stays(spec: SpecText, key: str) -> None:
    without = spec.without(key)
    assert all(key not in part.values for part in without.parts)
    assert without.names == spec.names
    for before, after in zip(spec.parts, without.parts, strict=True):
        assert after.items == tuple(item for item in before.items if item[0] != key)


@given(specs(), specs())
def test_around_and_inner(outer: SpecText, inner: SpecText) -> None:
    whole = outer.around(inner)
    assert str(whole) == f"{outer}/{inner}"
    assert SpecText(outer.parts[-1:]).around(inner).inner == inner
    assert whole.innermost == inner.innermost


@pytest.mark.parametrize(
    ("text", "is_bare"), [("zfp", True), ("zfp:", False), ("zfp:rate=8", False), ("slabs/zfp", False), ("zfp/", False)]
)
def test_bare(text: str, is_bare: bool) -> None:
    assert SpecText.parse(text).is_bare is is_bare


def test_a_colon_with_nothing_behind_it() -> None:
    assert SpecPart.parse("zfp:").ends_at_colon
    assert not SpecPart.parse("zfp:,").ends_at_colon
    assert not SpecPart.parse("zfp").ends_at_colon
