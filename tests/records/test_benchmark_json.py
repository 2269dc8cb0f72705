"""Records as a JSON file of pytest-benchmark's, and back: nothing is lost, and what is no such file is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.cli import status_of
from wavecomp.errors import ArchiveWarning, DamagedArchive, ForeignBenchmarks, ForeignFile, NewerRecord
from wavecomp.promise import Loss
from wavecomp.records import (
    Archive,
    Failure,
    GradientArchive,
    GradientImpact,
    GradientRecord,
    Measurement,
    Record,
    Spread,
    Timing,
    WorkTimes,
    collect_provenance,
)
from wavecomp.records.benchmark_json import benchmark_json, is_benchmark_json, read_benchmarks
from wavecomp.records.benchmark_stats import statistics_of

HERE = collect_provenance()

MEASUREMENT = Measurement(
    stream_bytes=100,
    ratio=10.24,
    bit_rate=3.125,
    compress=Timing(0.5, (0.3, 0.1, 0.2)),
    decompress=Timing(0.25, (0.05,)),
    compress_peak_bytes=4096,
    decompress_peak_bytes=None,
    bound="|e| <= 0.001",
    bound_status="holds",
    bound_margin=0.2,
    distortion={"max_absolute": 2e-4, "nrmse": 1e-5},
    details={"block_bytes": 65536},
    outside_s=0.01,
)
SWEPT = Record(
    case="c0",
    suite="lossy-quick",
    spec="zfp:accuracy=1e-3",
    compressor="zfp",
    parameters={"accuracy": 1e-3},
    library="zfpy 1.0.1",
    threads=1,
    concurrent=False,
    field="quick@320",
    field_digest="d" * 64,
    step=320,
    time_s=1.5,
    shape=(4, 8, 8),
    dtype="float32",
    raw_bytes=1024,
    provenance=HERE.digest,
    created_utc="2026-01-01T00:00:00+00:00",
    outcome=MEASUREMENT,
)
IMPACT = GradientImpact(
    seconds=WorkTimes(0.1, 0.2, 0.3, 0.4, 0.0, 1.0),
    walls_s=(1.1, 1.0, 1.3),
    forward_steps=299,
    writes=300,
    reads=300,
    checkpoints_held=300,
    ratio=Spread(2.0, 3.0, 4.0),
    peak_checkpoint_bytes=10**6,
    peak_disk_bytes=0,
    misfit=12.5,
    distance={"relative_l2": 1e-3, "deep_relative_l2": None},
    gradient_digest="e" * 64,
    bare_walls_s=(0.5, None, 0.6),
)
KEPT = GradientRecord(
    case="g0",
    spec="trajectory/zfp:accuracy=1e-3peak",
    strategy="trajectory",
    strategy_parameters={"every": 1},
    compressor="zfp:accuracy=1e-3peak",
    compressor_parameters={"accuracy": "1e-3peak"},
    library="devito 4.8.23, zfpy 1.0.1",
    threads=2,
    concurrent=False,
    problem="tiny",
    problem_digest="f" * 64,
    shots=(0,),
    shape=(120, 60),
    steps=300,
    level_bytes=28800,
    dtype="float32",
    budget_bytes=None,
    provenance=HERE.digest,
    created_utc="2026-01-01T00:00:01+00:00",
    outcome=IMPACT,
    loss=Loss("zfp", "wavefield-peak", 1e-3),
)

seconds = st.floats(1e-9, 1e3)
samples = st.lists(seconds, min_size=1, max_size=12).map(tuple)
timings = st.builds(Timing, seconds, samples)
failures = st.builds(Failure, st.sampled_from(["crash", "time", "memory", "exception"]), st.text(max_size=40))
numbers = st.floats() | st.integers(-(2**62), 2**62)
measurements = st.builds(
    lambda compress, decompress, margin, errors, details: replace(
        MEASUREMENT, compress=compress, decompress=decompress, bound_margin=margin, distortion=errors, details=details
    ),
    timings,
    timings,
    st.none() | st.floats(),
    st.dictionaries(st.sampled_from(["max_absolute", "nrmse", "psnr_db"]), st.floats()),
    st.dictionaries(st.text(max_size=5), st.integers(-(2**62), 2**62), max_size=2),
)
sweeps = st.builds(
    lambda outcome, suite, spec, concurrent, parameters: replace(
        SWEPT, outcome=outcome, suite=suite, spec=spec, concurrent=concurrent, parameters=parameters
    ),
    measurements | failures,
    st.sampled_from(["table1-quick", "lossy-quick", "mine"]),
    st.text(min_size=1, max_size=30),
    st.booleans(),
    st.dictionaries(st.text(max_size=5), numbers | st.text(max_size=5) | st.booleans() | st.none(), max_size=3),
)
gradients = st.builds(
    lambda walls, failure, concurrent: replace(
        KEPT, outcome=failure or replace(IMPACT, walls_s=walls), concurrent=concurrent
    ),
    samples,
    st.none() | failures,
    st.booleans(),
)


def numbered(records):
    """Records of several cases, some of which were measured again: no two of them are the same."""
    return [
        replace(record, case=f"{number % 3:016x}", created_utc=f"2026-01-01T00:00:{number:02}+00:00")
        for number, record in enumerate(records)
    ]


def lines(records) -> list[str]:
    return [record.to_line() for record in records]


@given(st.lists(sweeps, min_size=1, max_size=5), st.lists(gradients, max_size=4))
def test_records_stay_the_same_on_the_way_there_and_back(tmp_path_factory, swept, kept):
    """Byte for byte and in their order, whatever failed or ran beside others, with numbers that are not finite too."""
    file = tmp_path_factory.mktemp("json") / "some.json"
    swept, kept = numbered(swept), numbered(kept)
    content = benchmark_json(swept, kept, {HERE.digest: HERE})
    file.write_text(json.dumps(content, allow_nan=False))
    found = read_benchmarks(file)
    assert (lines(found.records), lines(found.gradients)) == (lines(swept), lines(kept))
    assert found.provenances == {HERE.digest: HERE}
    assert benchmark_json(*found) == content


@given(samples)
def test_statistics_are_those_of_pytest_benchmark(times):
    from pytest_benchmark.stats import Stats

    theirs = Stats()
    for one in times:
        theirs.update(one)
    ours, expected = statistics_of(times), theirs.as_dict()
    # Versions before 5.3 took the least outlier for the greatest value that is none.
    greatest = ours["hd15iqr"], expected.pop("hd15iqr")
    assert {name: ours[name] for name in expected} == expected
    assert ours["data"] == list(times)
    assert greatest[0] in times
    assert greatest[0] <= greatest[1]
    assert len(times) - ours["iqr_outliers"] <= sum(one <= greatest[0] for one in times)


def archive(folder, swept=(SWEPT,), kept=(KEPT,)):
    for place, records in ((Archive(folder), swept), (GradientArchive(folder), kept)):
        with place.writer(HERE) as writer:
            for record in records:
                writer.append(record)
    return folder


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_an_archive_becomes_a_file_that_becomes_the_archive(tmp_path, capfd):
    failed = replace(SWEPT, case="c1", outcome=Failure("crash", "killed by SIGSEGV"))
    made = archive(tmp_path / "made", [failed, SWEPT, replace(SWEPT, case="c2", concurrent=True)])
    assert status_of(["convert", str(made), str(tmp_path / "made.json")]) == 0
    for _ in range(2):  # what is there is not there twice
        assert status_of(["convert", str(tmp_path / "made.json"), str(tmp_path / "again")]) == 0
        assert contents(tmp_path / "again") == contents(made)
    assert "3 records of sweeps, 1 of gradients" in capfd.readouterr().err


def test_a_case_is_one_benchmark_however_often_it_was_recorded():
    """After every round a gradient has a record; the last one holds the times of all of them."""
    rounds = [replace(KEPT, outcome=replace(IMPACT, walls_s=IMPACT.walls_s[:count])) for count in (1, 2, 3)]
    (shown,) = benchmark_json([], rounds, {HERE.digest: HERE})["benchmarks"]
    assert shown["stats"]["data"] == list(IMPACT.walls_s)


def test_pytest_benchmark_compares_what_was_made_of_archives(tmp_path):
    slower = replace(MEASUREMENT, compress=Timing(0.5, (0.6, 0.2, 0.4)))
    for name, outcome in (("old", MEASUREMENT), ("new", slower)):
        made = archive(tmp_path / name, [replace(SWEPT, outcome=outcome)])
        assert status_of(["convert", str(made), str(tmp_path / f"{name}.json")]) == 0
    done = subprocess.run(
        [sys.executable, "-m", "pytest_benchmark", "compare", "old.json", "new.json", "--columns=median,rounds"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
    )  # fmt: skip
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("zfp:accuracy")]
    # Two operations of two files, grouped by operation: 0.2 s and 0.4 s the medians of compression.
    assert [row[:4] for row in rows[:2]] == [
        ["zfp:accuracy=1e-3", "(old)", "200.0000", "(1.0)"],
        ["zfp:accuracy=1e-3", "(new)", "400.0000", "(2.00)"],
    ]
    for title in ("compress quick@320", "decompress quick@320", "gradient tiny"):
        assert f"benchmark '{title}': 2 tests" in done.stdout


def written(tmp_path, change=None):
    content = benchmark_json([SWEPT], [KEPT], {HERE.digest: HERE})
    if change is not None:
        change(content)
    file = tmp_path / "some.json"
    file.write_text(json.dumps(content))
    return file


def strip_records(content):
    for benchmark in content["benchmarks"]:
        del benchmark["extra_info"]["record"]


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        (lambda content: content.pop("benchmarks"), 'the list "benchmarks" is missing'),
        (lambda content: content.pop("wavecomp"), 'the key "wavecomp" with the provenances is missing'),
        (lambda content: content["wavecomp"].pop("provenances"), 'the key "wavecomp" with the provenances'),
        (strip_records, r'no benchmark \(zfp:accuracy=1e-3, .*\) has a "record" in its extra_info'),
    ],
)
def test_a_file_of_others_is_refused_by_what_it_lacks(tmp_path, change, missing):
    file = written(tmp_path, change)
    with pytest.raises(ForeignBenchmarks, match=rf"some\.json: {missing}"):
        read_benchmarks(file)


@pytest.mark.parametrize("text", [None, "no JSON", "[]", '{"benchmarks": 3}'])
def test_what_is_no_such_file_at_all_is_refused(tmp_path, text):
    file = tmp_path / "some.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ForeignBenchmarks, match=r"some\.json: "):
        read_benchmarks(file)
    assert not is_benchmark_json(file)


def test_benchmarks_of_others_in_the_same_file_are_passed_over(tmp_path):
    file = written(tmp_path, lambda content: content["benchmarks"].insert(1, {"name": "mine", "extra_info": {}}))
    assert (len(read_benchmarks(file).records), len(read_benchmarks(file).gradients)) == (1, 1)


def test_an_edited_record_is_seen(tmp_path):
    def edit(content):
        content["benchmarks"][0]["extra_info"]["record"]["ratio"] = 11.0

    with pytest.raises(DamagedArchive, match=r"some\.json: the record of 'zfp:accuracy=1e-3': its checksum"):
        read_benchmarks(written(tmp_path, edit))


def test_an_edited_provenance_is_passed_over_with_a_warning(tmp_path):
    file = written(tmp_path, lambda content: content["wavecomp"]["provenances"][HERE.digest].update(cores=999))
    with pytest.warns(ArchiveWarning, match="was changed"):
        assert read_benchmarks(file).provenances == {}


def test_a_file_of_a_newer_wavecomp_is_refused(tmp_path):
    with pytest.raises(NewerRecord, match="its form is 2"):
        read_benchmarks(written(tmp_path, lambda content: content["wavecomp"].update(format=2)))


@pytest.mark.parametrize(("held", "status"), [('{"benchmarks": []}', 1), ("notes", 1), ("", 0)])
def test_a_file_of_somebody_elses_is_not_replaced(tmp_path, capfd, held, status):
    target = tmp_path / "target.json"
    target.write_text(held)
    assert status_of(["convert", str(archive(tmp_path / "made")), str(target)]) == status
    assert (target.read_text() == held) == bool(status)
    assert ("replaces only what it made itself" in capfd.readouterr().err) == bool(status)


def test_an_archive_of_somebody_elses_is_not_appended_to(tmp_path, capfd):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "records.jsonl").write_text("notes")
    assert status_of(["convert", str(written(tmp_path)), str(tmp_path / "mine")]) == 1
    assert contents(tmp_path / "mine") == {"records.jsonl": b"notes"}


def test_words_that_name_no_way_are_wrong(tmp_path, capfd):
    (tmp_path / "empty").mkdir()
    assert status_of(["convert", str(tmp_path / "empty"), str(tmp_path / "other")]) == 2
    assert status_of(["convert", str(tmp_path / "gone"), str(tmp_path / "x.json")]) == 2
    assert "gone is not there" in capfd.readouterr().err
    assert status_of(["convert", str(tmp_path / "empty"), str(tmp_path / "x.json")]) == 1
    assert "holds no records" in capfd.readouterr().err
    assert not (tmp_path / "x.json").exists()


def test_what_lies_in_the_way_is_an_error_of_the_converter(tmp_path):
    from wavecomp.cli.converting import archive_to_json

    (tmp_path / "x.json").mkdir()
    with pytest.raises(ForeignFile):
        archive_to_json(archive(tmp_path / "made"), tmp_path / "x.json")
