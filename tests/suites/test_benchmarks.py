"""The suites under pytest-benchmark, as they lie in a wheel: a folder of five files, run from an empty one."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from wavecomp.benchmarks.handover import hand_over, is_enabled
from wavecomp.benchmarks.named import own_suites, sweep_benchmarks
from wavecomp.catalogue import find_suites
from wavecomp.cli import status_of
from wavecomp.compressors import default_registry
from wavecomp.errors import BenchmarksUnavailable
from wavecomp.records import Archive, GradientArchive
from wavecomp.records.benchmark_json import read_benchmarks
from wavecomp.sweep import Case

ROOT = Path(__file__).resolve().parents[2]
WHEEL = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
SHIPPED = {file: Path(place).name for file, place in WHEEL["force-include"].items() if "wavecomp/suites/" in place}

MINE = """
import os, signal, zlib
import numpy as np

bound = "abs"

def compress(array, tolerance: float = 1e-3):
    return zlib.compress(array.tobytes(), 1)

def decompress(data, out, tolerance):
    out[...] = np.frombuffer(zlib.decompress(data), out.dtype).reshape(out.shape)
    if tolerance == 0.5:
        out[...] += 3  # breaks its bound
    if tolerance == 0.25:
        os.kill(os.getpid(), signal.SIGSEGV)
