"""What a search turns, what each setting gave, and what the search came to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

Number: TypeAlias = int | float
"""A value of the parameter."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One setting that was evaluated.

    Attributes
    ----------
    value : int or float
        Of the parameter.
    error : float
        In the measure of the target; infinite where nothing came back.
    ratio : float
        Uncompressed / compressed bytes; 0 where nothing came back.
    failure : str
        Why nothing came back; empty where something did.
    """

    value: Number
    error: float
    ratio: float
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Axis:
    """The parameter that is turned.

    Attributes
    ----------
    start : int or float
        Where the search begins.
    low, high : float
        Range of its values; ``low_open`` excludes ``low`` itself.
    coarser : {1, -1, 0}
        Whether larger or smaller values compress more; 0 where nobody knows, and two settings are tried.
    whole : bool
        Its values are integers.
    """

    start: Number
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    coarser: Literal[1, -1, 0] = 0
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search came to.

    Attributes
    ----------
    found : Trial or None
        The best of all settings tried that meet the limit; None where none does.
    tried : tuple of Trial
        All of them, in their order.
    coarsest : int or float or None
        The coarsest value of all that were tried.
    """

    found: Trial | None
    tried: tuple[Trial, ...]
    coarsest: Number | None = None

    @property
    def nearest(self) -> Trial | None:
        """The setting with the least error of all; None where every one failed."""
        came_back = [trial for trial in self.tried if not trial.failure]
        return min(came_back, key=lambda trial: (trial.error, -trial.ratio), default=None)
