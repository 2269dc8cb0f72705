"""What a gradient study is about: one problem and some of its shots, many ways of keeping the forward wavefield."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wavecomp.compressors import Registry
from wavecomp.errors import UsageError
from wavecomp.impact.problem import Problem
from wavecomp.impact.sets import CROSSED, CaseSet, default_set, fitting, suited
from wavecomp.plans.parameters import PARAMETERS
from wavecomp.plans.strategies import read_strategy
from wavecomp.plans.strategy import Strategy
from wavecomp.spec_text import SpecText

BARE = "bare"
"""Stands for a strategy: the forward and the adjoint sweep with nothing stored, and no gradient."""

EXACT = "exact"
"""Stands for a strategy: whichever of those that lose nothing the memory holds. It has no record."""


@dataclass(frozen=True, slots=True)
class ImpactCase:
    """One row of the study's table.

    Attributes
    ----------
    problem : Problem
    shots : tuple of int
        In ascending order; the gradients of several are added up.
    way : Strategy or str
        How the forward wavefield is kept; or :data:`BARE` or :data:`EXACT`.
    budget_bytes : int or None
        What the checkpoint store may hold in memory.
    disk_budget_bytes : int or None
        What it may hold on disk; None too where the strategy has no tier there.
    scratch : Path or None
        Folder of the disk tier; None for the system's temporary one. No part of what the case is.
    asked : bool
        Somebody named this strategy: it is measured even where it is known not to fit. No part of what the case is.
    """

    problem: Problem
    shots: tuple[int, ...]
    way: Strategy | str
    budget_bytes: int | None
    disk_budget_bytes: int | None = None
    scratch: Path | None = None
    asked: bool = field(default=False, compare=False)

    @property
    def spec(self) -> str:
        """The canonical text of the strategy, or the word that stands for one."""
        return str(self.way)

    @property
    def strategy(self) -> Strategy | None:
        """The strategy; None for the bare sweeps, and for whichever loses nothing."""
        return self.way if isinstance(self.way, Strategy) else None

    @property
    def digest(self) -> str:
        """Identity of the case: the same on every machine, wherever its disk is."""
        # One shot stands for itself: so it did before there were stacks.
        shots = self.shots[0] if len(self.shots) == 1 else self.shots
        identity = [self.problem.digest, shots, self.spec, self.budget_bytes]
        if self.disk_budget_bytes is not None:
            identity.append(self.disk_budget_bytes)
        return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]


def impact_cases(
    problem: Problem,
    strategies: Sequence[str],
    compressors: Sequence[str],
    registry: Registry,
    *,
    case_set: CaseSet | None = None,
    shots: Sequence[int] = (0,),
    budget_bytes: int | None = None,
    memory_bytes: int | None = None,
    disk_budget_bytes: int | None = None,
    scratch: Path | None = None,
) -> list[ImpactCase]:
    """Return the cases that the words of a command line mean; the bare sweeps and ``store-all`` are always among them.

    Parameters
    ----------
    strategies : sequence of str
        A strategy with its compressor behind ``/`` stands for itself, one without is crossed with ``compressors``. None
        at all: those of the set.
    compressors : sequence of str
        Specs. None at all: those of the set, where no strategy is given either.
    case_set : CaseSet, optional
        What is compared where neither is given; by default what suits the problem's size.
    shots : sequence of int
        Whose gradients are added up.
    budget_bytes : int, optional
        With a budget, the strategies of a set take as many slots and levels as it holds.
    memory_bytes : int, optional
        What a case without a budget may hold: the strategies of a set take no more than that uncompressed.
    disk_budget_bytes : int, optional
    scratch : Path, optional
        For the strategies that have a tier on disk.

    Raises
    ------
    SpecError
        A text that is no strategy or no compressor.
    UsageError
        A folder or a budget on disk, and no strategy that would use it.
    """
    problem = problem.pinned()
    chosen = case_set if case_set is not None else default_set(problem, memory_bytes)
    # Two levels lie on the tape beside the states.
    states = None
    if memory_bytes is not None and problem.state_bytes:
        states = (memory_bytes - 2 * problem.level_bytes) // problem.state_bytes
    of_set = [suited(SpecText.parse(text), problem) for text in chosen] if not strategies else []
    if compressors:
        of_set = [spec for spec in of_set if spec.inner is None]
    texts = fitting(of_set, budget_bytes, states)
    words = [SpecText.parse(text) for text in strategies]
    inner = [SpecText.parse(text) for text in compressors]
    bare_words = [SpecText.parse(text) for text in CROSSED] if inner else []
    for spec in words or fitting(bare_words, budget_bytes, states):
        name = spec.head.name
        crossed = inner and spec.inner is None and name != "store-all" and name in PARAMETERS
        texts += [spec.around(one) for one in inner] if crossed else [spec]
    parsed = {text: read_strategy(text, registry) for text in (SpecText.parse("store-all"), *texts)}
    on_disk = any(strategy.tier != "memory" for strategy in parsed.values())
    asked = {parsed[spec].spec for spec in words if spec in parsed}
    if not on_disk and (disk_budget_bytes is not None or scratch is not None):
        given = f"the folder {scratch}" if scratch is not None else f"a disk budget of {disk_budget_bytes} bytes"
        raise UsageError(
            f"{given} is given, and no strategy keeps anything on disk; one does with tier=disk or tier=two, such as "
            "trajectory:tier=disk/zfp:accuracy=1e-3, and so does h-revolve"
        )
    unique = {strategy.spec: strategy for strategy in parsed.values()}
    stacked = tuple(sorted(set(shots)))

    def case(strategy: Strategy) -> ImpactCase:
        disk = (disk_budget_bytes, scratch) if strategy.tier != "memory" else (None, None)
        return ImpactCase(problem, stacked, strategy, budget_bytes, *disk, asked=strategy.spec in asked)

    return [ImpactCase(problem, stacked, BARE, budget_bytes), *map(case, unique.values())]
