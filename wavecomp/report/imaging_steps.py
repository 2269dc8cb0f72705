"""What ``every=auto`` came to, in a sentence for each error that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wavecomp.report.names import join_words
from wavecomp.spec_text import SpecText


def steps_found(runs: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
    """Return the imaging steps that were found, in words; nothing where all are numbers from the start.

    Parameters
    ----------
    runs : iterable of (str, sequence of str)
        The text of a strategy, and those that were run in its place, one a shot.

    Examples
    --------
    >>> steps_found([("trajectory:every=auto,error=1e-3/zfp:rate=8", ["trajectory:every=5/zfp:rate=8"])])
    ['every=auto,error=1e-3 came to every=5.']
    >>> steps_found([("store-all:every=4", []), ("store-all:every=auto,error=1e-9", ["store-all"])])
    ['every=auto,error=1e-9 came to every=1.']
    """
    found: dict[str, set[int]] = {}
    for spec, ran in runs:
        values = SpecText.parse(spec).head.values
        if values.get("every") == "auto":
            numbers = {int(SpecText.parse(one).head.values.get("every") or 1) for one in ran}
            found.setdefault(f"every=auto,error={values.get('error')}", set()).update(numbers)
    return [
        f"{asked} came to every={join_words([str(number) for number in sorted(numbers)])}."
        for asked, numbers in found.items()
        if numbers
    ]
