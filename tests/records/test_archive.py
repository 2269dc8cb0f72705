"""Records and archives: what is written is read back, and what was damaged is seen."""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import DamagedArchive, StorageError
from wavecomp.records import (
    Archive,
    Failure,
    Measurement,
    Provenance,
    Record,
    Section,
    Timing,
    collect_provenance,
    load_frame,
    load_sections,
    save_section,
)
from wavecomp.records.record import LONGEST_MESSAGE, line_of

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
    distortion={"max_absolute": 2e-4, "psnr_db": 71.0},
    details={"block_bytes": 65536},
    outside_s=0.01,
)


def record(case: str = "c0", **changes: object) -> Record:
    made = Record(
        case=case,
        suite="s",
        spec="zfp:accuracy=1e-3",
        compressor="zfp",
        parameters={"accuracy": 1e-3},
        library="zfpy 1.0.1",
        threads=1,
        concurrent=False,
        field="quick@500",
        field_digest="d" * 64,
        step=500,
        time_s=1.5,
        shape=(4, 8, 8),
        dtype="float32",
        raw_bytes=1024,
        provenance="p",
        created_utc="2026-01-01T00:00:00+00:00",
        outcome=MEASUREMENT,
    )
    return replace(made, **changes)


def test_round_trip():
    for outcome in (MEASUREMENT, Failure("crash", "killed by SIGSEGV")):
        made = record(outcome=outcome)
        assert Record.from_line(made.to_line()) == made


def test_medians_stand_in_the_row():
    row = record().to_row()
    assert (row["compress_median_s"], row["compress_min_s"], row["compress_first_s"]) == (0.2, 0.1, 0.5)
    assert row["error_psnr_db"] == 71.0
    assert row["compress_samples_s"] == [0.3, 0.1, 0.2]


def test_what_does_not_exist_is_null():
    outcome = replace(MEASUREMENT, bound_margin=math.nan, distortion={"psnr_db": math.inf})
    row = json.loads(record(outcome=outcome).to_line())
    assert row["bound_margin"] is None
    assert row["error_psnr_db"] is None


@given(st.data())
def test_any_changed_character_is_seen(data):
    """A SHA-256 over the canonical line: no single replaced character may pass (64 bits kept; a miss is 5e-20)."""
    line = record().to_line()
    position = data.draw(st.integers(0, len(line) - 1))
    other = data.draw(st.characters(min_codepoint=32, max_codepoint=126).filter(lambda c: c != line[position]))
    changed = line[:position] + other + line[position + 1 :]
    with pytest.raises(DamagedArchive):
        Record.from_line(changed)


def test_foreign_schema_is_refused():
    import hashlib

    row = json.loads(record().to_line())
    del row["sum"]
    row["schema"] = 99
    text = json.dumps(row, sort_keys=True, separators=(",", ":"))
    row["sum"] = hashlib.sha256(text.encode()).hexdigest()[:16]
    with pytest.raises(DamagedArchive, match="schema 99"):
        Record.from_line(json.dumps(row))


def test_pandas_reads_an_archive_in_one_call(tmp_path):
    archive = Archive(tmp_path / "a")
    with archive.writer(collect_provenance()) as writer:
        for index in range(3):
            writer.append(record(f"c{index}"))
    frame = pd.read_json(archive.path, lines=True)
    assert list(frame["case"]) == ["c0", "c1", "c2"]
    assert list(load_frame([archive])["ratio"]) == [10.24] * 3


def test_frame_prefers_what_was_measured_alone(tmp_path):
    archive = Archive(tmp_path / "a")
    with archive.writer(collect_provenance()) as writer:
        writer.append(record("x", concurrent=True))
        writer.append(record("x"))
        writer.append(record("y", concurrent=True))
        writer.append(record("z", outcome=Failure("time", "late")))
        writer.append(record("z"))
    frame = load_frame([archive]).set_index("case")
    assert dict(frame["concurrent"]) == {"x": False, "y": True, "z": False}
    assert frame.loc["z", "status"] == "ok"


