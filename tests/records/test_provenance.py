from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from wavecomp.records import Provenance, collect_provenance

PUBLISHED = sorted((Path(__file__).parents[2] / "results").glob("**/provenance-*.json"))


def with_settings(**settings):
    return replace(collect_provenance(), settings=settings)


@pytest.mark.parametrize(
    "name",
    [
        "OMP_NUM_THREADS", "OMP_PLACES", "GOMP_SPINCOUNT", "KMP_AFFINITY", "DEVITO_OPT", "DEVITO_SAFE_MATH", "CC",
        "BLOSC_NTHREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MALLOC_ARENA_MAX", "CFLAGS", "LDFLAGS",
        "CPPFLAGS", "LD_PRELOAD", "GLIBC_TUNABLES",
    ],
)  # fmt: skip
def test_settings_that_matter_are_kept(monkeypatch, name):
    monkeypatch.setenv(name, "12")
    assert collect_provenance().settings[name] == "12"


@pytest.mark.parametrize(
    ("name", "value"), [("HOME", "/x"), ("CCACHE_DIR", "x"), ("BLOSC_C2PASSWORD", "x"), ("OMP_PLACES", "")]
)
def test_others_are_not(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert name not in collect_provenance().settings


def test_no_folder_and_no_length_gets_in(monkeypatch):
    monkeypatch.setenv("CC", "/home/somebody/bin/gcc")
    monkeypatch.setenv("LD_PRELOAD", "/home/somebody/libx.so")
    monkeypatch.setenv("CFLAGS", "-O2 " * 5000)
    text = collect_provenance().to_json()
    assert "somebody" not in text
    assert len(text) < 10_000


def test_a_build_is_kept_and_belongs_to_the_digest():
    plain, built = collect_provenance(), collect_provenance(build={"flags": "-O0"})
    assert built.build == {"flags": "-O0"}
    assert built.digest != plain.digest
    assert Provenance.from_json(built.to_json()) == built
    assert "build" not in plain.to_json()  # as before there was any: old digests hold


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_published_ones_keep_their_digests(path):
    assert path.stem == f"provenance-{Provenance.from_json(path.read_text(encoding='utf-8')).digest}"


def test_there_are_published_ones():
    assert PUBLISHED


def test_times_of_other_settings_are_not_compared():
    assert with_settings(OMP_NUM_THREADS="2").comparable(with_settings(OMP_NUM_THREADS="2"))
    for name in ("OMP_NUM_THREADS", "GOMP_SPINCOUNT", "MALLOC_ARENA_MAX", "LD_PRELOAD"):
        assert not with_settings(**{name: "1"}).comparable(with_settings(**{name: "2"}))


def test_what_reaches_kernels_alone_counts_by_the_build():
    assert with_settings(CFLAGS="-O0").comparable(with_settings(CFLAGS="-O3"))  # a sweep: no kernel
    assert with_settings(DEVITO_OPT="noop").comparable(with_settings())
    slow, fast = collect_provenance(build={"flags": "-O0"}), collect_provenance(build={"flags": "-O3"})
    assert fast.comparable(fast)
    assert not slow.comparable(fast)
    assert not fast.comparable(collect_provenance())  # one that tells nothing of its kernels
