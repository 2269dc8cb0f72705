"""What a file's ``bound`` says about the error: one word, and the key whose value goes with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from wavecomp.compressors.bounds import (
    Absolute,
    ErrorBound,
    Lossless,
    PeakRelative,
    PointwiseRelative,
    SignalToNoise,
    Unbounded,
    ValueRangeRelative,
)
from wavecomp.compressors.plugin_files.keywords import Malformed
from wavecomp.compressors.spec import Parameter, Value, canonical_part
from wavecomp.errors import did_you_mean

TOLERANCE = "tolerance"

_LOSSLESS = "lossless"
_WITH_VALUE: Mapping[str, Callable[[float], ErrorBound]] = {
    "abs": Absolute,
    "range": ValueRangeRelative,
    "peak": PeakRelative,
    "pointwise": PointwiseRelative,
    "psnr": SignalToNoise,
}
_MEANINGS = {
    "abs": "absolute error bound, unit of the field",
    "range": "error bound, as a fraction of the field's range",
    "peak": "error bound, as a fraction of max|x|",
    "pointwise": "error bound, as a fraction of each |x|",
    "psnr": "PSNR that is kept, dB",
}
WORDS = (_LOSSLESS, *_WITH_VALUE)


@dataclass(frozen=True, slots=True)
class BoundWord:
    """A promise whose number a spec gives.

    Attributes
    ----------
    word : str
        One of :data:`WORDS`; empty where nothing is promised.
    key : str
        Whose value it takes; empty where it takes none.
    """

    word: str = ""
    key: str = ""

    def of(self, values: Mapping[str, Value]) -> ErrorBound:
        """Return the promise of one setting."""
        if not self.word:
            return Unbounded()
        return Lossless() if self.word == _LOSSLESS else _WITH_VALUE[self.word](float(values[self.key]))

    def narrowed(self, parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
        """Return the parameters, the one that is promised as a number above 0; raises Malformed."""
        for one in parameters:
            if one.name == self.key and not (isinstance(one.default, int | float) and one.default > 0):
                raise Malformed(f'the bound "{self.word}" needs a {self.key} above 0, and its default is {one.default}')
        doc = _MEANINGS.get(self.word, "")
        return tuple(
            replace(one, low=0.0, low_open=True, doc=doc) if one.name == self.key else one for one in parameters
        )

    def examples(self, name: str, parameters: Sequence[Parameter]) -> tuple[str, ...]:
        """Return the specs that a listing shows and a sweep of the bare name measures: three points of a curve.

        The default, and a tenth and ten times of it, of a PSNR 20 dB less and more; one spec where nothing is promised.
        """
        defaults = {one.name: one.default for one in parameters if one.default is not None}
        if not self.key:
            return (str(canonical_part(name, defaults, parameters)),)
        value = Decimal(repr(defaults[self.key]))
        numbers = [value - 20, value, value + 20] if self.word == "psnr" else [value * 10, value, value / 10]
        kind = type(defaults[self.key])
        if kind is int:
            numbers = [one for one in numbers if one == one.to_integral_value()]
        settings = [defaults | {self.key: kind(one)} for one in numbers if one > 0]
        return tuple(str(canonical_part(name, values, parameters)) for values in settings)


def bound_word(word: object, parameters: Sequence[Parameter]) -> BoundWord:
    """Read what a file says.

    Parameters
    ----------
    word : object
        None where it says nothing.
    parameters : sequence of Parameter
        The number is that of the key named like the word, or else of ``tolerance``.

    Raises
    ------
    Malformed
        It is none of the words, or no key has its number.
    """
    if word is None:
        return BoundWord()
    if not isinstance(word, str) or word not in WORDS:
        near = did_you_mean(word, WORDS) if isinstance(word, str) else ""
        raise Malformed(f"bound = {word!r:.60}: must be one of {', '.join(WORDS)}{near}")
    if word == _LOSSLESS:
        return BoundWord(word)
    numbers = [one.name for one in parameters if one.kind in ("int", "float")]
    for key in (word, TOLERANCE):
        if key in numbers:
            return BoundWord(word, key)
    raise Malformed(f'bound = "{word}" needs its number: a parameter named {TOLERANCE} (or {word}), such as 1e-3')
