"""What lost in a gradient, for records from before they said so: from the strategy and the compressor's text.

The names here are those of the compressors that there were then, and what their keys meant; nothing is ever added.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wavecomp.promise import NOTHING, QUANTUM, Kind, Loss
from wavecomp.spec_text import UNCOMPRESSED, SpecPart, SpecText

_PEAK = "peak"

# In this order: where rel and abs were given together, the bound was named after rel.
_KEYS: tuple[tuple[str, str, Kind], ...] = (
    ("zfp", "accuracy", "absolute"),
    ("zfp", "precision", "precision"),
    ("zfp", "rate", "rate"),
    ("sz3", "rel", "range"),
    ("sz3", "abs", "absolute"),
    ("sz3", "psnr", "psnr"),
    ("sz3", "l2norm", "l2"),
)
_FORMATS: dict[str, Kind] = {"int8": "peak", "int16": "peak", "float16": "pointwise", "bfloat16": "pointwise"}


def older_loss(strategy_parameters: Mapping[str, Any], compressor: str | None) -> Loss | None:
    """Return what lost in a run whose record does not say it; None where its compressor is not known here."""
    if QUANTUM in strategy_parameters:
        return _halved(str(strategy_parameters[QUANTUM]))
    if compressor is None or compressor == UNCOMPRESSED:
        return NOTHING
    part = SpecText.parse(compressor).innermost
    if _is_lossless(part):
        return NOTHING
    if part.name in _FORMATS:
        return Loss(part.name, _FORMATS[part.name])
    if part.name == "blosc2":  # with truncated mantissas
        return Loss(part.name, "pointwise")
    for name, key, kind in _KEYS:
        if name == part.name and key in part.values:
            return _read(part.name, kind, part.values[key])
    return None


def _is_lossless(part: SpecPart) -> bool:
    values = part.values
    return {
        "blosc2": "truncate" not in values,
        "zfp": "reversible" in values,
        "sz3": values.get("algorithm") == "lossless",
    }.get(part.name, False)


def _halved(text: str) -> Loss:
    whole = _read(QUANTUM, "absolute", text)
    return Loss(whole.by, whole.kind, None if whole.value is None else whole.value / 2)


def _read(by: str, kind: Kind, text: str) -> Loss:
    number = text.removesuffix(_PEAK)
    try:
        return Loss(by, kind if number == text else "wavefield-peak", float(number))
    except ValueError:
        return Loss(by, kind)