def test_half_a_line_is_passed_over_and_cut_off_before_the_next(tmp_path):
    archive = Archive(tmp_path / "a")
    with archive.writer(collect_provenance()) as writer:
        writer.append(record("first"))
    whole = archive.path.read_bytes()
    archive.path.write_bytes(whole + whole[: len(whole) // 2])
    assert [r.case for r in archive] == ["first"]
    with archive.writer(collect_provenance()) as writer:
        writer.append(record("second"))
    assert [r.case for r in archive] == ["first", "second"]
    assert archive.path.read_bytes().startswith(whole)


FULL = """
import resource, signal, sys
sys.path.insert(0, {tests!r})
from test_archive import record
from wavecomp.errors import StorageError
from wavecomp.records import Archive, collect_provenance
archive = Archive({folder!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with archive.writer(collect_provenance()) as writer:
    writer.append(record("fits"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (archive.path.stat().st_size + 100,) * 2)
    try:
        writer.append(record("does not fit"))
    except StorageError as error:
        print(error)
"""


def test_a_file_that_cannot_grow_loses_nothing(tmp_path):
    """A limit on the file's size makes the kernel take 100 bytes of a line of some 1500, as a full disk would."""
    from pathlib import Path

    assert resource.RLIMIT_FSIZE is not None
    code = FULL.format(tests=str(Path(__file__).parent), folder=str(tmp_path / "a"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "cannot write" in done.stdout
    assert "records.jsonl" in done.stdout
    archive = Archive(tmp_path / "a")
    assert [r.case for r in archive] == ["fits"]
    assert archive.path.read_bytes().endswith(b"\n")


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"), Archive(tmp_path / "file" / "a").writer(collect_provenance()):
        pass


def test_provenance_lies_beside_the_records(tmp_path):
    archive = Archive(tmp_path / "a")
    provenance = collect_provenance()
    with archive.writer(provenance) as writer:
        writer.append(record(provenance=provenance.digest))
    (made,) = archive
    assert archive.provenances()[made.provenance] == provenance
    assert Provenance.from_json(provenance.to_json()).digest == provenance.digest
    assert provenance.versions["blosc2"]
    assert provenance.cores >= 1
    assert provenance.memory_bytes > 2**28


def test_sections_round_trip(tmp_path):
    made = Section(
        field="quick@500",
        field_digest="d",
        spec="zfp:accuracy=1e-3",
        step=500,
        time_s=1.5,
        plane="x-z at y = 1000 m",
        extent_m=(0.0, 100.0, 0.0, 50.0),
        statistics={"ssim": 0.99},
        values=np.ones((5, 4), np.float32),
        error=np.zeros((5, 4), np.float32),
        curves={"wavenumber": np.arange(3.0)},
    )
    save_section(tmp_path, made)
    save_section(tmp_path, replace(made, spec=None, error=None, curves={}))
    reference, compressed = load_sections(tmp_path)
    assert reference.spec is None
    assert reference.error is None
    assert compressed.extent_m == made.extent_m
    assert compressed.statistics == made.statistics
    np.testing.assert_array_equal(compressed.curves["wavenumber"], made.curves["wavenumber"])
    (tmp_path / "section-0000.npz").write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(DamagedArchive, match="section-0000"):
        load_sections(tmp_path)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.float32("inf"), None),
        (np.bool_(True), True),
        ([1, 2], "(list)"),
        (np.arange(3), "(ndarray)"),
        (2**63, "(int)"),
        (object(), "(object)"),
    ],
)
def test_parameters_of_any_type_leave_a_line_that_can_be_read(value, kept):
    """A plug-in declares its parameters' defaults; one line that cannot be read back would close a whole archive."""
    made = record(parameters={"level": value})
    assert Record.from_line(made.to_line()).parameters == {"level": kept}


def test_message_is_one_short_line_whoever_wrote_it():
    """In memory, and in lines that were written before messages were cut."""
    message = "first\nsecond \x1b[31mred \u202e" + "x" * 5_000_000
    made = record(outcome=Failure("exception", message))
    older = Record.from_line(line_of(made.to_row() | {"message": message}))
    for found in (made, older):
        assert found.outcome.message.startswith(r"first second \x1b[31mred \u202exxx")
        assert len(found.outcome.message) <= LONGEST_MESSAGE + 3
        assert found.outcome.message.isprintable()


def test_sections_of_a_grid_that_nobody_described(tmp_path):
    made = Section(
        field="wave",
        field_digest="d",
        spec=None,
        step=None,
        time_s=None,
        plane="the whole level",
        extent_m=(0.0, 4.0, 0.0, 3.0),
        statistics={},
        values=np.ones((5, 4), np.float32),
        error=None,
        curves={},
        length_unit="points",
        axes=("First axis", "Second axis"),
    )
    path = save_section(tmp_path, made)
    (read,) = load_sections(tmp_path)
    assert (read.step, read.time_s, read.length_unit, read.axes) == (None, None, "points", made.axes)
    # A section that is older than unit and axes is one in metres.
    with np.load(path) as data:
        head = json.loads(str(data["head"]))
    older = {name: value for name, value in head.items() if name not in ("length_unit", "axes")}
    np.savez_compressed(path, head=np.array(json.dumps(older)), values=made.values)
    (read,) = load_sections(tmp_path)
    assert (read.length_unit, read.axes) == ("m", ())
    np.savez_compressed(path, head=np.array(json.dumps(head | {"length_unit": "feet"})), values=made.values)
    with pytest.raises(DamagedArchive, match="feet"):
        load_sections(tmp_path)
