"""How a compressor is declared: by built-in modules and by plug-ins alike."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wavecomp.compressors.base import Compressor
from wavecomp.compressors.source import Source
from wavecomp.compressors.spec import Parameter, Value, read_values
from wavecomp.spec_text import Item, SpecText


@dataclass(frozen=True, slots=True)
class Configuration:
    """Typed values of one spec, as a definition's ``build`` gets them.

    Attributes
    ----------
    spec : str
        Canonical text, which the compressor keeps as its identity.
    values : mapping
        Values by key; keys without default that were not given are absent.
    inner : Compressor or None
        The wrapped compressor, for wrappers.
    """

    spec: str
    values: Mapping[str, Value]
    inner: Compressor | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A named family of compressors.

    A plug-in publishes one of these under the entry-point group ``wavecomp.compressors``.

    Attributes
    ----------
    name : str
        What a spec begins with.
    summary : str
        One line for listings.
    parameters : tuple of Parameter
        Keys in the order of the canonical text.
    build : callable
        From :class:`Configuration` to :class:`Compressor`; raises SpecError for contradictory values.
    examples : tuple of str
        Specs that show every mode; listings print them and the contract tests run them.
    requires : str, optional
        Module without which the family is unavailable.
    wraps : bool
        Takes another compressor behind ``/``.
    kernels : tuple of str
        Compiled modules of its own without which the family is unavailable.
    load : callable, optional
        Imports what the family needs, where importing ``requires`` is not all of it; raises where that cannot be had.
    extra : str, optional
        The extra of wavecomp that installs what is required; reasons name it.
    variants : mapping
        Further keys that depend on the value of the first parameter, a choice: those of each of its words.
    respell : callable, optional
        Takes a spec and returns it in keys, where it is another spelling of one of this family; any other as it is.
    tolerances : tuple of str, optional
        Keys that say how much may be lost, the usual one first: what ``wavecomp compare`` searches where a spec leaves
        it out. Empty where no key does; by default they are found out
        (:func:`wavecomp.compressors.tolerances.tolerance_keys`).
    """

    name: str
    summary: str
    parameters: tuple[Parameter, ...]
    build: Callable[[Configuration], Compressor]
    examples: tuple[str, ...]
    requires: str | None = None
    wraps: bool = False
    kernels: tuple[str, ...] = ()
    load: Callable[[], object] | None = None
    extra: str | None = None
    variants: Mapping[str, tuple[Parameter, ...]] = field(default_factory=dict, hash=False)
    respell: Callable[[SpecText], SpecText] | None = None
    tolerances: tuple[str, ...] | None = None

    def missing(self) -> str | None:
        """Return why the family cannot be used on this machine, or None."""
        named = (self.requires,) if self.requires is not None and self.load is None else ()
        for module in (*named, *self.kernels):
            try:
                importlib.import_module(module)
            except (Exception, SystemExit) as error:  # a broken native library may raise anything
                return self._cannot_import(module, error)
        try:
            if self.load is not None:
                self.load()
        except (Exception, SystemExit) as error:
            return self._cannot_import(self.requires or self.name, error)
        return None

    def parameters_for(self, values: Mapping[str, object]) -> tuple[Parameter, ...]:
        """Return the keys that these values, or texts of values, may stand beside."""
        chosen = values.get(self.parameters[0].name) if self.variants else None
        return (*self.parameters, *self.variants.get(str(chosen), ()))

    def read(self, text: str, items: Sequence[Item]) -> dict[str, Value]:
        """Turn the items of a spec into typed values.

        Raises
        ------
        SpecError
            Unknown key, wrong kind of value, or value out of range.
        """
        return read_values(text, items, self.parameters_for(dict(items)))

    def _cannot_import(self, module: str, error: BaseException) -> str:
        reason = f"cannot import {module}: {type(error).__name__}: {error}"
        return reason if self.extra is None else f"{reason}; pip install 'wavecomp[{self.extra}]'"


@dataclass(frozen=True, slots=True)
class Reading:
    """A spec that was read, in plain values: cases carry it, processes are handed it, records hold what it says.

    Nothing is built. :meth:`Registry.read` makes it.

    Attributes
    ----------
    text : SpecText
        The one canonical text.
    values : mapping
        Typed values of the outermost compressor.
    inner : Reading or None
        What it wraps.
    threads_named : bool
        Whether the text that was read said how many threads it means, or the wrapped one did.
    source : Source or None
        Where another process finds the code of the outermost compressor; None where it is built in, or where somebody
        registered it by hand.
    """

    text: SpecText
    values: Mapping[str, Value] = field(hash=False)
    inner: Reading | None = None
    threads_named: bool = field(default=False, compare=False)
    source: Source | None = field(default=None, compare=False)

    def __iter__(self) -> Iterator[Reading]:
        """Go inwards, from this compressor to the innermost one."""
        yield self
        if self.inner is not None:
            yield from self.inner

    @property
    def name(self) -> str:
        """Of the outermost compressor."""
        return self.text.head.name

    @property
    def names(self) -> tuple[str, ...]:
        """Of all compressors, from the outermost to the innermost one."""
        return self.text.names

    @property
    def spec(self) -> str:
        """The one canonical text, put together."""
        return str(self.text)

    @property
    def all_values(self) -> dict[str, Value]:
        """The typed values; those of a wrapped compressor are under ``inner.key``, its name under ``inner``."""
        values = dict(self.values)
        if self.inner is not None:
            values["inner"] = self.inner.name
            values |= {f"inner.{key}": value for key, value in self.inner.all_values.items()}
        return values
