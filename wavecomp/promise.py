"""What is promised about an error, as a kind and a number: what records hold, and what tables and figures go by.

It lies this low because compressors and records, which do not know each other, both speak of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "lossless", "absolute", "wavefield-peak", "range", "peak", "pointwise", "psnr", "l2", "rate", "precision", "none"
]
"""How the number is meant, with :math:`e` the error and :math:`x` the field that was compressed:

=================  ==============================================================================
``lossless``       the same bits; there is no number
``absolute``       largest :math:`|e|`, in the unit of the field
``wavefield-peak`` largest :math:`|e|` over the greatest amplitude of a shot's whole wavefield
``range``          largest :math:`|e|` over the value range of x
``peak``           largest :math:`|e|` over max |x|
``pointwise``      largest :math:`|e_i|` over :math:`|x_i|`; beside it a floor may hold
``psnr``           peak signal-to-noise ratio in dB, a target
``l2``             L2 norm of e, a target
``rate``           bits a value; nothing about the error
``precision``      bit planes; the error follows each block's own peak
``none``           nothing is promised
=================  ==============================================================================
"""


@dataclass(frozen=True, slots=True)
class Promise:
    """One kind with its number; None where the kind has none, or it is not known any more."""

    kind: Kind
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """What loses on the way of a wavefield into a store and back, and how much at most.

    Attributes
    ----------
    by : str
        ``nothing``, the name of the compressor, or, in older records, :data:`QUANTUM`.
    kind, value
        As in :class:`Promise`: of a quantum half of it, for that is how far a rounded number can lie.
    """

    by: str
    kind: Kind
    value: float | None = None


NOTHING = Loss("nothing", "lossless")
QUANTUM = "quantum"
"""What lost where a trajectory's levels were rounded to multiples of it before a lossless compressor saw them.

Of older records alone: no strategy does that any more.
"""

_NUMBER = r"([0-9.e+-]+|inf)"
_WORDS: tuple[tuple[Kind, str], ...] = (
    ("lossless", "lossless"),
    ("absolute", rf"\|e\| <= {_NUMBER}"),
    ("range", rf"\|e\| <= {_NUMBER} x range(?: and <= .*)?"),
    ("pointwise", rf"\|e\| <= {_NUMBER} \|x\|(?: or .*)?"),
    ("peak", rf"\|e\| <= {_NUMBER} max\|x\|"),
    ("psnr", rf"PSNR >= {_NUMBER} dB"),
    ("l2", rf"\|\|e\|\|_2 <= {_NUMBER}"),
    ("rate", rf"{_NUMBER} bits a value(?:, in slabs of .*)?"),
    ("precision", rf"{_NUMBER} bit planes(?:, in slabs of .*)?"),
    ("none", "none"),
)


def promise_in_words(text: str) -> Promise | None:
    """Return what a bound's words mean: older records hold nothing else. None for words of another kind.

    Examples
    --------
    >>> promise_in_words("|e| <= 0.001"), promise_in_words("lossless")
    (Promise(kind='absolute', value=0.001), Promise(kind='lossless', value=None))
    """
    for kind, pattern in _WORDS:
        found = re.fullmatch(pattern, text)
        if found is not None:
            return Promise(kind, float(found[1]) if found.groups() else None)
    return None
