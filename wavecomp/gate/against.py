"""Two versions of the code measured side by side, as a verdict: what they determine, exactly; their times, by rank."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from wavecomp.gate.causes import causes_between
from wavecomp.gate.comparing import Comparison, compare_case
from wavecomp.gate.finding import Finding, Standing, Value
from wavecomp.gate.least import LEAST, MEMORY_FLOOR, PROCESSOR_TIME, TIME_FLOOR_S
from wavecomp.gate.paired import ALPHA, Judgement, Looks, Series, judge, log_ratio
from wavecomp.gate.values import OF_GRADIENTS, OF_SWEEPS, Quantity
from wavecomp.gate.verdict import Verdict
from wavecomp.records import Failure, Provenance
from wavecomp.side_by_side.instructions import Instructions
from wavecomp.side_by_side.paired_rounds import PairedRounds
from wavecomp.side_by_side.tasks import (
    COMPRESS_INSTRUCTIONS,
    COMPRESS_PROCESSOR,
    COMPRESS_TIME,
    QUANTITIES,
    SweepTask,
    Task,
    Values,
)
from wavecomp.spec_text import SpecText

_READ: Mapping[str, Callable[[Values], Value]] = {
    "bound": lambda found: _plain(found["bound_status"]),
    "stream bytes": lambda found: _plain(found["stream_bytes"]),
    "largest error": lambda found: found["distortion"].get("max_absolute"),
    "RMS error": lambda found: found["distortion"].get("rmse"),
    "error over bound": lambda found: found["bound_margin"],
    "values lost (not finite)": lambda found: found["distortion"].get("nonfinite_mismatches"),
    "gradient error": lambda found: _plain(found["gradient_relative_l2"]),
    "forward steps": lambda found: _plain(found["forward_steps"]),
    "checkpoint writes": lambda found: _plain(found["writes"]),
    "checkpoint reads": lambda found: _plain(found["reads"]),
    "peak checkpoint bytes": lambda found: _plain(found["peak_checkpoint_bytes"]),
}
"""How the values of :mod:`wavecomp.gate.values` come out of what a side answers."""


def verdict_of(
    found: PairedRounds,
    names: tuple[str, str],
    *,
    alpha: float = ALPHA,
    counted: Mapping[str, tuple[Instructions, Instructions]] | None = None,
) -> Verdict:
    """Judge all that a run of two sides measured.

    Parameters
    ----------
    found : PairedRounds
    names : tuple of str
        What the old and the new side are called.
    alpha : float
        Probability of one false verdict on a time, or more, in the whole run.
    counted : mapping, optional
        Instructions of one compression on both sides, by case, where they were counted apart from the rounds.
    """
    places = [Provenance(**found.introductions[side]["provenance"]) for side in ("old", "new")]
    witnesses = {task.case: _witness(found, task, counted or {}) for task in found.tasks}
    return Verdict(
        *names,
        tuple(causes_between(places[:1], places[1:])),
        Comparison(tuple(_determined(found))),
        tuple(_timed(found, alpha, witnesses)),
        tuple(_notes(found)),
        times_count=True,
        remarks=tuple(_uncounted(found, witnesses, counted or {})),
    )


def is_decided(found: PairedRounds, *, alpha: float = ALPHA) -> bool:
    """Say whether every time and peak of memory is decided; looked at after numbers of rounds fixed beforehand."""
    series, groups = _series(found)
    if not Looks(len(series), len(groups), alpha).due(found.rounds):
        return False
    judged = judge(series, groups, alpha)
    # What no round can tell (memory on a system that does not say, a case that fails) is not waited for.
    lost = {task.case for task in found.tasks if found.given_up(task.case)}
    return all(
        one.standing is not Standing.UNDECIDED
        or not one.rounds
        or name.rpartition(": ")[0] in lost
        or _decided_elsewhere(name, judged)
        for name, one in judged.items()
    )


def _decided_elsewhere(name: str, judged: Mapping[str, Judgement]) -> bool:
    """Say whether an undecided wall time is decided by the processor time of the same calls."""
    case, _, quantity = name.rpartition(": ")
    other = judged.get(f"{case}: {PROCESSOR_TIME.get(quantity, '')}")
    return other is not None and other.standing is not Standing.UNDECIDED


def _determined(found: PairedRounds) -> Iterator[Finding]:
    for task in found.tasks:
        old, new = found.answer(task.case, "old"), found.answer(task.case, "new")
        if old is None or new is None:
            continue
        other_bits = False
        if not isinstance(old, Failure) and not isinstance(new, Failure):
            other_bits = old.get("exact_digest") != new.get("exact_digest")
        quantities = _as_answered(OF_SWEEPS if isinstance(task, SweepTask) else OF_GRADIENTS)
        yield from compare_case(task.case, old, new, quantities, other_bits)


def _as_answered(quantities: Collection[Quantity[Any]]) -> tuple[Quantity[Values], ...]:
    return tuple(
        Quantity(one.name, one.unit, _READ[one.name], one.rounding, one.other_bits, one.floor)
        for one in quantities
        if one.name in _READ
    )


def _series(found: PairedRounds) -> tuple[dict[str, Series], dict[str, list[str]]]:
    """Return what is judged, by case and quantity, and which of it has a library's operation in common.

    Instructions are a witness, and no verdict.
    """
    series: dict[str, Series] = {}
    groups: dict[str, list[str]] = defaultdict(list)
    for task, quantity in found.quantities():
        if quantity == COMPRESS_INSTRUCTIONS:
            continue
        name = f"{task.case}: {quantity}"
        series[name] = Series(log_ratios(found, task, quantity), LEAST[quantity])
        groups[f"all of {_family(task)}: {quantity}"].append(name)
    return series, {name: members for name, members in groups.items() if len(members) > 1}


def log_ratios(found: PairedRounds, task: Task, quantity: str) -> list[float]:
    """Return ln(new/old) of a quantity, one a round; NaN where a side has none."""
    floor = {"bytes": MEMORY_FLOOR, "s": TIME_FLOOR_S}.get(QUANTITIES[quantity][0], 0.0)
    return [log_ratio(old, new, floor) for old, new in found.pairs(task.case, quantity)]


def _family(task: Task) -> str:
    """Return the compressor that does the work, behind whatever stands before it."""
    spec = SpecText.parse(task.spec if isinstance(task, SweepTask) else task.strategy)
    return spec.parts[-1].name


def _timed(found: PairedRounds, alpha: float, witnesses: Mapping[str, str]) -> Iterator[Finding]:
    series, groups = _series(found)
    judged = judge(series, groups, alpha) if found.rounds else {}
    tasks = {f"{task.case}: {quantity}": (task, quantity) for task, quantity in found.quantities()}
    for name, one in judged.items():
        case, _, quantity = name.rpartition(": ")
        old = new = None
        if name in tasks:
            task, quantity = tasks[name]
            if found.given_up(task.case):
                continue  # said where the outcomes are compared
            pairs = [(a, b) for a, b in found.pairs(task.case, quantity) if a is not None and b is not None]
            if not pairs:
                continue  # a system that does not tell memory, say
            old, new = (sorted(values)[len(values) // 2] for values in zip(*pairs, strict=True))
        if one.standing is Standing.UNDECIDED and _decided_elsewhere(name, judged):
            continue  # others wanted the processors: its processor time is the one that tells
        witness = witnesses.get(case, "") if quantity in (COMPRESS_TIME, COMPRESS_PROCESSOR) else ""
        yield Finding(case, quantity, QUANTITIES[quantity][0], old, new, one.standing, _basis(one) + witness, one.ratio)


def _basis(one: Judgement) -> str:
    if one.upper == float("inf"):
        return f"{one.rounds} rounds are too few"
    return f"{one.lower:.3f} to {one.upper:.3f} times, {one.rounds} rounds"


def _witness(found: PairedRounds, task: Task, counted: Mapping[str, tuple[Instructions, Instructions]]) -> str:
    """Return what the counted instructions say beside a time; "" where nobody counted."""
    pairs: list[tuple[float | None, float | None]] = []
    if isinstance(task, SweepTask) and task.instructions:
        pairs = found.pairs(task.case, COMPRESS_INSTRUCTIONS)
    if task.case in counted:
        pairs = [(counted[task.case][0].count, counted[task.case][1].count)]
    ratios = sorted(new / old for old, new in pairs if old and new)
    return f"; instructions {(ratios[len(ratios) // 2] - 1) * 100:+.2f} %" if ratios else ""


def _uncounted(
    found: PairedRounds, witnesses: Mapping[str, str], counted: Mapping[str, tuple[Instructions, Instructions]]
) -> Iterator[str]:
    """Return why instructions were not counted, where they were not."""
    sweeps = [task for task in found.tasks if isinstance(task, SweepTask)]
    if not sweeps or any(witnesses[task.case] for task in sweeps):
        return
    reasons = {one.reason for pair in counted.values() for one in pair if one.reason}
    if not counted:
        reasons = {why for side in found.introductions.values() if (why := side.get("no_counter"))}
        reasons = {f"{why}; --instructions counts with valgrind" for why in reasons}
    if reasons:
        yield f"instructions were not counted: {'; '.join(sorted(reasons))}"


def _notes(found: PairedRounds) -> Iterator[str]:
    if found.ended not in ("decided", "rounds"):
        why = "the time for it ran out" if found.ended == "time" else found.ended
        if any(one.standing is Standing.UNDECIDED for one in _timed(found, ALPHA, {})):
            yield f"{why} after {found.rounds} rounds, before all times were decided"


def _plain(value: Any) -> Value:
    return value if isinstance(value, float | int | str) else None
