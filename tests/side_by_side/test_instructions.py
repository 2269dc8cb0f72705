"""Instructions are counted where something counts them; elsewhere there is a reason."""

from __future__ import annotations

import shutil
import stat
import time
from pathlib import Path

import pytest

from wavecomp.side_by_side import instructions
from wavecomp.side_by_side.instructions import Instructions, count_with_valgrind, why_not_here
from wavecomp.side_by_side.perf_counter import SOFTWARE, TASK_CLOCK, Counter, NoCounter
from wavecomp.side_by_side.sides import this_side
from wavecomp.side_by_side.tasks import SweepTask


def test_a_counter_counts_or_says_why_not() -> None:
    """The clock of processor time is counted by the kernel itself: it is there on machines without counters, too."""
    try:
        counter = Counter(SOFTWARE, TASK_CLOCK)
    except NoCounter as reason:
        pytest.skip(str(reason))
    before = counter.read()
    until = time.process_time() + 0.02
    while time.process_time() < until:
        pass
    spent_ns = counter.read() - before
    counter.close()
    # Half is left for the kernel's part, which is not counted, and no more than all of it plus what the calls take.
    assert 0.01e9 < spent_ns < 10e9


def test_the_reason_is_in_words() -> None:
    reason = why_not_here()
    assert reason == "" or len(reason.split()) > 3


def test_another_system_has_no_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "abacus")
    with pytest.raises(NoCounter, match=r"perf events are not known on .* abacus"):
        Counter()


def fake_valgrind(folder: Path, words: str) -> None:
    program = folder / "valgrind"
    program.write_text(f"#!/bin/sh\n{words}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def test_a_call_is_half_the_difference_of_three_and_one(
    tmp_path: Path, field: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A valgrind of ours that counts 1000 for the process and 70 a call, as it is asked on its input."""
    fake_valgrind(
        tmp_path,
        """read asked
calls=$(echo "$asked" | sed 's/.*"calls": \\([0-9]*\\).*/\\1/')
echo '{"number": 1, "values": {}}'
echo "==1== I   refs:      $((1000 + 70 * calls))" | sed 's/ 1\\([0-9]*\\)$/ 1,\\1/' >&2""",
    )
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert count_with_valgrind(this_side(), SweepTask("i", "identity", field)) == Instructions(70)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("echo 'Illegal instruction' >&2; exit 132", "valgrind ended with exit status 132: Illegal instruction"),
        ('read asked; echo \'{"error": "SpecError: unknown"}\'', "SpecError: unknown"),
        ("read asked; echo '{\"values\": {}}'", "valgrind ended with exit status 0: nothing"),
    ],
)
def test_what_goes_wrong_is_a_reason(
    tmp_path: Path, field: Path, monkeypatch: pytest.MonkeyPatch, words: str, reason: str
) -> None:
    fake_valgrind(tmp_path, words)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert count_with_valgrind(this_side(), SweepTask("i", "identity", field)) == Instructions(None, reason)


def test_no_valgrind_is_a_reason(field: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    side = this_side()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert instructions.count_with_valgrind(side, SweepTask("i", "identity", field)).reason == (
        "valgrind is not installed"
    )
