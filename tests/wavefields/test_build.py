from __future__ import annotations

from dataclasses import replace

import pytest

from wavecomp.wavefields.build import Build, compiler_environment, processor, program_digests

BUILD = Build(
    compiler="gcc 12.2.0\nCopyright (C)",
    programs=("ab",),
    flags=("-O3", "-I/home/somebody/include"),
    environment=(("CPATH", "/home/somebody/headers"),),
    processor="one #1",
    devito="devito 1",
    settings=(("language", "openmp"),),
)


@pytest.mark.parametrize(
    "change",
    [
        {"compiler": "gcc 12.2.0\nanother build"},
        {"programs": ("cd",)},
        {"flags": ("-O3", "-I/home/somebody/include", "-O0")},
        {"environment": ()},
        {"processor": "one #2"},
        {"devito": "devito 2"},
        {"settings": (("language", "C"),)},
    ],
)
def test_everything_belongs_to_the_key(change):
    assert replace(BUILD, **change).key != BUILD.key
    assert replace(BUILD, **change).mapping() != BUILD.mapping()


def test_the_mapping_names_no_folder_and_no_user():
    text = str(BUILD.mapping())
    assert "somebody" not in text
    assert "/" not in text
    assert BUILD.mapping()["compiler"] == "gcc 12.2.0"
    assert BUILD.mapping()["flags"].startswith("-O3 -Iinclude#")
    assert BUILD.mapping()["devito language"] == "openmp"


def test_what_compilers_read_is_seen(monkeypatch):
    monkeypatch.setenv("CPATH", "/somewhere")
    monkeypatch.setenv("LIBRARY_PATH", "")
    assert ("CPATH", "/somewhere") in compiler_environment()
    assert "LIBRARY_PATH" not in dict(compiler_environment())


def test_a_wrapper_that_changed_is_another_program(tmp_path):
    wrapper = tmp_path / "cc"
    wrapper.write_text("#!/bin/sh\nexec gcc $*\n")
    wrapper.chmod(0o755)
    before = program_digests((str(wrapper), "-O3"))
    wrapper.write_text("#!/bin/sh\nexec gcc -O0 $*\n")
    assert len(before) == 1
    assert program_digests((str(wrapper),)) != before


def test_the_processor_has_a_name():
    assert processor().strip()
