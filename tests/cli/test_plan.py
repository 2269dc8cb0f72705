"""``wavecomp plan``, and ``gradient --plan``: wrong words are said before anything is measured; a plan as data."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from made_archive import costs_of, keep_costs
from wavecomp import gradient_plan
from wavecomp.cli import cli
from wavecomp.cli import plan as plan_command
from wavecomp.physics.problem_recipe import find_problem

TINY = find_problem("tiny")
JOB = ["--shape", "80x70", "--steps", "300"]
MEMORY = ["--memory", "2MB"]

# Words, and what the message has to hold: the value, and what would be right.
WRONG = [
    ([*MEMORY, "--steps", "300", "--shape", "80by70"], ["'80by70' is no shape", "881x881x287"]),
    ([*MEMORY, "--steps", "300", "--shape", "80"], ["'80' is no shape", "401x101"]),
    ([*MEMORY, "--steps", "300", "--shape", "80x-3"], ["'80x-3' is no shape", "401x101"]),
    ([*MEMORY, "--steps", "300", "--shape", "80x2"], ["shape 80x2", "at least 3 points"]),
    ([*MEMORY, *JOB, "--velocity", "slow..fast"], ["'slow..fast' is no range", "1500..4500"]),
    ([*MEMORY, *JOB, "--velocity", "4500..1500", "--spacing", "10", "--peak-frequency", "8"],
     ["velocity 4500..1500", "1500..4500"]),
    ([*MEMORY, *JOB, "--velocity", "nan", "--spacing", "10", "--peak-frequency", "8"], ["velocity nan", "positive"]),
    ([*MEMORY, *JOB, "--spacing", "nan", "--velocity", "1500", "--peak-frequency", "8"], ["spacing nan", "positive"]),
    ([*MEMORY, *JOB, "--velocity", "1500..4500", "--spacing", "10"], ["without peak frequency", "or none of them"]),
    ([*MEMORY, *JOB, "--velocity", "1500..4500", "--peak-frequency", "8"], ["without spacing", "or none of them"]),
    ([*MEMORY, *JOB, "--spacing", "10", "--peak-frequency", "8"], ["without velocity", "or none of them"]),
    ([*MEMORY, *JOB, "--space-order", "7"], ["space order 7", "even"]),
    ([*MEMORY, "--problem", "tiny", "--shape", "80x70"], ["--problem tiny has its own shape", "leave out --shape"]),
    ([*MEMORY, "--problem", "tiny", "--peak-frequency", "8"], ["its own peak frequency", "out --peak-frequency"]),
    ([*MEMORY, *JOB, "--look"], ["--look at 80x70", "--problem"]),
    ([*MEMORY, "--problem", "tinny"], ['"tinny"', 'did you mean "tiny"']),
    (MEMORY, ["--problem quick", "--shape 801x801x207 --steps 2500"]),
    ([*MEMORY, "--shape", "80x70"], ["--shape 801x801x207 --steps 2500"]),
    (JOB, ["--memory"]),
    ([*JOB, "--memory", "much"], ["'much' is no size", "2GiB"]),
    ([*MEMORY, *JOB, "--gradient-error", "1"], ["1", "0<=x<1"]),
    ([*MEMORY, *JOB, "--gradient-error", "-0.1"], ["-0.1", "0<=x<1"]),
    ([*MEMORY, *JOB, "--steps", "2"], ["2", "x>=3"]),
    ([*MEMORY, *JOB, "--shots", "0"], ["0", "x>=1"]),
]  # fmt: skip


def said(done) -> str:
    return " ".join((done.output + str(done.exception)).replace("│", " ").split())


def status(done) -> int:
    """What the program ends with: our own errors have theirs (wavecomp.cli.failing)."""
    return getattr(done.exception, "exit_status", done.exit_code)


@pytest.mark.parametrize(("words", "parts"), WRONG, ids=lambda value: " ".join(value)[:60])
def test_wrong_words_measure_nothing(words, parts, tmp_path, monkeypatch):
    monkeypatch.setattr(plan_command, "make_plan", None)
    done = CliRunner().invoke(cli, ["plan", *words, "--calibration", str(tmp_path / "costs")])
    assert status(done) == 2
    for part in parts:
        assert part in said(done)
    assert not (tmp_path / "costs").exists()


@pytest.fixture
def costs(tmp_path, monkeypatch):
    monkeypatch.setattr(gradient_plan, "run_experiment", None)  # nothing is measured
    monkeypatch.setattr(plan_command, "check_devito", lambda: None)
    folder = tmp_path / "costs"
    keep_costs(folder, TINY, costs_of(TINY))
    return folder


def test_a_plan_as_data(costs):
    words = ["plan", "--problem", "tiny", "--memory", "2MB", "--json", "--calibration", str(costs)]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert set(found) == {
        "job", "memory_bytes", "gradient_error", "calibrated_on", "scaled_by", "bare_s", "proposals", "change_bytes",
        "with_less", "with_more", "least", "tried",
    }  # fmt: skip
    assert (found["memory_bytes"], found["gradient_error"], found["calibrated_on"]) == (2_000_000, 1e-3, "tiny")
    assert found["job"]["steps"] == 300
    assert set(found["job"]) == {
        "name", "shape", "steps", "level_bytes", "state_bytes", "everything_bytes", "shots",
    }  # fmt: skip
    keys = {"strategy", "seconds", "low", "high", "peak_bytes", "needed_bytes", "error", "forward_steps", "terms"}
    assert found["proposals"]
    for one in [*found["proposals"], found["least"]]:
        assert keys <= set(one)
        assert one["low"] <= one["seconds"] <= one["high"]
        assert one["error"] <= 1e-3
    assert all(one["needed_bytes"] <= 2_000_000 for one in found["proposals"])
    assert found["least"]["needed_bytes"] <= min(one["needed_bytes"] for one in found["proposals"])


def test_a_plan_in_words_with_its_picture(costs, tmp_path):
    words = ["plan", *JOB, *MEMORY, "--shots", "4", "--figure", str(tmp_path / "drawn"), "--calibration", str(costs)]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    text = " ".join(done.output.split())
    assert text.startswith("80x70, 300 steps: a level is")
    assert "for 4 shots" in text
    assert "were measured on tiny, whose states are" in text
    assert "The least memory that works is" in text
    assert (tmp_path / "drawn" / "plan.svg").read_text(encoding="utf-8").lstrip().startswith("<?xml")


def test_an_exact_plan_compresses_nothing_that_loses(costs):
    words = ["plan", "--problem", "tiny", *MEMORY, "--gradient-error", "0", "--json", "--calibration", str(costs)]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    for one in json.loads(done.stdout)["proposals"]:
        assert one["error"] == 0.0
        assert "zfp" not in one["strategy"]
        assert "every=" not in one["strategy"] or "every=1" in one["strategy"]


def test_too_little_memory_says_how_much_would_do(costs):
    done = CliRunner().invoke(cli, ["plan", "--problem", "tiny", "--memory", "1kB", "--calibration", str(costs)])
    assert status(done) == 2
    assert "1000 bytes" in said(done)
    assert "needs least" in said(done)


GRADIENT = [
    (["--plan"], ["--plan plans for a memory", "--memory 2GiB"]),
    (["--plan", *MEMORY, "--strategy", "revolve"], ["--plan names the strategy itself", "leave out --strategy"]),
    (["--plan", *MEMORY, "--compressor", "zfp:accuracy=1"], ["leave out --compressor"]),
    (["--plan", *MEMORY, "--short"], ["leave out --short"]),
    (["--gradient-error", "1e-3"], ["--gradient-error 0.001", "give --plan too"]),
    (["--plan", *MEMORY, "--gradient-error", "1"], ["0<=x<1"]),
]  # every one of them repeats what was given, or names the word that is missing


@pytest.mark.parametrize(("words", "parts"), GRADIENT, ids=lambda value: " ".join(value)[:60])
def test_wrong_words_of_a_planned_gradient(words, parts, tmp_path, monkeypatch):
    monkeypatch.setattr(gradient_plan, "run_experiment", None)
    done = CliRunner().invoke(cli, ["gradient", "--problem", "tiny", *words, "--out", str(tmp_path / "out")])
    assert status(done) == 2
    for part in parts:
        assert part in said(done)
