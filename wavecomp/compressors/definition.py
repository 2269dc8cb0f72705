"""How a compressor is declared: by built-in modules and by plug-ins alike."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from wavecomp.compressors.base import Compressor
from wavecomp.compressors.spec import Parameter, Value
from wavecomp.spec_text import SpecText


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
    tolerances: tuple[str, ...] | None = None

    def missing(self) -> str | None:
        """Return why the family cannot be used on this machine, or None."""
        for module in (*((self.requires,) if self.requires is not None else ()), *self.kernels):
            try:
                importlib.import_module(module)
            except (Exception, SystemExit) as error:  # a broken native library may raise anything
                return f"cannot import {module}: {type(error).__name__}: {error}"
        return None


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
    """

    text: SpecText
    values: Mapping[str, Value] = field(hash=False)
    inner: Reading | None = None
    threads_named: bool = field(default=False, compare=False)

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
