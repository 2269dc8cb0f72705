"""Records of comparisons come back as they were written, and what is none is said to be none."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from wavecomp.errors import DamagedArchive, MisplacedRecord
from wavecomp.records import (
    ComparisonArchive,
    ComparisonRecord,
    ContestantAnswer,
    Failure,
    Record,
    RoundArchive,
    RoundEntry,
    RoundRecord,
)

ANSWER = ContestantAnswer(
    "zfp:accuracy", "1e-3peak", 2e-3, "found", "zfp:accuracy=8e-3", "accuracy", 8e-3, 1.9e-3, True, 7.5, 17, 0.06, None
)
COMPARISON = ComparisonRecord(
    "c" * 16, "max-error", "quick@320", "d" * 64, (4, 5, 6), "float32", 320, 1.5, 2.0, (), ("zfp:accuracy", "int8"),
    ("1e-3peak",), ("identity", "blosc2"), "r" * 16, "zfpy 1.0", "p" * 16, "2026-01-01T00:00:00+00:00",
    (ANSWER, replace(ANSWER, contestant="int8", status="failed", spec=None, key=None, value=None, error=None,
                     meets=False, ratio=None, coarsest=None, message="crash: killed by SIGSEGV")),
)  # fmt: skip
ROUND = RoundRecord(
    "r" * 16, 3, "quick@320", "d" * 64, 480, "zfpy 1.0", "p" * 16, "2026-01-01T00:00:00+00:00",
    (
        RoundEntry("identity", 1, 0.1, 0.2, (0.3, 0.4), (0.5,), 10, None, 1.0, 0.0, 0.0, "holds"),
        RoundEntry.of("zfp:accuracy=8e-3", 1, Failure("time", "no result within 1 s")),
    ),
)  # fmt: skip


@pytest.mark.parametrize("record", [COMPARISON, ROUND], ids=["comparison", "round"])
def test_a_line_comes_back_as_it_was(record):
    line = record.to_line()
    assert type(record).from_line(line) == record
    assert "\n" not in line
    with pytest.raises(DamagedArchive):
        type(record).from_line(line.replace("zfpy 1.0", "zfpy 1.1"))
    with pytest.raises(MisplacedRecord):
        Record.from_line(line)


@pytest.mark.parametrize(("record", "archive"), [(COMPARISON, ComparisonArchive), (ROUND, RoundArchive)])
def test_a_line_that_was_being_written_is_not_taken_for_somebodys(record, archive, tmp_path):
    """A killed run may leave the beginning of a line; what begins otherwise is not ours, and is refused."""
    place = archive(tmp_path)
    place.path.write_text(record.to_line()[:40])
    place.check()
    assert list(place) == []
    with place.writer() as writer:
        writer.append(record)
    assert list(place) == [record]


def test_columns_of_another_type_are_named():
    row = json.loads(COMPARISON.to_line())
    assert row["answers"][1]["message"] == "crash: killed by SIGSEGV"
    with pytest.raises(DamagedArchive, match="column"):
        ComparisonRecord.from_line(replace(COMPARISON, contestants=(3,)).to_line())
    with pytest.raises(DamagedArchive, match="column"):
        RoundRecord.from_line(replace(ROUND, turn="three").to_line())


def test_a_round_with_a_failure_is_to_be_tried_again():
    assert ROUND.failed
    assert not replace(ROUND, entries=ROUND.entries[:1]).failed
