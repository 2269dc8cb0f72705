from __future__ import annotations

import io

import pandas as pd
import pytest

from wavecomp.errors import NothingToReport
from wavecomp.records import Failure
from wavecomp.report import render, table1
from wavecomp.report.published import PUBLISHED, STUDY_BYTES

from .factory import PROVENANCE, blosc, frame_of, make_record


def best_of(frame: pd.DataFrame, codec: str = "lz4", field: str | None = None) -> tuple[str, float, float | None]:
    best = next(entry.best for entry in table1(frame, field).entries if entry.published.codec == codec)
    assert best is not None
    return best.spec.partition(":")[2], best.ratio, best.compress_s


def test_published_rows_are_the_studys() -> None:
    assert [(row.label, row.ratio) for row in PUBLISHED] == [
        ("BloscLZ", 1.188),
        ("LZ4", 1.199),
        ("LZ4HC", 1.265),
        ("ZLib", 1.291),
        ("ZStd", 1.312),
    ]
    assert pytest.approx(891e6, rel=1e-3) == STUDY_BYTES


def test_best_ratio_wins() -> None:
    frame = frame_of(blosc("lz4", 1.1, level=1), blosc("lz4", 1.3, level=2), blosc("lz4", 1.2, level=3))
    assert best_of(frame)[:2] == ("codec=lz4,level=2,shuffle=shuffle,chunk=1048576", 1.3)


def test_ties_go_to_the_faster_then_to_the_spec() -> None:
    frame = frame_of(
        blosc("lz4", 1.3, level=7, compress_s=0.02),
        blosc("lz4", 1.3, level=5, compress_s=0.01),
        blosc("lz4", 1.3, level=4, compress_s=0.01),
    )
    assert best_of(frame)[0].startswith("codec=lz4,level=4")


def test_a_concurrent_case_gives_its_ratio_but_no_time_and_loses_ties() -> None:
    together = blosc("lz4", 1.3, level=1, compress_s=0.001, concurrent=True)
    assert best_of(frame_of(together, blosc("lz4", 1.3, level=9)))[0].startswith("codec=lz4,level=9")
    made = table1(frame_of(together, blosc("lz4", 1.2, level=9)))
    best = made.entries[1].best
    assert best is not None
    assert (best.ratio, best.compress_s, best.decompress_s) == (1.3, None, None)
    row = next(row for row in made.to_table().rows if row.cells[0] == "LZ4")
    assert made.to_table().shown(row)[4:] == ["–", "–", "1.300"]
    assert "No time for LZ4" in made.to_table().notes[2]


@pytest.mark.parametrize(
    "intruder",
    [
        blosc("lz4", 9.0, level=8, failure=Failure("crash", "SIGSEGV")),
        blosc("lz4", 9.0, level=8, bound_status="violated"),
        blosc("lz4", 9.0, level=8, threads=2),
        make_record("blosc2:codec=lz4,level=8,shuffle=shuffle,truncate=10,chunk=1048576", 9.0, error=1e-3),
        make_record("slabs:planes=16,threads=1/blosc2:codec=lz4,level=8,shuffle=shuffle,chunk=1048576", 9.0),
        blosc("lz4", 9.0, level=8, field="quick@100"),
    ],
    ids=["failed", "not bit for bit", "two threads", "truncated", "wrapped", "other field"],
)
def test_what_may_not_win(intruder: object) -> None:
    frame = frame_of(blosc("lz4", 1.1, level=1), blosc("lz4", 1.2, level=2), intruder)  # type: ignore[arg-type]
    assert best_of(frame)[1] == 1.2


