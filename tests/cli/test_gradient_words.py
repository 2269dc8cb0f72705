"""What ``wavecomp gradient`` prints, and which words it refuses before anything is half done."""

from __future__ import annotations

import importlib
import re

import pytest

from wavecomp.cli import status_of
from wavecomp.impact.sets import SHORT
from wavecomp.records import GradientArchive

command = importlib.import_module("wavecomp.cli.gradient")
DISK = ["--strategy", "trajectory:tier=disk"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([*DISK, "--scratch", "nowhere"], "'nowhere' is no folder that files can be written to (No such file"),
        ([*DISK, "--scratch", "a-file"], "'a-file' is no folder that files can be written to (Not a directory"),
        ([*DISK, "--scratch", "/proc"], "'/proc' is no folder that files can be written to ("),
        ([*DISK, "--disk-memory", "0"], "'0' is no size above 0"),
        (["--strategy", "trajectory", "--disk-memory", "1GB"], "disk budget of 1000000000 bytes is given, and no"),
        (["--short", "--scratch", "."], "is given, and no strategy keeps anything on disk"),
        (["--short", "--strategy", "trajectory"], "leave out --strategy and --compressor, or --short"),
        (["--short", "--compressor", "int8"], "leave out --strategy and --compressor, or --short"),
    ],
)
def test_refused_with_one_message(tmp_path, monkeypatch, capfd, words, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-file").touch()
    assert status_of(["gradient", "--problem", "tiny", *words]) == 2
    shown = capfd.readouterr().err
    assert says in shown.replace("\n", " ")
    assert "Traceback" not in shown
    assert [path.name for path in tmp_path.iterdir()] == ["a-file"]


@pytest.mark.parametrize(
    "words",
    [
        ["--strategy", "trajectory"], ["--compressor", "int8"], ["--memory", "1GB"], ["--disk-memory", "1GB"],
        ["--scratch", "."], ["--short"], ["--shots", "0"], ["--format", "text"],
        ["--wide"], ["--rounds", "2"], ["--plugin", "mine.py"], ["--plan"], ["--gradient-error", "1e-3"],
    ],
)  # fmt: skip
def test_an_experiment_refuses_what_it_would_not_listen_to(tmp_path, capfd, words):
    """A default that is written out is refused too: whoever writes it thinks that it does something."""
    asked = ["gradient", "--problem", "tiny", "--experiment", "ratio", "--out", str(tmp_path), *words]
    assert status_of(asked) == 2
    assert f"leave out {words[0]}" in capfd.readouterr().err.replace("\n", " ")
    assert not list(tmp_path.iterdir())


def test_every_option_is_either_heard_or_refused_by_an_experiment():
    """An option that is added later is refused until somebody says that an experiment listens to it."""
    refused = {case[0] for case in test_an_experiment_refuses_what_it_would_not_listen_to.pytestmark[0].args[1]}
    known = {option.opts[0] for option in command.gradient.params}
    assert known == refused | {"--problem", "--experiment", "--out", "--workers", "--time-limit", "--retry"}


def test_all_that_an_experiment_refuses_is_named_at_once(tmp_path, capfd):
    words = ["gradient", "--experiment", "ratio", "--wide", "--shot", "1", "--out", str(tmp_path)]
    assert status_of(words) == 2
    assert "leave out --shots, --wide" in capfd.readouterr().err.replace("\n", " ")


@pytest.mark.parametrize(
    ("names", "workers", "says"),
    [
        (["ratio"], "2", "--workers 2: ratio takes one shot; leave --workers out (stack and fwi take many)"),
        (["ratio"], "1", "--workers 1: ratio takes one shot"),
        (["ratio", "tolerance", "ratio"], "3", "--workers 3: ratio and tolerance take one shot"),
    ],
)
def test_workers_are_refused_where_no_experiment_has_many_shots(tmp_path, capfd, names, workers, says):
    words = [word for name in names for word in ("--experiment", name)]
    assert status_of(["gradient", *words, "--workers", workers, "--out", str(tmp_path)]) == 2
    assert says in " ".join(capfd.readouterr().err.split())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("names", [["stack"], ["ratio", "fwi"]])
def test_workers_are_heard_where_an_experiment_has_many_shots(tmp_path, monkeypatch, names):
    asked = []
    monkeypatch.setattr(command, "run_experiments", lambda *given, **more: asked.append((*given, more["workers"])))
    words = [word for name in names for word in ("--experiment", name)]
    assert status_of(["gradient", "--problem", "tiny", *words, "--workers", "3", "--out", str(tmp_path)]) == 0
    ((problem, folder, heard, workers),) = asked
    assert (problem.name, folder, list(heard), workers) == ("tiny", tmp_path, names, 3)


@pytest.mark.parametrize(("words", "seconds"), [([], 86_400.0), (["--time-limit", "7"], 7.0)])
def test_an_experiment_has_a_day_unless_somebody_says_otherwise(tmp_path, monkeypatch, words, seconds):
    asked = []
    monkeypatch.setattr(command, "run_experiments", lambda *_, limits, **more: asked.append((limits.seconds, more)))
    given = ["gradient", "--problem", "tiny", "--experiment", "ratio", "--retry", "--out", str(tmp_path), *words]
    assert status_of(given) == 0
    assert asked == [(seconds, {"workers": 1, "retry": True})]


def test_short_set_on_the_command_line_and_both_widths(tmp_path, monkeypatch, capfd):
    """The set is cut to what takes a moment; what the command prints is the short table, the wide one on request."""
    monkeypatch.chdir(tmp_path)
    few = ("trajectory:every=4/zfp:accuracy=1e-1", "revolve:slots=20")
    monkeypatch.setattr(command, "SHORT", few)
    assert status_of(["gradient", "--problem", "tiny", "--short"]) == 0
    shown = capfd.readouterr().out
    assert "trajectory:every=4\n   ZFP accuracy=0.1" in shown
    assert max(map(len, shown.splitlines())) <= 120
    specs = sorted({record.spec for record in GradientArchive(tmp_path / "results" / "tiny")}, key=_place)
    assert specs == ["bare", "store-all", "trajectory:every=4/zfp:accuracy=0.1", "revolve:slots=20/identity"]
    assert status_of(["gradient", "--problem", "tiny", "--short", "--wide"]) == 0
    wide = capfd.readouterr().out
    assert "Norm ratio" in wide
    assert "Norm ratio" not in shown
    assert wide == (tmp_path / "results" / "tiny" / "tables" / "gradient.txt").read_text() + "\n"


def _place(spec: str) -> int:
    return ["bare", "store-all", "trajectory", "revolve"].index(spec.partition("/")[0].partition(":")[0])


def test_the_rounds_that_are_asked_for_are_shown(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    words = ["gradient", "--problem", "tiny", "--strategy", "trajectory/int8"]
    assert status_of([*words, "--rounds", "2"]) == 0
    shown = capfd.readouterr().out
    assert re.search(r"int8 block=64 .* \d+\.\d\d \[\d+\.\d\d, \d+\.\d\d\] ", shown)
    assert "bare sweeps of its own round" in " ".join(shown.split())
    assert status_of([*words, "--rounds", "0"]) == 2


def test_the_short_set_tells_the_whole_story():
    """Everything stored, exact recomputation, lossless, at least two tolerances, fewer levels; no more than ten."""
    from wavecomp.compressors import Lossless, default_registry
    from wavecomp.impact.cases import impact_cases
    from wavecomp.physics.problem_recipe import find_problem
    from wavecomp.plans.strategies import parse_strategy

    cases = impact_cases(find_problem("quick"), (), (), default_registry(), case_set=SHORT)
    assert len(cases) <= 10
    found = [parse_strategy(case.spec) for case in cases if case.spec != "bare"]
    assert {strategy.name for strategy in found} >= {"store-all", "trajectory", "revolve"}
    every_level = [s for s in found if s.name == "trajectory" and s.every == 1]
    lossless = [s for s in every_level if isinstance(s.compressor.bound, Lossless)]
    assert len(lossless) == 1
    assert len(every_level) - len(lossless) >= 2
    assert any(strategy.every > 1 for strategy in found)
    assert {"zfp", "interp"} <= {strategy.loss.by for strategy in found}
