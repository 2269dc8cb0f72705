"""How a compressor is declared: by built-in modules and by plug-ins alike."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from wavecomp.compressors.base import Compressor
from wavecomp.compressors.spec import Parameter, Value, canonical_text


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
    """

    name: str
    summary: str
    parameters: tuple[Parameter, ...]
    build: Callable[[Configuration], Compressor]
    examples: tuple[str, ...]
    requires: str | None = None
    wraps: bool = False

    def missing(self) -> str | None:
        """Return why the family cannot be used on this machine, or None."""
        if self.requires is None:
            return None
        try:
            importlib.import_module(self.requires)
        except (Exception, SystemExit) as error:  # a broken native library may raise anything
            return f"cannot import {self.requires}: {type(error).__name__}: {error}"
        return None


@dataclass(frozen=True, slots=True)
class Reading:
    """A spec that was read, and from which nothing is built yet; :meth:`Registry.read` makes it.

    Attributes
    ----------
    definition : Definition
        Of the outermost compressor.
    values : mapping
        Its typed values.
    inner : Reading or None
        What it wraps.
    """

    definition: Definition
    values: Mapping[str, Value]
    inner: Reading | None = None

    def __iter__(self) -> Iterator[Reading]:
        """Go inwards, from this compressor to the innermost one."""
        yield self
        if self.inner is not None:
            yield from self.inner

    @property
    def spec(self) -> str:
        """The one canonical text."""
        inner = self.inner.spec if self.inner is not None else None
        return canonical_text(self.definition.name, self.values, self.definition.parameters, inner)

    @property
    def all_values(self) -> dict[str, Value]:
        """The typed values; those of a wrapped compressor are under ``inner.key``, its name under ``inner``."""
        values = dict(self.values)
        if self.inner is not None:
            values["inner"] = self.inner.definition.name
            values |= {f"inner.{key}": value for key, value in self.inner.all_values.items()}
        return values

    def described(self, threads: int) -> Described:
        """Return it in plain values, for so many threads."""
        return Described(self.definition.name, self.spec, self.all_values, threads)


@dataclass(frozen=True, slots=True)
class Described:
    """A configured compressor in plain values: what records and other processes are handed on.

    Attributes
    ----------
    name, spec : str
        Its name, and its canonical text.
    values : mapping
        As :attr:`Reading.all_values`.
    threads : int
        Threads that one call may use.
    """

    name: str
    spec: str
    values: Mapping[str, Value]
    threads: int
