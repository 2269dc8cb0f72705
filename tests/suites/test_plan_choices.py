"""The suites about plans: which pairs are made, what a pair's rows say, and that a second call measures nothing."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

from made_archive import costs_of, keep_costs
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.planning.choose import choose
from wavecomp.planning.job import job_of
from wavecomp.planning.predict import predict
from wavecomp.plans.strategies import parse_strategy

SUITES = Path(__file__).resolve().parents[2] / "suites"
TINY = find_problem("tiny")


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(SUITES))
    return importlib.import_module("plan_choices")


def row(name: str, rank: int, *walls: float, bares=(), first=9.0, budget: bool = True, error: bool = True) -> dict:
    """Return a strategy's row; bare sweeps of a second unless told."""
    return {
        "strategy": name, "rank": rank, "walls_s": list(walls), "bares_s": list(bares or [1.0] * len(walls)),
        "first_over_bare": first, "kept_budget": budget, "kept_error": error,
    }  # fmt: skip


def test_memories_are_even_in_their_logarithm_and_never_below_what_was_asked(suite):
    found = suite.budgets(1234, 12_345_678, 5)
    assert found == [1240, 12_400, 124_000, 1_240_000, 12_400_000]
    assert suite.budgets(100, 5000, 1) == [5000]
    assert suite.budgets(7000, 5000, 2) == [7000, 7000]  # storing all takes less: one memory, twice


def test_the_fastest_is_one_that_keeps_memory_and_error(suite):
    rows = [
        row("first", 1, 1.2), row("second", 2, 1.5), row("large", 0, 0.5, budget=False),
        row("wrong", 0, 0.6, error=False), row("rival", 0, 1.0), row("untimed", 0, first=18.0),
    ]  # fmt: skip
    found = suite.verdict(rows)
    assert found == {"ratio": pytest.approx(1.2), "fastest": "rival", "broken": []}
    assert suite.over_bare(rows[-1]) == 18.0


def test_a_proposal_that_keeps_nothing_is_broken_whatever_its_rank(suite):
    rows = [
        row("first", 1, first=0.0, budget=False), row("second", 2, 1.5, error=False), row("rival", 0, 1.0),
        row("slower", 0, 1.1),
    ]  # fmt: skip
    assert suite.verdict(rows) == {"ratio": None, "fastest": "rival", "broken": ["first", "second"]}


def test_rounds_in_which_the_machine_was_another_one_decide_nothing(suite):
    """Bare sweeps four times as long in the first three rounds: over them who ran in these alone looks fastest.

    By hand: "gone" took twice as long as the first choice in both rounds that it ran, at 0.5 times the bare sweeps.
    "near" took 0.9 of the first choice's time in the slow rounds, and 1.25 of it in the others.
    """
    bares = [4.0, 4.0, 4.0, 1.0, 1.1]
    rows = [
        row("first", 1, 1.0, 1.0, 1.0, 1.0, 1.0, bares=bares), row("gone", 0, 2.0, 2.0, bares=bares[:2]),
        row("near", 0, 0.9, 0.9, 0.9, 1.25, 1.25, bares=bares),
    ]  # fmt: skip
    assert suite.verdict(rows) == {"ratio": 1.0, "fastest": "first", "broken": []}
    assert suite.over_bare(rows[0]) == pytest.approx((1 / 1 + 1 / 1.1) / 2)
    slow = [one | {"bares_s": [4.0] * len(one["walls_s"])} for one in rows]  # never steadier: all rounds count
    assert suite.verdict(slow)["ratio"] == pytest.approx(1 / 0.9)


@pytest.mark.parametrize(
    ("ratios", "broken", "met"),
    [
        ((1.0, 1.04, 1.15), [], True), ((1.0, 1.06, 1.07), [], False), ((1.0, 1.0, 1.16), [], False),
        ((1.0, 1.0, 1.0), ["a"], False), ((None, None, None), ["a"], False),
    ],
)  # fmt: skip
def test_the_bars(suite, ratios, broken, met):
    found = suite.summary([{"ratio": ratio, "broken": broken if n == 0 else []} for n, ratio in enumerate(ratios)])
    assert (found["met"], found["broken"], found["pairs"]) == (met, len(broken), 3)


def test_rivals_are_what_may_be_faster(suite):
    """Each of them is predicted to take at most four times as long, in half as much memory again at most."""
    job, costs = job_of(TINY), costs_of(TINY)
    made = choose(job, costs, 1_500_000, 1e-3)
    found = suite.contestants(made)
    assert [one.rank for one in found][: len(made.proposals)] == list(range(1, len(made.proposals) + 1))
    rest = found[len(made.proposals) :]
    assert {"mixed", "trajectory", "revolve"} <= {one.strategy.name for one in rest}
    assert any(one.strategy.name in ("mixed", "adaptive") and "zfp" in one.strategy.spec for one in rest)
    assert len({one.strategy.spec for one in found}) == len(found)
    for one in rest:
        assert one.expected_s <= 4 * made.best.prediction.seconds
        seen = predict(parse_strategy(one.strategy.spec), job.sizes, costs, 1_500_000, signature=job.signature)
        assert seen.peak_bytes <= 1.5 * 1_500_000


