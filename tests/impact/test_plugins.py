"""Plug-ins in gradients: what they do to a level of the wavefield, or to their process, reaches no other case."""

from __future__ import annotations

from wavecomp.compressors import default_registry, with_plugins
from wavecomp.impact.cases import impact_cases
from wavecomp.impact.study import run_impact
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.records import GradientArchive

KINDS = ("write", "fork", "once", "fine")

MINE = """
import numpy as np
bound = "abs"
def compress(array, tolerance: float = 1e-3):  # every bit, where the tolerance is below what float32 can tell apart
    rounded = array if tolerance < 1e-20 else np.rint(array / tolerance) * np.float32(tolerance)
    return rounded.astype(array.dtype).tobytes()
def decompress(data, out):
    out[...] = np.frombuffer(data, out.dtype).reshape(out.shape)
"""


def test_gradients_beside_plugins_that_harm_have_their_bits(tmp_path, hostile):
    problem = find_problem("tiny")
    honest = "trajectory/identity"
    strategies = [honest, *(f"trajectory/hostile:kind={kind}" for kind in KINDS), "trajectory/zfp:reversible"]
    cases = impact_cases(problem, strategies, (), default_registry())
    result = run_impact(cases, GradientArchive(tmp_path / "a"), rounds=1)
    digests = {r.spec: None if r.failed else r.outcome.gradient_digest for r in result.records}
    failed = {r.spec: r.outcome.message for r in result.failures}
    assert list(failed) == ["trajectory/hostile:kind=write"]
    assert "read-only" in failed["trajectory/hostile:kind=write"]
    exact = {digest for spec, digest in digests.items() if spec not in ("bare", *failed)}
    assert len(exact) == 1, digests
    assert None not in exact


def test_gradients_with_a_plugin_that_is_one_file(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    problem, known = find_problem("tiny"), with_plugins(tmp_path / "mine.py")
    strategies = ["trajectory/mine:tolerance=1e-30", "trajectory/mine:tolerance=0.001peak", "trajectory/identity"]
    cases = impact_cases(problem, strategies, (), known)
    archive = GradientArchive(tmp_path / "a")
    result = run_impact(cases, archive, rounds=1, registry=known)
    assert not result.failures
    records = {record.spec: record for record in result.records}
    exact = records["trajectory/identity"].outcome.gradient_digest
    assert records["trajectory/mine:tolerance=1e-30"].outcome.gradient_digest == exact
    coarse = records["trajectory/mine:tolerance=1e-3peak"]
    assert coarse.outcome.gradient_digest != exact
    assert "mine sha256:" in coarse.library
    assert (coarse.loss.kind, coarse.loss.value) == ("wavefield-peak", 1e-3)
    assert run_impact(cases, archive, rounds=1, registry=known).measured == 0
