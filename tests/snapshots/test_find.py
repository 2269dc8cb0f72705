"""Which arrays are fields, what is taken for time, and what is said of it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from wavecomp import machine_memory
from wavecomp.errors import MemoryTooSmall, SnapshotError, SnapshotWordsError
from wavecomp.snapshots import find_snapshots

from .writers import waves


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.ones((3, 4), "f2"), "holds 3 x 4 float16; compressors take float32 and float64, and nothing is converted"),
        (np.ones((3, 4), "i4"), "holds 3 x 4 int32"),
        (np.ones((3, 4), "c8"), "holds 3 x 4 complex64; compressors take float32 and float64: save the real"),
        (np.ones((3, 4), "g"), "compressors take float32 and float64"),
        (np.ones(3, bool), "holds 3 bool; compressors take float32 and float64, and these are no real numbers"),
        (np.array(["a"]), "these are no real numbers"),
        (np.zeros(3, [("a", "f4")]), "these are no real numbers"),
        (np.float32(1), "has shape (), which is no wavefield"),
        (np.zeros((3, 0), "f4"), "has shape (3, 0), which is no wavefield"),
        (np.zeros((1, 2, 1, 2, 1), "f4"), "has 5 axes (1 x 2 x 1 x 2 x 1 float32)"),
    ],
)
def test_what_no_compressor_takes_is_refused_by_name(tmp_path, array, says):
    np.save(tmp_path / "w.npy", array)
    with pytest.raises(SnapshotError, match=re.escape(f"w.npy: {says}" if says[0] == "h" else says)):
        find_snapshots(str(tmp_path / "w.npy"))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_the_place_of_what_is_not_finite_is_told(tmp_path, value, dtype):
    array = np.ones((2, 3, 4), dtype)
    array[1, 2, 3] = value
    np.save(tmp_path / "w.npy", array)
    with pytest.raises(SnapshotError, match=re.escape(f"w.npy: the value at [1, 2, 3] is {value}")):
        find_snapshots(str(tmp_path / "w.npy"))
    with pytest.raises(SnapshotError, match=re.escape(f"w.npy, level 1: the value at [2, 3] is {value}")):
        find_snapshots(f"{tmp_path / 'w.npy'}:time=first")


def test_what_is_not_finite_is_seen_in_every_piece(tmp_path, monkeypatch):
    """Values are looked at in pieces: a piece boundary hides nothing."""
    monkeypatch.setattr("wavecomp.snapshots.find._PIECE", 7)
    for place in (0, 6, 7, 20):
        array = np.arange(21, dtype="f4")
        array[place] = np.nan
        np.save(tmp_path / "w.npy", array)
        with pytest.raises(SnapshotError, match=rf"\[{place}\] is nan"):
            find_snapshots(str(tmp_path / "w.npy"))
    np.save(tmp_path / "w.npy", -np.arange(21, dtype="f4"))
    assert find_snapshots(str(tmp_path / "w.npy")).levels[0].peak == 20.0


def test_a_field_of_zeros_has_no_peak(tmp_path):
    np.save(tmp_path / "w.npy", np.zeros((3, 4), "f4"))
    assert find_snapshots(str(tmp_path / "w.npy")).levels[0].peak == 0.0


@pytest.mark.parametrize(
    ("shape", "option", "levels", "says"),
    [
        ((7,), "", 1, "one level of 7 float32"),
        ((6, 7), "", 1, "one level of 6 x 7 float32 (if its first axis is time, add :time=first)"),
        ((6, 7), "time=first", 6, "6 levels of 7 float32, the first axis is time, as said, steps 0 to 5"),
        ((6, 7), "time=none", 1, "one level of 6 x 7 float32; "),
        ((5, 6, 7), "", 1, "one level of 5 x 6 x 7 float32"),
        ((5, 6, 7), "time=first", 5, "5 levels of 6 x 7 float32"),
        ((2, 5, 6, 7), "", 2, "2 levels of 5 x 6 x 7 float32, of four axes the first is time, steps 0 to 1"),
        ((1, 5, 6, 7), "time=first", 1, "1 level of 5 x 6 x 7 float32"),
    ],
)
def test_what_was_taken_for_time_is_said(tmp_path, shape, option, levels, says):
    np.save(tmp_path / "w.npy", np.ones(shape, "f4"))
    found = find_snapshots(f"{tmp_path / 'w.npy'}:{option}")
    assert len(found.levels) == levels
    assert says in found.taken
    assert "spacing= not given: distances in points" in found.taken


@pytest.mark.parametrize(
    ("shape", "option", "says"),
    [
        ((7,), "time=first", "time=first: the array has one axis"),
        ((2, 2, 2, 2), "time=none", "time=none: 4 axes cannot be one level"),
        ((6, 7), "spacing=1x2x3", "spacing=1x2x3: a level has 2 axes (6 x 7); give one number, or 2"),
    ],
)
def test_words_that_do_not_fit_the_array(tmp_path, shape, option, says):
    np.save(tmp_path / "w.npy", np.ones(shape, "f4"))
    with pytest.raises(SnapshotWordsError, match=re.escape(says)):
        find_snapshots(f"{tmp_path / 'w.npy'}:{option}")


def test_spacing_and_time_step_are_what_was_said_and_nothing_else(tmp_path):
    np.save(tmp_path / "w.npy", waves())
    plain = find_snapshots(str(tmp_path / "w.npy"))
    assert (plain.spacing_m, plain.dt_s, plain.time_s(2)) == (None, None, None)
    said = find_snapshots(f"{tmp_path / 'w.npy'}:spacing=10,dt=0.25")
    assert (said.spacing_m, said.time_s(2), said.time_s(None)) == ((10.0, 10.0, 10.0), 0.5, None)
    assert "not given" not in said.taken


def test_progress_counts_levels(tmp_path):
    np.save(tmp_path / "w.npy", waves())
    seen = []
    find_snapshots(str(tmp_path / "w.npy"), lambda *counts: seen.append(counts))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_level_that_does_not_fit_is_refused_before_it_is_read(tmp_path, monkeypatch):
    with (tmp_path / "w.bin").open("wb") as file:
        file.truncate(4 * 10**9)  # without any block on the disk
    monkeypatch.setattr(machine_memory, "available", lambda: machine_memory.Share(10**9, 10**9, "a test"))
    with pytest.raises(MemoryTooSmall, match="if the first axis is time, add :time=first"):
        find_snapshots(f"{tmp_path / 'w.bin'}:shape=1000x1000x1000,dtype=<f4")
