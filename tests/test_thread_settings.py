from __future__ import annotations

import os
import subprocess
import sys

import pytest

from wavecomp.errors import EnvironmentRefused
from wavecomp.thread_settings import check_thread_settings, settle_thread_settings, threads_allowed

NAMES = ("OMP_NUM_THREADS", "BLOSC_NTHREADS", "NUMEXPR_MAX_THREADS", "NUMEXPR_NUM_THREADS")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("value", "threads"), [("2,1", 2), (" 3 , 2 ", 3), ("4", 4), ("", 7), ("  ", 7)])
def test_openmp_allows_lists_and_nothing(monkeypatch, value, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert threads_allowed(7) == threads
    assert int(os.environ.get("OMP_NUM_THREADS", "7")) == threads  # as Devito and numexpr read it


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_variable_is_one_that_is_not_set(monkeypatch, name):
    monkeypatch.setenv(name, "")
    check_thread_settings()
    assert name not in os.environ


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["x", "0", "-1", "1.5", "100000", "1,x", "2,", "9" * 5000, "٣"])
def test_what_is_no_number_of_threads_is_refused(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    settle_thread_settings()  # leaves it to whoever is heard
    assert os.environ[name] == value
    with pytest.raises(EnvironmentRefused, match=f'^{name}="{value[:100]}.*from 1 to 4096') as caught:
        check_thread_settings()
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [("OMP_NUM_THREADS", "2,1", 0), ("OMP_NUM_THREADS", "x", 2), ("NUMEXPR_NUM_THREADS", "x", 2)],
)
def test_every_command_takes_it_or_says_so_in_one_line(name, value, status):
    done = subprocess.run(
        [sys.executable, "-m", "wavecomp", "table1", "--help"],
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status
    assert len(done.stderr.splitlines()) == (1 if status else 0)
    if status:
        assert done.stderr.startswith(f'wavecomp: {name}="{value}": ')