"""


@pytest.fixture(scope="module")
def shipped(tmp_path_factory) -> Path:
    """A copy of what the wheel holds: no neighbour of theirs is there that an import could find."""
    folder = tmp_path_factory.mktemp("installed") / "suites"
    folder.mkdir()
    for file, name in SHIPPED.items():
        shutil.copy(ROOT / file, folder / name)
    return folder


@pytest.fixture(scope="module")
def run(shipped, generated, fields_root, tmp_path_factory):
    """Run pytest on the suites, on the smallest field and problem, from a folder that is empty at first."""
    generated("tiny")
    # Beside others pytest measures nothing, and says so in the environment.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}

    def go(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest", str(shipped), "--field=tiny", "--problem=tiny", "-q", *words],
            cwd=folder or tmp_path_factory.mktemp("empty"),
            env=environment | {"WAVECOMP_FIELDS": str(fields_root)},
            capture_output=True,
            text=True,
            check=False,
        )

    return go


@pytest.fixture(scope="module")
def measured(run, tmp_path_factory) -> SimpleNamespace:
    """A sweep's case of each set and two gradients, measured once, with an archive and a JSON file."""
    folder = tmp_path_factory.mktemp("measured")
    words = ["-k", "zfp:reversible or bare or store-all or (bench_lossless and identity)", "--archive=archive"]
    done = run("--benchmark-only", "--benchmark-json=now.json", *words, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    content = json.loads((folder / "now.json").read_text())
    return SimpleNamespace(folder=folder, words=words, shown=done.stdout, content=content)


def test_every_file_that_they_need_is_in_the_wheel():
    here = {path.name for path in (ROOT / "suites").glob("bench_*.py")} | {"conftest.py", "pytest.ini"}
    assert set(SHIPPED.values()) == here
    assert all(WHEEL["force-include"][file] == f"wavecomp/suites/{name}" for file, name in SHIPPED.items())
    assert all(file == f"suites/{name}" for file, name in SHIPPED.items())


def test_benchmarks_have_the_names_and_groups_of_cases(measured):
    assert {(one["fullname"], one["name"], one["group"]) for one in measured.content["benchmarks"]} == {
        ("bench_lossless.py::bench_compress[identity]", "identity", "compress tiny@600"),
        ("bench_lossless.py::bench_decompress[identity]", "identity", "decompress tiny@600"),
        ("bench_lossy.py::bench_compress[zfp:reversible]", "zfp:reversible", "compress tiny@600"),
        ("bench_lossy.py::bench_decompress[zfp:reversible]", "zfp:reversible", "decompress tiny@600"),
        ("bench_gradient.py::bench_gradient[bare]", "bare", "gradient tiny"),
        ("bench_gradient.py::bench_gradient[store-all]", "store-all", "gradient tiny"),
    }
    assert "benchmark 'compress tiny@600': 2 tests" in measured.shown


def test_what_they_show_is_what_was_recorded(measured):
    """The times are the raw ones of the archive, and what stands beside them says what a gate asks for."""
    found = read_benchmarks(measured.folder / "now.json")
    archive = Archive(measured.folder / "archive")
    gradients = GradientArchive(measured.folder / "archive").latest()
    kept = [record.to_line() for record in (*archive, *gradients.values())]
    assert sorted(one.to_line() for one in (*found.records, *found.gradients)) == sorted(kept)
    assert found.provenances == archive.provenances()
    by_name = {one["fullname"].partition("::")[2]: one for one in measured.content["benchmarks"]}
    (reversible,) = (one for one in found.records if one.spec == "zfp:reversible")
    shown = by_name["bench_decompress[zfp:reversible]"]
    assert tuple(shown["stats"]["data"]) == reversible.outcome.decompress.samples_s
    extra = shown["extra_info"]
    assert (extra["stream_bytes"], extra["first_s"]) == (
        reversible.outcome.stream_bytes,
        reversible.outcome.decompress.first_s,
    )
    assert (extra["bound_status"], extra["max_absolute_error"]) == ("holds", 0.0)
    (stored,) = (one for one in found.gradients if one.spec == "store-all")
    shown = by_name["bench_gradient[store-all]"]
    assert tuple(shown["stats"]["data"]) == stored.outcome.walls_s
    assert len(stored.outcome.bare_walls_s) == len(stored.outcome.walls_s) > 1  # measured in rounds
    assert (shown["extra_info"]["forward_steps"], shown["extra_info"]["relative_l2"]) == (299, 0.0)


def test_what_the_archive_holds_is_not_measured_again_and_compares_without_a_warning(measured, run):
    before = (measured.folder / "archive" / "records.jsonl").read_bytes()
    words = ["--benchmark-only", "--benchmark-storage=storage", *measured.words, "-k", "zfp:reversible"]
    for more in (["--benchmark-autosave"], ["--benchmark-compare", "--benchmark-compare-fail=median:1%"]):
        done = run(*words, *more, folder=measured.folder)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "zfp:reversible (NOW)" in done.stdout
    assert "machine_info" not in done.stdout + done.stderr
    assert (measured.folder / "archive" / "records.jsonl").read_bytes() == before


def test_nothing_is_written_beside_them(measured, shipped):
    assert {path.name for path in shipped.iterdir()} - {"__pycache__"} == set(SHIPPED.values())


def test_a_case_of_two_sets_is_run_once(run):
    def copies(*words: str) -> list[str]:
        shown = run("--benchmark-only", "--collect-only", "-k", "identity and bench_compress", *words).stdout
        return [line for line in shown.splitlines() if "[identity]" in line]

    assert copies() == ["bench_lossless.py::bench_compress[identity]"]
    # Not where the set that has it too is not run.
    assert copies("--deselect=bench_lossless.py") == ["bench_lossy.py::bench_compress[identity]"]


def test_what_falls_short_is_one_line_and_the_rest_is_measured(run, tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    specs = [f"--compressor=mine:tolerance={tolerance}" for tolerance in (0.125, 0.25, 0.5)]
    words = ["--plugin=mine.py", *specs, "-k", "bench_compress", "--benchmark-json=now.json", "--benchmark-only"]
    done = run(*words, folder=tmp_path)
    assert done.returncode == 1
    assert "2 failed, 2 passed" in done.stdout
    assert "failed: mine:tolerance=0.25 on tiny@600: killed by SIGSEGV" in done.stdout
    assert "bound broken: mine:tolerance=0.5 on tiny@600 promises |e| <= 0.5: 6 times what it allows" in done.stdout
    assert "Traceback" not in done.stdout
    names = {one["name"] for one in json.loads((tmp_path / "now.json").read_text())["benchmarks"]}
    assert names == {"identity", "mine:tolerance=0.125"}
    # The file says what failed: a gate has to know.
    failed = [record.spec for record in read_benchmarks(tmp_path / "now.json").records if record.failed]
    assert failed == ["mine:tolerance=0.25"]


def test_without_benchmarks_one_round_trip_is_looked_at_and_nothing_is_kept(run, tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    words = ["--plugin=mine.py", "--archive=archive", "--benchmark-disable", "-k", "bench_decompress and mine"]
    for tolerance, status in ((0.125, 0), (0.5, 1)):
        done = run(f"--compressor=mine:tolerance={tolerance}", *words, folder=tmp_path)
        assert done.returncode == status, done.stdout + done.stderr
    assert not (tmp_path / "archive").exists()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("--compressor=zpf", 'unknown compressor "zpf"; did you mean "zfp"?'),
        ("--compressor=zfp:accuracy=-1", "zfp:accuracy=-1"),
        ("--field=tny", 'unknown field "tny"; did you mean "tiny"?'),
        ("--problem=tny", 'unknown problem "tny"; did you mean "tiny"?'),
        ("--plugin=gone.py", "plug-in gone.py: no such file"),
    ],
)
def test_wrong_words_end_it_before_anything_is_collected(run, word, said):
    done = run("--benchmark-only", word)
    assert done.returncode == 4  # pytest's own status for wrong words
    assert said in done.stderr
    assert "Traceback" not in done.stderr


# --- names -----------------------------------------------------------------------------------------------------------


def test_each_case_of_a_sweep_is_a_benchmark_on_every_field(array_field):
    """One definition: what ``wavecomp sweep`` measures on a field is what the benchmarks are on it."""
    registry = default_registry()
    for name in ("table1-quick", "lossy-quick", "interp-quick"):
        found = sweep_benchmarks(find_suites(name), registry)
        assert len({one.name for one in found}) == len(found)
        about = array_field()
        swept = [case for suite in find_suites(name) for case in suite.cases([about], registry)]
        assert [one.case(about, registry).digest for one in found] == [case.digest for case in swept]


def test_ones_own_specs_are_told_apart_by_what_they_promise(array_field):
    registry, about = default_registry(), array_field()
    specs = ["zfp:accuracy=1e-3peak", "zfp:accuracy=0.001peak", "blosc2:codec=lz4"]
    lossy, lossless = (
        sweep_benchmarks(own_suites(specs, registry, lossless=which), registry) for which in (False, True)
    )
    assert [one.name for one in lossy] == ["identity", "zfp:accuracy=0.001peak"]
    assert lossy[1].case(about, registry) == Case.of(f"zfp:accuracy={1e-3 * about.peak:.2e}", about)
    assert [one.name.partition(",")[0] for one in lossless] == ["identity", "blosc2:codec=lz4"]
    assert sweep_benchmarks(own_suites(["zfp:rate=4"], registry, lossless=True), registry) == []


# --- pytest-benchmark's inside, and where the suites lie -------------------------------------------------------------


def test_another_pytest_benchmark_is_an_error_that_says_which_would_do():
    """A release without the two attributes that times are handed over by, and one without the session in the config."""
    with pytest.raises(BenchmarksUnavailable, match=r"_make_stats and _mode .* pip install 'pytest-benchmark>=5\.0"):
        hand_over(SimpleNamespace(_mode=None), [1.0])
    with pytest.raises(BenchmarksUnavailable, match="_benchmarksession"):
        is_enabled(SimpleNamespace())


def test_times_reach_the_statistics_as_they_are():
    made = []

    class Fixture:
        _mode = None

        def _make_stats(self, iterations):
            assert iterations == 1
            made.append([])
            return SimpleNamespace(update=made[-1].append)

    hand_over(Fixture(), [0.25, 0.5])
    hand_over(used := Fixture(), ())
    assert made == [[0.25, 0.5]]
    assert used._mode  # it was used, and leaves nothing


def test_the_command_says_where_they_lie_and_what_they_need(capfd, monkeypatch):
    assert status_of(["suites"]) == 0
    folder = Path(capfd.readouterr().out.strip())
    assert {*SHIPPED.values()} <= {path.name for path in folder.iterdir()}
    real = importlib.util.find_spec
    monkeypatch.setattr(
        "wavecomp.benchmarks.place.find_spec", lambda name: None if name == "pytest_benchmark" else real(name)
    )
    assert status_of(["suites"]) == 1
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "pytest-benchmark is not installed here: pip install 'wavecomp[bench]'" in shown.err
