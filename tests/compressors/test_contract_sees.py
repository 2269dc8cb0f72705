"""The contract itself can fail: every kind of misbehaviour is seen by the check that is meant for it, and named."""

from __future__ import annotations

import pytest

from wavecomp.compressors import Absolute, Compressor, Lossless
from wavecomp.conformance.case import Case
from wavecomp.conformance.checks import CHECKS, examine
from wavecomp.conformance.findings import NAMES

from . import liars
from .liars import Liar, nudge

NAMED = {check.name: check for check in CHECKS}

# These need a process of their own: test_conformance.py.
LETHAL = {"crashes", "hangs", "takes too much memory", "prints to standard output", "declares nonsense"}

SEEN = [
    (Liar(Absolute(1e-2), nudge), "shapes", "breaks its bound"),
    (Liar(Lossless(), nudge), "contents", "breaks its bound"),
    (Liar(Absolute(1e-2), nudge), "slabs", "breaks its bound"),
    (liars.Spoils(), "shapes", "changes its input"),
    (liars.Drifts(), "shapes", "gives different streams"),
    (liars.Aliases(), "streams of their own", "shares memory with its input"),
    (liars.Learns(), "no state", "keeps state"),
    (liars.Drifts(), "no state", "gives different streams"),
    (liars.Remembers(), "threads", "is not thread-safe"),
    (liars.Shares(), "threads", "is not thread-safe"),
    (liars.Careless(), "fields refused", "takes what it cannot"),
    (liars.Careless(), "outputs refused", "takes what it cannot"),
    (liars.Careless(), "damaged streams", "does not see damage"),
    (liars.Trusting(), "damaged streams", "does not see damage"),
    (liars.Careless(), "empty arrays", "takes what it cannot"),
    (liars.Hasty(), "damaged streams", "writes before it refuses"),
    (liars.Hasty(), "outputs refused", "writes before it refuses"),
    (liars.SeesLayout(), "memory layouts", "depends on the memory layout"),
    (liars.Drifts(), "memory layouts", "depends on the memory layout"),
    (liars.WritesBeside(), "memory layouts", "writes outside its output"),
    (liars.WritesPastOut(), "shapes", "writes outside its output"),
    (liars.WritesPastField(), "shapes", "writes outside its input"),
    (liars.LosesNan(), "special values", "loses special values"),
    (liars.LosesNan(Absolute(1.0)), "special values", "loses special values"),
    (liars.HidesNan(), "special values", "takes what it cannot"),
    (liars.Overflows(Absolute(1.0)), "magnitudes", "makes NaN or Inf"),
    (liars.Picky(), "contents", "refuses what it takes"),
    (liars.RefusesOdd(), "shapes", "raises"),
    (liars.TwoReadings(), "shapes", "gives different values"),
    (liars.Holds(), "GIL", "holds the GIL"),
]


@pytest.mark.parametrize(
    ("liar", "check", "name"), SEEN, ids=[f"{type(liar).__name__}-{check}" for liar, check, _ in SEEN]
)
def test_misbehaviour_is_named(liar: Compressor, check: str, name: str) -> None:
    found = examine(NAMED[check], liar)
    assert name in [finding.name for _, finding in found]
    assert all(isinstance(case, Case) for case, _ in found)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_an_honest_one_passes(check) -> None:
    assert examine(check, liars.Honest()) == []


def test_every_name_has_its_liar() -> None:
    assert {name for _, _, name in SEEN} | LETHAL == set(NAMES)
