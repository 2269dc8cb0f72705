"""A text is read once on its way to a record, whatever processes it passes; what was read is handed on."""

from __future__ import annotations

import pickle
from collections import Counter

import pytest

from wavecomp.catalogue import SpecTemplate, Suite, find_suites
from wavecomp.compressors import Registry, default_registry
from wavecomp.impact.cases import BARE, impact_cases
from wavecomp.impact.memory import leave_out
from wavecomp.impact.study import _Impact
from wavecomp.impact.worker import Measuring, ShotTask
from wavecomp.plans import strategies
from wavecomp.records import Failure, Measurement, Provenance
from wavecomp.sweep import Repeats, SweepKind
from wavecomp.sweep.worker import CaseTask, _MeasuringCases

HERE = Provenance("s", "m", "c", 1, 1, "p", {}, {}, None)
FAILED = Failure("crash", "killed")


def sent(what):
    """As it arrives in another process."""
    return pickle.loads(pickle.dumps(what))


@pytest.fixture
def counts(monkeypatch) -> Counter[str]:
    """How often the registry reads a spec, and builds a compressor; what is wrapped counts too."""
    found: Counter[str] = Counter()
    for name in ("read", "_built"):
        plain = getattr(Registry, name)

        def counting(self, what, plain=plain, name=name):
            found[name] += 1
            return plain(self, what)

        monkeypatch.setattr(Registry, name, counting)
    return found


def test_a_strategy_is_read_once(tiny, monkeypatch):
    read: Counter[str] = Counter()
    plain = strategies._read

    def counting(spec, registry):
        read[str(spec)] += 1
        return plain(spec, registry)

    monkeypatch.setattr(strategies, "_read", counting)
    registry = default_registry()
    texts = ("trajectory/zfp:accuracy=1e-3", "trajectory:every=4/blosc2", "revolve:slots=3")
    cases, _ = leave_out(impact_cases(tiny, texts, (), registry), 10**12)
    kind = _Impact(1, 1, 10**9, registry, devito=True)
    for case in cases:
        kind.library(case), kind.plan([case], lambda _: None)
        record = kind._record(case, FAILED, HERE)
        assert kind.same(case, record)
    assert read == dict.fromkeys(("store-all", *texts), 1)


def test_a_strategy_is_not_read_again_where_it_is_run(tiny, counts):
    """Two rounds of one case in the measuring process, its tolerance relative to the wavefield."""
    (*_, case) = impact_cases(tiny, ("trajectory/zfp:accuracy=1e-3peak",), (), default_registry())
    measuring = Measuring(2**40)
    measuring(sent(ShotTask(case, 0)))  # compiles, and computes the exact gradient
    counts.clear()
    runs = [measuring(sent(ShotTask(case, 0))) for _ in range(2)]
    assert {run.run.strategy.partition("=")[0] for run in runs} == {"trajectory/zfp:accuracy"}
    assert {run.absolute_spec == run.run.strategy for run in runs} == {True}
    assert counts["read"] == 0


def test_a_word_at_the_command_line_is_read_and_built_once(array_field, counts):
    """With two numbers of threads, in the process that asks and in the one that measures, where it is built once."""
    registry = default_registry()
    (suite,) = find_suites("slabs:planes=8,threads=2/zfp:rate=8", registry)
    assert counts == {"read": 2, "_built": 2}, "slabs, and zfp in it"
    counts.clear()
    _, case = suite.cases([array_field()], registry)
    assert counts == {"read": 1, "_built": 3}, "the yardstick is read; of both the threads are asked"
    counts.clear()
    outcome = _MeasuringCases()(sent(CaseTask(case, Repeats(0.0, 1, 1))))
    assert isinstance(outcome, Measurement)
    assert counts == {"_built": 2}


def test_a_spec_is_read_once_for_a_field(array_field, counts):
    registry = default_registry()
    entries = (SpecTemplate("zfp:accuracy=1e-3"), SpecTemplate("blosc2:codec=lz4"))
    cases = Suite("s", "one", entries, threads=(1, 2)).cases([array_field()], registry)
    kind = SweepKind("s", Repeats(), registry)
    for case in cases:
        kind.library(case)
        (record,) = kind.take(CaseTask(case, Repeats()), FAILED, HERE)
        assert record.spec == case.spec
        assert record.parameters == VALUES.get(case.spec, record.parameters)
        assert record.parameters.get("codec", "lz4") == "lz4"
        assert record.parameters.get("threads", 1) == record.threads
    assert [case.threads for case in cases] == [1, 1, 1, 2]
    assert counts == {"read": 3, "_built": 6}


VALUES = {
    "identity": {},
    "zfp:accuracy=1e-3": {"accuracy": 1e-3},
}


def test_what_a_plug_in_built_does_not_travel(tiny):
    """Only plain values do."""
    cases = impact_cases(tiny, ("trajectory/int8", "trajectory/zfp:accuracy=1e-3peak"), (), default_registry())
    for case in cases:
        there = sent(case)
        assert there == case
        assert hash(there) == hash(case)
        assert there.digest == case.digest
        assert there.asked == case.asked
        if case.spec == BARE:
            assert there.strategy is None
        else:
            assert "compressor" in vars(case.strategy)
            assert "compressor" not in vars(there.strategy)
            assert there.strategy.registry is None
            assert there.strategy.compressor.spec == case.strategy.compressor.spec


@pytest.mark.parametrize("texts", [("trajectory",), ("trajectory/int8", "store-all")])
def test_what_is_asked_for_is_known_by_its_text(tiny, texts):
    cases = impact_cases(tiny, texts, (), default_registry())
    asked = {case.strategy.name for case in cases if case.strategy is not None and case.asked}
    assert asked == {text.partition("/")[0] for text in texts}
