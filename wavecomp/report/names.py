"""Specs in words for people: families, their colours' order, and short labels of one setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wavecomp.report.published import PUBLISHED

CODEC_LABELS = {row.codec: row.label for row in PUBLISHED}

_FAMILIES = {
    "identity": "memcpy",
    "blosc2": "Blosc2",
    "zfp": "ZFP",
    "sz3": "SZ3",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "int8": "int8",
    "int16": "int16",
    "slabs": "slabs",
}


@dataclass(frozen=True, slots=True)
class SpecWords:
    """A canonical spec taken apart for showing it; values stay text, as their owner printed them.

    Attributes
    ----------
    name : str
        Compressor, or the wrapper.
    values : mapping of str to str
        Keys in their order; a flag has an empty value.
    inner : SpecWords or None
        What a wrapper wraps.
    """

    name: str
    values: Mapping[str, str]
    inner: SpecWords | None

    @property
    def family(self) -> str:
        """The compressor that does the work: the innermost one."""
        return self.inner.family if self.inner is not None else self.name


PEAK = "peak"
"""Behind a tolerance that is a fraction of the wavefield's greatest amplitude."""


def short_number(text: str) -> str:
    """Return a number with three significant digits if it has more, other text as it is.

    A fraction of the wavefield's peak, such as ``1e-3peak``, keeps its unit.

    Examples
    --------
    >>> short_number("8.5431e-5"), short_number("1e-3"), short_number("0.0012345"), short_number("524288")
    ('8.54e-5', '1e-3', '1.23e-3', '524288')
    """
    if text.isdigit():
        return text
    if text.endswith(PEAK):
        return short_number(text.removesuffix(PEAK)) + PEAK
    try:
        value = float(text)
    except ValueError:
        return text
    mantissa, _, exponent = f"{value:.2e}".partition("e")
    short = f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    return text if len(text) <= len(short) else short


def spec_words(spec: str) -> SpecWords:
    """Take a canonical spec apart; text that is none becomes a name without values."""
    head, _, inner = spec.partition("/")
    name, _, items = head.partition(":")
    pairs = (item.partition("=") for item in items.split(",") if item)
    return SpecWords(name, {key: value for key, _, value in pairs}, spec_words(inner) if inner else None)


def family_label(compressor: str) -> str:
    """Return the name that a family has in figures and tables."""
    return _FAMILIES.get(compressor, compressor)


def chunk_label(chunk_bytes: float) -> str:
    """Print a size in the largest binary unit that it reaches.

    Examples
    --------
    >>> chunk_label(524288), chunk_label(8388608), chunk_label(2965820)
    ('512 KiB', '8 MiB', '2.8 MiB')
    """
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if chunk_bytes >= size:
            return f"{chunk_bytes / size:.3g} {unit}" if chunk_bytes % size == 0 else f"{chunk_bytes / size:.1f} {unit}"
    return f"{chunk_bytes:g} bytes"


def setting_label(spec: str) -> str:
    """Say in a few words which compressor at which setting a spec is.

    Examples
    --------
    >>> setting_label("zfp:accuracy=1e-3")
    'ZFP accuracy 1e-3'
    >>> setting_label("sz3:abs=1e-3,algorithm=interp")
    'SZ3 abs 1e-3 (interp)'
    >>> setting_label("blosc2:codec=zstd,level=9,shuffle=shuffle,chunk=524288")
    'ZStd 9 shuffle'
    """
    words = spec_words(spec)
    values = words.values
    if words.inner is not None:
        return f"{setting_label(spec.partition('/')[2])}, {words.name} × {values.get('threads', '?')} threads"
    match words.name:
        case "identity":
            return "memcpy"
        case "zfp":
            return " ".join(["ZFP", *(f"{key} {short_number(value)}".strip() for key, value in values.items())])
        case "sz3":
            modes = " ".join(f"{key} {short_number(value)}" for key, value in values.items() if key != "algorithm")
            algorithm = values.get("algorithm", "")
            if algorithm == "interp_lorenzo" and modes:
                return f"SZ3 {modes}"
            return f"SZ3 {modes} ({algorithm})" if modes else f"SZ3 {algorithm}"
        case "blosc2":
            return _blosc_label(values)
        case "int8" | "int16":
            return f"{words.name} blocks of {values['block']}" if "block" in values else words.name
    return family_label(words.name) + (f" {spec.partition(':')[2]}" if values else "")


def strategy_label(strategy: str) -> str:
    """Say in a few words how a trajectory is kept.

    Examples
    --------
    >>> strategy_label("trajectory:every=8/zfp:accuracy=1e0"), strategy_label("trajectory/identity")
    ('ZFP accuracy 1e0, every 8th step', 'uncompressed')
    """
    head, _, compressor = strategy.partition("/")
    every = head.partition("every=")[2].partition(",")[0]
    words = setting_label(compressor) if compressor and compressor != "identity" else "uncompressed"
    return f"{words}, every {every}th step" if every else words


def _blosc_label(values: Mapping[str, str]) -> str:
    codec = CODEC_LABELS.get(values.get("codec", ""), values.get("codec", "Blosc2"))
    shuffle = values.get("shuffle", "")
    parts = [codec, values.get("level", ""), "no shuffle" if shuffle == "none" else shuffle]
    if "truncate" in values:
        parts.append(f"truncated to {values['truncate']} bits")
    if values.get("threads", "1") != "1":
        parts.append(f"× {values['threads']} threads")
    return " ".join(part for part in parts if part)


def join_words(words: list[str]) -> str:
    """Join words as a sentence does: commas, and "and" before the last."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
