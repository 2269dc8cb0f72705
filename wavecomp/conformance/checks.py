"""All checks, in the order of the table."""

from __future__ import annotations

from wavecomp.compressors import Capabilities, Compressor
from wavecomp.compressors.slabs import Slabs
from wavecomp.compressors.stream import MAX_DIMENSIONS
from wavecomp.conformance import checks_calls, checks_measured, checks_memory, checks_refusals, checks_values
from wavecomp.conformance.case import Case, Check, Declared
from wavecomp.conformance.findings import Broken, Finding, Unseen
from wavecomp.errors import WavecompError
from wavecomp.plain_text import error_text
from wavecomp.sweep.steadiness import checked_bound

CHECKS: tuple[Check, ...] = (
    *checks_values.CHECKS,
    *checks_memory.CHECKS,
    *checks_refusals.CHECKS,
    *checks_calls.CHECKS,
    *checks_measured.CHECKS,
)


_MOST_THREADS = 1 << 20


def declared(compressor: Compressor) -> Declared:
    """Return what a compressor says of itself; raises Broken where that is nonsense."""
    try:
        bound, can = checked_bound(compressor), compressor.capabilities
    except WavecompError as error:
        raise Broken("declares nonsense", str(error), "one of the bounds of wavecomp.compressors") from None
    if not isinstance(can, Capabilities):
        raise Broken("declares nonsense", f"its capabilities are a {type(can).__name__}", "Capabilities")
    said = Declared(compressor.spec, bound, can, isinstance(compressor, Slabs))
    if not said.dtypes or not set(can.dtypes) <= {"float32", "float64"}:
        raise Broken("declares nonsense", f"its dtypes are {can.dtypes!r:.100}", "float32, float64 or both")
    counts = ("max_dimensions", can.max_dimensions, MAX_DIMENSIONS), ("threads", can.threads, _MOST_THREADS)
    for name, value, most in counts:
        if not isinstance(value, int) or not 1 <= value <= most:
            raise Broken("declares nonsense", f"its {name} is {value!r:.100}", f"an integer from 1 to {most}")
    return said


def finding_of(check: Check, compressor: Compressor, case: Case) -> Finding | str | None:
    """Try one case; return what is wrong, or what is worth telling. Raises Unseen."""
    try:
        return check.run(compressor, case)
    except Broken as broken:
        return broken.finding
    except (KeyboardInterrupt, Unseen):
        raise
    except BaseException as error:  # other people's code raises what it likes
        ours = "UnsupportedField for a field and StreamError for a stream, and only where the contract says so"
        return Finding("raises", error_text(error), ours)


def examine(check: Check, compressor: Compressor) -> list[tuple[Case, Finding]]:
    """Try all cases of a check in this process; return the first finding of each name, with its case.

    Whoever wants a report uses :func:`wavecomp.conformance.check`; this is for tests, which know that what they try
    does not crash.
    """
    said = declared(compressor)
    if check.why_not(said) is not None:
        return []
    found: dict[str, tuple[Case, Finding]] = {}
    for case in check.cases(said):
        finding = finding_of(check, compressor, case)
        if isinstance(finding, Finding):
            found.setdefault(finding.name, (case, finding))
    return list(found.values())
