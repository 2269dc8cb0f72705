"""What a history cannot tell, and why: said in sentences rather than guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from wavecomp.report.change_points import INSTALL, LEAST_RUNS, LEAST_STEP, LEAST_STRETCH, can_search
from wavecomp.report.history_metrics import gradient_case, sweep_case, without_copy
from wavecomp.report.history_runs import Run
from wavecomp.report.history_steps import CHANCE, MetricHistory
from wavecomp.report.names import join_words

_SHOWN = 6


def notes(runs: Sequence[Run], found: Sequence[MetricHistory]) -> list[str]:
    """Return what readers of the steps have to know about them."""
    lines = []
    timed = [one for one in found if not one.metric.exact]
    if timed and not can_search():
        lines.append(f"Steps of times and memory were not searched: the library for it is not there; {INSTALL}.")
    elif timed:
        if any(len(one.few) < len({each.group for each in one.series}) for one in timed):
            lines.append(
                f"Times and memory: a step has {LEAST_STRETCH} runs or more on either side and is told from "
                f"{LEAST_STEP:.0%} on; noise alone makes one for a metric's groups in {CHANCE:.0%} of such histories, "
                "and for its single cases in as many. It lies between the two runs named (19 times in 20): all that "
                "changed between them may be its cause."
            )
        lines += _unsearched(timed)
    lines += _processors(runs, timed)
    lines += _other_fields(runs)
    lines += _lost(runs)
    if missing := without_copy(runs):
        lines.append(
            f"{_runs(missing)}: times without a copy of the same field beside them are not shown; let every run "
            "measure the compressor identity too."
        )
    if unknown := [place for place, run in enumerate(runs) if run.provenance is None]:
        lines.append(f"{_runs(unknown)}: the provenance is not in the archive, so that no cause can be named.")
    return lines


def _unsearched(timed: Sequence[MetricHistory]) -> list[str]:
    lines = []
    few = {one.metric.name: one.few for one in timed if one.few}
    if few:
        whole = all(len(one.few) == len({each.group for each in one.series}) for one in timed)
        each = "; ".join(f"{title}: {join_words(list(groups))}" for title, groups in few.items())
        what = "all times and memory" if whole else each
        lines.append(f"Not searched for steps, as no processor has {LEAST_RUNS} runs with them: {what}.")
    crowds = [f"{one.metric.name} ({one.crowd})" for one in timed if one.crowd]
    if crowds:
        lines.append(
            "Searched by group alone, as among so many single cases some stand out by chance: "
            + "; ".join(crowds)
            + "."
        )
    return lines


def _processors(runs: Sequence[Run], timed: Sequence[MetricHistory]) -> list[str]:
    places = {place for one in timed for place in one.places}
    counts = Counter(runs[place].processor for place in sorted(places))
    if len(counts) < 2:
        return []
    each = "; ".join(f"{name} ({count} run{'s' if count > 1 else ''})" for name, count in counts.most_common())
    return [f"Times on different processors are not one series; here are {len(counts)}: {each}."]


def _other_fields(runs: Sequence[Run]) -> list[str]:
    """Say which fields and problems were others later: values of two are not compared."""
    found: dict[str, list[str]] = {}
    lines = []
    for place, run in enumerate(runs):
        cases = {sweep_case(one) for one in run.records} | {gradient_case(one) for one in run.gradients}
        for subject, digest in sorted({(case.subject, case.digest) for case in cases}):
            known = found.setdefault(subject, [])
            if known and digest not in known:
                lines.append(
                    f"{subject} is another one from run {place + 1} ({run.date}) on: its digest or shape changed, and "
                    "its series begin anew."
                )
            if digest not in known:
                known.append(digest)
    return lines


def _lost(runs: Sequence[Run]) -> list[str]:
    """Say which cases failed that had been measured before."""
    measured: set[str] = set()
    lines = []
    for place, run in enumerate(runs):
        labels = [(sweep_case(one).label, one.failed) for one in run.records]
        labels += [(gradient_case(one).label, one.failed) for one in run.gradients]
        good = {label for label, failed in labels if not failed}
        lost = sorted({label for label, failed in labels if failed and label in measured} - good)
        if lost:
            more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
            lines.append(
                f"Run {place + 1} ({run.date}): failed, and were measured before: {'; '.join(lost[:_SHOWN])}{more}."
            )
        measured |= good
    return lines


def _runs(places: Sequence[int]) -> str:
    shown = [str(place + 1) for place in places[:_SHOWN]]
    if len(places) > _SHOWN:
        shown.append(f"{len(places) - _SHOWN} more")
    return f"Run{'s' if len(places) > 1 else ''} {join_words(shown)}"
