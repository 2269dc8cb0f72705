"""From the rounds of two sides to findings: what of each case and of each group got slower or larger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from statistics import median

from wavecomp.gate.finding import Finding, Standing
from wavecomp.gate.paired import ALPHA, Judgement, Looks, Series, judge, log_ratio
from wavecomp.side_by_side import tasks as names
from wavecomp.side_by_side.paired_rounds import PairedRounds

_TIME, _FIRST, _INSTRUCTIONS, _PEAK, _PEAK_FLOOR_BYTES = 0.05, 0.5, 0.02, 0.05, float(2**20)
_FIRST_CALLS = (
    names.FIRST_COMPRESS,
    names.FIRST_DECOMPRESS,
    names.FIRST_COMPRESS_PROCESSOR,
    names.FIRST_DECOMPRESS_PROCESSOR,
)
_PEAKS = (names.COMPRESS_PEAK, names.DECOMPRESS_PEAK)


@dataclass(frozen=True, slots=True)
class Judging:
    """How the rounds of a run are judged: fixed before it begins, so that the looks are.

    Attributes
    ----------
    groups : mapping
        From a case to the name of the group it belongs to, such as its library; of each group, each quantity is judged
        as a whole too.
    quantities : collection of str, or None
        Those that count, of :data:`wavecomp.side_by_side.tasks.QUANTITIES`; None for all that a task has.
    alpha : float
        Probability of one false verdict or more in the run.
    """

    groups: Mapping[str, str]
    quantities: Collection[str] | None = None
    alpha: float = ALPHA

    def findings(self, found: PairedRounds) -> list[Finding]:
        """Return one finding for each quantity of each case, then of each group."""
        cases = self._cases(found)
        judged = judge({_key(*one): self._series(found, *one) for one in cases}, self._members(cases), self.alpha)
        result = []
        for case, quantity in cases:
            pairs = found.pairs(case, quantity)
            old = [before for before, after in pairs if before is not None and after is not None]
            new = [after for before, after in pairs if before is not None and after is not None]
            result.append(_finding(case, quantity, median(old) if old else None, median(new) if new else None, judged))
        groups = dict.fromkeys((self.groups[case], quantity) for case, quantity in cases if case in self.groups)
        for group, quantity in groups:
            if _key(_whole(group), quantity) in judged:
                ratio = judged[_key(_whole(group), quantity)].ratio
                result.append(_finding(_whole(group), quantity, 1.0, ratio, judged, unit=""))
        return result

    def decided(self) -> Callable[[PairedRounds], bool]:
        """Return what tells a run to stop: after a look, when nothing is undecided that has rounds at all."""

        def stop(found: PairedRounds) -> bool:
            cases = self._cases(found)
            members = [one for one in self._members(cases).values() if len(one) > 1]
            if not Looks(len(cases), len(members), self.alpha).due(found.rounds):
                return False
            lost = {case for case, _ in cases if found.given_up(case)}
            return not any(
                one.standing is Standing.UNDECIDED and one.case not in lost and one.old is not None
                for one in self.findings(found)
            )

        return stop

    def _cases(self, found: PairedRounds) -> list[tuple[str, str]]:
        wanted = self.quantities
        return [(task.case, name) for task, name in found.quantities() if wanted is None or name in wanted]

    def _members(self, cases: Collection[tuple[str, str]]) -> dict[str, list[str]]:
        members: dict[str, list[str]] = {}
        for case, quantity in cases:
            if case in self.groups:
                members.setdefault(_key(_whole(self.groups[case]), quantity), []).append(_key(case, quantity))
        return members

    def _series(self, found: PairedRounds, case: str, quantity: str) -> Series:
        least, floor = least_change(quantity)
        return Series([log_ratio(old, new, floor) for old, new in found.pairs(case, quantity)], least)


def least_change(quantity: str) -> tuple[float, float]:
    """Return the least change of a quantity that matters: as a fraction, and in its unit (0 where there is none)."""
    if quantity in _PEAKS:
        return _PEAK, _PEAK_FLOOR_BYTES
    if quantity == names.COMPRESS_INSTRUCTIONS:
        return _INSTRUCTIONS, 0.0
    return (_FIRST if quantity in _FIRST_CALLS else _TIME), 0.0


def _finding(
    case: str,
    quantity: str,
    old: float | None,
    new: float | None,
    judged: Mapping[str, Judgement],
    unit: str | None = None,
) -> Finding:
    one = judged[_key(case, quantity)]
    if not one.rounds:
        basis = "no round has both sides"
    elif one.upper == float("inf"):
        basis = f"{one.rounds} rounds are too few for any interval"
    else:
        basis = f"ratio {one.lower:.3f} to {one.upper:.3f}, {one.rounds} rounds"
    return Finding(
        case, quantity, names.QUANTITIES[quantity][0] if unit is None else unit, old, new, one.standing, basis
    )


def _key(case: str, quantity: str) -> str:
    return f"{quantity} of {case}"


def _whole(group: str) -> str:
    return f"all of {group}"
