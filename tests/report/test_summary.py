from __future__ import annotations

import pandas as pd
import pytest

from wavecomp.errors import NothingToReport
from wavecomp.records import Failure, Record
from wavecomp.report import outside_share, quality_table, summary
from wavecomp.report.names import chunk_label, setting_label
from wavecomp.report.quality import best_at_quality

from .factory import blosc, frame_of, make_record


def test_best_at_quality_takes_the_best_ratio_of_each_family_above_the_floor() -> None:
    # error 1e-3 of a peak 1: PSNR = -20 log10(1e-4 / 2) = 86.02 dB
    frame = frame_of(
        make_record("zfp:accuracy=1e-2", 50.0, error=1e-2),
        make_record("zfp:accuracy=1e-3", 20.0, error=1e-3),
        make_record("zfp:rate=8", 4.0, error=1e-3),
        make_record("sz3:abs=1e-3,algorithm=interp", 30.0, error=1e-3),
        make_record("sz3:abs=1e-3,algorithm=lorenzo_reg", 90.0, error=1e-3, threads=2),
        make_record("slabs:planes=16,threads=1/zfp:accuracy=1e-3", 99.0, error=1e-3),
        make_record("zfp:precision=9", 70.0, error=1e-3, failure=Failure("crash", "SIGABRT")),
        blosc("zstd", 1.5),
    )
    assert best_at_quality(frame, 86.0)["spec"].tolist() == ["sz3:abs=1e-3,algorithm=interp", "zfp:accuracy=1e-3"]
    assert best_at_quality(frame, 86.1).empty
    assert best_at_quality(frame, 60.0)["ratio"].tolist() == [50.0, 30.0]


def test_a_lossy_compressor_without_error_reaches_every_quality() -> None:
    frame = frame_of(make_record("zfp:precision=32", 1.5, bound="precision 32"))
    assert len(best_at_quality(frame, 300.0)) == 1


def test_quality_table_groups_by_floor(study: list[Record]) -> None:
    table = quality_table(frame_of(*study))
    floors = [row.cells[0] for row in table.rows]
    assert floors == sorted(floors, key=lambda floor: int(str(floor).split()[1]))
    # PSNR of accuracy=1e-1, 1e-2, 1e-3: error a fifth of the tolerance, so 60.0, 80.0, 100.0 dB, the floors themselves
    # but for rounding; the row shown must reach its floor.
    assert all(float(row.cells[6]) >= float(str(row.cells[0]).split()[1]) for row in table.rows)  # type: ignore[arg-type]
    with pytest.raises(NothingToReport, match="wavecomp sweep lossy"):
        quality_table(frame_of(blosc("lz4", 1.2)))


def test_summary_says_what_was_found(study: list[Record]) -> None:
    lines = summary(frame_of(*study))
    text = "\n".join(lines)
    assert lines[0].startswith("quick@600: best lossless ratio 1.500 by blosc2:codec=zstd,level=9,shuffle=shuffle")
    assert lines[0].endswith("at 0.4 GB/s.")  # 4 MB in 10 ms
    assert "a copy (memcpy) runs at 4.00 GB/s" in text
    assert "fastest int8:block=64 at 1.33 GB/s, ratio 3.8" in text
    assert "Failures: none in" in text
    assert "none of 27 measured cases violates" in text
    assert not any(line.startswith("quick@200") for line in lines)


def test_times_of_concurrent_cases_are_no_speeds() -> None:
    frame = frame_of(make_record("zfp:accuracy=1e-3", 20.0, error=1e-3, concurrent=True))
    lines = summary(frame)
    assert "GB/s" not in "\n".join(lines)
    assert any("ZFP 20.0" in line for line in lines)


def test_violations_and_failures_are_counted_and_the_first_few_named() -> None:
    broken = [
        make_record(f"zfp:accuracy=1e-{k}", 9.0, error=1.0, bound_status="violated", bound_margin=10.0**k)
        for k in range(1, 6)
    ]
    failed = make_record("sz3:abs=1e-3,algorithm=interp", failure=Failure("crash", "signal SIGSEGV"))
    rounded = make_record("zfp:accuracy=1e-9", 2.0, error=1e-9, bound_status="rounding")
    lines = summary(frame_of(*broken, failed, rounded))
    violations = next(line for line in lines if line.startswith("Bounds"))
    assert "5 of 6 measured cases (beyond it by rounding alone: 1)" in violations
    assert "zfp:accuracy=1e-1 on quick@600 (10 times what it allows)" in violations
    assert violations.endswith("and 2 more.")
    assert "Failures: 1 of 7 cases: sz3:abs=1e-3,algorithm=interp on quick@600 (crash: signal SIGSEGV)." in lines


def test_summary_of_nothing() -> None:
    with pytest.raises(NothingToReport):
        summary(pd.DataFrame())
    assert "absent@1: nothing was measured." in summary(frame_of(blosc("lz4", 1.2)), ["absent@1"])


def test_outside_share_by_hand() -> None:
    # Inside: 3 samples and a first call of twice a sample, so 5 × (0.04 + 0.02) = 0.3 s; outside 0.1 s.
    long = make_record("zfp:rate=8", error=1e-3, compress_s=0.04, decompress_s=0.02, outside_s=0.1)
    short = make_record("zfp:rate=9", error=1e-3, compress_s=0.02, decompress_s=0.02, outside_s=99.0)
    failed = make_record("zfp:rate=7", failure=Failure("time", "60 s"))
    assert outside_share(frame_of(long, short, failed)) == pytest.approx(0.1 / 0.4)
    assert outside_share(frame_of(long, short), threshold_s=0.0) == pytest.approx(99.1 / 99.6)
    assert outside_share(frame_of(short)) is None
    assert outside_share(frame_of(failed)) is None
    assert outside_share(pd.DataFrame()) is None


@pytest.mark.parametrize(
    ("spec", "label"),
    [
        ("zfp:accuracy=8.5431e-5", "ZFP accuracy 8.54e-5"),
        ("zfp:reversible", "ZFP reversible"),
        ("sz3:abs=1e-3,algorithm=interp_lorenzo", "SZ3 abs 1e-3 (interp_lorenzo)"),
        ("sz3:rel=1e-3,algorithm=nopred", "SZ3 rel 1e-3 (nopred)"),
        ("sz3:algorithm=lossless", "SZ3 (lossless)"),
        ("blosc2:codec=lz4,level=4,shuffle=none,chunk=524288", "LZ4 4 no shuffle"),
        ("blosc2:codec=zstd,level=5,shuffle=shuffle,truncate=12,chunk=4096", "ZStd 5 shuffle truncated to 12 bits"),
        ("slabs:planes=16,threads=2/zfp:accuracy=1e-3", "ZFP accuracy 1e-3, slabs × 2 threads"),
        ("int8:block=64", "int8 block 64"),
        ("float16", "float16"),
        ("mine:quality=3", "mine quality 3"),
    ],
)
def test_labels(spec: str, label: str) -> None:
    assert setting_label(spec) == label


def test_chunk_labels() -> None:
    assert [chunk_label(size) for size in (524288, 8388608, 2965820, 1000)] == [
        "512 KiB",
        "8 MiB",
        "2.8 MiB",
        "1000 bytes",
    ]
