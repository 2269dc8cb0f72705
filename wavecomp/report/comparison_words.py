"""What comparisons are called in tables and figures: contestants, targets, and numbers with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

from wavecomp.records import ComparisonRecord, ContestantAnswer
from wavecomp.report.median_interval import MedianInterval
from wavecomp.report.names import PEAK, family_label, family_of, is_word, short_number
from wavecomp.spec_text import UNCOMPRESSED, SpecText


def contestant_labels(texts: Sequence[str]) -> dict[str, str]:
    """Return a short name for each contestant: that of its compressor, with what tells it from others of that one.

    Examples
    --------
    >>> list(contestant_labels(["sz3:abs,algorithm=interp", "zfp:accuracy", "zfp:rate"]).values())
    ['SZ3', 'ZFP accuracy', 'ZFP rate']
    >>> list(contestant_labels(["interp:abs,codec=zstd,level=1", "interp:abs,codec=lz4,level=1"]).values())
    ['interp zstd', 'interp lz4']
    """
    labels = {}
    for text in dict.fromkeys(texts):
        alike = [other for other in texts if family_of(other) == family_of(text)]
        common = set.intersection(*({*_words(other)} for other in alike))
        words = [word for word in _words(text) if word not in common]
        name = "memcpy" if text == UNCOMPRESSED else family_label(family_of(text))
        labels[text] = " ".join([name, *words])
    return labels


def _words(text: str) -> list[str]:
    """Return what tells one setting from another: keys that are free, flags and choices by their word, other values."""
    words = []
    for part in SpecText.parse(text).parts:
        words += [] if part is SpecText.parse(text).innermost else [part.name]
        for key, value in part.items:
            if value is None:
                words.append(key)
            else:
                words.append(value if is_word(value) else f"{key} {short_number(value)}")
    return words


def title_words(record: ComparisonRecord) -> str:
    """Return the targets of a comparison in one line: those of one measure, with their sign once."""
    first, *others = [target_words(record, target) for target in record.targets]
    sign = first.partition(" ")[2].partition(" ")[0]
    return ", ".join([first, *(words.partition(f"{sign} ")[2] for words in others)])


def target_words(record: ComparisonRecord, target: str) -> str:
    """Return a target as people say it.

    Examples
    --------
    >>> target_text("max-error", "1e-3peak"), target_text("psnr", "60")
    ('|e| ≤ 1e-3 of the peak', 'PSNR ≥ 60 dB')
    """
    return target_text(record.measure, target)


def target_text(measure: str, target: str) -> str:
    """Do what :func:`target_words` does, without a record."""
    match measure:
        case "psnr":
            return f"PSNR ≥ {target} dB"
        case "nrmse":
            return f"nrmse ≤ {target}"
        case "gradient-error":
            return f"gradient error ≤ {target}"
        case "deep-error":
            return f"gradient error below the top tenth ≤ {target}"
    return f"|e| ≤ {target.removesuffix(PEAK)} of the peak" if target.endswith(PEAK) else f"|e| ≤ {target}"


def found_value(answer: ContestantAnswer) -> tuple[str, str] | None:
    """Return the key that was searched and what it came to, as the setting's text has it; None where there is none."""
    if answer.key is None or answer.spec is None:
        return None
    values = [part.values[answer.key] for part in SpecText.parse(answer.spec).parts if answer.key in part.values]
    return (answer.key, values[-1]) if values else None


def times_text(times: MedianInterval) -> str:
    """Return a ratio with its interval.

    Examples
    --------
    >>> times_text(MedianInterval(1.304, 1.28, 1.351, 0.96, 9))
    '1.30 [1.28, 1.35]'
    """
    return f"{digits(times.median)} [{digits(times.low)}, {digits(times.high)}]"


def digits(value: float) -> str:
    """Return a number with three digits at least, and none behind the point that says nothing.

    Examples
    --------
    >>> digits(0.123456), digits(1.5), digits(14.62), digits(1234.6)
    ('0.123', '1.50', '14.6', '1235')
    """
    size = abs(value)
    return (
        f"{value:.3f}"
        if size < 1
        else f"{value:.2f}"
        if size < 10
        else f"{value:.1f}"
        if size < 100
        else f"{value:.0f}"
    )