def test_who_cannot_be_the_fastest_any_more_does_not_run_on(suite):
    """By hand, bare sweeps of 1 s: fastest 1 s; a rival that breaks the error at 0.1 s is no yardstick."""

    def one(rank, first, *walls, error=0.0):
        made = suite.Contestant(parse_strategy("store-all"), rank, 1.0, list(walls), [1.0] * len(walls), first)
        made.peak_bytes, made.error = 10, error
        return made

    first, fast, near, slow = one(1, 9.0), one(0, 1.0), one(0, 1.9), one(0, 2.1)
    wrong = one(0, 0.1, error=1.0)
    assert suite.still_in([first, fast, near, slow, wrong], 10, 1e-3) == [first, fast, near, wrong]
    gone = one(0, 1.0)
    gone.refused = "BudgetExceeded"
    once = [one(1, 9.0, 9.0), one(0, 1.0, 1.0), one(0, 1.0, 3.0)]
    assert suite.still_in([*once, gone], 10, 1e-3) == once
    twice = [one(1, 9.0, 9.0, 9.0), one(0, 1.0, 1.0, 1.2), one(0, 1.0, 3.0, 1.5), one(0, 1.0, 3.0, 1.7)]
    assert suite.still_in(twice, 10, 1e-3) == twice[:3]  # 1.7 is above 4/3 of that round's 1.2


def test_pairs_begin_above_the_least_that_works_and_end_where_all_is_stored(suite):
    job, costs = job_of(TINY), costs_of(TINY)
    found = suite.pairs_of(job, costs, 4, 1.5)
    assert [error for _, error in found] == [1e-3] * 4 + [0.0]
    memories = [memory for memory, error in found if error]
    assert memories == sorted(memories)
    for memory, error in found:
        choose(job, costs, memory, error)  # there is a plan for each
    everything = predict(parse_strategy("store-all"), job.sizes, costs).peak_bytes
    assert memories[-1] <= 1.01 * everything


def test_a_second_call_measures_nothing(suite, monkeypatch, tmp_path, capsys):
    keep_costs(tmp_path / "costs", TINY, costs_of(TINY))
    benches = []

    class Bench:
        def __init__(self, problem):
            benches.append(problem.name)

    def measured(_bench, made, rounds):
        rows = [
            row(one.strategy.spec, rank, 2.0)
            | {"error": 0.0, "deep": None, "peak_bytes": 1, "timed": True}
            for rank, one in enumerate(made.proposals, 1)
        ]  # fmt: skip
        return {
            "problem": made.job.name, "problem_digest": made.job.problem, "memory_bytes": made.memory_bytes,
            "error": made.error, "rounds": rounds, "proposals": [one.strategy.spec for one in made.proposals],
            "expected_over_bare": 1.0, "rows": rows, **suite.verdict(rows),
        }  # fmt: skip

    monkeypatch.setattr(suite, "ExperimentBench", Bench)
    monkeypatch.setattr(suite, "measured", measured)
    out = tmp_path / "choices.json"
    words = ["--problem", "tiny", "--budgets", "2", "--calibration", str(tmp_path / "costs"), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["plan_choices.py", *words])
    assert suite.main() == 0
    before = json.loads(out.read_text())
    assert len(before["pairs"]) == 3
    assert suite.main() == 0
    assert benches == ["tiny"]
    assert json.loads(out.read_text())["pairs"] == before["pairs"]
    assert "fewer pairs than the 20" in out.with_suffix(".md").read_text()


def test_plans_of_the_studys_set_up(monkeypatch, tmp_path, capsys):
    """Its page is made from plans of any job: here of a small one, at memories that hold some of it."""
    monkeypatch.syspath_prepend(str(SUITES))
    paper = importlib.import_module("plan_paper")
    job = paper.paper_job()
    assert (job.shape, job.sizes.last) == ((801, 801, 207), 2500)
    assert job.signature is not None
    made = choose(job_of(TINY), costs_of(TINY), 1_500_000, 1e-3)
    paper.write_plan(made, tmp_path, "paper-2GiB")
    assert json.loads((tmp_path / "paper-2GiB.json").read_text())["memory_bytes"] == 1_500_000
    text = (tmp_path / "paper-2GiB.txt").read_text()
    assert text.startswith("tiny, 300 steps: ")
    assert all(line == line.rstrip() for line in text.splitlines())
    page = paper.page({2: made}, "picture.png")
    assert f"| [2](paper-2GiB.txt) | `{made.strategy.spec}` |" in page
    assert "![Expected time against memory at 16 GiB](picture.png)" in page
