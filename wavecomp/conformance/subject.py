"""Which compressor is checked, in a form that a process of its own can be handed."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

from wavecomp.compressors import BUILT_IN, Compressor, Definition, Registry, default_registry
from wavecomp.compressors.definition import Reading
from wavecomp.compressors.foreign import failing_as
from wavecomp.compressors.origin import registry_for
from wavecomp.errors import UsageError, WavecompError
from wavecomp.plain_text import error_text
from wavecomp.spec_text import SpecText


class NotPortable(UsageError):
    """A compressor or a definition that cannot be handed to another process."""


class NotThere(WavecompError):
    """The compressor cannot be had on this machine."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A compressor to be.

    Attributes
    ----------
    spec : str
        Canonical text.
    reading : Reading, optional
        The spec as it was read, with where the plug-ins that it names come from.
    definitions : tuple of Definition
        Those that its names mean and that come from nowhere: somebody registered them.
    compressor : Compressor, optional
        The compressor itself, where that was given.
    """

    spec: str
    reading: Reading | None = None
    definitions: tuple[Definition, ...] = ()
    compressor: Compressor | None = None

    def build(self) -> Compressor:
        """Make the compressor, in the process that uses it; raises as :meth:`Registry.usable` does."""
        if self.compressor is not None:
            return self.compressor
        assert self.reading is not None
        if not self.definitions:
            return registry_for(self.reading).usable(self.reading)
        names = {definition.name for definition in self.definitions}
        built_in = (definition for definition in BUILT_IN if definition.name not in names)
        return Registry((*built_in, *self.definitions)).usable(self.reading)


def subject_of(what: str | Compressor, registry: Registry | None) -> Subject:
    """Return what is to be checked, without building anything.

    Raises
    ------
    SpecError
        The text is no compressor's.
    NotPortable
        It cannot be handed to another process.
    """
    if isinstance(what, Compressor):
        with failing_as(type(what).__name__):
            subject = Subject(str(what.spec), compressor=what)
    else:
        registry = registry if registry is not None else default_registry()
        reading = registry.read(SpecText.parse(what))
        given = (registry.definition(part.name) for part in reading if part.source is None)
        own = tuple(one for one in given if not any(one is built_in for built_in in BUILT_IN))
        subject = Subject(reading.spec, reading, own)
    try:
        pickle.loads(pickle.dumps(subject))
    except Exception as error:
        raise NotPortable(
            f'"{subject.spec}" cannot be handed to a process of its own: {error_text(error)}; write its class, and the '
            "build function of its definition, at the top level of a module, or give the spec of an installed plug-in"
        ) from None
    return subject
