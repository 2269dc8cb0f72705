"""Which cross-sections belong side by side, and where their colours saturate."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wavecomp.errors import NothingToReport
from wavecomp.records import Section
from wavecomp.report.names import is_word, setting_label
from wavecomp.report.rows import RUN, base_name
from wavecomp.spec_text import SpecText

_MOST = 5
_NEAR = 3.0  # errors within this factor of the goal are of one size


def sections_of_field(sections: Sequence[Section], field: str | None) -> list[Section]:
    """Return one field's sections: the named field's, or those of the one with most sections, then the latest step.

    Raises
    ------
    NothingToReport
        There is none.
    """
    named = [s for s in sections if field is None or field in (s.field, base_name(s.field))]
    if not named:
        what = f" of {field}" if field else ""
        raise NothingToReport(f"there is no cross-section{what} beside the records; {RUN} makes them")
    groups: dict[tuple[str, str], list[Section]] = {}
    for section in named:
        groups.setdefault((section.field, section.field_digest), []).append(section)
    best = max(groups, key=lambda key: (len(groups[key]), _step(groups[key][0]), key))
    return sorted(groups[best], key=lambda section: section.spec or "")


def _step(section: Section) -> int:
    return -1 if section.step is None else section.step


def comparable(sections: Sequence[Section]) -> tuple[list[Section], list[str]]:
    """Pick one section of each compressor so that their RMS errors are of one size.

    Every measured size of error is tried as the goal, with each compressor's nearest setting. The goal that most
    compressors come near (within a factor of 3) is kept; among equals the one with the smallest spread, then the
    smaller error. Settings that differ in a word, such as a predictor, count as compressors of their own.

    Returns
    -------
    sections : list of Section
        At most five, ordered by spec.
    others : list of str
        Labels of the compressors without an error of that size.
    """
    families: dict[tuple[str, str], list[tuple[float, Section]]] = {}
    for section in sections:
        size = rms(section.error) if section.error is not None else 0.0
        if section.spec is not None and 0.0 < size < math.inf:
            part = SpecText.parse(section.spec).innermost
            words = " ".join(filter(is_word, part.values.values()))
            families.setdefault((part.name, words), []).append((size, section))
    best: tuple[int, float, float] = (0, math.inf, math.inf)
    chosen: list[Section] = []
    for goal in sorted(size for family in families.values() for size, _ in family):
        nearest = [min(family, key=lambda item: abs(math.log(item[0] / goal))) for family in families.values()]
        near = [(size, section) for size, section in nearest if 1 / _NEAR <= size / goal <= _NEAR][:_MOST]
        sizes = [size for size, _ in near]
        rank = (-len(near), round(math.log(max(sizes) / min(sizes)), 9), goal)
        if rank < best:
            best, chosen = rank, [section for _, section in near]
    taken = {section.spec for section in chosen}
    others = [
        setting_label(min((section.spec or "" for _, section in family), key=len)).split(" ")[0]
        + (f" {words}" if words else "")
        for (_, words), family in sorted(families.items())
        if not taken & {section.spec for _, section in family}
    ]
    return sorted(chosen, key=lambda section: section.spec or ""), others


def clip_of(arrays: Sequence[NDArray[np.float32]]) -> float:
    """Return where colours saturate: a round amplitude, at most the largest, that 99.5 % of the values stay below.

    Points that the wave has not reached would pull a plain percentile to zero, so values below 1e-4 of the largest
    are left out. 1 where everything is zero.
    """
    values = np.abs(np.concatenate([np.ravel(array).astype(np.float64) for array in arrays]))
    values = values[np.isfinite(values)]
    largest = float(values.max(initial=0.0))
    if largest == 0.0:
        return 1.0
    level = float(np.percentile(values[values > 1e-4 * largest], 99.5))
    digit = 10.0 ** math.floor(math.log10(level))
    return min(float(f"{math.ceil(level / digit * 10.0 - 1e-9) / 10.0 * digit:.3g}"), largest)


def rms(array: NDArray[np.float32]) -> float:
    """Return the root of the mean square, summed in float64."""
    return float(np.sqrt(np.mean(np.square(array, dtype=np.float64))))
