"""Specs in words for people: families, their colours' order, and short labels of one setting."""

from __future__ import annotations

from collections.abc import Mapping

from wavecomp.report.published import PUBLISHED
from wavecomp.spec_text import UNCOMPRESSED, SpecText

CODEC_LABELS = {row.codec: row.label for row in PUBLISHED}
_BLOSC = "blosc2"  # other compressors have codecs of the same names

PEAK = "peak"
"""Behind a tolerance that is a fraction of the wavefield's greatest amplitude."""


_ABBREVIATIONS = {"sperr", "lerc", "hdf5"}


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


def family_of(spec: str) -> str:
    """Return the compressor that does the work of a canonical spec: the innermost one."""
    return SpecText.parse(spec).innermost.name


def family_label(compressor: str) -> str:
    """Return the name that a compressor has in figures and tables: its own, an abbreviation in capitals.

    Examples
    --------
    >>> family_label("zfp"), family_label("blosc2"), family_label("float16")
    ('ZFP', 'blosc2', 'float16')
    """
    return compressor.upper() if len(compressor) <= 3 or compressor in _ABBREVIATIONS else compressor


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
    >>> setting_label("numcodecs:codec=zstd,level=3")
    'numcodecs (zstd) level 3'
    """
    text = SpecText.parse(spec)
    head = text.head
    if text.inner is not None:
        return f"{setting_label(str(text.inner))}, {head.name} × {head.values.get('threads', '?')} threads"
    if head.name == UNCOMPRESSED:
        return "memcpy"
    if head.name == _BLOSC and head.values.get("codec") in CODEC_LABELS:
        return _codec_label(head.values)
    words = [family_label(head.name)]
    for key, value in head.values.items():
        words.append(f"({value})" if is_word(value) else f"{key} {short_number(value)}".strip())
    return " ".join(words)


def is_word(value: str) -> bool:
    """Tell whether a value's text is a choice, neither a number nor a flag's nothing."""
    try:
        float(value.removesuffix(PEAK) or 0)
    except ValueError:
        return True
    return False


def strategy_label(strategy: str) -> str:
    """Say in a few words how a trajectory is kept.

    Examples
    --------
    >>> strategy_label("trajectory:every=8/zfp:accuracy=1e0"), strategy_label("trajectory/identity")
    ('ZFP accuracy 1e0, every 8th step', 'uncompressed')
    >>> strategy_label("trajectory:every=auto,error=1e-3/zfp:accuracy=1e0")
    'ZFP accuracy 1e0, steps for 1e-3'
    """
    text = SpecText.parse(strategy)
    every = text.head.values.get("every")
    named = text.inner is not None and str(text.inner) != UNCOMPRESSED
    words = setting_label(str(text.inner)) if named else "uncompressed"
    if every == "auto":
        return f"{words}, steps for {text.head.values['error']}"
    return f"{words}, every {every}th step" if every else words


def _codec_label(values: Mapping[str, str]) -> str:
    """Return the label of a codec of the published Table 1: its rows are told by codec, setting and shuffle mode."""
    shuffle = values.get("shuffle", "")
    parts = [CODEC_LABELS[values["codec"]], values.get("level", ""), "no shuffle" if shuffle == "none" else shuffle]
    if "truncate" in values:
        parts.append(f"truncated to {values['truncate']} bits")
    if values.get("threads", "1") != "1":
        parts.append(f"× {values['threads']} threads")
    return " ".join(part for part in parts if part)


def join_words(words: list[str]) -> str:
    """Join words as a sentence does: commas, and "and" before the last."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
