"""The environment variables that say how many threads the libraries take: one reading of them for all.

OpenMP allows a list (``2,1``: two threads outside, one inside), and takes an empty variable for one that is not set.
Devito and numexpr (which pandas and Blosc2 load) read the same variables as one whole number, and raise while they are
imported. Nothing here nests parallel regions: the first number of a list is the one that counts.
"""

from __future__ import annotations

import os

LARGEST = 4096
"""More threads than any machine has processors; a system that cannot start them ends the process."""

SPINS = "100000"
"""Times that an idle thread of GNU's OpenMP looks for work before it sleeps: for about a millisecond."""

_LISTS = ("OMP_NUM_THREADS",)
_NUMBERS = ("BLOSC_NTHREADS", "NUMEXPR_MAX_THREADS", "NUMEXPR_NUM_THREADS")


def settle_thread_settings() -> None:
    """Change this process's environment to what every library reads alike: empty ones go, of a list the first stays.

    What makes no sense is left as it is: :func:`check_thread_settings` says so, where somebody hears it.
    """
    for name in (*_LISTS, *_NUMBERS):
        value = os.environ.get(name)
        if value is None:
            continue
        if not value.strip():
            del os.environ[name]
        elif name in _LISTS and "," in value and all(map(_sensible, value.split(","))):
            os.environ[name] = value.split(",")[0].strip()


def check_thread_settings() -> None:
    """Settle the variables, and refuse what is no number of threads.

    Raises
    ------
    EnvironmentRefused
        A variable is neither empty nor a number from 1 to :data:`LARGEST` (OMP_NUM_THREADS: nor a list of them).
    """
    from wavecomp.errors import EnvironmentRefused  # late: the package itself is loaded in no time

    settle_thread_settings()
    for name in (*_LISTS, *_NUMBERS):
        value = os.environ.get(name)
        if value is not None and not _sensible(value):
            raise EnvironmentRefused(name, value, f"give a number of threads from 1 to {LARGEST}, or unset it")


def passive_threads() -> None:
    """Let idle OpenMP threads sleep, here and in every process started from here; who set it otherwise is left alone.

    They spin otherwise, and take the cores from the compressor that runs between two blocks. But to wake one takes some
    20 µs, at every step where they sleep at once, and after each small checkpoint where they wait for ten microseconds:
    GNU's threads spin for about a millisecond first. OpenMP reads this when it is loaded: before the first parallel
    region.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)


def threads_allowed(cores: int) -> int:
    """Return what OMP_NUM_THREADS says, or else the number of cores; errors as in :func:`check_thread_settings`."""
    check_thread_settings()
    return int(os.environ.get("OMP_NUM_THREADS", cores))


def threads_each(processes: int) -> int:
    """Return the OpenMP threads of each of so many processes: together they take no more than the cores there are.

    One process gets what ``OMP_NUM_THREADS`` says, or else all cores; none gets more than that, or less than one.
    """
    cores = len(os.sched_getaffinity(0))
    allowed = threads_allowed(cores)
    return allowed if processes <= 1 else max(1, min(allowed, cores // processes))


def _sensible(text: str) -> bool:
    stripped = text.strip()
    return stripped.isascii() and stripped.isdecimal() and len(stripped) < 10 and 1 <= int(stripped) <= LARGEST
