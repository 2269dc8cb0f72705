"""The machine on integers: it knows no physics, so whatever it does wrong is seen at once."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integers import Integers
from wavecomp.adjoint.reversal import Reversal
from wavecomp.plans.strategies import parse_strategy

TEXTS = (
    "store-all:every={every}",
    "trajectory:every={every}/identity",
    "trajectory:every={every},overlap/zfp:reversible",
    "trajectory:every={every}/blosc2",
    "revolve:slots={room},every={every}/identity",
    "mixed:levels={levels},every={every}/identity",
    "mixed:levels={levels},every={every},overlap/zfp:reversible",
    "trajectory:every={every},tier=disk/identity",
    "revolve:slots={room},every={every},tier=two/identity",
)


@settings(deadline=None, max_examples=150)
@given(
    text=st.sampled_from(TEXTS),
    first=st.integers(0, 3),
    steps=st.integers(1, 60),
    every=st.integers(1, 5),
    room=st.integers(1, 8),
    in_buffers=st.sampled_from([0, 1, 2]),
)
def test_every_level_is_imaged_once_and_is_the_right_one(text, first, steps, every, room, in_buffers):
    """Σ n² over the imaged n, times the weight k, is known; all else is asserted by the integers themselves."""
    code = Integers(first, first + steps, in_buffers)
    imaged = [n for n in range(first, first + steps) if n % every == 0]
    if not imaged:
        return
    strategy = parse_strategy(text.format(every=every, room=room, levels=room + 1))
    run = Reversal(code).run(strategy)
    assert code.imaged == imaged[::-1]
    assert code.adjoint == first
    assert run.gradient == every * sum(n**2 for n in imaged)
    assert run.forward_steps == code.forward_steps
    assert np.isnan(run.misfit)
    assert code.mended == 0  # nothing was lost


def test_a_lossy_state_is_mended():
    """A restart from a lossy state goes on from what the code has mended; the integers 0 … 15 survive 24 bits."""
    code = Integers(0, 12, 2)
    Reversal(code).run(parse_strategy("revolve:slots=2/zfp:precision=32"))
    assert code.mended > 0


@pytest.mark.parametrize("in_buffers", [0, 1, 2])
def test_slots_are_counted_for_what_the_buffers_do_not_hold(in_buffers):
    """Of twenty levels on the tape as many as the buffers hold, but for the last step's own, need no slot."""
    code = Integers(0, 20, in_buffers)
    run = Reversal(code).run(parse_strategy("store-all"))
    assert run.peak_checkpoint_bytes == 8 * (20 - max(in_buffers - 1, 0))


def test_the_machine_comes_without_devito():
    code = "import sys, wavecomp.adjoint.reversal, wavecomp.adjoint.array_code; sys.exit('devito' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@settings(deadline=None, max_examples=60)
@given(
    text=st.sampled_from(TEXTS),
    steps=st.integers(1, 40),
    every=st.integers(1, 3),
    room=st.integers(1, 6),
    in_buffers=st.sampled_from([0, 1, 2]),
)
def test_the_timeline_of_a_traced_run_is_what_it_did(text, steps, every, room, in_buffers):
    """Steps advanced, levels imaged and checkpoints written are those of the run; spans follow one another in time."""
    code = Integers(1, 1 + steps, in_buffers)
    if not any(n % every == 0 for n in range(1, 1 + steps)):
        return
    strategy = parse_strategy(text.format(every=every, room=room, levels=room + 1))
    run = Reversal(code).run(strategy, traced=True)
    spans = run.timeline
    assert sum(span.last - span.first for span in spans if span.task in ("forward", "record")) == run.forward_steps
    assert sum(span.last - span.first for span in spans if span.task == "record") == steps
    assert [span.first for span in spans if span.task == "image"] == code.imaged
    assert sum(span.first - span.last for span in spans if span.task == "down") == steps
    stored = [
        ("state" if span.task == "save" else "level", span.first) for span in spans if span.task in ("save", "put")
    ]
    assert sorted(receipt.key for receipt in run.receipts) == sorted(stored)
    assert len(stored) == run.writes
    ends = [span.begun + span.seconds for span in spans]
    assert all(end <= span.begun for end, span in zip(ends, spans[1:], strict=False))
    assert Reversal(code).run(strategy).timeline == ()
