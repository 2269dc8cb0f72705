"""What a compressor does to its process never reaches the next case."""

from __future__ import annotations

import pytest

from wavecomp.records import Failure, Measurement
from wavecomp.sweep import Case, Limits, Repeats, SweepWorker

ONCE = Repeats(seconds=0.0, least=1, most=1)
LIMITS = Limits(seconds=600.0, memory_bytes=2**40)


@pytest.fixture
def worker():
    made = SweepWorker()
    yield made
    made.stop()


@pytest.mark.parametrize(
    ("kind", "failure", "says"),
    [
        ("segfault", "crash", "SIGSEGV"),
        ("abort", "crash", "SIGABRT"),
        ("exit", "crash", "exit status 7"),
        ("raise", "exception", "RuntimeError: no luck today"),
        ("memoryerror", "memory", "asked for too much"),
    ],
)
def test_failure_is_recorded_and_the_next_case_runs(worker, troublemaker, array_field, kind, failure, says):
    field = array_field()
    outcome = worker.run(Case.of(f"trouble:kind={kind}", field), ONCE, LIMITS)
    assert isinstance(outcome, Failure)
    assert outcome.kind == failure
    assert says in outcome.message
    after = worker.run(Case.of("trouble", field), ONCE, LIMITS)
    assert isinstance(after, Measurement)
    assert after.ratio == pytest.approx(1.0, abs=0.01)


def test_time_limit(worker, troublemaker, array_field):
    field = array_field()
    outcome = worker.run(Case.of("trouble:kind=hang", field), ONCE, Limits(seconds=1.5))
    assert isinstance(outcome, Failure)
    assert outcome.kind == "time"
    assert "1.5 s" in outcome.message
    assert isinstance(worker.run(Case.of("trouble", field), ONCE, LIMITS), Measurement)


def test_memory_limit(worker, troublemaker, array_field):
    """The plug-in asks for 64 arrays of 64 MiB; the limit is a quarter of that and far above an idle worker's."""
    field = array_field()
    outcome = worker.run(Case.of("trouble:kind=hog", field), ONCE, Limits(seconds=600.0, memory_bytes=2**30))
    assert isinstance(outcome, Failure)
    assert outcome.kind == "memory"
    assert "1024" in outcome.message
    assert isinstance(worker.run(Case.of("trouble", field), ONCE, LIMITS), Measurement)


def test_fields_are_read_only(array_field):
    """What a plug-in writes into its input would be the next compressor's field."""
    with pytest.raises(ValueError, match="read-only"):
        array_field().load()[...] = 0


def test_a_case_says_the_threads_that_its_text_means(array_field):
    for spec, threads in (
        ("zfp:rate=8", 1),
        ("slabs:planes=16/zfp:rate=8", 2),
        ("slabs:threads=3/blosc2:threads=2", 6),
    ):
        assert Case.of(spec, array_field()).threads == threads


def test_worker_survives_good_cases(worker, array_field):
    field = array_field()
    processes = set()
    for spec in ("identity", "zfp:accuracy=1e-3", "zfp:rate=1e-2", "identity"):
        worker.run(Case.of(spec, field), ONCE, LIMITS)
        processes.add(worker._running.process.pid)
    assert len(processes) == 1


def test_what_a_compressor_refuses_is_a_failure(worker, array_field):
    outcome = worker.run(Case.of("zfp:rate=1e-2", array_field()), ONCE, LIMITS)
    assert isinstance(outcome, Failure)
    assert outcome.kind == "exception"
    assert "UnsupportedField" in outcome.message
    assert "0.01" in outcome.message


def test_peak_memory_sees_scratch_memory(worker, troublemaker, array_field):
    """The plug-in touches 64 MiB and lets go of them; the stream and the allocator add less than 8 MiB. The kernel adds
    up its counters in batches of pages for each core, so up to 1 MiB may be missing."""
    field = array_field()
    plain = worker.run(Case.of("trouble", field), ONCE, LIMITS)
    scratch = worker.run(Case.of("trouble:kind=scratch", field), ONCE, LIMITS)
    assert isinstance(plain, Measurement)
    assert isinstance(scratch, Measurement)
    if scratch.compress_peak_bytes is None:
        pytest.skip("this system has no resettable memory mark")
    assert 63 * 2**20 <= scratch.compress_peak_bytes <= 72 * 2**20
    assert plain.compress_peak_bytes < 8 * 2**20


def test_broken_bound_is_a_measurement_with_its_margin(worker, troublemaker, array_field):
    """The plug-in promises 0.01 and shifts by 0.02: the margin is 2 within the rounding of float32."""
    outcome = worker.run(Case.of("trouble:kind=lie", array_field()), ONCE, LIMITS)
    assert isinstance(outcome, Measurement)
    assert outcome.bound_status == "violated"
    assert outcome.bound_margin == pytest.approx(2.0, rel=1e-4)
