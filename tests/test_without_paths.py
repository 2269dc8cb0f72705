from __future__ import annotations

import pytest

from wavecomp.without_paths import LONGEST, without_paths


@pytest.mark.parametrize("value", ["", "2", "PASSIVE", "-O2 -march=native", "1,2", "gcc-12", "-DX=1", "advanced"])
def test_what_names_no_path_stays(value):
    assert without_paths(value) == value


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("/home/somebody/bin/gcc", "gcc#"),
        ("ccache /home/somebody/bin/gcc -O2", "ccache gcc#"),
        ("-I/home/somebody/include", "-Iinclude#"),
        ("-I/home/somebody", "-I#"),
        ("--sysroot=/home/somebody/root", "--sysroot=root#"),
        ("'-I/home/some body/include' -O2", "-Iinclude#"),
        ("-I/home/some\\ body/include", "-Iinclude#"),
        ("/home/somebody/a.so:/home/somebody/b.so", "a.so#"),
        ("/home/somebody/", "#"),
        ("@/home/somebody/options", "@options#"),
        ("~/bin/gcc", "gcc#"),
        ("~somebody/gcc", "gcc#"),
    ],
)
def test_of_a_path_the_last_name_stays(value, kept):
    found = without_paths(value)
    assert found.startswith(kept)
    for leak in ("/", "somebody", "some body", "home"):
        assert leak not in found


def test_a_home_with_a_space_in_its_name(monkeypatch):
    monkeypatch.setenv("HOME", "/Users/Some Body")
    assert "Some" not in without_paths("/Users/Some Body/bin/gcc -O2")


def test_what_differs_differs_afterwards():
    assert without_paths("/a/lib.so") != without_paths("/b/lib.so")
    assert without_paths("x" * 1000) != without_paths("x" * 999 + "y")


def test_the_length_has_a_limit():
    assert len(without_paths("-O2 " * 10000)) < LONGEST + 20
