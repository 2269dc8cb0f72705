"""In a container: limits come from its control group, cases are sized by them, and what does not fit is said."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from wavecomp import machine_memory
from wavecomp.cli import gradient, status_of, study
from wavecomp.cli.gradient import case_limits
from wavecomp.cli.sweeping import default_limits
from wavecomp.compressors import default_registry
from wavecomp.errors import MemoryTooSmall, UsageError
from wavecomp.impact.cases import BARE, impact_cases
from wavecomp.impact.memory import (
    check_operators,
    leave_out,
    memory_for_levels,
    memory_there,
    what_fits,
)
from wavecomp.impact.sets import SHORT
from wavecomp.impact.study import run_impact
from wavecomp.physics.memory_needed import operators_bytes
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.records import Failure, GradientArchive
from wavecomp.wavefields.memory_needed import PROCESS_BYTES

REGISTRY = default_registry()


@pytest.fixture
def container(tmp_path_factory, monkeypatch):
    """Put this process into a control group, version 2, as far as it can see."""

    def limit(most_bytes: int, held_bytes: int = 150_000_000) -> None:
        root = tmp_path_factory.mktemp("root")
        (root / "proc/self").mkdir(parents=True)
        (root / "proc/self/cgroup").write_text("0::/\n")
        (root / "sys/fs/cgroup").mkdir(parents=True)
        (root / "sys/fs/cgroup/memory.max").write_text(f"{most_bytes}\n")
        (root / "sys/fs/cgroup/memory.current").write_text(f"{held_bytes}\n")
        monkeypatch.setattr(machine_memory, "ROOT", root)
        monkeypatch.setattr(machine_memory, "process_shares", lambda: ())

    return limit


def test_every_limit_comes_from_the_control_group(container):
    container(500_000_000)
    assert default_limits().memory_bytes == case_limits(1.0).memory_bytes == int(0.9 * 350_000_000)
    assert memory_for_levels(2**60) == 250_000_000
    assert memory_there(2**60) == 350_000_000
    container(2_000_000_000, 0)
    assert default_limits().memory_bytes == 1_600_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="the high-water mark is Linux's")
def test_operators_take_no_more_than_is_said():
    """A cube of 90 points a side with few layers, in a process of its own; and no less than a half of it."""
    program = (
        "from pathlib import Path; from dataclasses import replace\n"
        "from wavecomp.physics.opening import open_operators\n"
        "from wavecomp.physics.problem_recipe import find_problem\n"
        "from wavecomp.physics.memory_needed import operators_bytes\n"
        "quick = find_problem('quick'); medium = replace(quick.medium, shape=(90, 90, 90), steps=20)\n"
        "problem = replace(quick, medium=medium); operators = open_operators(problem)\n"
        "operators.forward(1, 4, record=True); operators.sweep(1).down(4, 1)\n"
        "lines = Path('/proc/self/status').read_text().splitlines()\n"
        "print(operators_bytes(problem), next(int(n.split()[1]) * 1024 for n in lines if n.startswith('VmHWM')))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    said, taken = map(int, shown.split())
    assert 0.5 * said < taken - 170_000_000
    assert taken <= said + PROCESS_BYTES


def test_a_problem_beyond_the_memory_is_refused_with_what_would_fit(container, tmp_path, monkeypatch, capfd):
    container(4_000_000_000)
    with pytest.raises(MemoryTooSmall, match=r"the bare sweeps of paper, 801 x 801 x 207 points.*there are 4000000000"):
        check_operators(find_problem("paper"), 2**60)
    monkeypatch.chdir(tmp_path)
    assert status_of(["gradient", "--problem", "paper"]) == 1
    words = " ".join(capfd.readouterr().err.split())
    assert "four fifths of the control group's" in words
    assert "over the same extent would fit" in words
    assert list(tmp_path.iterdir()) == []


def test_a_case_is_sized_or_left_out_with_a_line(container):
    """500 MB for everything, and 2 GB of levels: what stays is planned for what the operators leave."""
    container(500_000_000)
    quick = find_problem("quick")
    small = replace(quick, medium=replace(quick.medium, shape=(80, 80, 80), absorbing_points=4))
    limit = case_limits(1.0).memory_bytes
    there = memory_for_levels(limit, small)
    assert there == limit - PROCESS_BYTES - operators_bytes(small)
    for case_set in (None, SHORT):
        cases = impact_cases(small, (), (), REGISTRY, case_set=case_set, memory_bytes=there)
        kept, out = leave_out(cases, there)
        assert "store-all" in {one.spec for one in out}
        assert any(case.spec.startswith("revolve:slots=") for case in kept)
        assert leave_out(kept, there) == (kept, [])
    states = (there - 2 * small.level_bytes) // small.state_bytes
    assert what_fits(small, there).startswith(f"in {there / 1e9:.4g} GB fit: revolve:slots={states}, mixed:levels=")
    assert "not a single state" in what_fits(
        replace(small, medium=replace(small.medium, steps=None, duration_s=1.0)), 9
    )


@pytest.mark.parametrize("words", [("gradient", "--problem", "tiny", "--short"), ()])
def test_a_study_asks_once_what_memory_there_is(words, tiny, tmp_path, monkeypatch):
    """In a group every library that is loaded leaves less: with a second answer for leaving out, what was sized by the
    first one would be left out. The command, and the stage that ends ``wavecomp run``."""
    monkeypatch.chdir(tmp_path)
    operators = PROCESS_BYTES + operators_bytes(tiny)
    answers = iter([operators + 12 * tiny.state_bytes, operators + 6 * tiny.state_bytes])
    monkeypatch.setattr(machine_memory, "for_one_process", lambda: next(answers))
    started = []

    def start(cases, *_, **__):
        started.extend(case.spec for case in cases)
        raise UsageError("enough")

    monkeypatch.setattr(gradient, "run_impact", start)
    if words:
        assert status_of(list(words)) == 2
    else:
        with pytest.raises(UsageError, match="enough"):
            study.GradientStage("tiny", SHORT).measure(tmp_path)
    assert "revolve:slots=11/identity" in started


def test_the_exact_gradient_comes_from_checkpoints_where_the_group_is_small(container, tiny, tmp_path):
    """A limit that holds the process and half of 86 MB of levels; each case came to its end, none was killed."""
    container(430_000_000, 130_000_000)
    long = tiny.resized(steps=3_000)
    limits = replace(case_limits(300.0), memory_bytes=int(0.9 * 300_000_000))
    assert case_limits(300.0) == limits
    there = memory_for_levels(limits.memory_bytes, long)
    cases = impact_cases(long, ("revolve:slots=40",), (), REGISTRY, memory_bytes=there)
    kept, out = leave_out(cases, there)
    assert [one.spec for one in out] == ["store-all"]
    result = run_impact(kept, GradientArchive(tmp_path), rounds=1, limits=limits)
    outcomes = {record.spec: record.outcome for record in result.records}
    assert not any(isinstance(outcome, Failure) for outcome in outcomes.values()), outcomes
    assert outcomes["revolve:slots=40/identity"].distance["relative_l2"] == 0.0
    assert outcomes[BARE].seconds.wall > 0
