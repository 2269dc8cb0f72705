"""The text that names snapshots."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import SnapshotWordsError
from wavecomp.snapshots import looks_like_snapshots, parse_words


@pytest.mark.parametrize(
    ("text", "path", "inner"),
    [
        ("wave.npy", "wave.npy", ""),
        ("wave.npy:", "wave.npy", ""),
        ("a.npz:u", "a.npz", "u"),
        ("a.h5:/run/u", "a.h5", "/run/u"),
        ("a.h5:/run/u:time=first,dt=0.5", "a.h5", "/run/u"),
        ("a.npz:time=first,dt=0.5", "a.npz", ""),
    ],
)
def test_path_and_array(text, path, inner):
    words = parse_words(text)
    assert (words.path, words.inner) == (path, inner)
    assert (words.time, words.dt_s) == (("first", 0.5) if "=" in text else (None, None))


def test_every_setting():
    words = parse_words("w.bin:shape=10x20x30,dtype=>f8,time=first,spacing=10x12.5,dt=2e-3")
    assert (words.shape, words.dtype, words.time) == ((10, 20, 30), ">f8", "first")
    assert (words.spacing_m, words.dt_s) == ((10.0, 12.5), 0.002)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("tim=first", '"tim=first" is no setting; did you mean "time"?'),
        ("time=first,dt", '"dt" is no setting'),
        ("time=last", "time=last: must be first"),
        ("dt=1,dt=2", "dt is given twice, 1 and 2"),
        ("dt=0", "dt=0: must be seconds above 0"),
        ("dt=nan", "dt=nan"),
        ("dt=inf", "dt=inf"),
        ("spacing=10x-1", "spacing=10x-1: must be metres above 0"),
        ("shape=10x", "shape=10x: must be whole numbers above 0"),
        ("shape=0x3", "shape=0x3"),
        ("shape=-3", "shape=-3"),
        ("dtype=float32", "dtype=float32: must be float32 or float64 in one byte order"),
        ("dtype=<i4", "dtype=<i4"),
        ("dtype=<f2", "dtype=<f2"),
        ("dtype=nonsense", "dtype=nonsense"),
    ],
)
def test_a_wrong_setting_is_repeated(options, says):
    with pytest.raises(SnapshotWordsError, match=re.escape(says)):
        parse_words(f"w.bin:{options}")


def test_a_colon_in_a_name_that_is_there_belongs_to_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("a:b=c.npy", np.ones(3))
    assert parse_words("a:b=c.npy").path == "a:b=c.npy"
    assert parse_words("a:b=c.npy:dt=2").path == "a:b=c.npy"
    assert parse_words("a:b.npy").path == "a"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("wave.npy", "wave"),
        ("runs/a b@c.v2.h5", "a-b-c.v2"),
        ("a.h5:/run/u", "a-run-u"),
        ("---.npy", "snapshots"),
        ("welle-ü.npy", "welle-ü"),
    ],
)
def test_the_name_is_the_stem_in_letters_that_folders_and_links_take(path, name):
    assert parse_words(path).name == name


def test_a_folder_and_a_pattern_are_named_by_what_they_share(tmp_path):
    folder = tmp_path / "run1.old"
    folder.mkdir()
    assert parse_words(str(folder)).name == "run1.old"
    assert parse_words(f"{folder}/").name == "run1.old"
    for pattern, name in (("u_*.npy", "u"), ("u_1*.npy", "u"), ("*.npy", "run1.old"), ("u_00[1-3].npy", "u")):
        assert parse_words(f"{folder}/{pattern}").name == name


@given(st.text(max_size=300))
def test_whatever_is_given_a_name_is_short_and_plain(text):
    """A name holds no separator, no @ (which divides it from the step), no control, and at most 100 bytes."""
    try:
        name = parse_words(text).name
    except SnapshotWordsError:
        return
    assert re.fullmatch(r"[\w.-]+", name)
    assert not name.startswith((".", "-"))
    assert len(name.encode()) <= 100


@pytest.mark.parametrize(
    ("text", "is_path"),
    [
        ("quick", False), ("tinny", False), ("", False), ("a\0b", False), ("x=y", False), ("wave.npy", True),
        ("wave.NPY", True), ("wave.bin:shape=3,dtype=<f4", True), ("runs/wave", True), ("u_*", True), ("a.h5:/u", True),
    ],
)  # fmt: skip
def test_a_plain_word_is_no_path(tmp_path, monkeypatch, text, is_path):
    monkeypatch.chdir(tmp_path)
    assert looks_like_snapshots(text) == is_path
