"""Times that were measured in another process, handed to pytest-benchmark: the one place that knows its inside."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from wavecomp.errors import BenchmarksUnavailable


def hand_over(benchmark: Any, samples_s: Sequence[float]) -> None:
    """Give a ``benchmark`` fixture its times, as if it had measured them itself; its name and group are set before.

    pytest-benchmark has no public way to do so: a statistics object is made by the fixture's ``_make_stats``, and
    ``_mode`` tells it that it was used.

    Parameters
    ----------
    benchmark : pytest_benchmark.fixture.BenchmarkFixture
        Of a test, enabled and not yet used.
    samples_s : sequence of float
        Seconds, in order. None at all where the test fails, or where benchmarks are not enabled: the benchmark was
        used, and nothing of it is kept.

    Raises
    ------
    BenchmarksUnavailable
        This version of pytest-benchmark has another inside.
    """
    make = getattr(benchmark, "_make_stats", None)
    if make is None or not hasattr(benchmark, "_mode"):
        raise _other_inside("_make_stats and _mode of its fixture")
    if samples_s:
        stats = make(1)
        for sample in samples_s:
            stats.update(sample)
    benchmark._mode = "measured in an isolated process"


def is_enabled(config: Any) -> bool:
    """Say whether benchmarks are benchmarks: not with ``--benchmark-disable``, nor beside others (pytest-xdist).

    Parameters
    ----------
    config : pytest.Config

    Raises
    ------
    BenchmarksUnavailable
        This version of pytest-benchmark has another inside, or it is switched off (``-p no:benchmark``).
    """
    session = getattr(config, "_benchmarksession", None)
    if session is None or not hasattr(session, "disabled"):
        raise _other_inside("_benchmarksession of pytest's config")
    return not session.disabled


def _other_inside(what: str) -> BenchmarksUnavailable:
    return BenchmarksUnavailable(
        f"pytest-benchmark {version('pytest-benchmark')} does not offer the {what}, through which the suites hand over "
        "their times; they were tried with 5.0 to 5.3: pip install 'pytest-benchmark>=5.0,<5.4'"
    )
