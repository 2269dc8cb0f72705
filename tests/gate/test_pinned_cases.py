from pathlib import Path

import pytest

from wavecomp.catalogue import Suite, plain
from wavecomp.compressors import default_registry
from wavecomp.gate import pinned_cases as module
from wavecomp.gate.pinned_cases import PINNED, measure_pinned, pinned_cases
from wavecomp.gate.pinned_fields import pinned_references
from wavecomp.records import Archive, GradientArchive

BASELINE = Path(__file__).resolve().parents[2] / "results" / "baselines" / "pinned"


def test_every_field_meets_every_setting():
    cases, gradients, left_out = pinned_cases(default_registry())
    names = [ref.name for ref in pinned_references()]
    by_field = {name: [case for case in cases if case.field.name == name] for name in names}
    counts = {len(found) for found in by_field.values()}
    assert len(counts) == 1
    assert counts.pop() > len(PINNED.entries)
    assert {case.reading.name for case in cases} >= {"blosc2", "zfp", "sz3", "interp", "int8", "identity"}
    assert len({case.digest for case in cases}) == len(cases)
    assert {"bare", "store-all", "revolve:slots=10/identity"} <= {case.spec for case in gradients}
    assert left_out == ()  # the tests' environment has the extra


def test_a_compressor_that_is_not_installed_is_left_out_and_said(monkeypatch):
    registry = default_registry()
    monkeypatch.setattr(registry, "unavailable", lambda: {"sperr": "no module named imagecodecs"})
    cases, _, left_out = pinned_cases(registry)
    assert left_out == ("sperr: no module named imagecodecs",)
    assert not any(case.reading.name == "sperr" for case in cases)


def test_a_measurement_fills_an_archive_and_goes_on_where_it_stood(tmp_path, monkeypatch):
    few = Suite("pinned", "few", plain(["zfp:reversible", "int8:block=64"]))
    monkeypatch.setattr(module, "PINNED", few)
    monkeypatch.setattr(module, "find_suites", lambda _name, _registry: (few,))
    monkeypatch.setattr(module, "PINNED_STRATEGIES", ("trajectory/zfp:accuracy=1e-3peak",))
    seen = []
    run = measure_pinned(tmp_path / "new", progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (9 + 3, 9 + 3)  # three settings with the copy, on three fields; bare, store-all and one
    assert not any(record.failed for record in (*run.records, *run.gradients))
    assert len([*Archive(run.folder)]) == 9
    lossy = run.gradients[-1].outcome
    assert 0 < lossy.distance["relative_l2"] < 0.1
    again = measure_pinned(tmp_path / "new")
    assert [record.created_utc for record in again.records] == [record.created_utc for record in run.records]
    assert len([*GradientArchive(run.folder)]) == 3


@pytest.mark.skipif(not BASELINE.is_dir(), reason="baselines lie in a checkout")
def test_the_baseline_is_of_these_cases():
    """Who changes the set of cases, a pinned field or the pinned problem renews the baseline in the same commit."""
    cases, gradients, _ = pinned_cases(default_registry())
    records, studied = [*Archive(BASELINE)], [*GradientArchive(BASELINE)]
    assert {record.case for record in records} == {case.digest for case in cases}
    assert {record.case for record in studied} == {case.digest for case in gradients}
    assert not any(record.failed for record in (*records, *studied))
    assert all(record.outcome.bound_status in ("holds", "rounding", "none") for record in records)
    assert sum(file.stat().st_size for file in BASELINE.iterdir()) < 1_000_000
