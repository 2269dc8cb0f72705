"""Both sides, round by round: what differs shows, what fails is said, and the others go on."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from wavecomp.errors import UsageError
from wavecomp.isolation import Limits
from wavecomp.records import Failure
from wavecomp.side_by_side.errors import SideBroken
from wavecomp.side_by_side.paired_rounds import PairedRounds, Trial
from wavecomp.side_by_side.rounds import STOPPED, RoundProgress, run_rounds
from wavecomp.side_by_side.side_process import SideProcess
from wavecomp.side_by_side.sides import Side, this_side
from wavecomp.side_by_side.tasks import (
    COMPRESS_PEAK,
    COMPRESS_PROCESSOR,
    COMPRESS_TIME,
    DECOMPRESS_TIME,
    FIRST_COMPRESS,
    GRADIENT_PROCESSOR,
    GRADIENT_TIME,
    GradientTask,
    SweepTask,
    quantities_of,
)

Toy = Callable[..., Path]
LIMITS = Limits(60.0)


def task(field: Path, case: str = "toy", spec: str = "toy", **more: object) -> SweepTask:
    return SweepTask(case, spec, field, seconds=0.002, foreign=spec == "toy", **more)  # type: ignore[arg-type]


def sides(toy: Toy, old: str, new: str, **more: float) -> tuple[Side, Side]:
    return this_side([toy("old", old)]), this_side([toy("new", new, **more)])


def test_a_side_that_sleeps_is_the_slower_one(field: Path, toy: Toy) -> None:
    """400 ms of sleep beside some tenths of a millisecond: a single call would have to stand still for a thousand times
    as long as it takes."""
    old, new = sides(toy, "fine", "fine", pause_s=0.4)
    seen: list[RoundProgress] = []
    found = run_rounds(old, new, [task(field)], most_rounds=2, limits=LIMITS, progress=seen.append)
    assert (found.ended, found.rounds) == ("rounds", 2)
    assert [one.round for one in seen] == [0, 1, 2]
    for quantity in (COMPRESS_TIME, FIRST_COMPRESS):
        for before, after in found.pairs("toy", quantity):
            assert after >= 0.4  # type: ignore[operator]
            assert before < after  # type: ignore[operator]
    assert len(found.pairs("toy", DECOMPRESS_TIME)) == 2
    answer = found.answer("toy", "new")
    assert isinstance(answer, dict)
    assert answer["bound_status"] in ("none", "holds")
    assert answer["stream_bytes"] > 0


def test_from_the_second_round_on_both_sides_repeat_equally_often(field: Path, toy: Toy) -> None:
    old, new = sides(toy, "fine", "fine", pause_s=0.01)
    found = run_rounds(old, new, [task(field)], most_rounds=1, limits=LIMITS)
    one, other = found.answer("toy", "old"), found.answer("toy", "new")
    assert isinstance(one, dict)
    assert isinstance(other, dict)
    counts = {len(side[what]["samples_s"]) for side in (one, other) for what in ("compress", "decompress")}
    assert len(counts) == 1


@pytest.mark.parametrize(
    ("kind", "failure", "said"),
    [
        ("die", "crash", "killed by SIGKILL"),
        ("raise", "exception", "no luck today"),
        ("hang", "time", "no result within 2 s"),
    ],
)
def test_a_side_that_fails_is_said_and_the_others_go_on(
    field: Path, toy: Toy, kind: str, failure: str, said: str
) -> None:
    old, new = sides(toy, "fine", kind)
    tasks = [task(field), task(field, "identity", "identity")]
    found = run_rounds(old, new, tasks, most_rounds=2, limits=Limits(2.0 if kind == "hang" else 60.0))
    assert found.rounds == 2
    assert all(None not in pair for pair in found.pairs("identity", COMPRESS_TIME))
    answer = found.answer("toy", "new")
    assert isinstance(answer, Failure)
    assert answer.kind == failure
    assert said in answer.message
    assert isinstance(found.answer("toy", "old"), dict)
    # Its time ran out: once is enough. Whatever else happens twice is not tried a third time.
    assert len(found.failures("toy", "new")) == (1 if kind == "hang" else 2)
    assert found.given_up("toy")
    assert not found.given_up("identity")
    assert [after for _, after in found.pairs("toy", COMPRESS_TIME)] == [None, None]


def test_memory_has_a_limit(field: Path, toy: Toy) -> None:
    old, new = sides(toy, "fine", "hog")  # 512 MiB, and then it waits
    limits = Limits(60.0, 400 * 2**20)
    found = run_rounds(old, new, [task(field)], most_rounds=1, limits=limits)
    answer = found.answer("toy", "new")
    assert isinstance(answer, Failure)
    assert answer.kind == "memory"


def test_what_fails_once_is_a_missing_round_and_no_more(field: Path, toy: Toy) -> None:
    old, new = sides(toy, "fine", "once")
    found = run_rounds(old, new, [task(field), task(field, "i", "identity")], most_rounds=2, limits=LIMITS)
    assert [one.message for one in found.failures("toy", "new")] == ["ended with exit status 7"]
    assert all(None not in pair for pair in found.pairs("toy", COMPRESS_TIME))
    assert isinstance(found.answer("toy", "new"), dict)


def test_what_a_library_prints_is_no_answer(field: Path, toy: Toy, capfd: pytest.CaptureFixture[str]) -> None:
    old, new = sides(toy, "print", "print")
    found = run_rounds(old, new, [task(field)], most_rounds=1, limits=LIMITS)
    assert found.failures("toy", "old") == found.failures("toy", "new") == []
    assert capfd.readouterr() == ("", "")


def test_it_stops_when_it_is_decided_or_the_time_is_over(field: Path) -> None:
    here = this_side()
    tasks = [task(field, "i", "identity")]
    found = run_rounds(here, here, tasks, decided=lambda so_far: so_far.rounds == 1, limits=LIMITS)
    assert (found.ended, found.rounds) == ("decided", 1)
    found = run_rounds(here, here, tasks, budget_s=0.01, limits=LIMITS)
    assert (found.ended, found.rounds) == ("time", 0)
    assert found.pairs("i", COMPRESS_TIME) == []


def test_each_side_says_which_wavecomp_it_is(field: Path) -> None:
    here = this_side()
    found = run_rounds(here, here, [task(field, "i", "identity")], most_rounds=1, limits=LIMITS)
    for side in ("old", "new"):
        assert Path(found.introductions[side]["wavecomp"]).parent == Path(here.package)  # type: ignore[index]
        assert found.introductions[side]["provenance"]["versions"]["numpy"]  # type: ignore[index]


def test_a_side_that_does_not_start_is_an_error(field: Path, tmp_path: Path) -> None:
    here = this_side()
    (tmp_path / "wavecomp").mkdir()
    (tmp_path / "wavecomp" / "__init__.py").write_text("__version__ = '0'\n")
    hollow = Side("hollow", here.python, (tmp_path,))
    with pytest.raises(SideBroken, match=r'"hollow": its process does not start: .*wavecomp\.compressors'):
        run_rounds(hollow, here, [task(field, "i", "identity")], limits=LIMITS)
    with pytest.raises(SideBroken, match=r'"gone": .*no-python cannot be started: No such file'):
        run_rounds(Side("gone", tmp_path / "no-python"), here, [task(field, "i", "identity")], limits=LIMITS)


def test_a_side_that_starts_no_more_ends_the_run_and_loses_nothing(field: Path, tmp_path: Path) -> None:
    here = this_side()
    link = tmp_path / "python"
    link.write_text(f'#!/bin/sh\nexec {here.python} "$@"\n')
    link.chmod(0o755)
    side = Side("fading", link, here.search)

    def fade(so_far: PairedRounds) -> bool:
        link.unlink(missing_ok=True)
        return False

    found = run_rounds(side, here, [task(field, "i", "identity")], decided=fade, limits=LIMITS)
    assert found.rounds == 1
    assert "cannot be started" in found.ended
    assert None not in found.pairs("i", COMPRESS_TIME)[0]


def test_who_stops_it_keeps_the_rounds_that_were_whole(field: Path) -> None:
    """Two cases a round: the stop comes within the third round that counts, after its first case."""

    def stop(at: RoundProgress) -> None:
        if (at.round, at.done) == (3, 1):
            raise KeyboardInterrupt

    tasks = [task(field, "one", "identity"), task(field, "two", "identity")]
    found = run_rounds(this_side([]), this_side([]), tasks, limits=LIMITS, progress=stop)
    assert (found.ended, found.rounds) == (STOPPED, 2)
    assert [len(found.pairs(name, COMPRESS_TIME)) for name in ("one", "two")] == [2, 2]


def test_stopped_before_the_first_whole_round_there_is_nothing(field: Path) -> None:
    def stop(_: RoundProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_rounds(this_side([]), this_side([]), [task(field, "one", "identity")], limits=LIMITS, progress=stop)


def test_the_end_of_a_process_is_the_end_of_what_it_started(field: Path, toy: Toy) -> None:
    side = this_side([toy("one", "hang")])
    process = SideProcess(side)
    process.introduction()
    number = process._process.pid
    asked = {"kind": "sweep", "spec": "toy", "field": str(field), "threads": 1, "seconds": 0.01}
    more = {"least": 1, "most": 1, "plugins": [str(side.plugins[0])]}
    failure = process.ask(asked | more, Limits(0.5))
    assert isinstance(failure, Failure)
    assert process.closed
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            os.kill(number, signal.SIG_DFL)
        except ProcessLookupError:
            return
    raise AssertionError("it lives on")


def test_a_gradient_is_run_in_turn_and_its_times_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three repeats a round in one process, the sides in turn; the values are those of the gradient study."""
    here = this_side()
    task = GradientTask("g", "tiny", "trajectory/zfp:accuracy=1e-3peak", repeats=3)
    found = run_rounds(here, here, [task], most_rounds=1, limits=Limits(300.0))
    for side in ("old", "new"):
        answer = found.answer("g", side)  # type: ignore[arg-type]
        assert isinstance(answer, dict), answer
        assert len(answer["gradient"]["samples_s"]) == len(answer["bare"]["processor_s"]) == 3
        assert answer["forward_steps"] == answer["writes"] == answer["reads"]
        assert 0 < answer["gradient_relative_l2"] < 0.1
    assert found.answer("g", "old")["gradient_relative_l2"] == found.answer("g", "new")["gradient_relative_l2"]  # type: ignore[index]


