"""The environment variables that Devito reads: what cannot work here is refused before it is loaded, in one line.

Devito itself raises in the middle of its import, names its inner settings instead of the variables, passes over a
misspelt variable without a word, and takes values that need another machine.
"""

from __future__ import annotations

import difflib
import importlib
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from wavecomp.errors import EnvironmentRefused, PropagationError, WavecompError
from wavecomp.thread_settings import passive_threads
from wavecomp.wavefields.compiler import compiler_program, find_compiler

_PREFIX = "DEVITO_"

KNOWN = {
    "DEVITO_ARCH": "compiler",
    "DEVITO_AUTOPADDING_MODE": "autopadding-mode",
    "DEVITO_AUTOTUNING": "autotuning",
    "DEVITO_CONFIG": "config",
    "DEVITO_DEVELOP": "develop-mode",
    "DEVITO_DEVICEID": "deviceid",
    "DEVITO_DLE": "opt",
    "DEVITO_FIRST_TOUCH": "first-touch",
    "DEVITO_IGNORE_UNKNOWN_PARAMS": "ignore-unknowns",
    "DEVITO_JIT_BACKDOOR": "jit-backdoor",
    "DEVITO_LANGUAGE": "language",
    "DEVITO_LOGGING": "log-level",
    "DEVITO_MPI": "mpi",
    "DEVITO_OPENMP": "language",
    "DEVITO_OPT": "opt",
    "DEVITO_PLATFORM": "platform",
    "DEVITO_PROFILING": "profiling",
    "DEVITO_SAFE_MATH": "safe-math",
    "DEVITO_TOPOLOGY": "topology",
}
"""Devito's name of the setting behind each variable."""

LANGUAGES = ("C", "openmp", "Copenmp")
"""Those that the C compiler compiles for this machine's processor; the kernels are called with its memory."""

_DEVICES = (
    "gpu", "nvidiaX", "volta", "ampere", "hopper", "blackwell", "amdgpuX", "intelgpuX", "pvc", "intelgpuMAX",
    "max1100", "max1550",
)  # fmt: skip

_ILLEGAL = re.compile(r"Illegal configuration parameter \(([^,]+), (.*)\)\. Accepted: (.*)", re.DOTALL)


def check_devito_words() -> None:
    """Refuse variables of Devito that cannot work here; empty ones are taken out of this process's environment.

    Raises
    ------
    CompilerMissing
        One of them is set, and there is no C compiler.
    EnvironmentRefused
        The text names variable, value, and what would be right.
    PropagationError
        Devito fails for another reason with the variables that are set.
    """
    for name, value in _variables().items():
        if not value.strip():
            del os.environ[name]
        elif name not in KNOWN:
            _check_spelling(name, value)
    compiler_program()
    language = os.environ.get("DEVITO_LANGUAGE")
    if language not in (None, *LANGUAGES):
        raise _refused("DEVITO_LANGUAGE", f"give one of {', '.join(LANGUAGES)}: kernels are C for the processor here")
    if os.environ.get("DEVITO_PLATFORM") in _DEVICES:
        raise _refused(
            "DEVITO_PLATFORM", "kernels run on the processor here; unset it, and Devito finds out which it is"
        )
    if os.environ.get("DEVITO_MPI", "0") != "0":
        raise _refused("DEVITO_MPI", "a field is computed by one process, without MPI; unset it")
    if os.environ.get("DEVITO_JIT_BACKDOOR", "0") != "0":
        raise _refused("DEVITO_JIT_BACKDOOR", "kernels edited by hand are not what a record says of them; unset it")
    if "DEVITO_CONFIG" in os.environ:
        raise _refused("DEVITO_CONFIG", "Devito does not read its settings from a file yet; unset it")
    device = os.environ.get("DEVITO_DEVICEID")
    if device is not None and not re.fullmatch(r"-?[0-9]+", device):
        raise _refused("DEVITO_DEVICEID", "give a number, or unset it")
    if _variables() and "devito" not in sys.modules:
        # Which values the others take, Devito knows alone.
        find_compiler()
        passive_threads()
        with import_words():
            importlib.import_module("devito")


@contextmanager
def import_words() -> Iterator[None]:
    """Turn what Devito raises while it is imported into the variable that is the cause; leave no half of it loaded."""
    loaded = set(sys.modules)
    try:
        yield
    except ImportError as error:
        raise PropagationError(
            f"Devito cannot be loaded: {error}; install wavecomp anew with its dependencies"
        ) from error
    except WavecompError:
        raise
    except Exception as error:
        for name in set(sys.modules) - loaded:
            if name.partition(".")[0] in ("devito", "examples"):
                del sys.modules[name]
        raise _translated(error) from error


@contextmanager
def operator_words() -> Iterator[None]:
    """Turn what Devito raises while it writes operators into one line with the variables that it was told by.

    Without any of them set, or from elsewhere, an error stays what it is.
    """
    try:
        yield
    except Exception as error:
        if not _variables() or not _from_devito(error):
            raise
        raise _translated(error) from error


def _translated(error: Exception) -> Exception:
    said = _ILLEGAL.match(str(error))
    if said is not None:
        for name in sorted(_variables()):
            if KNOWN.get(name) == said.group(1):
                return _refused(name, f"Devito takes {_choices(said.group(3))}")
    known = ", ".join(f'{name}="{value[:80]}"' for name, value in sorted(_variables().items()))
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    if not known:
        return PropagationError(f"Devito fails: {reason}")
    return PropagationError(f"Devito fails with {known} ({reason}); unset what is not needed")


def _choices(accepted: str) -> str:
    """Return the accepted values in a line, without the pairs and lists of them, and without devices."""
    single = re.sub(r"<class [^>]*>|\([^)]*\)|\[[^\[\]]*\]", "", accepted.strip()[1:-1])
    words = [first or second for first, second in re.findall(r"'([^']+)'|\b(\d+|True|False)\b", single)]
    return ", ".join(dict.fromkeys(word for word in words if word not in _DEVICES)) or accepted[:200]


def _check_spelling(name: str, value: str) -> None:
    known = [word.removeprefix(_PREFIX) for word in KNOWN]
    near = difflib.get_close_matches(name.removeprefix(_PREFIX), known, n=1, cutoff=0.7)
    if near:
        raise EnvironmentRefused(name, value, f"Devito knows no such variable; do you mean {_PREFIX}{near[0]}?")


def _from_devito(error: Exception) -> bool:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = str(trace.tb_frame.f_globals.get("__name__", "")) if trace is not None else ""
    return module.partition(".")[0] in ("devito", "examples") or type(error).__module__.startswith("devito")


def _variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(_PREFIX)}


def _refused(name: str, expected: str) -> EnvironmentRefused:
    return EnvironmentRefused(name, os.environ.get(name, ""), expected)
