"""A program as a compressor: the field in a file, the stream in another one, without a shell.

What a call costs is what the program costs: its start, and its files, written and read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wavecomp.compressors.base import Capabilities, Compressor, Field, squeezed
from wavecomp.compressors.bounds import ErrorBound, Lossless
from wavecomp.compressors.definition import Configuration
from wavecomp.compressors.plugin_files.command_line import HERE, INPUT, OUTPUT, CommandLine, FieldWords, value_text
from wavecomp.compressors.scratch_folder import scratch_folder
from wavecomp.compressors.spec import THREADS
from wavecomp.compressors.stream import Buffer
from wavecomp.errors import PluginFailed, StorageError
from wavecomp.exit_status import how_it_ended
from wavecomp.plain_text import one_line

_TAIL = 400
"""Bytes at the end of what a program says that a failure repeats."""

COMPRESS, DECOMPRESS = "compress", "decompress"


@dataclass(frozen=True)
class Commands:
    """What a file says about a program.

    Attributes
    ----------
    lines : mapping
        The command lines of ``compress`` and ``decompress``.
    here : str
        Folder of the file.
    dtypes : mapping
        The dtypes that are taken, each with the word for it.
    max_dimensions : int
    """

    lines: Mapping[str, CommandLine]
    here: str
    dtypes: Mapping[str, str]
    max_dimensions: int

    def found(self, line: str) -> str | None:
        """Return the path of the program of a command line; None where there is none that can be run."""
        name = self.lines[line].program(self.here)
        return shutil.which(str(Path(self.here, name)) if os.sep in name else name)


class Program(Compressor):
    """One setting of a program."""

    def __init__(self, configuration: Configuration, commands: Commands, bound: ErrorBound) -> None:
        super().__init__(configuration.spec)
        self._commands, self._bound = commands, bound
        self._values = {key: value_text(value) for key, value in configuration.values.items()}

    @property
    def bound(self) -> ErrorBound:
        """What the file promises: nothing, unless it says so."""
        return self._bound

    @property
    def capabilities(self) -> Capabilities:
        """Several can run side by side; the memory that they take is none of this process."""
        return Capabilities(
            self._commands.max_dimensions,
            tuple(self._commands.dtypes),
            nonfinite=isinstance(self._bound, Lossless),
            threads=int(self._values.get(THREADS, 1)),
            releases_gil=True,
            elsewhere=True,
        )

    def _encode(self, field: Field) -> Iterable[Buffer]:
        with scratch_folder() as folder:
            made, words = self._run(COMPRESS, folder, field.reshape(-1).view(np.uint8).data, field)
            stream = _read(made)
            if not stream:
                raise self._failed(COMPRESS, "wrote an empty file", words)
            return (stream,)

    def _decode(self, parts: list[memoryview], out: Field) -> None:
        (part,) = parts
        with scratch_folder() as folder:
            made, words = self._run(DECOMPRESS, folder, part, out)
            size = made.stat().st_size
            if size != out.nbytes:
                wanted = f"and {out.nbytes} are {out.dtype} values of shape {out.shape}"
                raise self._failed(DECOMPRESS, f"wrote {size} bytes, {wanted}", words)
            with made.open("rb") as file:
                read = file.readinto(out.reshape(-1).view(np.uint8).data)
            if read != out.nbytes:
                raise StorageError(made, out.nbytes, f"{read} bytes came", reading=True)

    def _run(self, line: str, folder: Path, data: memoryview, field: Field) -> tuple[Path, Path]:
        """Run a command line on data; return where its output is, and what it said."""
        given, made, words = folder / "input", folder / "output", folder / "words"
        _write(given, data)
        command = self._commands.lines[line]
        program = self._commands.found(line)
        if program is None:
            raise PluginFailed(self.spec, f"{line}: {missing(self._commands, line)}")
        about = FieldWords(squeezed(field).shape, self._commands.dtypes[field.dtype.name], 8 * field.itemsize)
        places = {INPUT: str(given), OUTPUT: str(made), HERE: self._commands.here}
        arguments = command.filled(about.shape, {**about.words(), **self._values, **places})
        with ExitStack() as files:
            said = files.enter_context(words.open("wb"))
            # A program that names no file is a filter: from its standard input to its standard output.
            source = subprocess.DEVNULL if INPUT in command.named else files.enter_context(given.open("rb"))
            target = said if OUTPUT in command.named else files.enter_context(made.open("wb"))
            try:
                status = subprocess.call(
                    [program, *arguments],
                    stdin=source,
                    stdout=target,
                    stderr=said,
                    cwd=folder,
                    env=os.environ | {"OMP_NUM_THREADS": str(self.capabilities.threads)},
                )
            except OSError as error:
                raise PluginFailed(self.spec, f"{line}: {program} cannot be started: {error.strerror}") from None
        if status:
            raise self._failed(line, how_it_ended(status), words)
        if not made.is_file():
            raise self._failed(line, f"ended with exit status 0, and wrote no file {{{OUTPUT}}}", words)
        return made, words

    def _failed(self, line: str, what: str, words: Path) -> PluginFailed:
        program = Path(self._commands.lines[line].program(self._commands.here)).name
        with words.open("rb") as file:
            file.seek(max(0, words.stat().st_size - _TAIL))
            said = one_line(file.read().decode(errors="replace").strip(), _TAIL)
        return PluginFailed(self.spec, f"{line}: {program} {what}{f': {said}' if said else ''}")


def missing(commands: Commands, *lines: str) -> str | None:
    """Return why the programs of command lines cannot be run here, or None."""
    for line in lines:
        if commands.found(line) is None:
            name = commands.lines[line].program(commands.here)
            if os.sep in name:
                return f"there is no program {Path(commands.here, name)}"
            return f'there is no program "{name}" on the path (PATH)'
    return None


def _write(path: Path, data: memoryview) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise StorageError(path, data.nbytes, error.strerror or str(error)) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StorageError(path, 0, error.strerror or str(error), reading=True) from None
