"""Two runs compared by the values that a run determines: bytes, errors, bounds, steps. Times are no part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from wavecomp.gate.finding import Finding, Standing, Value
from wavecomp.gate.runs import ComparedRun
from wavecomp.gate.values import OF_GRADIENTS, OF_SWEEPS, Quantity, rank
from wavecomp.records import Failure, GradientRecord, Record

R = TypeVar("R", Record, GradientRecord)
T = TypeVar("T")


@dataclass(frozen=True)
class Comparison:
    """What comparing two runs gave.

    Attributes
    ----------
    findings : tuple of Finding
        One for every value of every case that is in both.
    gone, added : tuple of str
        Labels of cases that only the old, or only the new run has.
    elsewhere : tuple of str
        Fields and problems of one name that are not the same: no case of theirs was compared.
    other_bits : tuple of str
        Problems whose exact gradients have other bits here and there.
    """

    findings: tuple[Finding, ...] = ()
    gone: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    other_bits: tuple[str, ...] = ()

    @property
    def cases(self) -> int:
        """How many cases were compared."""
        return len({finding.case for finding in self.findings})


def compare(old: ComparedRun, new: ComparedRun) -> Comparison:
    """Compare every case that both runs have.

    A case of a sweep is compared only where its field has the same values, a gradient only where its problem has the
    same digest. Where the exact gradients of a problem have other bits here and there (another processor, another
    compiler), the errors and sizes of its compressed gradients are compared within a stated rounding.
    """
    fields_differ = _differing(*({_field(one): one.field_digest for one in run.sweeps.values()} for run in (old, new)))
    problems_differ = _differing(
        *({one.problem: one.problem_digest for one in run.gradients.values()} for run in (old, new))
    )
    loose = {
        problem
        for problem in {record.problem for record in new.gradients.values()} - problems_differ.keys()
        if not _same_bits(problem, old, new)
    }
    sweeps = _paired(old.sweeps, new.sweeps, lambda record: _field(record) in fields_differ)
    gradients = _paired(old.gradients, new.gradients, lambda record: record.problem in problems_differ)
    findings: list[Finding] = []
    for label, *sweep in sweeps.both:
        findings += compare_case(label, sweep[0].outcome, sweep[1].outcome, OF_SWEEPS)
    for label, *gradient in gradients.both:
        loosely = gradient[0].problem in loose
        findings += compare_case(label, gradient[0].outcome, gradient[1].outcome, OF_GRADIENTS, loosely)
    words = [f"field {name}: {a[:12]} → {b[:12]}" for name, (a, b) in fields_differ.items()]
    words += [f"problem {name}: {a[:12]} → {b[:12]}" for name, (a, b) in problems_differ.items()]
    return Comparison(
        tuple(findings),
        (*sweeps.gone, *gradients.gone),
        (*sweeps.added, *gradients.added),
        tuple(words),
        tuple(sorted(loose)),
    )


@dataclass(frozen=True)
class _Pairs(Generic[R]):
    both: tuple[tuple[str, R, R], ...]
    gone: tuple[str, ...]
    added: tuple[str, ...]


def _paired(old: Mapping[str, R], new: Mapping[str, R], left_out: Callable[[R], bool]) -> _Pairs[R]:
    """Match records of one kind by their labels, without those of another field or problem."""
    before = {label: record for label, record in old.items() if not left_out(record)}
    now = {label: record for label, record in new.items() if not left_out(record)}
    return _Pairs(
        tuple((label, before[label], now[label]) for label in before if label in now),
        tuple(label for label in before if label not in now),
        tuple(label for label in now if label not in before),
    )


def _field(record: Record) -> str:
    return f"{record.field} ({'x'.join(map(str, record.shape))} {record.dtype})"


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {name: (old[name], new[name]) for name in old if name in new and old[name] != new[name]}


def _same_bits(problem: str, old: ComparedRun, new: ComparedRun) -> bool:
    """Say whether exact gradients have the same bits; where nobody computed them, whether the builds are the same."""
    exact = [
        {
            (record.shots, record.outcome.gradient_digest)
            for record in run.gradients.values()
            if record.problem == problem and record.spec == "store-all" and not isinstance(record.outcome, Failure)
        }
        for run in (old, new)
    ]
    if all(exact):
        return exact[0] == exact[1]
    places = [{(place.cpu, tuple(sorted(place.build.items()))) for place in run.places} for run in (old, new)]
    return places[0] == places[1]


def compare_case(
    label: str, old: T | Failure, new: T | Failure, quantities: Sequence[Quantity[T]], other_bits: bool = False
) -> Iterator[Finding]:
    """Compare the outcomes of one case by all values that it determines; ``other_bits`` takes the wider roundings."""
    if isinstance(old, Failure) or isinstance(new, Failure):
        words = [
            f"failed ({one.kind}): {one.message}" if isinstance(one, Failure) else "measured" for one in (old, new)
        ]
        # Two failures say nothing against each other; their messages may differ from run to run.
        both = isinstance(old, Failure) and isinstance(new, Failure)
        standing = Standing.SAME if both else Standing.BETTER if isinstance(old, Failure) else Standing.WORSE
        yield Finding(label, "outcome", "", words[0], words[1], standing, "exact")
        return
    for quantity in quantities:
        before, now = quantity.read(old), quantity.read(new)
        if before is None and now is None:
            continue
        rounding = max(quantity.rounding, quantity.other_bits) if other_bits else quantity.rounding
        floor = quantity.floor if other_bits else 0.0
        basis = f"within {rounding:g}" + (f" and {floor:g}" if floor else "") if rounding else "exact"
        yield Finding(label, quantity.name, quantity.unit, before, now, _standing(before, now, rounding, floor), basis)


def _standing(old: Value, new: Value, rounding: float, floor: float) -> Standing:
    """Say how a value stands of which less is better. A number that is gone, or that came, cannot be judged."""
    before, now = rank(old), rank(new)
    if before is None or now is None:
        return Standing.SAME if before is now else Standing.UNDECIDED
    if before == now or abs(now - before) <= rounding * max(abs(before), abs(now)) + floor:
        return Standing.SAME
    return Standing.WORSE if now > before else Standing.BETTER
