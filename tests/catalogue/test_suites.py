"""The shipped suites hold what the study swept, and the thinned one finds the same best ratios."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from wavecomp.catalogue import SUITES, SpecTemplate, Suite, find_suites
from wavecomp.catalogue.lossless import CHUNKS, CODECS, TABLE1, TABLE1_QUICK
from wavecomp.compressors import default_registry
from wavecomp.errors import UnknownSuite
from wavecomp.sweep import FieldRef

FIELD = FieldRef("f@1", Path("f.npy"), "0" * 64, (20, 30, 40), "float32", 1, 0.1, 0.5)


def test_table1_is_the_studys_sweep():
    """Nine chunk sizes 2^19 ... 2^23 in half powers, three shuffles, five codecs, ten levels: 1,350 cases."""
    assert len(TABLE1.entries) == len({e.spec for e in TABLE1.entries}) == 1350
    assert CHUNKS[0] == 2**19
    assert CHUNKS[-1] == 2**23
    assert all(abs(b / a - 2**0.5) < 1e-4 for a, b in pairwise(CHUNKS))
    assert all(chunk % 4 == 0 for chunk in CHUNKS)


def test_every_suite_resolves_to_canonical_distinct_cases():
    registry = default_registry()
    for suites in SUITES.values():
        for suite in suites:
            cases = suite.cases([FIELD], registry)
            assert len({case.digest for case in cases}) == len(cases)
            assert cases[0].spec == "identity"
            assert all(registry.canonical(case.spec) == case.spec for case in cases)


def test_lossy_holds_what_the_study_and_its_readers_ask_for():
    specs = {case.spec for case in SUITES["lossy"][0].cases([FIELD], default_registry())}
    assert {f"zfp:precision={n}" for n in range(6, 20)} <= specs
    assert {f"zfp:rate={n}" for n in range(1, 17)} <= specs
    absolute = {default_registry().canonical(f"zfp:accuracy=1e-{k}") for k in range(16)}
    scaled = {default_registry().canonical(f"zfp:accuracy={0.5 * 10.0**-k:.2e}") for k in range(16)}
    assert absolute | scaled <= specs
    for mode in ("abs=", "rel=", "psnr=", "l2norm=", "algorithm=lossless", "abs=1e-3,rel=1e-3"):
        assert any(spec.startswith("sz3:") and mode in spec for spec in specs), mode
    for algorithm in ("interp_lorenzo", "lorenzo_reg", "interp", "nopred"):
        assert any(f"abs=1e-3,algorithm={algorithm}" in spec for spec in specs)


def test_scales():
    small = FieldRef("f@0", Path("g.npy"), "1" * 64, (4, 4), "float32", 0, 0.0, 0.25)
    assert str(SpecTemplate("zfp:accuracy={}", 1e-2, "peak").resolve(small, FIELD)) == "zfp:accuracy=2.50e-03"
    assert str(SpecTemplate("zfp:accuracy={}", 1e-2, "last-peak").resolve(small, FIELD)) == "zfp:accuracy=5.00e-03"
    assert str(SpecTemplate("sz3:l2norm={}", 1e-2, "l2").resolve(small, FIELD)) == "sz3:l2norm=1.00e-02"
    silent = FieldRef("f@0", Path("g.npy"), "1" * 64, (4, 4), "float32", 0, 0.0, 0.0)
    assert str(SpecTemplate("zfp:accuracy={}", 1e-2, "peak").resolve(silent, FIELD)) == "zfp:accuracy=1.00e-02"


def test_threads_leave_out_what_cannot_use_them():
    suite = Suite("s", "", (SpecTemplate("zfp:rate=8"), SpecTemplate("blosc2:codec=lz4")), threads=(1, 2))
    cases = [(case.spec, case.threads) for case in suite.cases([FIELD], default_registry())]
    assert [threads for _, threads in cases] == [1, 1, 1, 2]
    assert cases[-1][0].endswith("threads=2")


def test_threads_that_a_spec_names_stand_and_are_the_cases():
    """With the one thread of a suite, and with others; each once, under the number that it takes."""
    named = (
        "slabs:planes=16,threads=2/zfp:rate=8",
        "blosc2:codec=lz4,threads=3",
        "slabs:planes=4,threads=2/blosc2:threads=2",
    )
    for asked in ((1,), (1, 2), (4,)):
        suite = Suite("s", "", tuple(map(SpecTemplate, named)), threads=asked)
        found = {
            case.spec: case.threads for case in suite.cases([FIELD], default_registry()) if case.spec != "identity"
        }
        assert list(found.values()) == [2, 3, 4]
        assert set(found) == set(map(default_registry().canonical, named))


def test_every_case_is_recorded_under_the_threads_that_it_takes():
    registry = default_registry()
    for suites in SUITES.values():
        for suite in suites:
            for case in suite.cases([FIELD], registry)[-60:]:
                assert case.threads == registry.parse(case.spec).capabilities.threads, case.spec
    quick = [case for case in SUITES["lossy-quick"][0].cases([FIELD], registry) if case.threads == 2]
    assert [case.spec.partition("/")[0] for case in quick] == ["slabs:planes=16,threads=2"]


def test_unknown_suite_is_named():
    with pytest.raises(UnknownSuite, match='"table2"; did you mean "table1"'):
        find_suites("table2")


def test_thinned_suite_stays_within_one_percent(generated):
    """Every one of the 1,350 settings on the quick field's last level; ratios are deterministic, times not needed."""
    field = generated("quick")[-1].load()
    registry = default_registry()
    thinned = {entry.spec for entry in TABLE1_QUICK.entries}
    assert thinned <= {entry.spec for entry in TABLE1.entries}
    best = dict.fromkeys(CODECS, 0.0)
    best_thinned = dict.fromkeys(CODECS, 0.0)
    for entry in TABLE1.entries:
        codec = entry.spec.split("codec=")[1].split(",")[0]
        ratio = field.nbytes / registry.parse(entry.spec).encode(field).nbytes
        best[codec] = max(best[codec], ratio)
        if entry.spec in thinned:
            best_thinned[codec] = max(best_thinned[codec], ratio)
    for codec in CODECS:
        assert best_thinned[codec] >= 0.99 * best[codec], (codec, best_thinned[codec], best[codec])
