"""What loses in a gradient: named in new records, and derived for those from before they said it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from wavecomp.compressors import default_registry
from wavecomp.errors import DamagedArchive
from wavecomp.impact.sets import BEYOND, SHORT, SMALL, THICK
from wavecomp.plans.strategies import parse_strategy
from wavecomp.promise import NOTHING, QUANTUM, Loss
from wavecomp.records import Failure, GradientRecord
from wavecomp.records.older_losses import older_loss
from wavecomp.records.record import line_of

EXAMPLES = [
    f"trajectory/{example}"
    for definition in default_registry().definitions()
    for example in definition.examples
    if definition.name in ("identity", "blosc2", "zfp", "sz3", "float16", "bfloat16", "int8", "int16", "slabs")
]
SETS = [text for text in (*SMALL, *THICK, *SHORT, *BEYOND) if "interp:" not in text]  # which came later


@pytest.mark.parametrize("text", dict.fromkeys([*SETS, *EXAMPLES]))
def test_what_is_derived_is_what_a_new_record_says(text):
    """Of formats, whose number no text holds, the kind alone."""
    strategy = parse_strategy(text)
    loss = older_loss(strategy.parameters, strategy.compressor_spec or None)
    assert loss is not None
    if loss.value is None:
        assert replace(strategy.loss, value=None) == loss
    else:
        assert loss == strategy.loss


def test_what_loses_is_said_of_a_strategy():
    assert parse_strategy("trajectory/blosc2:codec=lz4").loss == NOTHING
    assert parse_strategy("trajectory/slabs/zfp:accuracy=1e-3peak").loss == Loss("zfp", "wavefield-peak", 1e-3)


def made(text: str) -> GradientRecord:
    """One that failed: what loses is said all the same."""
    strategy, _, compressor = text.partition("/")
    return GradientRecord(
        "c0", text, strategy, {"every": 1}, compressor, {}, "devito 4.8", 1, False, "tiny", "p0", (0,), (8, 8), 99, 256,
        "float32", None, "here", "2025-01-01T00:00:00+00:00", Failure("crash", "killed"),
    )  # fmt: skip


def without(record: GradientRecord, *columns: str) -> str:
    row = json.loads(record.to_line())
    return line_of({name: value for name, value in row.items() if name not in ("sum", *columns)})


def test_a_line_from_before_is_read_and_says_what_lost():
    record = made("trajectory/zfp:accuracy=1e-1")
    assert record.loss == Loss("zfp", "absolute", 0.1)
    old = without(record, "loss_by", "loss_kind", "loss_value")
    assert "loss" not in old
    assert GradientRecord.from_line(old) == record
    plugin = without(made("trajectory/mine:level=3"), "loss_by", "loss_kind", "loss_value")
    assert GradientRecord.from_line(plugin).loss is None


@pytest.mark.parametrize(
    ("quantum", "loss"),
    [
        ("6e-5peak", Loss(QUANTUM, "wavefield-peak", 3e-5)),
        (1e-3, Loss(QUANTUM, "absolute", 5e-4)),
        ("nonsense", Loss(QUANTUM, "absolute")),
    ],
)
def test_a_quantum_hides_behind_no_lossless_compressor(quantum, loss):
    """No strategy rounds its levels any more; a line from when one did says what lost, or has it derived."""
    text = f"trajectory:every=4,quantum={quantum},overlap/blosc2:codec=lz4,level=5,shuffle=bitshuffle,chunk=1048576"
    parameters = {"every": 4, "quantum": quantum, "overlap": True, "tier": "memory"}
    record = replace(made(text), strategy_parameters=parameters, loss=loss)
    assert GradientRecord.from_line(record.to_line()) == record
    assert GradientRecord.from_line(without(record, "loss_by", "loss_kind", "loss_value")) == record


def test_half_a_loss_is_damage():
    with pytest.raises(DamagedArchive, match="loss_kind"):
        GradientRecord.from_line(without(made("trajectory/zfp:accuracy=1e-1"), "loss_kind"))
