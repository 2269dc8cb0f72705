"""docs/howto-own-code.md and the example in the README do what they say, from an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from wavecomp import GradientArchive

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "howto-own-code.md").read_text()
LOSSLESS = re.compile(r"store-all|.*/identity|.*/zfp:reversible")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own-code")
    found = re.findall(r"^## \d\. `([^`]+)`$.*?^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in found] == ["burgers.py", "check.py", "study.py"]
    for name, text in found:
        (folder / name).write_text(text)
    return folder


def run(name, folder):
    # As in a shell of the reader's: a script sees its neighbours.
    plain = {key: value for key, value in os.environ.items() if key != "PYTHONSAFEPATH"}
    done = subprocess.run([sys.executable, name], cwd=folder, env=plain, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_code_keeps_its_word_and_its_adjoint_is_one(folder):
    """The slopes are computed, and their bound is asserted, by the page itself."""
    shown = run("check.py", folder).splitlines()
    assert shown[0] == "Burgers keeps its word."
    assert shown[-1] == "slopes 2.000 2.000"
    assert "\n".join(shown[:2]) in PAGE


def test_every_strategy_is_in_the_table_and_nothing_lost_means_the_same_bits(folder):
    shown = run("study.py", folder)
    out = folder / "results" / "burgers"
    records = list(GradientArchive(out))
    latest = {record.spec: record for record in records}
    assert len(latest) == 16
    assert not any(record.failed for record in latest.values()), shown
    for spec, record in latest.items():
        if spec == "bare":
            continue
        error = record.outcome.distance["relative_l2"]
        assert (error == 0.0) if LOSSLESS.fullmatch(spec) else (0 < error < 1e-3), spec
    assert {latest[spec].outcome.gradient_digest for spec in latest if LOSSLESS.fullmatch(spec)} == {
        latest["store-all"].outcome.gradient_digest
    }
    for name in ("report.md", "figures/frontier.png", "figures/figure14.png", "tables/gradient.csv"):
        assert (out / name).exists(), name
    assert shown.splitlines()[0] in PAGE


PLACED = """
import tempfile
from pathlib import Path
from burgers import make
from wavecomp import Reversal, parse_strategy
reversal = Reversal(make(points=24, steps=30))
exact = reversal.run(parse_strategy("store-all"))
exact_gradient = exact.gradient.copy()
for head in (
    "h-revolve:slots=3,disk_slots=2", "disk-revolve:slots=3", "periodic-disk-revolve:slots=3",
    "two-level:slots=3,period=7", "h-revolve:slots=3,disk_slots=2,async", "two-level:slots=3,period=7,async",
):
    for compressor in ("identity", "zfp:reversible"):
        with tempfile.TemporaryDirectory() as folder:
            run = reversal.run(parse_strategy(f"{head}/{compressor}"), disk_folder=Path(folder), traced=True)
        tiers = sorted({receipt.tier for receipt in run.receipts})
        same = run.gradient.tobytes() == exact_gradient.tobytes() and run.misfit == exact.misfit
        print(head, compressor, "same bits" if same else "OTHER BITS", *tiers)
"""


def test_states_on_a_disk_give_the_pages_code_the_same_gradient(folder):
    (folder / "placed.py").write_text(PLACED)
    shown = run("placed.py", folder).splitlines()
    assert len(shown) == 12
    assert [line for line in shown if not line.endswith("same bits disk memory")] == []


def test_the_example_of_the_readme_is_the_gradient_of_its_misfit(tmp_path):
    """With a right gradient J(r + h) − J(r − h) misses 2 h Σ g by O(h³), and by the 1e-6 of the peak that was lost."""
    text = (ROOT / "README.md").read_text().partition("## From Python")[2]
    (example,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len([line for line in example.splitlines() if line.strip()]) == 11, "as the README says"
    more = """
from wavecomp import check_code
rate = r
def misfit(h):
    global r
    r = rate + h
    code.rest()
    code.forward(0, 1000, record=True)
    return code.begin_reversal()
change, said = misfit(2e-6) - misfit(-2e-6), 4e-6 * float(run.gradient.sum())
assert abs(change - said) < 1e-4 * abs(change), (change, said)
r, code.last = rate, 20
report = check_code(code)
assert report.ok, report
assert run.peak_checkpoint_bytes < 400_000
"""
    (tmp_path / "example.py").write_text(example + more)
    run("example.py", tmp_path)
