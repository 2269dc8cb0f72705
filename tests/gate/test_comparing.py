"""Two runs compared by what they determine: what is caught, what is not, and what is no comparison."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.gate.comparing import compare
from wavecomp.gate.finding import Standing
from wavecomp.gate.verdict import judge
from wavecomp.records import Failure, Measurement

from .builders import PLACE, doctored, gradient, run, sweep


def standings(old, new):
    return {
        finding.quantity: finding.standing
        for finding in compare(old, new).findings
        if finding.standing is not Standing.SAME
    }


def errors(**changes):
    return lambda found: {"distortion": {**found.distortion, **changes}}


def test_a_run_against_itself_is_the_same_and_every_value_was_looked_at():
    one = run([sweep(), sweep("interp:abs=1e-3")], [gradient(), gradient("store-all", 0.0)])
    verdict = judge([one], [one])
    assert (verdict.exit_status, verdict.causes, len(verdict.comparison.gone)) == (0, (), 0)
    assert verdict.comparison.cases == 4
    assert {finding.quantity for finding in verdict.findings} == {
        "bound", "stream bytes", "largest error", "RMS error", "error over bound", "values lost (not finite)",
        "gradient error", "deep gradient error", "forward steps", "checkpoint writes", "checkpoint reads",
        "checkpoints held", "peak checkpoint bytes", "peak disk bytes",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "quantity"),
    [
        (lambda _: {"stream_bytes": 103_000}, "stream bytes"),
        (lambda _: {"stream_bytes": 100_001}, "stream bytes"),
        (errors(max_absolute=5.05e-4), "largest error"),
        (errors(rmse=1.01e-4), "RMS error"),
        (lambda _: {"bound_status": "violated"}, "bound"),
        (lambda _: {"bound_status": "rounding"}, "bound"),
        (lambda _: {"bound_margin": 0.505}, "error over bound"),
        (errors(nonfinite_mismatches=1.0), "values lost (not finite)"),
    ],
)
def test_what_got_worse_is_seen_and_its_opposite_is_better(change, quantity):
    old, new = run([sweep()]), run([doctored(sweep(), change)])
    assert standings(old, new) == {quantity: Standing.WORSE}
    assert standings(new, old) == {quantity: Standing.BETTER}
    assert (judge([old], [new]).exit_status, judge([new], [old]).exit_status) == (1, 0)


@pytest.mark.parametrize(
    ("changes", "quantity"),
    [
        ({"error": 1.05e-4}, "gradient error"),
        ({"forward_steps": 500}, "forward steps"),
        ({"writes": 101}, "checkpoint writes"),
        ({"peak_checkpoint_bytes": 1_000_001}, "peak checkpoint bytes"),
    ],
)
def test_a_gradient_that_got_worse(changes, quantity):
    exact = gradient("store-all", 0.0)
    found = standings(run([], [exact, gradient()]), run([], [exact, gradient(**changes)]))
    assert found.pop("deep gradient error", Standing.WORSE) is Standing.WORSE
    assert found == {quantity: Standing.WORSE}


def test_where_the_exact_gradient_has_other_bits_errors_are_compared_within_a_rounding():
    """Another processor: 3 % of 1e-4 is 2 % and what float32 rounds, 5 % is not; forward steps are exact everywhere."""
    old = run([], [gradient("store-all", 0.0, bits="ab"), gradient()])

    def new(**changes):
        return run([], [gradient("store-all", 0.0, bits="cd"), gradient(**changes)])

    assert compare(old, new()).other_bits == ("pinned-2d",)
    assert standings(old, new(error=1.03e-4, peak_checkpoint_bytes=1_004_000)) == {}
    assert standings(old, new(error=1.05e-4))["gradient error"] is Standing.WORSE
    assert standings(old, new(peak_checkpoint_bytes=1_011_000)) == {"peak checkpoint bytes": Standing.WORSE}
    assert standings(old, new(forward_steps=500)) == {"forward steps": Standing.WORSE}


def test_without_an_exact_gradient_another_processor_is_told_by_its_name():
    elsewhere = replace(PLACE, cpu="Another CPU")
    assert compare(run([], [gradient()]), run([], [gradient()], elsewhere)).other_bits == ("pinned-2d",)
    assert compare(run([], [gradient()]), run([], [gradient()])).other_bits == ()


def test_another_field_or_problem_is_no_comparison():
    old = run([sweep(), sweep(field="pinned-2d")], [gradient()])
    new = run([sweep(content="b", stream_bytes=1), sweep(field="pinned-2d")], [gradient(problem="p2")])
    found = compare(old, new)
    assert {finding.case for finding in found.findings} == {"zfp:accuracy=1e-3 on pinned-2d"}
    assert [text.partition(":")[0] for text in found.elsewhere] == [
        "field pinned-3d (40x40x40 float32)",
        "problem pinned-2d",
    ]
    assert found.gone == found.added == ()
    assert judge([old], [new]).exit_status == 3
    assert judge([run([sweep()])], [run([sweep(content="b")])]).exit_status == 3


def test_missing_and_new_cases_are_said_and_a_missing_one_leaves_the_verdict_open():
    old, new = run([sweep(), sweep("identity")]), run([sweep(), sweep("float16")])
    found = compare(old, new)
    assert (found.gone, found.added) == (("identity on pinned-3d",), ("float16 on pinned-3d",))
    assert judge([old], [new]).exit_status == 3
    assert judge([run([sweep()])], [new]).exit_status == 0
    assert judge([old], [run([doctored(sweep(), lambda _: {"stream_bytes": 200_000})])]).exit_status == 1


def test_a_case_that_fails_now_is_worse_whatever_its_message():
    failed = replace(sweep(), outcome=Failure("crash", "killed by SIGSEGV"))
    other = replace(sweep(), outcome=Failure("crash", "killed by SIGBUS"))
    assert standings(run([sweep()]), run([failed])) == {"outcome": Standing.WORSE}
    assert standings(run([failed]), run([sweep()])) == {"outcome": Standing.BETTER}
    assert standings(run([failed]), run([other])) == {}


def test_long_sums_are_the_same_within_their_rounding_and_no_further():
    def with_rmse(value):
        return run([doctored(sweep(), errors(rmse=value))])

    assert standings(with_rmse(1e-4), with_rmse(1e-4 * (1 + 5e-10))) == {}
    assert standings(with_rmse(1e-4), with_rmse(1e-4 * (1 + 2e-9))) == {"RMS error": Standing.WORSE}


def test_an_error_out_of_nothing_is_worse_and_stands_first():
    old = run([sweep(), doctored(sweep("identity"), errors(max_absolute=0.0))])
    new = run(
        [
            doctored(sweep(), lambda _: {"stream_bytes": 200_000}),
            doctored(sweep("identity"), errors(max_absolute=1e-30)),
        ]
    )
    worse = judge([old], [new]).of(Standing.WORSE)
    assert [(one.case, one.change) for one in worse] == [
        ("identity on pinned-3d", None),
        ("zfp:accuracy=1e-3 on pinned-3d", 2.0),
    ]


def test_a_value_that_is_not_there_any_more_is_undecided():
    old, new = run([sweep()]), run([doctored(sweep(), lambda _: {"bound_margin": None})])
    assert standings(old, new) == {"error over bound": Standing.UNDECIDED}
    assert judge([old], [new]).exit_status == 3


sizes = st.integers(1, 10**9)
margins = st.floats(1e-12, 10, allow_nan=False)


@given(sizes, sizes, margins, margins)
def test_swapping_the_runs_swaps_worse_and_better(a, b, p, q):
    runs = [
        run([doctored(sweep(), lambda _, s=s, m=m: {"stream_bytes": s, "bound_margin": m})])
        for s, m in ((a, p), (b, q))
    ]
    there, back = (compare(*pair).findings for pair in (runs, runs[::-1]))
    mirrored = {Standing.WORSE: Standing.BETTER, Standing.BETTER: Standing.WORSE, Standing.SAME: Standing.SAME}
    assert [mirrored[one.standing] for one in there] == [one.standing for one in back]
    assert {one.quantity: one.standing for one in there}["stream bytes"] is (
        Standing.SAME if a == b else Standing.WORSE if b > a else Standing.BETTER
    )


def test_the_last_record_of_a_case_counts_and_one_measured_alone_before_others():
    again = doctored(sweep(), lambda _: {"stream_bytes": 7})
    beside = replace(again, concurrent=True)
    for records, size in (([sweep(), again], 7), ([sweep(), beside], 100_000), ([beside, sweep()], 100_000)):
        (only,) = run(records).sweeps.values()
        assert isinstance(only.outcome, Measurement)
        assert only.outcome.stream_bytes == size


def test_a_plugin_file_that_was_edited_is_a_cause():
    mine = [replace(sweep("mine"), library=f"mine sha256:{digest}") for digest in ("aaaa", "bbbb")]
    assert judge([run(mine[:1])], [run(mine[1:])]).causes == ("mine sha256:aaaa → sha256:bbbb",)
    assert judge([run([sweep()])], [run([sweep(), mine[1]])]).causes == ()


def test_causes_name_what_changed_likely_ones_first():
    place = replace(PLACE, versions={**PLACE.versions, "zfpy": "1.1.0", "wavecomp": "0.2.0"}, cpu="New CPU", commit="d")
    assert list(judge([run([sweep()])], [run([sweep()], place=place)]).causes) == [
        "zfpy 1.0.1 → 1.1.0",
        "wavecomp 0.1.0 → 0.2.0",
        "wavecomp's commit: abc123 → d",
        "processor: Test CPU 3000 → New CPU",
    ]
