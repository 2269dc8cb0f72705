"""Table and figures of gradients, from records that were made up."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from wavecomp.errors import DamagedArchive, NothingToReport
from wavecomp.records import (
    Failure,
    GradientArchive,
    GradientImpact,
    GradientRecord,
    Spread,
    WorkTimes,
    load_gradients,
)
from wavecomp.report.draw_frontier import chosen, frontier
from wavecomp.report.draw_gradient import figure14
from wavecomp.report.figures import save_figure
from wavecomp.report.gradient_rows import measured, problem_rows
from wavecomp.report.gradient_table import gradient_table
from wavecomp.report.page import build_report
from wavecomp.report.table import render

from .factory import PROVENANCE


def make(spec: str, error: float | None, wall: float = 2.0, peak: int = 5_000_000, **changes: object) -> GradientRecord:
    bare_walls = changes.pop("bare_walls", (1.0, 1.0, 2.0))
    head, _, compressor = spec.partition("/")
    strategy = head.partition(":")[0]
    bare = strategy == "bare"
    stored = strategy not in ("bare", "store-all")
    value = 0.0 if error is None else error
    distance = {
        "relative_l2": value,
        "relative_l1": value * 2,
        "relative_linf": value * 3,
        "psnr_db": math.inf if value == 0 else -20 * math.log10(value),
        "angle_rad": value,
        "bias": -value,
        "norm_ratio": 1 - value,
    }
    impact = GradientImpact(
        seconds=WorkTimes(0.4 * wall, 0.1 * wall, 0.1 * wall, 0.3 * wall, 0.1 * wall, wall),
        walls_s=(wall, 1.1 * wall, 1.5 * wall),
        bare_walls_s=bare_walls,
        forward_steps=499,
        writes=499 if stored else 0,
        reads=498 if stored else 0,
        checkpoints_held=497 if stored else 0,
        ratio=Spread(2.0, 4.5, 80.0) if stored else None,
        peak_checkpoint_bytes=0 if bare else peak,
        peak_disk_bytes=0,
        misfit=None if bare else 12.5,
        distance={} if bare else distance,
        gradient_digest=None if bare else "ab" * 32,
    )
    record = GradientRecord(
        case=f"{spec}|{changes.get('shots', 0)}|{changes.get('problem', 'quick')}",
        spec=spec,
        strategy=strategy,
        strategy_parameters={"every": 1},
        compressor=compressor or ("identity" if stored else None),
        compressor_parameters={"accuracy": 1e-3} if compressor.startswith("zfp") else {},
        library="devito 4.8.23, zfpy 1.0.1",
        threads=2,
        concurrent=False,
        problem="quick",
        problem_digest="d1",
        shots=(0,),
        shape=(100, 100, 100),
        steps=500,
        level_bytes=4_000_000,
        dtype="float32",
        budget_bytes=None,
        provenance=PROVENANCE.digest,
        created_utc="2025-03-01T12:00:00+00:00",
        outcome=impact,
    )
    return replace(record, **changes)  # type: ignore[arg-type]


RECORDS = (
    make("bare", None, wall=1.0),
    make("store-all", 0.0, wall=1.6, peak=2_000_000_000),
    make("trajectory/zfp:accuracy=1e-1", 5e-3, peak=4_000_000),
    make("trajectory/zfp:accuracy=1e-3", 5e-5, peak=9_000_000),
    make("trajectory/slabs:planes=16,threads=2/zfp:accuracy=1e-2", 5e-4, peak=6_000_000),
    make("trajectory/sz3:abs=1e-3,algorithm=interp_lorenzo", 2e-4, wall=4.0),
    make("trajectory/int8:block=64", 8e-4, wall=1.9, peak=50_000_000),
    make("trajectory/blosc2:codec=lz4", 0.0, wall=3.0, peak=90_000_000),
    make("revolve:slots=20", 0.0, wall=5.0, peak=60_000_000),
)
FAILED = make("mixed:levels=40", 0.0, outcome=Failure("memory", "the process held too much"))


@pytest.fixture
def archive(tmp_path: Path) -> GradientArchive:
    made = GradientArchive(tmp_path / "archive")
    with made.writer(PROVENANCE) as writer:
        for record in (*RECORDS, FAILED):
            writer.append(record)
    return made


@pytest.mark.parametrize("record", [*RECORDS, FAILED])
def test_a_record_comes_back_as_it_was(record):
    line = record.to_line()
    assert "\n" not in line
    back = GradientRecord.from_line(line)
    # JSON has no infinity: the PSNR of equal gradients comes back as "no number".
    if isinstance(record.outcome, GradientImpact) and record.outcome.distance.get("psnr_db") == math.inf:
        distance = {**record.outcome.distance, "psnr_db": None}
        record = replace(record, outcome=replace(record.outcome, distance=distance))
    assert back == record
    assert back.to_line() == line


def test_a_changed_digit_or_another_kind_is_refused(study):
    line = RECORDS[2].to_line()
    with pytest.raises(DamagedArchive, match="checksum"):
        GradientRecord.from_line(line.replace('"reads":498', '"reads":499'))
    with pytest.raises(DamagedArchive, match="kind 'sweep'"):
        GradientRecord.from_line(study[0].to_line())


def cell(table, row, header):
    return row.cells[[column.header for column in table.columns].index(header)]


def test_table_says_what_the_records_say(archive):
    table = gradient_table(load_gradients([archive]), "quick", archive.provenances())
    rows = {(row.cells[0], row.cells[1], row.cells[2]): row for row in table.rows}
    assert len(rows) == len(RECORDS)
    bare = rows["bare sweeps, nothing stored", "", ""]
    assert cell(table, bare, "Wall (s)") == 1.0
    assert cell(table, bare, "Relative L2") is None
    row = rows["trajectory", "ZFP", "accuracy=1e-2, 2 threads"]
    expected = {
        "Ratio, least": 2.0, "median": 4.5, "greatest": 80.0, "Held": 497, "Peak (MB)": 6.0, "Forward steps": 499,
        "Writes": 499, "Reads": 498, "Advance (s)": 0.8, "Compress (s)": 0.2, "Decompress (s)": 0.2, "Reverse (s)": 0.6,
        "Other (s)": 0.2, "Wall (s)": 2.0, "Wall / bare": 2.0, "least of rounds": 1.5, "greatest of rounds": 2.2,
        "Rounds": 3, "Relative L2": 5e-4, "Relative L1": 1e-3,
        "Relative L∞": 1.5e-3, "Angle (rad)": 5e-4, "Bias": -5e-4, "Norm ratio": 0.9995,
    }  # fmt: skip
    for header, value in expected.items():
        assert cell(table, row, header) == pytest.approx(value, rel=1e-12), header
    assert cell(table, rows["store-all", "none", ""], "PSNR (dB)") == "∞"
    assert any("the process held too much" in note for note in table.notes)
    assert any("Test_CPU 3000" in note and note.count("devito") == 1 for note in table.notes)
    for form in ("text", "markdown", "latex", "csv"):
        assert render(table, form).count("trajectory") >= 6


def test_times_taken_beside_others_are_not_shown(archive):
    records = [replace(record, concurrent=True) for record in RECORDS]
    import pandas as pd

    frame = pd.DataFrame([record.to_row() for record in records])
    table = gradient_table(frame, "quick")
    assert all(cell(table, row, "Wall (s)") is None for row in table.rows)
    with pytest.raises(NothingToReport, match="one worker"):
        frontier(frame, "quick")


def test_what_was_not_measured_in_rounds_has_no_ratio():
    """Bare sweeps of 1 s and a gradient of 2 s, at two moments: that says nothing about the one over the other."""
    import pandas as pd

    old = [replace(record, outcome=replace(record.outcome, bare_walls_s=())) for record in RECORDS]
    assert all("bare_walls_s" not in record.to_row() for record in old)
    table = gradient_table(pd.DataFrame([record.to_row() for record in old]), "quick")
    assert all(cell(table, row, "Wall / bare") is None for row in table.rows)
    assert all(cell(table, row, "Wall (s)") is not None for row in table.rows)
    assert any("were not measured in rounds" in note for note in table.notes)
    mixed = gradient_table(pd.DataFrame([record.to_row() for record in (RECORDS[1], *old[2:])]), "quick")
    assert [cell(mixed, row, "Wall / bare") for row in mixed.rows].count(None) == len(old) - 2
    assert all(render(mixed, form) for form in ("text", "markdown", "latex", "csv"))


def test_the_step_that_was_found_is_said():
    import pandas as pd

    asked = make("trajectory:every=auto,error=1e-3/zfp:accuracy=1e-3", 5e-5)
    asked = replace(asked, outcome=replace(asked.outcome, absolute_specs=("trajectory:every=4/zfp:accuracy=1e-3",)))
    notes = [
        gradient_table(pd.DataFrame([record.to_row() for record in records]), "quick").notes
        for records in ((*RECORDS, asked), RECORDS)
    ]
    said = ["every=auto,error=1e-3 came to every=4." in one for one in notes]
    assert said == [True, False]


def test_whose_levels_have_tolerances_of_their_own_is_said():
    import pandas as pd

    asked = make("trajectory:weights=coarse/zfp:accuracy=1e-3", 5e-5)
    asked = replace(asked, outcome=replace(asked.outcome, level_weights=("0123456789abcdef",)))
    read = GradientRecord.from_line(asked.to_line())
    assert read.outcome.level_weights == ("0123456789abcdef",)
    assert all("level_weights" not in record.to_row() for record in RECORDS)
    notes = [
        gradient_table(pd.DataFrame([record.to_row() for record in records]), "quick").notes
        for records in ((*RECORDS, read), RECORDS)
    ]
    assert [any("their geometric mean" in one for one in some) for some in notes] == [True, False]


def test_a_round_whose_bare_sweeps_failed_has_no_ratio():
    import pandas as pd

    lost = make("store-all", 0.0, wall=3.0, bare_walls=(None, 3.0, 3.0))
    table = gradient_table(pd.DataFrame([GradientRecord.from_line(lost.to_line()).to_row()]), "quick")
    assert [cell(table, table.rows[0], name) for name in ("least of rounds", "greatest of rounds", "Rounds")] == [
        pytest.approx(1.1), pytest.approx(1.5), 2
    ]  # fmt: skip


def test_frontier_takes_the_smallest_good_setting(archive):
    rows = measured(problem_rows(load_gradients([archive]), "quick"))
    shown = chosen(rows[rows["strategy"] != "bare"])
    zfp = shown[shown["family"] == "zfp"]
    assert list(zfp["peak_mb"]) == [6.0]  # 4 MB has an error above 1e-3, 9 MB takes more than it needs
    assert set(shown["family"].fillna("none")) == {"none", "zfp", "sz3", "int8", "blosc2", "identity"}


def test_figures_say_who_is_who(archive, tmp_path):
    frame = load_gradients([archive])
    drawn = frontier(frame, "quick")
    assert drawn.axes[0].get_ylabel() == "Time of one gradient over the bare sweeps of its round"
    words = " ".join(text.get_text() for text in drawn.axes[0].texts)
    for word in ("store-all", "trajectory\nZFP 1e-2", "revolve 20", "bare forward"):
        assert word in words
    figure = figure14(frame, "quick")
    asked = {line.get_label(): list(line.get_xdata()) for line in figure.axes[0].get_lines()}
    assert asked["ZFP accuracy"] == [1e-3, 1e-2, 1e-1]
    assert {"int8 block=64", "ZFP"} <= {text.get_text() for text in figure.axes[1].texts}
    assert len(save_figure(figure, tmp_path, "figure14")) == 2


def test_figure14_of_tolerances_relative_to_the_peak():
    """Two kinds of tolerance have no common axis: where there are relative ones, absolute ones stand on the right."""
    relative = [
        make(f"trajectory/zfp:accuracy={text}peak", error) for text, error in (("0.12", 2e-2), ("1.2345e-3", 3e-4))
    ]
    rows = measured(problem_rows(pd.DataFrame([record.to_row() for record in (*RECORDS, *relative)]), "quick"))
    assert rows[rows["relative"]]["tolerance"].tolist() == [0.12, 1.2345e-3]
    assert rows[~rows["relative"]]["tolerance"].dropna().tolist() == [1e-1, 1e-3, 1e-2, 1e-3]
    figure = figure14(pd.DataFrame([record.to_row() for record in (*RECORDS, *relative)]), "quick")
    asked = {line.get_label(): list(line.get_xdata()) for line in figure.axes[0].get_lines()}
    assert asked["ZFP accuracy"] == [1.2345e-3, 0.12]
    assert "SZ3 abs" not in asked
    assert figure.axes[0].get_xlabel() == "Error tolerance / peak of the wavefield"
    alone = figure14(pd.DataFrame([record.to_row() for record in (*RECORDS, relative[0])]), "quick")
    assert alone.axes[0].get_xlabel() == "Absolute error tolerance (unit of the wavefield)"
    table = render(gradient_table(pd.DataFrame([record.to_row() for record in relative]), "quick"), "csv")
    assert "accuracy=1.23e-3peak" in table


def test_frontier_shows_times_where_there_were_no_rounds(archive):
    frame = load_gradients([archive]).drop(columns="bare_walls_s")
    drawn = frontier(frame, "quick")
    assert drawn.axes[0].get_ylabel() == "Wall time of one gradient (s)"
    heights = {float(y) for points in drawn.axes[0].collections for _, y in points.get_offsets()}
    assert {1.6, 5.0} <= heights


def test_page_with_gradients_alone(archive, tmp_path):
    written = build_report(archive.folder, tmp_path / "out")
    page = (tmp_path / "out" / "report.md").read_text()
    assert {path.name for path in written} >= {"frontier.png", "figure14.svg", "gradient.tex", "report.md"}
    assert "## The gradient of quick" in page
    assert "10 gradients, 1 of them failed" in page
    again = {path.name: path.read_bytes() for path in build_report(archive.folder, tmp_path / "again")}
    assert again == {path.name: path.read_bytes() for path in written}


def test_unknown_problem_and_no_record(archive):
    frame = load_gradients([archive])
    with pytest.raises(NothingToReport, match='did you mean "quick"'):
        gradient_table(frame, "quik")
    with pytest.raises(NothingToReport, match="wavecomp gradient"):
        gradient_table(frame[:0], None)
    with pytest.raises(NothingToReport, match="tolerance"):
        figure14(frame[frame["family"] == "x"] if "family" in frame else frame[frame["spec"] == "store-all"], None)
