"""``wavecomp gate`` on the command line: its exit statuses, what it writes, and what it refuses."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wavecomp.cli import status_of
from wavecomp.gate.baseline import renewals
from wavecomp.gate.runs import read_runs
from wavecomp.records import Measurement

RECORD = ["--field", "wave.npy", "--out", "old"]


@pytest.fixture
def swept(tmp_path, monkeypatch) -> Path:
    """A folder in which an archive of two cases lies, measured for real."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.save("wave.npy", np.cumsum(rng.standard_normal((20, 16, 12)), axis=0, dtype=np.float32))
    for spec in ("zfp:accuracy=1e-2", "float16"):
        assert status_of(["sweep", spec, *RECORD]) == 0
    return tmp_path


def doctor(folder: Path, source: Path, **changes: object) -> Path:
    """Copy an archive with the first case's measurement changed."""
    folder.mkdir()
    for file in source.glob("provenance-*.json"):
        (folder / file.name).write_bytes(file.read_bytes())
    (run,) = read_runs(source)
    first, *others = run.sweeps.values()
    assert isinstance(first.outcome, Measurement)
    lines = [replace(first, outcome=replace(first.outcome, **changes)).to_line()]  # type: ignore[arg-type]
    (folder / "records.jsonl").write_text("\n".join([*lines, *(one.to_line() for one in others)]) + "\n")
    return folder


def test_measured_now_it_is_the_same(swept, capfd):
    capfd.readouterr()
    assert status_of(["gate", "old", "--field", "wave.npy"]) == 0
    assert capfd.readouterr().out == "SAME: nothing is worse (3 cases compared)\n"
    assert sorted(path.name for path in swept.iterdir()) == ["old", "wave.npy"]


def test_worse_is_one_better_is_nothing_and_both_are_written(swept, capfd):
    new = doctor(swept / "new", swept / "old", stream_bytes=10**6)
    capfd.readouterr()
    assert status_of(["gate", "old", str(new), "--save", "out/v.md", "--save", "v.xml"]) == 1
    out = capfd.readouterr().out
    assert out.splitlines()[-1] == "WORSE: 1 value (3 cases compared)"
    assert Path("out/v.md").read_text().startswith("### WORSE: 1 value (3 cases compared)")
    assert 'failures="1"' in Path("v.xml").read_text()
    assert status_of(["gate", str(new), "old"]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "BETTER: nothing is worse; 1 value better (3 cases compared)"


def test_another_field_is_no_comparison(swept, capfd):
    field = np.load("wave.npy")
    np.save("wave.npy", 1.5 * field)
    capfd.readouterr()
    assert status_of(["gate", "old", "--field", "wave.npy"]) == 3
    out = capfd.readouterr().out
    assert "another field or problem, not compared: field wave (20x16x12 float32): " in out
    assert out.splitlines()[-1].startswith("NOTHING COMPARED")


def test_a_field_that_is_nowhere_leaves_its_cases_out(swept, capfd):
    capfd.readouterr()
    assert status_of(["gate", "old"]) == 3
    said = capfd.readouterr()
    assert "is not here; name its recipe or file with --field" in said.err
    assert "gone, so not compared" in said.out


def test_what_keeps_it_from_a_verdict_is_never_worse(swept, capfd):
    file = swept / "old" / "records.jsonl"
    file.write_text(file.read_text().replace("float16", "float17", 1))
    assert status_of(["gate", "old", "old"]) == 3
    assert "records.jsonl, line" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "name a baseline, as in wavecomp gate results/baselines/pinned"),
        (["nowhere"], "nowhere: no such file or folder"),
        (["old", "old", "--save", "v.pdf"], "--save v.pdf: must end in .txt, .md, .xml"),
        (["old", "old", "--field", "wave.npy"], "leave them out, or NEW"),
        (["old", "old", "--minutes", "3"], "--minutes and OLD do not go together"),
        (["old", "--against", "HEAD"], "OLD (old) and --against do not go together"),
        (["--against", "HEAD", "--update", "why"], "--update and --against do not go together"),
        (["old", "old", "--update", " "], "say in a few words why"),
        (["old", "old", "--format", "pdf"], "'pdf' is not one of"),
    ],
)
def test_wrong_words_are_two(swept, capfd, words, says):
    before = {path: path.read_bytes() for path in (swept / "old").iterdir()}
    assert status_of(["gate", *words]) == 2
    assert says in capfd.readouterr().err.replace("\n", " ")
    assert {path: path.read_bytes() for path in (swept / "old").iterdir()} == before


def test_an_update_renews_the_baseline_and_says_why(swept, capfd):
    new = doctor(swept / "new", swept / "old", stream_bytes=10**6)
    assert status_of(["gate", "old", str(new), "--update", "a longer header"]) == 0
    assert "baseline old renewed: a longer header" in capfd.readouterr().err
    assert [one.why for one in renewals(swept / "old")] == ["a longer header"]
    assert status_of(["gate", "old", str(new)]) == 0


def test_against_a_commit_takes_the_plugin_of_then(swept, capfd):
    """The version of a commit ago wrote three bytes less; times are not looked at here: too few rounds decide none."""
    text = "import zlib\nbound = 'lossless'\ndef compress(array): return zlib.compress(array.tobytes(), 1)\n"
    text += (
        "def decompress(data, out):\n    import numpy as np\n"
        "    out[...] = np.frombuffer(zlib.decompressobj().decompress(data), out.dtype).reshape(out.shape)\n"
    )
    Path("mine.py").write_text(text)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run([*git, "add", "mine.py"], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    Path("mine.py").write_text(text.replace("array.tobytes(), 1)", "array.tobytes(), 1) + b'xyz'"))
    words = ["--field", "wave.npy", "--plugin", "mine.py", "--minutes", "0.02"]
    assert status_of(["gate", "--against", "HEAD", *words]) == 1
    out = capfd.readouterr().out
    (line,) = [line for line in out.splitlines() if line.split()[:1] == ["worse"]]
    assert "mine on wave" in line
    assert "stream bytes" in line
    assert status_of(["gate", "--against", "nowhere", *words]) == 2
