from __future__ import annotations

import shutil
import stat

import pytest

from wavecomp.errors import CompilerMissing, EnvironmentRefused, StorageError
from wavecomp.wavefields.compiler import find_compiler, flags_of, gnu_version


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    for name in ("DEVITO_ARCH", "CFLAGS", "LDFLAGS"):
        monkeypatch.delenv(name, raising=False)


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
    plain = script(tmp_path, "plain-cc", 'case "$*" in *-fopenmp*) exit 1;; *) exec cc "$@";; esac')
    monkeypatch.setenv("CC", str(plain))
    assert find_compiler().openmp is False


@pytest.mark.parametrize("value", ["env cc", "  cc  ", "env  FOO=1 cc"])
def test_cc_may_be_a_command_with_arguments(monkeypatch, value):
    monkeypatch.setenv("CC", value)
    assert find_compiler().version


@pytest.mark.parametrize("program", ["g++", "c++"])
def test_a_compiler_of_cpp_is_refused_with_the_right_ones_name(monkeypatch, program):
    if shutil.which(program) is None:
        pytest.skip(f"no {program} here")
    monkeypatch.setenv("CC", program)
    with pytest.raises(CompilerMissing, match=r'CC="[gc]\+\+" is a C\+\+ compiler.*gcc for g\+\+'):
        find_compiler()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CFLAGS", "-Obogus", "-Obogus"),
        ("CFLAGS", "-c", "no library was made"),
        ("CFLAGS", "-fsyntax-only", "no library was made"),
        ("CFLAGS", "-DX='a b", "no closing quotation"),
        ("LDFLAGS", "-lnosuchlibrary", "nosuchlibrary"),
        ("CC", "gcc 'x", "no closing quotation"),
    ],
)
def test_a_wrong_flag_is_named_with_its_variable(monkeypatch, name, value, words):
    monkeypatch.setenv(name, value)
    with pytest.raises(EnvironmentRefused) as caught:
        find_compiler()
    assert str(caught.value).startswith(f'{name}="{value}": ')
    assert words in str(caught.value)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("value", ["-O2  -DX=1", " -O2", "-DX='a b'", "-O2\t-DX ", " "])
def test_flags_are_read_as_a_shell_reads_them(monkeypatch, value):
    monkeypatch.setenv("CFLAGS", value)
    assert "" not in flags_of("CFLAGS")
    find_compiler()


def test_flags_are_those_of_the_custom_family_only(monkeypatch):
    monkeypatch.setenv("CFLAGS", "-Obogus")
    monkeypatch.setenv("DEVITO_ARCH", "gcc")  # Devito takes no CFLAGS then
    assert flags_of("CFLAGS") == ()
    find_compiler()


@pytest.mark.parametrize("family", ["cuda", "nonsense"])
def test_a_family_that_is_none_for_this_processor_is_refused(monkeypatch, family):
    monkeypatch.setenv("DEVITO_ARCH", family)
    with pytest.raises(EnvironmentRefused, match=f'DEVITO_ARCH="{family}": .*one of custom, gnu'):
        find_compiler()


def test_a_full_disk_is_not_the_compilers_fault(monkeypatch, tmp_path):
    full = script(tmp_path, "full-cc", "echo 'as: cannot write: No space left on device' >&2; exit 1")
    monkeypatch.setenv("CC", str(full))
    with pytest.raises(StorageError, match=r"the disk is full: [0-9]+ bytes are free"):
        find_compiler()


@pytest.mark.parametrize("name", ["gone", "with a space", "full"])
def test_tmpdir_is_not_needed(monkeypatch, tmp_path, name):
    # A compiler that fails wherever its temporary files would go there.
    picky = script(tmp_path, "picky-cc", 'case "$TMPDIR" in *temporary*) exit 1;; esac; exec cc "$@"')
    monkeypatch.setenv("TMPDIR", str(tmp_path / f"temporary {name}"))
    monkeypatch.setenv("CC", str(picky))
    assert find_compiler().openmp in (True, False)


def test_gnus_version_is_known_under_every_name():
    if gnu_version(("gcc",)) is None:
        pytest.skip("no GNU compiler here")
    assert gnu_version(("env", "gcc")) == gnu_version(("gcc",))
    assert gnu_version(("true",)) is None
