"""What pyrevolve's arguments mean as a strategy."""

from __future__ import annotations

from collections.abc import Mapping
from math import comb
from typing import Any

from wavecomp.compressors.spec import format_value
from wavecomp.errors import UsageError
from wavecomp.plans.parameters import PARAMETERS
from wavecomp.spec_text import Item, SpecPart, SpecText

_INSTEAD = 'strategy="revolve/zfp:accuracy=1e-3" or the like (`wavecomp compressors` lists them)'


def usual_checkpoints(steps: int) -> int:
    """Return how many checkpoints pyrevolve takes where nobody says: the least k with C(2k, k) >= steps.

    With k checkpoints no step is then advanced more than k times again.
    """
    k = 1
    while comb(2 * k, k) < steps:
        k += 1
    return k


def completed(
    given: SpecText | None,
    checkpoints: int,
    *,
    by_budget: bool,
    on_disk: bool,
    two_a_state: bool,
    compressor: SpecText | None,
) -> SpecText:
    """Return the strategy that pyrevolve's arguments and a text make together.

    Parameters
    ----------
    given : SpecText or None
        The user's; what it leaves open is filled in.
    checkpoints : int
        For a strategy that keeps a number of states and does not name it.
    by_budget : bool
        Leave that number open: the budget decides.
    on_disk : bool
        Checkpoints live on disk unless the text says otherwise.
    two_a_state : bool
        ``mixed`` may count on a state for two reversals. Otherwise it stores nothing but states, and is revolve, with
        a slot for every two of its ``levels``, as they are counted everywhere.
    compressor : SpecText or None
        From ``compression_params``.

    Raises
    ------
    UsageError
        A compressor is named twice; or ``mixed`` with ``overlap`` where it is revolve.
    """
    if given is not None and compressor is not None:
        raise UsageError(f'strategy="{given}" and compression_params name a compressor each; give one of them')
    spec = given if given is not None else SpecText((SpecPart("revolve"),))
    head = spec.head
    if head.name == "mixed" and not two_a_state:
        if "overlap" in head.values:
            raise UsageError(
                f'strategy="{given}": where the reverse operator needs the forward step before it, mixed is revolve, '
                "which compresses nothing beside the operators; leave overlap out, or write trajectory:overlap"
            )
        head = SpecPart("revolve", tuple(_as_slots(*item) for item in head.items))
    if head.name == "revolve" and "slots" not in head.values and not by_budget:
        head = head.with_value("slots", str(checkpoints))
    if head.name == "mixed" and "levels" not in head.values and not by_budget:
        head = head.with_value("levels", str(2 * checkpoints))
    keys = {parameter.name for parameter in PARAMETERS.get(head.name, ())}
    if {"slots", "write"} <= keys and "slots" not in head.values and not by_budget:
        head = head.with_value("slots", str(checkpoints))
    if on_disk and "tier" not in head.values and "tier" in keys:
        head = head.with_value("tier", "disk")
    whole = spec.with_part(0, head)
    return whole if compressor is None else whole.around(compressor)


def _as_slots(key: str, value: str | None) -> Item:
    return ("slots", str(int(value) // 2)) if key == "levels" and value and value.isdecimal() else (key, value)


def compressor_of(params: Mapping[str, Any] | None) -> SpecText | None:
    """Return what pyrevolve's ``compression_params`` mean as a compressor; None for no compression.

    ``zfp`` keeps its tolerance (1e-7 by default), precision or rate. ``blosc`` is lossless whatever the chunks: its
    defaults in blosc2. The number of threads is not theirs to say.

    Raises
    ------
    UsageError
        Functions (``custom``), an unknown scheme, or a key that it does not have.
    """
    left = dict(params or {})
    scheme = left.pop("scheme", None)
    match scheme:
        case None if not left:
            return None
        case "zfp":
            left.pop("parallel", None)
            known = {"tolerance": "accuracy", "precision": "precision", "rate": "rate"}
            modes = [(known[key], format_value(value)) for key, value in left.items() if key in known]
            if len(modes) == len(left) <= 1:
                return SpecText((SpecPart("zfp", (*modes,) or (("accuracy", "1e-7"),)),))
        case "blosc":
            chunk = left.pop("chunk_size", 1_000_000)
            if not left:
                return SpecText.parse(f"blosc2:codec=blosclz,level=9,shuffle=shuffle,chunk={chunk // 8 * 8}")
        case "custom":
            raise UsageError(
                f"compression_params with the scheme custom: functions are not taken; write {_INSTEAD}, or make a "
                "compressor of yours a plug-in (docs/howto-add-a-compressor.md)"
            )
    raise UsageError(f"compression_params={dict(params or {})!r}: no compressor of that meaning; write {_INSTEAD}")
