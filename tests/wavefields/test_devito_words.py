from __future__ import annotations

import os
import subprocess
import sys

import pytest

from wavecomp.errors import EnvironmentRefused, PropagationError
from wavecomp.wavefields.devito_words import KNOWN, check_devito_words, import_words, operator_words


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in [name for name in os.environ if name.startswith("DEVITO_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DEVITO_LANGUAGE", "openacc", "give one of C, openmp, Copenmp"),
        ("DEVITO_LANGUAGE", "CXX", "give one of C, openmp, Copenmp"),
        ("DEVITO_PLATFORM", "nvidiaX", "run on the processor"),
        ("DEVITO_MPI", "1", "without MPI"),
        ("DEVITO_MPI", "diag2", "without MPI"),
        ("DEVITO_JIT_BACKDOOR", "1", "edited by hand"),
        ("DEVITO_CONFIG", "file", "unset it"),
        ("DEVITO_DEVICEID", "x", "give a number"),
        ("DEVITO_ARCH", "hip", "one of custom"),
        ("DEVITO_LANGAUGE", "C", "do you mean DEVITO_LANGUAGE?"),
        ("DEVITO_SAFEMATH", "1", "do you mean DEVITO_SAFE_MATH?"),
    ],
)
def test_what_cannot_work_is_refused_without_devito(monkeypatch, name, value, words):
    monkeypatch.setenv(name, value)
    with pytest.raises(EnvironmentRefused) as caught:
        check_devito_words()
    assert str(caught.value).startswith(f'{name}="{value}": ')
    assert words in str(caught.value)


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch):
    monkeypatch.setenv("DEVITO_LANGUAGE", "")
    check_devito_words()
    assert "DEVITO_LANGUAGE" not in os.environ


def test_a_variable_of_others_is_left_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "devito", object())  # nobody asks it
    monkeypatch.setenv("DEVITO_HOME", "somewhere")
    check_devito_words()


def test_devitos_own_words_become_the_variable(monkeypatch):
    monkeypatch.setenv("DEVITO_LOGGING", "loud")
    with pytest.raises(EnvironmentRefused, match=r'DEVITO_LOGGING="loud": Devito takes DEBUG, INFO$'), import_words():
        raise ValueError("Illegal configuration parameter (log-level, loud). Accepted: ['DEBUG', 'INFO']")


def test_another_failure_names_what_is_set(monkeypatch):
    monkeypatch.setenv("DEVITO_PLATFORM", "m1")
    with pytest.raises(PropagationError, match=r'DEVITO_PLATFORM="m1" \(KeyError: .*strange'), import_words():
        raise KeyError("strange")


def test_half_of_devito_is_not_left_loaded(monkeypatch):
    monkeypatch.delitem(sys.modules, "devito.of_this_test", raising=False)

    def load():
        sys.modules["devito.of_this_test"] = sys
        raise RuntimeError("no")

    with pytest.raises(PropagationError), import_words():
        load()
    assert "devito.of_this_test" not in sys.modules


def test_errors_from_elsewhere_stay_what_they_are(monkeypatch):
    monkeypatch.setenv("DEVITO_OPT", "noop")
    with pytest.raises(KeyError, match="ours"), operator_words():
        raise KeyError("ours")


def test_the_table_is_devitos():
    from devito.parameters import env_vars_deprecated, env_vars_mapper

    assert set(env_vars_mapper) | set(env_vars_deprecated) <= set(KNOWN)
    assert {name: KNOWN[name] for name in env_vars_mapper} == dict(env_vars_mapper)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DEVITO_OPT", "bogus", "Devito takes noop, advanced, advanced-fsg"),
        ("DEVITO_SAFE_MATH", "yes", "Devito takes 0, 1"),
    ],
)
def test_the_command_ends_in_one_line(name, value, words):
    done = subprocess.run(
        [sys.executable, "-m", "wavecomp", "gradient", "--problem", "tiny"],
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.strip().splitlines() == [f'wavecomp: {name}="{value}": {words}']
