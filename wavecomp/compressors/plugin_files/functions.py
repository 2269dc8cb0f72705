"""Two plain functions as a compressor: ``compress(array) -> bytes`` and ``decompress(data, out)``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wavecomp.compressors.base import Capabilities, Compressor, Field
from wavecomp.compressors.bounds import ErrorBound, Lossless
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.plugin_files.bound_words import bound_word
from wavecomp.compressors.plugin_files.keywords import Malformed, parameters_of
from wavecomp.compressors.spec import THREADS, Parameter, Value
from wavecomp.compressors.stream import MAX_DIMENSIONS, Buffer
from wavecomp.errors import PluginFailed

COMPRESS, DECOMPRESS = "compress(array, tolerance: float = 1e-3)", "decompress(data, out)"

# NaN of a payload that nobody computes: where it stands after the call, nothing was written.
_UNTOUCHED: Mapping[int, np.uint32 | np.uint64] = {4: np.uint32(0x7FEDCAFE), 8: np.uint64(0x7FFDECAFDECAFDEC)}
_LOOKED_AT = 64


@dataclass(frozen=True, slots=True)
class _Pair:
    compress: Callable[..., object]
    decompress: Callable[..., object]
    keys: tuple[str, ...]
    """Of ``decompress``: it may take some of the keywords of ``compress``."""


def definition_of(name: str, summary: str, attributes: Mapping[str, object], examples: tuple[str, ...]) -> Definition:
    """Make a definition of a module's functions.

    Parameters
    ----------
    name, summary : str
    attributes : mapping
        Of the module.
    examples : tuple of str
        Specs that the module names itself; empty for those that its bound means.

    Raises
    ------
    Malformed
        A function is missing, or cannot be called as it must be.
    """
    compress = _function(attributes, "compress", COMPRESS)
    decompress = _function(attributes, "decompress", DECOMPRESS)
    parameters = parameters_of(compress, 1, "compress", COMPRESS)
    pair = _Pair(compress, decompress, _keys_of_decompress(decompress, parameters))
    promised = bound_word(attributes.get("bound"), parameters)
    parameters = promised.narrowed(parameters)

    def build(configuration: Configuration) -> Compressor:
        return FunctionPair(configuration, pair, promised.of(configuration.values))

    return Definition(name, summary, parameters, build, examples or promised.examples(name, parameters))


def _function(attributes: Mapping[str, object], name: str, written: str) -> Callable[..., Any]:
    found = attributes.get(name)
    if found is None:
        other = DECOMPRESS if name == "compress" else COMPRESS
        raise Malformed(f"it has {other.partition('(')[0]}, and no {name}: write {written}")
    if not callable(found):
        raise Malformed(f"its {name} is {found!r:.60}, and no function: write {written}")
    return found


def _keys_of_decompress(function: Callable[..., Any], known: tuple[Parameter, ...]) -> tuple[str, ...]:
    """Return which keywords of ``compress`` are given to ``decompress``: those that it names; raises Malformed."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a compiled function may not say
        return ()
    named = [one.name for one in known]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if len(parameters) < 2 or any(one.kind not in positional for one in parameters[:2]):
        raise Malformed(
            f"decompress{inspect.signature(function)} has to take the bytes and the array to be filled; "
            f"write {DECOMPRESS}"
        )
    for one in parameters[2:]:
        if one.name not in named and one.default is inspect.Parameter.empty:
            raise Malformed(f'decompress takes "{one.name}", which is no keyword of compress ({_list(named)})')
    return tuple(one.name for one in parameters[2:] if one.name in named)


def _list(names: list[str]) -> str:
    return ", ".join(names) or "it has none"


class FunctionPair(Compressor):
    """One setting of two functions."""

    def __init__(self, configuration: Configuration, pair: _Pair, bound: ErrorBound) -> None:
        super().__init__(configuration.spec)
        self._pair, self._bound = pair, bound
        self._values: dict[str, Value] = dict(configuration.values)
        self._back = {key: self._values[key] for key in pair.keys}

    @property
    def bound(self) -> ErrorBound:
        """What the file promises: nothing, unless it says so."""
        return self._bound

    @property
    def capabilities(self) -> Capabilities:
        """NaN and Inf are taken by what promises every bit; what it cannot take otherwise, its functions say."""
        threads = self._values.get(THREADS, 1)
        return Capabilities(MAX_DIMENSIONS, nonfinite=isinstance(self._bound, Lossless), threads=int(threads))

    def _encode(self, field: Field) -> Iterable[Buffer]:
        made = self._pair.compress(field, **self._values)
        if isinstance(made, bytes):
            return (made,)
        try:
            view = memoryview(made)  # type: ignore[arg-type]
        except TypeError:
            raise PluginFailed(self.spec, f"compress returned {_kind(made)}; it has to return bytes") from None
        return (view.tobytes(),)  # a copy: it may be the field's own memory, or be written to again

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        (part,) = parts
        held = part.obj
        data = held if isinstance(held, bytes) and len(held) == part.nbytes else bytes(part)
        bits = out.reshape(-1).view(_UNTOUCHED[out.itemsize].dtype)
        places = np.linspace(0, bits.size - 1, min(_LOOKED_AT, bits.size)).astype(np.intp)
        bits[places] = _UNTOUCHED[out.itemsize]
        returned = self._pair.decompress(data, out, **self._back)
        if returned is not None and returned is not out:
            raise PluginFailed(
                self.spec,
                f"decompress returned {_kind(returned)}; it has to fill its second argument "
                "(out[...] = values), and to return nothing",
            )
        left = int(np.count_nonzero(bits[places] == _UNTOUCHED[out.itemsize]))
        if left:
            raise PluginFailed(
                self.spec,
                f"decompress left out as it was, at {left} of {places.size} places that were looked at; it has to fill "
                "all of it: out[...] = values",
            )


def _kind(value: object) -> str:
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"
