"""The short table of a gradient study: it fits a terminal, and says what the whole one says."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from wavecomp.records import Failure, GradientArchive, load_gradients
from wavecomp.report.gradient_short import TERMINAL, short_table
from wavecomp.report.gradient_table import gradient_table
from wavecomp.report.table import render

from .test_gradient import RECORDS, make

PUBLISHED = Path(__file__).resolve().parents[2] / "results" / "published" / "gradient-overthrust-2d"
# The longest texts and the largest numbers that anybody will meet: a terabyte, a million steps, hours.
LONG = (
    make(
        "trajectory:every=1000,quantum=0.000123456,tier=two,overlap/"
        "blosc2:codec=zstd,level=9,shuffle=bitshuffle,chunk=134217728,threads=64",
        1.23e-10, wall=86_399.99, peak=10**12, budget_bytes=10**13, disk_budget_bytes=10**14,
    ),
    make("trajectory/slabs:planes=16,threads=2/blosc2:codec=lz4hc,level=5,shuffle=shuffle,chunk=2097152", 0.0),
    make("trajectory/" + "x" * 150, 0.5, compressor="x" * 150),
    make(
        "mixed:levels=40", 0.0,
        outcome=Failure("memory", "a reason of many words, among them " + "unbreakable" * 20 + " " + "words " * 60),
    ),
)  # fmt: skip


def frame_of(*records):
    return pd.DataFrame([record.to_row() for record in records])


@pytest.mark.parametrize("records", [RECORDS, (*RECORDS, *LONG)])
def test_text_fits_a_terminal(records):
    table = gradient_table(frame_of(*records), "quick")
    assert max(map(len, render(table, "text").splitlines())) > 2 * TERMINAL
    lines = render(short_table(table), "text").splitlines()
    assert max(map(len, lines)) <= TERMINAL == 120


def test_published_study_fits_a_terminal():
    archive = GradientArchive(PUBLISHED)
    table = gradient_table(load_gradients([archive]), "overthrust-2d", archive.provenances())
    assert len(table.rows) > 20
    assert max(map(len, render(short_table(table), "text").splitlines())) <= TERMINAL


def test_strategy_stands_above_its_compressors_with_the_numbers_of_the_whole_table():
    whole = gradient_table(frame_of(*RECORDS, make("trajectory/identity", 0.0)), "quick")
    table = short_table(whole)
    labels = [row.cells[0] for row in table.rows]
    at = labels.index("trajectory")
    assert table.rows[at].cells[1:] == ("",) * 7
    under = [label for label in labels[at + 1 :] if str(label).startswith("  ")]
    assert "  ZFP accuracy=1e-2, 2 threads" in under
    assert "  none" in under
    assert labels.count("trajectory") == 1
    assert table.notes == whole.notes
    headers = [column.header for column in whole.columns]
    kept = ("median", "Peak (MB)", "Forward steps", "Wall (s)", "Wall / bare", "Relative L2", "Angle (rad)")
    numbers = [tuple(row.cells[headers.index(name)] for name in kept) for row in whole.rows]
    short = [row.cells[1:] for number, row in enumerate(table.rows) if number != at]
    assert [row[:4] + row[5:] for row in short] == [row[:4] + row[5:] for row in numbers]
    spreads = [(row[4], f"{row[4]:.2f} [{0.75 * row[4]:.2f}, {1.1 * row[4]:.2f}]") for row in numbers if row[4]]
    assert [row[4] for row in short if row[4] is not None] == [text for _, text in spreads]
    assert len(spreads) == len(whole.rows) - 1  # the bare sweeps are not compared with themselves
    assert labels[0] == "bare sweeps, nothing stored"
    assert "revolve:slots=20" in labels  # nothing compressed: one line is enough


def test_a_long_strategy_is_broken_behind_its_commas():
    from wavecomp.report import gradient_short
    from wavecomp.report.table import Column, Row, Table

    headers = ("Strategy", "Compressor", "Setting", *gradient_short._KEPT, *gradient_short._OF_ROUNDS)
    text = "trajectory:every=4,quantum=6e-5peak,overlap"
    cells = (text, "Blosc2", "level=5", *[1.0] * (len(headers) - 3))
    table = Table("t", tuple(Column(header) for header in headers), (Row(cells),), ())
    label = str(gradient_short.short_table(table).rows[0].cells[0])
    assert [line.strip() for line in label.splitlines()] == ["trajectory:every=4,", "quantum=6e-5peak,overlap"]
