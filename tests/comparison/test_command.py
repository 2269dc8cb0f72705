"""``wavecomp compare`` from its words to its page: met, missed, failed, resumed, and rebuilt from records alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from wavecomp.cli import status_of
from wavecomp.comparison import races
from wavecomp.comparison.fields import compare_on_field
from wavecomp.comparison.races import Race, run_rounds
from wavecomp.comparison.target import parse_targets
from wavecomp.compressors import default_registry
from wavecomp.errors import TargetError
from wavecomp.metrics import distortion
from wavecomp.records import ComparisonArchive, RoundArchive, TrialArchive
from wavecomp.sweep import Case


@pytest.fixture
def here(tmp_path, monkeypatch, generated, fields_root):
    """A working directory in which the field ``tiny`` is generated already."""
    generated("tiny")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WAVECOMP_FIELDS", raising=False)
    shutil.copytree(fields_root / "tiny", tmp_path / "reference_fields" / "tiny")
    return tmp_path


WORDS = ["compare", "interp", "zfp", "zfp:precision", "int8", "--psnr", "60,80", "--field", "tiny", "--rounds", "2"]


def test_from_words_to_a_page_and_again_from_records_alone(here, capfd):
    assert status_of(WORDS) == 0
    shown = capfd.readouterr()
    folder = here / "results" / "tiny"
    (record,) = ComparisonArchive(folder)
    assert record.measure == "psnr"
    assert [one.status for one in record.answers] == ["found", "found", "found", "stands"] * 2
    for answer in record.answers:
        if answer.status == "found":
            assert answer.error <= answer.limit == pytest.approx(10 ** (-float(answer.target) / 20))
    assert next(iter(RoundArchive(folder))).entries[0].spec == "identity"
    assert {one.turn for one in RoundArchive(folder)} == {1, 2}
    for words in (
        "PSNR ≥ 60 dB",
        "PSNR ≥ 80 dB",
        "interp",
        "ZFP accuracy",
        "ZFP precision",
        "memcpy",
        "compresses most",
    ):
        assert words in shown.out
    assert all(len(line) <= 130 for line in shown.out.splitlines() if not line.startswith("- "))
    tried = len(list(TrialArchive(folder)))
    made = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and "report" not in path.name}
    stem = f"comparison-{record.case}"
    for name in (f"figures/{stem}.png", f"figures/{stem}-curve.svg", f"tables/{stem}.csv", f"tables/{stem}.tex"):
        assert folder / name in made

    # The same words again: nothing is tried or measured, and nothing is added.
    assert status_of(WORDS) == 0
    assert "0 settings tried, 0 of 2 rounds run" in capfd.readouterr().err
    assert len(list(TrialArchive(folder))) == tried
    assert made == {path: path.read_bytes() for path in made}

    # More rounds are added to those that are there.
    assert status_of([*WORDS[:-1], "3"]) == 0
    assert "0 settings tried, 1 of 3 rounds run" in capfd.readouterr().err

    # The page needs the records alone: no field, and no trial.
    shutil.rmtree(here / "reference_fields")
    (folder / "trials.jsonl").unlink()
    shutil.rmtree(folder / "figures")
    assert status_of(["report", str(folder)]) == 0
    page = (folder / "report.md").read_text()
    assert f"figures/{stem}.png" in page
    assert "of 3 rounds" in page.replace("are of", "of")


def test_answers_hold_when_they_are_recomputed(array_field, tmp_path):
    """Everything that a comparison says of its settings is computed anew, with the library and NumPy alone."""
    field = array_field()
    done = compare_on_field(
        ["interp", "zfp", "sz3", "sz3:psnr", "zfp:rate", "blosc2:truncate", "float16"],
        parse_targets("max-error", "1e-2peak,1e-4peak"),
        field,
        tmp_path / "out",
        rounds=1,
    )
    original, registry = field.load(), default_registry()
    for answer in done.record.answers:
        compressor = registry.parse(answer.spec)
        out = np.empty_like(original)
        stream = compressor.encode(compressor.prepare(original))
        compressor.decompress(stream, out)
        error = float(np.abs(out.astype(np.float64) - original).max())
        assert answer.error == distortion(original, out).max_absolute == error
        assert answer.meets == (error <= answer.limit)
        assert answer.ratio == pytest.approx(original.nbytes / stream.nbytes)
        assert answer.status == ("stands" if answer.contestant == "float16" else "found")
    assert not done.missed_in_rounds


def test_a_search_does_not_depend_on_what_was_tried_before(array_field, tmp_path):
    field = array_field()
    alone = compare_on_field(["zfp"], parse_targets("nrmse", "1e-4"), field, tmp_path / "alone", rounds=1)
    folder = tmp_path / "after"
    compare_on_field(["zfp:rate", "zfp"], parse_targets("nrmse", "1e-3,1e-4"), field, folder, rounds=1)
    after = compare_on_field(["zfp"], parse_targets("nrmse", "1e-4"), field, folder, rounds=1)
    assert after.record.answers == alone.record.answers
    assert (alone.tried, after.tried) == (alone.record.answers[0].tried, 0)


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["zpf", "--psnr", "60"], 2, 'unknown compressor "zpf"; did you mean "zfp"?'),
        (["zfp"], 2, "give one of --psnr, --max-error, --nrmse, --gradient-error, --deep-error"),
        (["zfp", "--psnr", "60", "--nrmse", "1e-3"], 2, "--psnr and --nrmse are given"),
        (["zfp", "--psnr", "-3"], 2, "--psnr -3: write a number of decibels above 0"),
        (["zfp", "--max-error", "0"], 2, "--max-error 0: write a number above 0"),
        (["zfp", "--max-error", "1e-3peek"], 2, "--max-error 1e-3peek: write"),
        (["zfp", "--nrmse", "1e-3peak"], 2, "--nrmse 1e-3peak: write"),
        (["zfp", "--psnr", "60", "--problem", "tiny"], 2, "--psnr is about a field (--field): leave out --problem"),
        (["zfp", "--gradient-error", "1e-3", "--field", "tiny"], 2, "leave out --field"),
        (["zfp", "--deep-error", "1e-3", "--field", "tiny"], 2, "leave out --field"),
        (["zfp", "--deep-error", "deep"], 2, "below the top tenth of the depth"),
        (["zfp", "--psnr", "60", "--field", "tiny@7"], 2, "no level at step 7; there are: 100, 200"),
        (["zfp", "--psnr", "60", "--field", "tinny"], 2, 'did you mean "tiny"'),
        (["--psnr", "60"], 2, "SPEC"),
    ],
)
def test_wrong_words_are_one_message_and_nothing_is_written(here, capfd, words, status, says):
    assert status_of(["compare", *words]) == status
    shown = capfd.readouterr()
    assert says in shown.err.replace("\n", " ")
    assert "Traceback" not in shown.err
    assert not (here / "results").exists()


def test_a_target_that_cannot_be_met_says_what_was_reached(here, capfd):
    """ZFP carries values as integers below one common exponent: no tolerance brings it to 1e-12 of a float32 peak."""
    words = ["compare", "zfp", "sz3", "--max-error", "1e-12peak", "--field", "tiny@300", "--rounds", "1"]
    assert status_of(words) == 1
    shown = capfd.readouterr()
    assert "not met: zfp:accuracy at max-error 1e-12peak: the best of" in shown.err
    assert "1 of 2 answers fell short" in shown.err
    assert "ZFP does not get there" in shown.out
    (record,) = ComparisonArchive(here / "results" / "tiny")
    assert record.subject == "tiny@300"
    zfp, sz3 = record.answers
    assert (zfp.status, zfp.meets, sz3.status) == ("unmet", False, "found")
    assert zfp.error > zfp.limit
    assert (here / "results" / "tiny" / "report.md").exists()


def test_who_crashes_is_an_answer_and_the_others_go_on(array_field, tmp_path, troublemaker):
    done = compare_on_field(
        ["trouble:kind=segfault", "trouble:kind=lie", "trouble", "zfp"],
        parse_targets("max-error", "0.01"),
        array_field(),
        tmp_path / "out",
        rounds=1,
        registry=default_registry(),
    )
    crashed, liar, fine, zfp = done.record.answers
    assert crashed.status == "failed"
    assert crashed.message.startswith("crash: killed by SIGSEGV")
    assert (liar.status, liar.meets) == ("stands", False)
    assert (fine.status, fine.meets) == ("stands", True)
    assert zfp.status == "found"
    specs = [entry.spec for entry in done.rounds[0].entries]
    assert not any("segfault" in spec for spec in specs)
    assert "trouble:kind=lie" in specs


def test_a_field_of_zeros_is_refused(array_field, tmp_path):
    zeros = array_field(np.zeros((12, 12), np.float32))
    with pytest.raises(TargetError, match="its greatest amplitude is 0"):
        compare_on_field(["zfp"], parse_targets("max-error", "1e-3peak"), zeros, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_rounds_run_everyone_once_and_every_second_one_backwards(array_field, tmp_path, monkeypatch):
    asked = []
    original = races._Racing.ask
    monkeypatch.setattr(races._Racing, "ask", lambda self, *rest: (asked.append(rest[1]), original(self, *rest))[1])
    field = array_field()
    race = Race(tuple(Case.of(spec, field) for spec in ("identity", "zfp:rate=8", "int8")))
    found = run_rounds(race, RoundArchive(tmp_path / "out"), default_registry(), rounds=2)
    names = [(task.turn, task.case.reading.name) for task in asked]
    assert names == [(1, "identity"), (1, "zfp"), (1, "int8"), (2, "int8"), (2, "zfp"), (2, "identity")]
    for one in found.records:
        assert [entry.spec for entry in one.entries] == ["identity", "zfp:rate=8", "int8:block=64"]
        assert all(entry.compress_samples_s and entry.decompress_samples_s for entry in one.entries)


def test_what_was_killed_goes_on(here):
    """Ended within its searches, the command keeps what it tried, and comes to the same answers afterwards."""
    folder = here / "results" / "tiny"
    process = subprocess.Popen([sys.executable, "-m", "wavecomp", *WORDS], cwd=here, stderr=subprocess.DEVNULL)
    while process.poll() is None and (not (folder / "trials.jsonl").exists() or len(list(TrialArchive(folder))) < 3):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = len(list(TrialArchive(folder)))
    assert before >= 3
    assert status_of(WORDS) == 0
    keys = [record.key for record in TrialArchive(folder)]
    assert len(keys) == len({*keys}) > before
    (record,) = ComparisonArchive(folder)
    assert all(one.meets for one in record.answers if one.status == "found")


MINE = """
import numpy as np

bound = "abs"


def compress(array, tolerance: float = 1e-3):
    return np.rint(array / (2 * tolerance)).astype(np.int32).tobytes()


def decompress(data, out, tolerance):
    out[...] = np.frombuffer(data, np.int32).reshape(out.shape) * (2 * tolerance)
"""


def test_a_plug_in_in_a_file_takes_part(here, capfd):
    (here / "mine.py").write_text(MINE)
    words = ["compare", "mine", "zfp", "--max-error", "1e-2peak", "--field", "tiny", "--rounds", "1"]
    assert status_of([*words, "--plugin", "mine.py"]) == 0
    assert "mine" in capfd.readouterr().out
    (record,) = ComparisonArchive(here / "results" / "tiny")
    mine, _ = record.answers
    assert mine.spec.startswith("mine:tolerance=")
    assert 0.9 * mine.limit < mine.error <= mine.limit
    assert status_of(words) == 2
    assert "mine" in capfd.readouterr().err
