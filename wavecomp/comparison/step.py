"""How far a comparison is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """How far a comparison is: ``done`` of ``total`` steps of a stage, and what it is at."""

    stage: str
    done: int
    total: int
    note: str = ""
