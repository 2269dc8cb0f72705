"""From rounds to findings, with numbers made up."""

from __future__ import annotations

import numpy as np

from wavecomp.gate.finding import Standing
from wavecomp.gate.timed import Judging, least_change
from wavecomp.records import Failure
from wavecomp.side_by_side.paired_rounds import PairedRounds, Trial
from wavecomp.side_by_side.tasks import (
    COMPRESS_PEAK,
    COMPRESS_TIME,
    DECOMPRESS_TIME,
    FIRST_COMPRESS,
    QUANTITIES,
    SweepTask,
)

GROUPS = {"zfp:rate=8": "zfp", "zfp:rate=4": "zfp", "identity": "identity"}


def rounds(factor: float, count: int, *, failing: str = "") -> PairedRounds:
    """Every case takes 1 ms ± 1 % on the old side and ``factor`` times that on the new one; peaks are 10 MiB."""
    rng = np.random.default_rng(5)
    found = PairedRounds([SweepTask(case, case, __file__) for case in GROUPS], rounds=count)  # type: ignore[arg-type]
    for number in range(1, count + 1):
        for case in GROUPS:
            for side, times in (("old", 1.0), ("new", factor)):
                one_s = 1e-3 * times * float(np.exp(0.01 * rng.standard_normal()))
                timing = {
                    "first_s": one_s,
                    "samples_s": [one_s * 2, one_s],
                    "processor_s": [],
                    "first_processor_s": None,
                }
                answer = {"compress": timing, "decompress": timing | {"samples_s": [1e-3]}}
                peaks = {"compress_peak_bytes": 10 << 20, "decompress_peak_bytes": (10 << 20) + (4096 * int(times))}
                outcome = Failure("crash", "x") if case == failing and side == "new" else answer | peaks
                found.add(Trial(case, side, number, outcome))  # type: ignore[arg-type]
    return found


def test_what_got_slower_is_found_in_cases_and_in_the_group() -> None:
    judging = Judging(GROUPS, (COMPRESS_TIME, DECOMPRESS_TIME, FIRST_COMPRESS, COMPRESS_PEAK))
    found = rounds(1.2, 40)
    by_name = {(one.case, one.quantity): one for one in judging.findings(found)}
    for case in (*GROUPS, "all of zfp"):
        assert by_name[case, COMPRESS_TIME].standing is Standing.WORSE
        assert by_name[case, DECOMPRESS_TIME].standing is Standing.SAME
        assert by_name[case, FIRST_COMPRESS].standing is Standing.SAME  # a fifth is no half
        assert by_name[case, COMPRESS_PEAK].standing is Standing.SAME
    slower = by_name["zfp:rate=8", COMPRESS_TIME]
    assert slower.unit == "s"
    assert slower.change is not None
    assert 1.15 < slower.change < 1.25
    assert slower.basis.startswith("ratio 1.")
    assert slower.basis.endswith(" rounds")
    assert ("all of identity", COMPRESS_TIME) not in by_name


def test_it_stops_at_a_look_when_all_is_decided() -> None:
    """Three cases have 0.025/3 each, half of it at the first look: 2/2^n <= 0.0042 from n = 9 on; then a third more."""
    judging = Judging(GROUPS, (COMPRESS_TIME,))
    assert [count for count in range(1, 20) if judging.decided()(rounds(1.2, count))] == [9, 12, 16]
    assert not any(judging.decided()(rounds(1.05, count)) for count in (9, 12, 16, 22))


def test_a_case_that_was_given_up_holds_nobody_back() -> None:
    judging = Judging(GROUPS, (COMPRESS_TIME,))
    found = rounds(1.2, 16, failing="identity")
    assert judging.decided()(found)
    lost = next(one for one in judging.findings(found) if one.case == "identity")
    assert (lost.standing, lost.old, lost.basis) == (Standing.UNDECIDED, None, "no round has both sides")


def test_every_quantity_has_a_least_change_and_few_rounds_are_too_few() -> None:
    assert all(0 < least_change(name)[0] < 1 for name in QUANTITIES)
    found = Judging({}, (COMPRESS_TIME,)).findings(rounds(2.0, 3))
    assert {one.basis for one in found} == {"3 rounds are too few for any interval"}
    assert {one.standing for one in found} == {Standing.UNDECIDED}
