"""A text is read once on its way to a record in the process that asks; what was read is handed on."""

from __future__ import annotations

import pickle
from collections import Counter

import pytest

from wavecomp.catalogue import SpecTemplate, Suite
from wavecomp.compressors import Registry, default_registry
from wavecomp.impact.cases import BARE, impact_cases
from wavecomp.impact.memory import leave_out
from wavecomp.impact.study import _Impact
from wavecomp.plans import strategies
from wavecomp.records import Failure, Provenance
from wavecomp.sweep import Repeats
from wavecomp.sweep.run import _Sweep
from wavecomp.sweep.worker import CaseTask

HERE = Provenance("s", "m", "c", 1, 1, "p", {}, {}, None)
FAILED = Failure("crash", "killed")


def test_a_strategy_is_read_once(tiny, monkeypatch):
    read: Counter[str] = Counter()
    plain = strategies._parsed

    def counting(spec, registry):
        read[str(spec)] += 1
        return plain(spec, registry)

    monkeypatch.setattr(strategies, "_parsed", counting)
    registry = default_registry()
    texts = ("trajectory/zfp:accuracy=1e-3peak", "trajectory:quantum=1e-3/blosc2", "revolve:slots=3")
    cases, _ = leave_out(impact_cases(tiny, texts, (), registry), 10**12, registry)
    kind = _Impact(1, 1, 10**9, registry, devito=True)
    for case in cases:
        kind.library(case), kind.plan([case], lambda _: None)
        record = kind._record(case, FAILED, HERE)
        assert kind.same(case, record)
    assert read == dict.fromkeys(("store-all", *texts), 1)


def test_a_spec_is_read_and_built_once(array_field, monkeypatch):
    counts: Counter[str] = Counter()
    for name in ("read", "_built"):
        plain = getattr(Registry, name)

        def counting(self, what, plain=plain, name=name):
            counts[name] += 1
            return plain(self, what)

        monkeypatch.setattr(Registry, name, counting)
    registry = default_registry()
    suite = Suite("s", "one", (SpecTemplate("zfp:accuracy=1e-3"), SpecTemplate("blosc2:codec=lz4")))
    cases = suite.cases([array_field()], registry)
    kind = _Sweep("s", Repeats(), False, registry)
    for case in cases:
        kind.library(case)
        (record,) = kind.take(CaseTask(case, Repeats()), FAILED, HERE)
        assert record.spec == case.spec
        assert record.parameters == VALUES.get(case.spec, record.parameters)
        assert record.parameters.get("codec", "lz4") == "lz4"
    assert len(cases) == 3
    assert counts == {"read": 3, "_built": 3}


VALUES = {
    "identity": {},
    "zfp:accuracy=1e-3": {"accuracy": 1e-3},
}


def test_what_a_plug_in_built_does_not_travel(tiny):
    """A measuring process reads the text by itself; the identity of the case is in the text."""
    cases = impact_cases(tiny, ("trajectory/int8",), (), default_registry())
    for case in cases:
        there = pickle.loads(pickle.dumps(case))
        assert there == case
        assert there.digest == case.digest
        assert there.asked == case.asked
        assert there.parsed is None
        assert (case.parsed is None) == (case.spec == BARE)


@pytest.mark.parametrize("texts", [("trajectory",), ("trajectory/int8", "store-all")])
def test_what_is_asked_for_is_known_by_its_text(tiny, texts):
    cases = impact_cases(tiny, texts, (), default_registry())
    asked = {case.parsed.name for case in cases if case.parsed is not None and case.asked}
    assert asked == {text.partition("/")[0] for text in texts}