def test_failed_cases_are_counted_and_missing_codecs_stay() -> None:
    made = table1(
        frame_of(
            blosc("lz4", 1.2),
            blosc("lz4", 1.0, level=9, failure=Failure("time", "60 s")),
            blosc("zlib", 1.0, failure=Failure("memory", "1 GiB")),
        )
    )
    labels = [row.cells[0] for row in made.to_table().rows if not row.muted]
    assert labels == [
        "BloscLZ (not measured)",
        "LZ4",
        "LZ4HC (not measured)",
        "ZLib (all 1 cases failed)",
        "ZStd (not measured)",
    ]
    assert "Best of 1 measured cases; 2 failed." in made.notes()[0]


def test_only_failures_still_make_a_table() -> None:
    made = table1(frame_of(blosc("lz4", 1.0, failure=Failure("exception", "no"))))
    assert all(entry.best is None for entry in made.entries)


def test_the_machine_is_named_from_the_provenance() -> None:
    frame = frame_of(blosc("lz4", 1.2))
    assert (
        "Test_CPU 3000 (2 cores, 24 GiB), with blosc2 4.14.1"
        in table1(frame, None, {PROVENANCE.digest: PROVENANCE}).notes()[0]
    )
    assert PROVENANCE.digest in table1(frame).notes()[0]


def test_the_field_is_the_one_with_most_cases_unless_named() -> None:
    frame = frame_of(
        blosc("lz4", 1.1, level=1, field="quick@600"),
        blosc("lz4", 1.2, level=2, field="quick@600"),
        blosc("lz4", 1.9, field="quick@700"),
        blosc("lz4", 3.0, field="standard@50"),
    )
    assert table1(frame).field == "quick@600"
    assert table1(frame, "quick").field == "quick@600"
    assert table1(frame, "quick@700").field == "quick@700"
    assert table1(frame, "standard").field == "standard@50"
    with pytest.raises(NothingToReport, match=r'"standart".*did you mean "standard@50".*quick@600'):
        table1(frame, "standart")


def test_a_field_made_anew_replaces_the_old_one_of_its_name() -> None:
    frame = frame_of(
        blosc("lz4", 5.0, level=1, content="old", created_utc="2025-01-01T00:00:00Z"),
        blosc("lz4", 4.0, level=2, content="old", created_utc="2025-01-01T00:00:01Z"),
        blosc("lz4", 1.2, level=2, content="new", created_utc="2025-01-02T00:00:00Z"),
    )
    assert best_of(frame)[1] == 1.2


@pytest.mark.parametrize("frame", [pd.DataFrame(), frame_of(make_record("zfp:accuracy=1e-3", error=1e-4))])
def test_nothing_to_report_names_the_command(frame: pd.DataFrame) -> None:
    with pytest.raises(NothingToReport, match="wavecomp sweep table1-quick"):
        table1(frame)


def test_seven_columns_measured_over_published_and_the_copy_last() -> None:
    frame = frame_of(
        blosc("zstd", 1.5, level=9, chunk=524288, compress_s=0.25, decompress_s=0.002),
        blosc("lz4", 1.2, shuffle="none"),
        make_record("identity", 1.0, compress_s=0.0004, decompress_s=0.0005),
    )
    table = table1(frame).to_table()
    assert [column.header for column in table.columns] == [
        "Compressor",
        "Chunk size (bytes)",
        "Shuffle mode",
        "Setting",
        "Compression time (ms)",
        "Decompression time (ms)",
        "Ratio",
    ]
    back = pd.read_csv(io.StringIO(render(table, "csv"))).set_index("Compressor")
    assert back.loc["ZStd"].tolist() == [524288, "SHUFFLE", 9, 250.0, 2.0, 1.5]
    assert back.loc["ZStd (published)"].tolist() == [524288, "SHUFFLE", 9, 117238.76, 1477.34, 1.312]
    assert back.loc["LZ4", "Shuffle mode"] == "NOSHUFFLE"
    assert back.index[-1] == "memcpy (reference)"
    assert back.iloc[-1]["Compression time (ms)"] == pytest.approx(0.4)
    assert list(back.index)[:2] == ["BloscLZ (not measured)", "BloscLZ (published)"]
