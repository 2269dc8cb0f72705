"""``wavecomp gate --against``: this version and another one, measured side by side."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from wavecomp.catalogue import examples_of_files
from wavecomp.catalogue.race import RACE
from wavecomp.catalogue.suite import Suite
from wavecomp.cli.console import err, progress_bar
from wavecomp.cli.fields import chosen, references
from wavecomp.compressors import Registry
from wavecomp.compressors.origin import foreign_parts
from wavecomp.gate.against import is_decided, verdict_of
from wavecomp.gate.verdict import Verdict
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.plans.strategies import read_strategy
from wavecomp.side_by_side.instructions import count_with_valgrind, why_not_here
from wavecomp.side_by_side.rounds import STOPPED, RoundProgress, run_rounds
from wavecomp.side_by_side.sides import other_side, this_side
from wavecomp.side_by_side.tasks import GradientTask, SweepTask, Task
from wavecomp.spec_text import UNCOMPRESSED, SpecText
from wavecomp.sweep import FieldRef, Limits


@dataclass(frozen=True, slots=True)
class Race:
    """What is measured on both sides.

    Attributes
    ----------
    field : str
        As of ``--field``; its last level.
    compressors : sequence of str
        Specs; none for the dozen of the suite ``race``, or for the examples of plug-in files.
    strategies : sequence of str
        Gradients of ``problem``, by their strategies.
    problem : str
    minutes : float
        That it may take.
    instructions : bool
        Count instructions with valgrind where the processor does not.
    """

    field: str
    compressors: Sequence[str]
    strategies: Sequence[str]
    problem: str
    minutes: float
    instructions: bool


def race(against: str, asked: Race, plugins: Sequence[str], registry: Registry, limits: Limits) -> Verdict:
    """Measure this version and another one round by round until all is decided or the time is up; return the verdict.

    Raises
    ------
    SpecError, UnknownProblem
        What is asked for is nothing.
    SideError, SideBroken
        There is no such version, or it cannot be built or started.
    """
    files = [Path(name) for name in plugins]
    with ExitStack() as stack:
        tasks = _tasks(asked, registry, bool(files), Path(stack.enter_context(TemporaryDirectory(prefix="wavecomp-"))))
        err.print(f"preparing {against}")
        old, new = other_side(against, files), this_side(files)
        bar = stack.enter_context(progress_bar(f"measuring here and {against}", "s"))
        start, budget = time.monotonic(), asked.minutes * 60

        def advance(at: RoundProgress) -> None:
            bar(min(int(time.monotonic() - start), int(budget)), int(budget), f"round {at.round}: {at.case}")

        found = run_rounds(old, new, tasks, decided=is_decided, budget_s=budget, limits=limits, progress=advance)
        counted = {}
        wanted = asked.instructions and found.ended != STOPPED and why_not_here()
        for task in tasks if wanted else ():
            if isinstance(task, SweepTask):
                err.print(f"counting instructions of {task.spec}")
                counted[task.case] = count_with_valgrind(old, task), count_with_valgrind(new, task)
    names = f"{old.label} ({(old.commit or old.version)[:12]})", f"{new.label} ({new.version})"
    return verdict_of(found, names, counted=counted)


def _tasks(asked: Race, registry: Registry, has_files: bool, folder: Path) -> list[Task]:
    """Return the tasks, each named as its case is named everywhere else."""
    tasks: list[Task] = []
    if asked.compressors or not asked.strategies:
        about = references(chosen(asked.field))[-1]
        stored = folder / "field.npy"
        np.save(stored, about.load())
        tasks += [_sweep_task(case_spec, threads, foreign, about, stored) for case_spec, threads, foreign in
                  _specs(asked, registry, has_files, about)]  # fmt: skip
    if asked.strategies:
        find_problem(asked.problem)  # what is no problem is said before anything is measured
    for text in asked.strategies:
        strategy = read_strategy(SpecText.parse(text), registry)
        foreign = strategy.name != "store-all" and bool(foreign_parts(strategy.reading, registry))
        tasks.append(
            GradientTask(f"gradient of {asked.problem} by {strategy.spec}", asked.problem, strategy.spec, foreign)
        )
    return tasks


def _specs(asked: Race, registry: Registry, has_files: bool, about: FieldRef) -> list[tuple[str, int, bool]]:
    suites: Sequence[Suite] = (RACE,)
    if asked.compressors:
        suites = [Suite("asked", "", tuple(registry.checked(SpecText.parse(text)) for text in asked.compressors))]
    elif has_files:
        suites = examples_of_files(registry)
    cases = {case.digest: case for suite in suites for case in suite.cases([about], registry)}
    if not any(text.partition(":")[0] == UNCOMPRESSED for text in asked.compressors):
        # The copy that stands in every suite is a yardstick across runs; side by side nobody needs one.
        cases = {digest: case for digest, case in cases.items() if case.spec != UNCOMPRESSED}
    return [(case.spec, case.threads, bool(foreign_parts(case.reading, registry))) for case in cases.values()]


def _sweep_task(spec: str, threads: int, foreign: bool, about: FieldRef, stored: Path) -> SweepTask:
    beside = f", {threads} threads" if threads != 1 else ""
    return SweepTask(f"{spec} on {about.name}{beside}", spec, stored, threads, foreign=foreign, instructions=True)
