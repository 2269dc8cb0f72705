"""Every explanation is checked against records made so that only that cause is true."""

from __future__ import annotations

from wavecomp.records import Record
from wavecomp.report import explain_order, table1
from wavecomp.report.published import PUBLISHED

from .factory import blosc, frame_of

AS_PUBLISHED = {row.codec: {"level": row.level, "shuffle": row.shuffle, "chunk": row.chunk_bytes} for row in PUBLISHED}


def explained(*records: Record) -> list[str]:
    return explain_order(table1(frame_of(*records)))


def at(codec: str, ratio: float, **changes: object) -> Record:
    """A case at the codec's published setting but for the changes."""
    return blosc(codec, ratio, **{"raw_bytes": 900_000_000, **AS_PUBLISHED[codec], **changes})  # type: ignore[arg-type]


IN_ORDER = [at("blosclz", 1.10), at("lz4", 1.20), at("lz4hc", 1.25), at("zlib", 1.30), at("zstd", 1.35)]


def test_the_published_order_is_said_to_be_so() -> None:
    assert explained(*IN_ORDER) == ["The order by ratio is the published one: ZStd > ZLib > LZ4HC > LZ4 > BloscLZ."]


def test_a_tie() -> None:
    lines = explained(*IN_ORDER[:4], at("zstd", 1.299))
    assert lines[0] == (
        "Order by ratio: ZLib > ZStd > LZ4HC > LZ4 > BloscLZ; published: ZStd > ZLib > LZ4HC > LZ4 > BloscLZ."
    )
    assert len(lines) == 2
    assert "within 0.1%" in lines[1]


def test_the_shuffle_is_the_cause() -> None:
    lines = explained(*IN_ORDER, at("lz4", 1.5, shuffle="bitshuffle"))
    assert len(lines) == 3
    assert lines[1].startswith(
        "LZ4 moved from fourth to first, ahead of ZStd (1.350), ZLib (1.300) and LZ4HC (1.250) with 1.500: the shuffle"
    )
    assert "LZ4 is best with bitshuffle" in lines[1]
    assert "chunk size makes it" not in lines[1]


def test_the_chunk_that_holds_the_whole_field_is_the_cause() -> None:
    records = [at(c, r, raw_bytes=4_000_000) for c, r in zip(AS_PUBLISHED, (1.1, 1.2, 1.25, 1.3, 1.35), strict=True)]
    lines = explained(*records, at("lz4hc", 1.4, chunk=8388608, raw_bytes=4_000_000))
    assert "LZ4HC is best at 8 MiB, published 2 MiB, the whole field in one chunk" in lines[1]
    assert lines[2].endswith("LZ4HC.")


def test_the_level_is_the_cause_of_a_codec_falling_behind() -> None:
    lines = explained(*IN_ORDER, at("blosclz", 1.28, level=9), at("lz4", 1.27, level=9))
    causes = [line for line in lines if "moved" in line]
    assert causes
    assert all("level makes it" in line for line in causes)


def test_no_setting_is_the_cause() -> None:
    lines = explained(*IN_ORDER[:3], at("zlib", 1.30), at("zstd", 1.22))
    assert len(lines) == 2
    assert lines[1].startswith("ZStd moved from first to third, behind ZLib (1.300) and LZ4HC (1.250) with 1.220")
    assert "no setting explains it" in lines[1]


def test_no_cause_is_claimed_where_the_published_settings_were_not_measured() -> None:
    lines = explained(at("lz4", 1.4, level=1, chunk=524288, shuffle="none"), at("zstd", 1.3))
    assert "cannot be told from these records" in lines[2]


def test_missing_codecs_are_named_and_not_compared() -> None:
    lines = explained(at("lz4", 1.2), at("zstd", 1.3))
    assert lines == [
        "Not compared, for want of a measured case: BloscLZ, LZ4HC and ZLib.",
        "The order by ratio is the published one: ZStd > LZ4.",
    ]


def test_repeated_bytes_are_inferred_from_the_unshuffled_ratio() -> None:
    lines = explained(*IN_ORDER, at("zstd", 3.0, level=8), at("lz4", 1.2, shuffle="none", level=3, chunk=524288))
    assert any("at least 17% of the field's bytes repeat" in line for line in lines)
    # ZStd's entropy coder also shortens bytes that do not repeat: it proves nothing.
    lines = explained(*IN_ORDER, at("zstd", 3.0, shuffle="none", level=8))
    assert not any("repeat" in line for line in lines)
