"""What a record fell short of, in one line for people."""

from __future__ import annotations

from wavecomp.records.gradient_record import GradientRecord
from wavecomp.records.record import Failure, Record


def failure_of(record: Record | GradientRecord) -> str | None:
    """Say why there is no measurement; None where there is one."""
    if not isinstance(record.outcome, Failure):
        return None
    about = f"{record.spec} on {record.field}" if isinstance(record, Record) else record.spec
    return f"failed: {about}: {record.outcome.message}"


def broken_bound_of(record: Record) -> str | None:
    """Say which bound was broken, and by how much; None where none was.

    A bound that is exceeded by no more than the rounding of the field's own dtype is not broken, nor is a target that
    is no guarantee.
    """
    if isinstance(record.outcome, Failure) or record.outcome.bound_status != "violated":
        return None
    margin = record.outcome.bound_margin
    # What is not finite is null in a file.
    times = "" if margin is None or not margin < float("inf") else f": {margin:.3g} times what it allows"
    return f"bound broken: {record.spec} on {record.field} promises {record.outcome.bound}{times}"
