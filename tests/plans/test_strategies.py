"""The text form of strategies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import CheckpointTooLarge, SpecError, UnknownStrategy
from wavecomp.plans.budget import schedule_of
from wavecomp.plans.parameters import PARAMETERS
from wavecomp.plans.strategies import parse_strategy

LOSSLESS = ("identity", "zfp:reversible", "blosc2:codec=lz4,shuffle=bitshuffle")
COMPRESSORS = (*LOSSLESS, "zfp:accuracy=1e-3", "slabs:planes=16,threads=2/zfp:accuracy=1e-3")


def item(parameter):
    match parameter.kind:
        case "flag":
            return st.just(parameter.name)
        case "choice":
            return st.sampled_from(parameter.choices).map(lambda word: f"{parameter.name}={word}")
        case "float":
            return st.floats(0.5, 1000).map(lambda number: f"{parameter.name}={number!r}")
        case _:
            return st.integers(int(parameter.low), 1000).map(lambda number: f"{parameter.name}={number}")


@st.composite
def texts(draw):
    name = draw(st.sampled_from(sorted(PARAMETERS)))
    known = [parameter for parameter in PARAMETERS[name] if parameter.name != "error"]  # it stands beside auto alone
    chosen = draw(st.lists(st.sampled_from(known), unique=True))
    items = ",".join(draw(item(parameter)) for parameter in chosen)
    if "async" in items.split(",") and any(parameter.name == "tier" for parameter in known):  # a disk, then
        kept = [one for one in items.split(",") if not one.startswith("tier=")]
        items = ",".join([*kept, draw(st.sampled_from(["tier=disk", "tier=two"]))])
    if "every=" not in items and draw(st.booleans()):
        error = draw(st.none() | st.floats(1e-6, 1.0).map(lambda number: f"error={number!r}"))
        items = ",".join(filter(None, (error, items, "every=auto")))
    weighted = "weights=" in items  # these need a tolerance
    inner = ""
    if weighted or (name != "store-all" and draw(st.booleans())):
        inner = draw(st.sampled_from([text for text in COMPRESSORS if not weighted or "accuracy=" in text]))
    return f"{name}{':' + items if items else ''}{'/' + inner if inner else ''}"


@given(texts())
def test_the_canonical_text_reads_back_as_itself(text):
    strategy = parse_strategy(text)
    again = parse_strategy(strategy.spec)
    assert again.spec == strategy.spec == str(strategy)
    assert again.values == strategy.values
    assert again.compressor.spec == strategy.compressor.spec


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("trajectory", "trajectory/identity"),
        ("store-all:every=1", "store-all"),
        ("trajectory:overlap,every=4/zfp:accuracy=0.001", "trajectory:every=4,overlap/zfp:accuracy=1e-3"),
        ("revolve:tier=memory,slots=20", "revolve:slots=20/identity"),
        ("trajectory:every=auto", "trajectory:every=auto,error=1e-3/identity"),
        ("h-revolve:async,write=2,read=0.5", "h-revolve:read=0.5,async/identity"),
        ("two-level:period=60,slots=3", "two-level:slots=3,period=60/identity"),
        ("revolve:async,tier=two", "revolve:tier=two,async/identity"),
        ("mixed:error=0.0001,levels=4,every=auto", "mixed:levels=4,every=auto,error=1e-4/identity"),
    ],
)
def test_one_strategy_has_one_text(text, canonical):
    assert parse_strategy(text).spec == canonical


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trajectry", 'unknown strategy "trajectry"; did you mean "trajectory"'),
        ("revolve:every=0", "every=0"),
        ("revolve:slots=2,slots=3", "slots is given twice"),
        ("mixed:slots=4", 'unknown key "slots"'),
        ("trajectory/", 'nothing follows "/"'),
        ("trajectory:", 'nothing follows ":"'),
        ("trajectory:tier=tape", "tape"),
        ("trajectory/zpf", 'unknown compressor "zpf"'),
        ("trajectory:quantum=1e-3/blosc2", 'unknown key "quantum"'),
        ("store-all/identity", "store-all compresses nothing"),
        ("trajectory:async", "async is about a disk, and tier=memory has none"),
        ("h-revolve:tier=memory", 'unknown key "tier"'),
        ("h-revolve:write=-1", "write=-1"),
        ("disk-revolve:disk_slots=3", 'unknown key "disk_slots"'),
    ],
)
def test_what_is_wrong_is_said(text, message):
    with pytest.raises(SpecError, match=message):
        parse_strategy(text)
    assert issubclass(UnknownStrategy, SpecError)


def test_a_budget_becomes_slots():
    strategy = parse_strategy("revolve")
    schedule = schedule_of(strategy, 100, 1_000_000, 400_000, 7_500_000)
    assert schedule.states_held_max == 7
    assert schedule_of(parse_strategy("revolve:ratio=4"), 100, 1_000_000, 400_000, 7_500_000).states_held_max == 29
    # Whichever repeats less: states as large as they are, or states worth so many levels, rounded up.
    even = schedule_of(parse_strategy("mixed"), 100, 1_000_000, 400_000, 7_500_000)
    assert (even.state_levels, even.states_held_max) == (2, 7)
    assert even.forward_steps < schedule.forward_steps
    sized = schedule_of(parse_strategy("mixed"), 100, 1_000_000, 125_000, 7_500_000)
    assert sized.state_levels == 8  # 7.9, bookkeeping included
    assert sized.levels_held_max <= 7_500_000 // 125_000
    assert sized.forward_steps < even.forward_steps
    for name in ("revolve", "mixed"):
        with pytest.raises(CheckpointTooLarge):
            schedule_of(parse_strategy(name), 100, 1_000_000, 400_000, 900_000)
