"""Plug-ins in gradients: what they do to a level of the wavefield, or to their process, reaches no other case."""

from __future__ import annotations

from wavecomp.compressors import default_registry
from wavecomp.impact.cases import impact_cases
from wavecomp.impact.study import run_impact
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.records import GradientArchive

KINDS = ("write", "fork", "once", "fine")


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