def test_what_sleeps_takes_wall_time_and_no_processor_time(field: Path, toy: Toy) -> None:
    """50 ms of sleep are in the one and not in the other: zlib takes a tenth of that for 16 KiB on any machine."""
    old, new = sides(toy, "fine", "fine", pause_s=0.05)
    found = run_rounds(old, new, [task(field)], most_rounds=1, limits=LIMITS)
    assert found.pairs("toy", COMPRESS_TIME)[0][1] >= 0.05  # type: ignore[operator]
    assert 0 < found.pairs("toy", COMPRESS_PROCESSOR)[0][1] < 0.05  # type: ignore[operator]


def test_two_cases_of_one_name_and_no_case_are_refused(field: Path) -> None:
    here = this_side()
    with pytest.raises(UsageError, match=r"two cases of a comparison have one name: \['i'\]"):
        run_rounds(here, here, [task(field, "i", "identity"), task(field, "i", "float16")])
    with pytest.raises(UsageError, match="there is nothing to compare"):
        run_rounds(here, here, [])


def test_rounds_are_kept_in_their_order_and_gaps_stay_gaps() -> None:
    found = PairedRounds([GradientTask("g", "tiny", "trajectory")], rounds=3)

    def answer(wall_s: float) -> dict[str, object]:
        return {"gradient": {"samples_s": [wall_s + 1, wall_s], "processor_s": []}}

    for number, (before, after) in enumerate([(9.0, 9.0), (1.0, 2.0), (3.0, None), (5.0, 6.0)]):
        found.add(Trial("g", "old", number, answer(before)))
        found.add(Trial("g", "new", number, Failure("crash", "x") if after is None else answer(after)))
    assert found.pairs("g", GRADIENT_TIME) == [(1.0, 2.0), (3.0, None), (5.0, 6.0)]
    assert found.pairs("g", GRADIENT_PROCESSOR) == [(None, None)] * 3
    assert found.answer("g", "new") == answer(6.0)
    assert (found.tasks[0], GRADIENT_TIME) in found.quantities()
    assert found.answer("unknown", "new") is None
    with pytest.raises(KeyError):
        found.pairs("g", "colour")


def test_memory_and_instructions_are_numbers_or_none(field: Path) -> None:
    here = this_side()
    asked = task(field, "i", "identity", instructions=True)
    found = run_rounds(here, here, [asked], most_rounds=1, limits=LIMITS)
    assert set(quantities_of(asked)) >= {COMPRESS_PEAK, "compress instructions"}
    why = found.introductions["new"]["no_counter"]
    for _, count in found.pairs("i", "compress instructions"):
        assert (count is None) == bool(why)
        assert count is None or (count > 0 and math.isfinite(count))
