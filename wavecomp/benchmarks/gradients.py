"""The gradients that the suites measure: the cases of ``wavecomp gradient``, fewer of them."""

from __future__ import annotations

from collections.abc import Sequence

from wavecomp.compressors import Registry
from wavecomp.errors import SpecError
from wavecomp.impact.cases import ImpactCase, impact_cases
from wavecomp.impact.memory import check_operators, leave_out, memory_for_levels
from wavecomp.impact.sets import SHORT
from wavecomp.isolation import Limits
from wavecomp.physics.problem import GradientProblem
from wavecomp.spec_text import SpecText


def gradient_benchmarks(
    problem: GradientProblem, compressors: Sequence[str], registry: Registry, limits: Limits
) -> dict[str, ImpactCase]:
    """Return the cases by name: the short comparison, or every strategy with one's own compressors.

    Parameters
    ----------
    problem : GradientProblem
    compressors : sequence of str
        Specs, which are crossed with strategies as by ``wavecomp gradient --compressor``; a name that is no whole spec
        stands for the compressor's first example.
    registry : Registry
    limits : Limits
        What a shot of a case may take. What cannot fit is left out.

    Raises
    ------
    SpecError
        A text is no compressor.
    MemoryTooSmall
        Not even the bare sweeps fit.
    """
    check_operators(problem, limits.memory_bytes)
    there = memory_for_levels(limits.memory_bytes, problem)
    cases = impact_cases(
        problem,
        (),
        [_spec(text, registry) for text in compressors],
        registry,
        case_set=None if compressors else SHORT,
        memory_bytes=there,
    )
    kept, _ = leave_out(cases, there)
    return {case.spec: case for case in kept}


def _spec(text: str, registry: Registry) -> str:
    spec = SpecText.parse(text)
    if not spec.is_bare:
        return text
    definition = registry.definition(spec.head.name)
    try:
        registry.checked(spec)
    except SpecError:
        return definition.examples[0] if definition.examples else text
    return text
