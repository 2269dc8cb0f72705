from __future__ import annotations

import errno
import os
import stat

import pytest

from wavecomp.errors import EnvironmentRefused, KernelError, StorageError
from wavecomp.wavefields import cache_folder
from wavecomp.wavefields.cache_folder import cache_root, disk_words, work_folder


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.delenv("WAVECOMP_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(cache_folder.tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    return tmp_path / "home"


def mode(folder):
    return stat.S_IMODE(folder.stat().st_mode)


def test_the_folder_is_the_users_own_and_private(home):
    root = cache_root()
    assert root == home / ".cache" / "wavecomp" / "kernels"
    assert mode(root) == 0o700


def test_a_folder_that_others_could_write_to_is_closed(home):
    cache_root().chmod(0o777)
    assert mode(cache_root()) == 0o700


def test_xdg_cache_home_is_respected(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_root() == tmp_path / "xdg" / "wavecomp" / "kernels"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # to be passed over, says its specification
    assert cache_root() == tmp_path / "home" / ".cache" / "wavecomp" / "kernels"


def test_the_variable_is_respected(monkeypatch, tmp_path):
    monkeypatch.setenv("WAVECOMP_CACHE", str(tmp_path / "a b"))
    assert cache_root() == tmp_path / "a b" / "kernels"


def test_a_folder_of_that_name_that_cannot_be_one_is_refused(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("WAVECOMP_CACHE", str(tmp_path / "file"))
    with pytest.raises(EnvironmentRefused, match=r'WAVECOMP_CACHE=".*file": no folder for compiled kernels'):
        cache_root()


def test_without_a_home_there_is_one_of_this_user_beside_temporary_files(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "gone"))
    root = cache_root()
    assert root == tmp_path / "tmp" / f"wavecomp-{os.getuid()}" / "kernels"
    assert mode(root) == mode(root.parent) == 0o700


def test_what_belongs_to_somebody_else_is_not_used(monkeypatch, home, tmp_path):
    theirs = home / ".cache" / "wavecomp"
    theirs.mkdir(parents=True)
    (theirs / "kernels").symlink_to(tmp_path)  # where they like
    assert tmp_path / "tmp" in cache_root().parents


def test_a_file_system_that_runs_nothing_is_not_used(monkeypatch):
    class Flags:
        f_flag = os.ST_NOEXEC

    monkeypatch.setattr(cache_folder.os, "statvfs", lambda _folder: Flags())
    with pytest.raises(KernelError, match=r"noexec.*WAVECOMP_CACHE"):
        cache_root()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_with_its_place(tmp_path, number):
    with (
        pytest.raises(StorageError, match=f"{tmp_path}.*the disk is full: [0-9]+ bytes are free"),
        disk_words(tmp_path),
    ):
        raise OSError(number, "full", "somewhere")


def test_a_work_folder_is_where_temporary_files_go_and_ends_with_its_block(tmp_path):
    with work_folder(tmp_path, "x-") as (folder, environment):
        assert environment["TMPDIR"] == str(folder)
        (folder / "left").touch()
    assert not folder.exists()
