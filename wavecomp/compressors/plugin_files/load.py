"""A file that somebody named, as definitions: read once, so that what runs is what its digest is of."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import SourceLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from wavecomp.compressors.definition import Definition
from wavecomp.compressors.foreign import output_aside
from wavecomp.compressors.plugin_files.found import definitions_in, files_of
from wavecomp.compressors.plugin_files.imported import imported_code
from wavecomp.compressors.plugin_files.keywords import Malformed
from wavecomp.compressors.plugin_files.program_file import program_of
from wavecomp.compressors.source import InFile
from wavecomp.compressors.well_formed import fault_of
from wavecomp.errors import PluginFileError
from wavecomp.installed import digest_of
from wavecomp.plain_text import error_text

PYTHON, PROGRAM = ".py", ".toml"


@dataclass(frozen=True)
class LoadedFile:
    """What a file holds, and what it is."""

    definitions: tuple[Definition, ...]
    source: InFile


def load_file(path: Path, ours: Sequence[Definition] = ()) -> LoadedFile:
    """Read a plug-in's file, and run it if it is Python code.

    Parameters
    ----------
    path : pathlib.Path
        ``.py``: a definition, a class or two functions. ``.toml``: a program.
    ours : sequence of Definition
        Those of wavecomp, which a file may import.

    Raises
    ------
    PluginFileError
        There is no such file, it cannot be run, or it holds no compressor; the text says which, and where.
    """
    shown = path
    try:
        path = path.parent.resolve() / path.name  # one file has one path, and a link keeps its name
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise PluginFileError(shown, "is no regular file")  # reading a pipe would wait for ever
        text = path.read_bytes()
    except OSError as error:
        raise PluginFileError(shown, (error.strerror or str(error)).lower()) from None
    try:
        if path.suffix == PYTHON:
            definitions, files, words = _python(path, text, ours)
        elif path.suffix == PROGRAM:
            definitions, files, words = program_of(path, text)
        else:
            raise Malformed(
                f'it ends in "{path.suffix}"; a plug-in is Python code in a {PYTHON} file, or a program described in a '
                f"{PROGRAM} file"
            )
        for definition in definitions:
            fault = fault_of(definition)
            if fault is not None:
                raise Malformed(f"its compressor cannot be used: {fault}")
    except Malformed as reason:
        raise PluginFileError(shown, str(reason)) from None
    return LoadedFile(tuple(definitions), InFile(str(path), digest_of({**files, path: path.name}, words)))


class _Held(SourceLoader):
    """Runs the bytes that were read, and leaves no compiled file behind."""

    def __init__(self, path: Path, source: bytes) -> None:
        self._path, self._source = path, source

    def get_filename(self, _fullname: str) -> str:
        return str(self._path)

    def get_data(self, path: str | bytes) -> bytes:
        if str(path) != str(self._path):
            raise OSError("there is no compiled file")
        return self._source


def _python(
    path: Path, source: bytes, ours: Sequence[Definition]
) -> tuple[Sequence[Definition], dict[Path, str], list[str]]:
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))  # what lies beside it, as for a script; behind everything else
    module = _module(path, source)
    attributes = {name: value for name, value in vars(module).items() if not name.startswith("__") or name == "__doc__"}
    definitions = definitions_in(attributes, module.__name__, path.stem, path.name, ours)
    files, words = imported_code(path, source)
    for name in files_of(attributes):
        beside = path.parent / name
        if not beside.is_file():
            raise Malformed(f'files = [..., "{name}", ...]: there is no such file beside it')
        files[beside] = name
    return definitions, files, words


def _module(path: Path, source: bytes) -> ModuleType:
    # One module for one text: an edited file is another one.
    name = f"wavecomp_plugin_{path.stem}_{digest_of({}, [str(path), source.hex()]).removeprefix('sha256:')}"
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_loader(name, _Held(path, source), origin=str(path))
    assert spec is not None
    assert spec.loader is not None
    spec.has_location = True
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickles look there
    try:
        with output_aside():
            spec.loader.exec_module(module)
    except SyntaxError as error:
        del sys.modules[name]
        if error.filename != str(path):
            raise Malformed(f"its import failed: {error_text(error)}") from None
        where = f"line {error.lineno}: " if error.lineno else ""
        raise Malformed(f"{where}it is no Python: {error.msg}") from None
    except KeyboardInterrupt:
        del sys.modules[name]
        raise
    except BaseException as error:  # a plug-in may raise anything
        del sys.modules[name]
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = f"line {lines[-1]}: " if lines else ""
        raise Malformed(f"{where}its import failed: {error_text(error)}") from None
    return module
