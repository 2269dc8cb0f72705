"""A file a step: the order, the steps, and what cannot be one field."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import SnapshotError, SnapshotWordsError
from wavecomp.snapshots import find_snapshots
from wavecomp.snapshots.series import natural_key, steps_in

from .writers import waves


def save(folder, names, arrays=None):
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        np.save(folder / name, np.full((4, 5), number + 1, "f4") if arrays is None else arrays[number])


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=20, unique=True), st.sampled_from(["", "run2_u_"]))
def test_steps_are_the_number_that_differs(steps, prefix):
    assert steps_in([f"{prefix}u{step}.npy" for step in steps]) == tuple(steps)
    assert steps_in([f"{prefix}u{step:09d}.npy" for step in steps]) == tuple(steps)


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=20))
def test_natural_order_is_that_of_the_numbers(numbers):
    names = [f"u_{number}.npy" for number in numbers]
    assert sorted(names, key=natural_key) == [f"u_{number}.npy" for number in sorted(numbers)]


@pytest.mark.parametrize(
    "names",
    [["early", "late"], ["a1", "b2"], ["t0.5", "t1.0"], ["u1", "u"], [f"u{2**63}", "u1"], ["u", "v"], ["u"]],
)
def test_names_that_tell_no_step(names):
    assert steps_in(names) is None


def test_a_folder_is_read_in_the_order_of_its_steps(tmp_path):
    save(tmp_path / "run", ["u_9.npy", "u_100.npy", "u_20.npy"])
    (tmp_path / "run" / "notes.txt").write_text("mine")
    (tmp_path / "run" / ".hidden.npy").write_text("not mine")
    found = find_snapshots(str(tmp_path / "run"))
    assert [(one.step, one.peak) for one in found.levels] == [(9, 1.0), (20, 3.0), (100, 2.0)]
    assert "3 levels of 4 x 5 float32, steps from the names, steps 9 to 100" in found.taken
    some = find_snapshots(f"{tmp_path}/run/u_?.npy")
    assert [one.step for one in some.levels] == [9]


def test_without_steps_in_the_names_they_are_numbered_and_it_is_said(tmp_path):
    save(tmp_path / "run", ["late.npy", "early.npy"])
    found = find_snapshots(f"{tmp_path / 'run'}:dt=0.5")
    assert [(one.step, one.peak) for one in found.levels] == [(0, 2.0), (1, 1.0)]
    assert "the names tell no steps: numbered in the order of the names" in found.taken
    assert found.time_s(1) == 0.5


def test_raw_numbers_a_file_a_step(tmp_path):
    array = waves(3, (4, 5)).astype(">f4")
    for number, level in enumerate(array):
        level.tofile(tmp_path / f"u{number}.raw")
    found = find_snapshots(f"{tmp_path}:shape=4x5,dtype=>f4")
    assert [one.peak for one in found.levels] == [np.abs(level).max() for level in array]


def test_one_level_with_an_axis_of_time_in_each_file(tmp_path):
    """As programs write that append to a time axis, a file a step."""
    array = waves(3)
    save(tmp_path / "run", ["u0.npy", "u1.npy", "u2.npy"], array[:, None])
    found = find_snapshots(str(tmp_path / "run"))
    assert [one.shape for one in found.levels] == [(9, 8, 10)] * 3
    save(tmp_path / "two", ["u0.npy", "u1.npy"], [array, array])
    with pytest.raises(SnapshotError, match=r"u0.npy: 3 x 9 x 8 x 10 float32 is more than one level"):
        find_snapshots(str(tmp_path / "two"))


@pytest.mark.parametrize(
    ("make", "text", "says"),
    [
        (lambda at: save(at / "r", ["a1.npy", "a01.npy"]), "r", "a01.npy and a1.npy are both step 1"),
        (lambda at: save(at / "r", ["a1.npy"], [np.ones((0, 3), "f4")]), "r", "has shape (0, 3)"),
        (
            lambda at: save(at / "r", ["a1.npy", "a2.npy"], [np.ones((4, 5), "f4"), np.ones((4, 6), "f4")]),
            "r",
            "a2.npy: holds 4 x 6 float32, the first level 4 x 5 float32",
        ),
        (
            lambda at: save(at / "r", ["a1.npy", "a2.npy"], [np.ones((4, 5), "f4"), np.ones((4, 5), "f8")]),
            "r",
            "a2.npy: holds 4 x 5 float64, the first level 4 x 5 float32",
        ),
        (lambda at: (at / "r").mkdir(), "r", "no file of a known kind is in this folder"),
        (lambda _: None, "r/*.npy", "r/*.npy: no file matches"),
        (lambda _: None, "r.npy", "r.npy: there is no such file or folder"),
        (lambda at: (at / "r.npy").symlink_to("nowhere"), "r.npy", "r.npy: there is no such file or folder"),
    ],
)
def test_what_cannot_be_a_field_is_told(tmp_path, monkeypatch, make, text, says):
    monkeypatch.chdir(tmp_path)
    make(tmp_path)
    with pytest.raises(SnapshotError, match=re.escape(says)):
        find_snapshots(text)


def test_several_kinds_in_a_folder(tmp_path):
    save(tmp_path / "r", ["a1.npy"])
    np.savez(tmp_path / "r" / "a2.npz", np.ones(3))
    with pytest.raises(SnapshotError, match=r"several kinds \(a1.npy, a2.npz\); choose with a pattern"):
        find_snapshots(str(tmp_path / "r"))
    assert find_snapshots(f"{tmp_path}/r/*.npy").levels[0].step == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("w.bin", "does not say what it holds"),
        ("w.bin:dtype=<f4", "does not say what it holds"),
        ("w.npy:dtype=<f4", "a .npy file says its own"),
        ("w.npy:shape=3x3", "a .npy file says its own"),
        ("w.bin:u:shape=1,dtype=<f4", 'holds no array "u"'),
    ],
)
def test_shape_and_dtype_are_for_raw_numbers_which_need_them(tmp_path, monkeypatch, text, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.bin").write_bytes(b"1234")
    np.save("w.npy", np.ones((3, 3)))
    with pytest.raises(SnapshotWordsError, match=re.escape(says)):
        find_snapshots(text)
