"""A set of compressor definitions: built in, from installed plug-ins, and from files; and whose each of them is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, PackageNotFoundError, version
from pathlib import Path

from wavecomp.compressors import (
    blockint,
    blosc,
    fpzip,
    halffloat,
    hdf5,
    identity,
    interp,
    lerc,
    numcodecs,
    pcodec,
    slabs,
    sperr,
    sz3,
    zfp,
)
from wavecomp.compressors.definition import Definition
from wavecomp.compressors.foreign import missing_from
from wavecomp.compressors.plugin_files.load import load_file
from wavecomp.compressors.plugins import load
from wavecomp.compressors.source import InFile, Published, Source
from wavecomp.compressors.well_formed import fault_of
from wavecomp.errors import CompressorUnavailable, PluginFileError, RegistrationError, UnknownCompressor
from wavecomp.installed import digest_of, distribution_name, distribution_text, fingerprint, module_files

BUILT_IN: tuple[Definition, ...] = (
    identity.DEFINITION,
    blosc.DEFINITION,
    zfp.DEFINITION,
    sz3.DEFINITION,
    interp.DEFINITION,
    halffloat.FLOAT16,
    halffloat.BFLOAT16,
    blockint.INT8,
    blockint.INT16,
    sperr.DEFINITION,
    lerc.DEFINITION,
    fpzip.DEFINITION,
    pcodec.DEFINITION,
    numcodecs.DEFINITION,
    hdf5.DEFINITION,
    slabs.DEFINITION,
)


class Definitions:
    """An explicit set of compressor definitions, each with where it comes from.

    Parameters
    ----------
    definitions : iterable of Definition
        What it starts with.

    Raises
    ------
    RegistrationError
        Two definitions have one name.
    """

    def __init__(self, definitions: Iterable[Definition] = BUILT_IN) -> None:
        self._definitions: dict[str, Definition] = {}
        self._broken: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._published: dict[str, EntryPoint] = {}
        self._files: dict[str, InFile] = {}
        for definition in definitions:
            self.register(definition)

    def register(self, definition: Definition) -> None:
        """Add one definition; one that is none, or whose name is taken, is a RegistrationError."""
        fault = fault_of(definition)
        if fault is not None:
            raise RegistrationError(f"expected a compressor Definition: {fault}")
        if definition.name in self._definitions or definition.name in self._broken:
            raise RegistrationError(f'the compressor name "{definition.name}" is taken')
        self._definitions[definition.name] = definition

    def load_plugins(self, found: Iterable[EntryPoint], unreadable: Mapping[str, str] | None = None) -> None:
        """Add what installed packages publish; what cannot be used is kept as unavailable, with its reason.

        Parameters
        ----------
        found : iterable of EntryPoint
        unreadable : mapping, optional
            Names of distributions whose entry points cannot be read, each with its reason.
        """
        plugins = load(found, {*self._definitions, *self._broken}, BUILT_IN)
        for entry, definition in plugins.loaded:
            self._definitions[definition.name] = definition
            self._published[definition.name] = entry
        self._broken |= plugins.broken
        self._refused |= plugins.refused | dict(unreadable or {})

    def add_file(self, path: str | Path) -> tuple[str, ...]:
        """Add the compressors of a plug-in that is one file (docs/howto-add-a-compressor.md); return their names.

        Its code is run in this process. Adding the same file once more changes nothing.

        Raises
        ------
        PluginFileError
            There is no such file, it holds no compressor, or a name in it is taken. Nothing of it is added.
        """
        loaded = load_file(Path(path), BUILT_IN)
        names = tuple(definition.name for definition in loaded.definitions)
        if names == tuple(name for name, source in self._files.items() if source == loaded.source):
            return names
        for number, name in enumerate(names):
            if name in names[:number]:
                raise PluginFileError(path, f'two of its compressors have the name "{name}"')
            if name in self._definitions or name in self._broken:
                raise PluginFileError(
                    path, f'the compressor name "{name}" is taken{self._by_whom(name)}; give it another name'
                )
        self._definitions |= {definition.name: definition for definition in loaded.definitions}
        self._files |= dict.fromkeys(names, loaded.source)
        return names

    def _by_whom(self, name: str) -> str:
        if name in self._files:
            return f" by {self._files[name].path}"
        if any(self._definitions.get(name) is one for one in BUILT_IN):
            return " by wavecomp's own"
        entry = self._published.get(name)
        return f" by {distribution_text(entry) or entry.value}" if entry is not None else ""

    def source(self, name: str) -> Source | None:
        """Return where another process finds the code of a plug-in; None of what is built in or registered by hand."""
        entry = self._published.get(name)
        return Published(entry.name) if entry is not None else self._files.get(name)

    def distribution(self, name: str) -> str:
        """Return the name of the installed distribution that does the work of a compressor of that name."""
        published = distribution_name(self._published[name]) if name in self._published else ""
        return published or self.definition(name).requires or "wavecomp"

    def library(self, names: Sequence[str]) -> str:
        """Return what does the work of compressors that wrap one another, the outermost first: ``name version``.

        A plug-in is told by its files as well, ``name version sha256:…``: its version stays while it is edited. Where
        plug-ins wrap other compressors, all of them are named, separated by commas, with what does the innermost work.
        """
        *around, innermost = names
        foreign = [self._plugin_text(name) for name in around if self._is_foreign(name)]
        own = not self._is_foreign(innermost)
        last = _with_version(self.distribution(innermost)) if own else self._plugin_text(innermost)
        return ", ".join(dict.fromkeys([*foreign, last]))

    def _is_foreign(self, name: str) -> bool:
        definition = self.definition(name)
        return not any(definition is one for one in BUILT_IN)

    def _plugin_text(self, name: str) -> str:
        entry = self._published.get(name)
        if entry is not None:
            return f"{distribution_text(entry) or name} {fingerprint(entry)}"
        if name in self._files:
            return f"{name} {self._files[name].digest}"
        # Registered by hand: what is known of it is the module that it comes from.
        module = getattr(self.definition(name).build, "__module__", None) or ""
        return f"{name} {digest_of(module_files(module), [module])}"

    def definitions(self) -> tuple[Definition, ...]:
        """All definitions, in order of registration."""
        return tuple(self._definitions.values())

    def unavailable(self) -> dict[str, str]:
        """Names that cannot be used here, each with its reason; a claim to a taken name is ``NAME of WHOSE``."""
        missing = {name: missing_from(definition) for name, definition in self._definitions.items()}
        absent = {name: reason for name, reason in missing.items() if reason is not None}
        return self._broken | self._refused | absent

    def definition(self, name: str) -> Definition:
        """Find a definition.

        Raises
        ------
        UnknownCompressor
            Nobody registered that name.
        CompressorUnavailable
            It is a plug-in whose import failed.
        """
        if name in self._broken:
            raise CompressorUnavailable(name, self._broken[name])
        if name not in self._definitions:
            raise UnknownCompressor(name, [*self._definitions, *self._broken])
        return self._definitions[name]


def _with_version(distribution: str) -> str:
    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return distribution
