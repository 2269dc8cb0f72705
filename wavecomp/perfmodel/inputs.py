"""What goes into the model: arrays of the right kind, or one error that names the value and what would do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from wavecomp.errors import OutsideTheModel

Numbers: TypeAlias = npt.ArrayLike
"""A number, or anything that numpy makes an array of."""

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

Word = TypeVar("Word", bound=str)

MOST = 10**9
"""Greatest number of steps, slots or nodes: the products of three of the model's integers stay within 64 bits."""


def whole(name: str, values: Numbers, *, least: int = 1, most: int = MOST) -> Ints:
    """Return whole numbers from ``least`` to ``most`` as int64; floats are taken where they are whole.

    Raises
    ------
    OutsideTheModel
        One of them is not.
    """
    given = _numbers(name, values)
    expected = f"a whole number from {least} to {most} is needed"
    refuse(name, given, ~((given >= least) & (given <= most) & (given == np.floor(given))), expected)
    return given.astype(np.int64)


def positive(name: str, values: Numbers) -> Floats:
    """Return finite numbers above zero as float64.

    Raises
    ------
    OutsideTheModel
        One of them is not.
    """
    given = _numbers(name, values)
    refuse(name, given, ~((given > 0) & np.isfinite(given)), "a finite number above 0 is needed")
    return given.astype(np.float64)


def not_negative(name: str, values: Numbers) -> Floats:
    """Return finite numbers of at least zero as float64.

    Raises
    ------
    OutsideTheModel
        One of them is not.
    """
    given = _numbers(name, values)
    refuse(name, given, ~((given >= 0) & np.isfinite(given)), "a finite number of at least 0 is needed")
    return given.astype(np.float64)


def refuse(name: str, values: npt.NDArray[Any], wrong: npt.NDArray[np.bool_], expected: str) -> None:
    """Raise an error about the first value that is wrong, if there is one.

    Raises
    ------
    OutsideTheModel
        One is.
    """
    if np.any(wrong):
        values, wrong = np.broadcast_arrays(values, wrong)
        raise OutsideTheModel(name, values[wrong][0].item(), expected)


def chosen(name: str, word: Word, known: Iterable[Word]) -> Word:
    """Return a word that is one of those known.

    Raises
    ------
    OutsideTheModel
        It is not.
    """
    if word not in known:
        raise OutsideTheModel(name, word, f"one of {', '.join(known)} is needed")
    return word


def _numbers(name: str, values: Numbers) -> npt.NDArray[Any]:
    try:
        given = np.asarray(values)
    except ValueError:
        raise OutsideTheModel(name, values, "a number or an array of numbers is needed") from None
    if given.dtype.kind not in "iuf":
        raise OutsideTheModel(name, values, "a number or an array of numbers is needed")
    return given
