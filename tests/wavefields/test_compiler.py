from __future__ import annotations

import stat

import pytest

from wavecomp.errors import CompilerMissing
from wavecomp.wavefields.compiler import find_compiler


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.delenv("DEVITO_ARCH", raising=False)


def script(folder, name, body):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_the_compiler_of_this_machine_works():
    compiler = find_compiler()
    assert compiler.program in ("gcc", "clang")
    assert any(character.isdigit() for character in compiler.version)


def test_no_compiler_names_the_packages(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CompilerMissing) as caught:
        find_compiler()
    for words in ("apt install gcc", "dnf install gcc", "xcode-select --install", "not found on the PATH"):
        assert words in str(caught.value)


def test_cc_is_respected(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(CompilerMissing, match='"no-such-compiler" was not found'):
        find_compiler()


@pytest.mark.parametrize(("family", "program"), [("gcc-99", "gcc-99"), ("clang", "clang"), ("icx", "icx")])
def test_devito_arch_is_respected(monkeypatch, tmp_path, family, program):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CC", "gcc")  # which Devito heeds for the custom family only
    monkeypatch.setenv("DEVITO_ARCH", family)
    with pytest.raises(CompilerMissing, match=f'"{program}"'):
        find_compiler()


def test_compiler_that_cannot_compile_is_missing_too(monkeypatch, tmp_path):
    broken = script(tmp_path, "broken-cc", "echo 'math.h: no such file' >&2; exit 1")
    monkeypatch.setenv("CC", str(broken))
    with pytest.raises(CompilerMissing, match=r"cannot compile .* math\.h: no such file"):
        find_compiler()


def test_openmp_is_found_out_by_trial(monkeypatch, tmp_path):
    plain = script(tmp_path, "plain-cc", 'case "$*" in *-fopenmp*) exit 1;; *) exit 0;; esac')
    monkeypatch.setenv("CC", str(plain))
    assert find_compiler().openmp is False
