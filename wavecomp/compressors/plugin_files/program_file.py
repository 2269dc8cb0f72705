"""The description of a program, a ``.toml`` file, as a definition.

::

    summary = "ZFP's own program"
    bound = "abs"
    dtypes = { float32 = "-f", float64 = "-d" }
    compress = ["zfp", "-i", "{input}", "-z", "{output}", "{dtype}", "-{ndim}", "{shape_reversed}", "-a", "{tolerance}"]
    decompress = ["zfp", "-z", "{input}", "-o", "{output}", "{dtype}", "-{ndim}", "{shape_reversed}", "-a",
                  "{tolerance}"]

    [parameters]
    tolerance = 1e-3
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.compressors.plugin_files.bound_words import WORDS, bound_word
from wavecomp.compressors.plugin_files.command_line import PLACEHOLDERS, REVERSED, SHAPE, CommandLine
from wavecomp.compressors.plugin_files.keywords import Malformed, parameter_from
from wavecomp.compressors.plugin_files.program import COMPRESS, DECOMPRESS, Commands, Program, missing
from wavecomp.compressors.spec import Parameter, is_name
from wavecomp.compressors.stream import MAX_DIMENSIONS
from wavecomp.errors import RecipeError
from wavecomp.toml_table import TomlTable

_DTYPES = ("float32", "float64")
_LINE = 'a command line in words, such as ["gzip", "-c"]'
_COSTS = "a program: its times include its start and its files"
_DIMENSIONS = 4
_OF = "its command lines"


@dataclass(frozen=True)
class ProgramDefinition(Definition):
    """A definition that needs programs."""

    commands: Commands | None = None

    def missing(self) -> str | None:
        """Return which program is not there, or None."""
        return None if self.commands is None else missing(self.commands, COMPRESS, DECOMPRESS)


def program_of(path: Path, text: bytes) -> tuple[Sequence[Definition], dict[Path, str], list[str]]:
    """Read a description.

    Returns
    -------
    definitions : list of Definition
        One, named like the file.
    files : dict
        The programs, and the files beside the description that its command lines name.
    words : list of str
        What else stands for its identity: the programs that are not there.

    Raises
    ------
    Malformed
        What is wrong in it, with key and value.
    """
    if not is_name(path.stem):
        raise Malformed(
            f'the compressor is named by the file, and "{path.stem}" is no name: rename {path.name}, in small letters, '
            "digits and _, such as zfp_program.toml"
        )
    try:
        table = TomlTable(tomllib.loads(text.decode()), path.name)
    except ValueError as error:  # of decoding too
        raise Malformed(f"it is no TOML file: {error}") from None
    try:
        definition = _definition(path, table)
    except RecipeError as error:
        raise Malformed(str(error).removeprefix(f"{path.name}: ")) from None
    commands = definition.commands
    assert commands is not None
    files: dict[Path, str] = {}
    words = []
    for line, command in commands.lines.items():
        program = commands.found(line)
        if program is None:
            words.append(f"{line}: no program")
        else:
            files[Path(program).resolve()] = f"{line}: {Path(program).name}"
        for one in map(Path, command.beside(commands.here)):
            if one.is_file():
                files[one] = one.name
    return [definition], files, words


def _definition(path: Path, table: TomlTable) -> ProgramDefinition:
    parameters = _parameters(table.table("parameters")) if table.has("parameters") else ()
    keys = [one.name for one in parameters]
    lines = {line: CommandLine(table.texts(line, _LINE), keys) for line in (COMPRESS, DECOMPRESS)}
    word = bound_word(table.choice("bound", WORDS) if table.has("bound") else None, parameters)
    unused = set(keys) - lines[COMPRESS].named - lines[DECOMPRESS].named
    for key in sorted(unused):
        raise Malformed(f"parameters.{key}: no command line has {{{key}}}, so that its value would change nothing")
    parameters = word.narrowed(parameters)
    dimensions = _dimensions(table, lines)
    summary = table.text("summary", "") or f"{lines[COMPRESS].program('')} as a program"
    examples = table.texts("examples", "a list of specs", ())
    commands = Commands(lines, str(path.parent), _dtypes(table), dimensions)
    table.finish()

    def build(configuration: Configuration) -> Program:
        return Program(configuration, commands, word.of(configuration.values))

    return ProgramDefinition(
        name=path.stem,
        summary=f"{summary} ({_COSTS})",
        parameters=parameters,
        build=build,
        examples=examples or word.examples(path.stem, parameters),
        commands=commands,
    )


def _parameters(table: TomlTable) -> tuple[Parameter, ...]:
    found = []
    for key, value in table.items().items():
        words = f"parameters.{key}"
        if key in PLACEHOLDERS:
            raise Malformed(f"{words}: {{{key}}} stands for something else ({', '.join(PLACEHOLDERS)})")
        if isinstance(value, bool) or not isinstance(value, int | float | list):
            raise Malformed(f'{words} = {value!r:.60}: must be a number, or a list of words such as ["fast", "best"]')
        if isinstance(value, list):
            if not value or not all(isinstance(one, str) for one in value):
                raise Malformed(f'{words} = {value!r:.60}: must be a list of words such as ["fast", "best"]')
            found.append(parameter_from(key, value[0], words, Literal[tuple(value)], _OF))
        else:
            found.append(parameter_from(key, value, words, type(value), _OF))
    return tuple(found)


def _dtypes(table: TomlTable) -> dict[str, str]:
    if not table.has("dtypes"):
        return {name: name for name in _DTYPES}
    if table.is_list("dtypes"):
        names = table.texts("dtypes", "a list of dtypes")
        words = dict(zip(names, names, strict=True))
    else:
        inner = table.table("dtypes")
        words = {name: inner.text(name) for name in _DTYPES if inner.has(name)}
        inner.finish()
    if not words or not set(words) <= set(_DTYPES):
        table.wrong("dtypes", f"must name {' or '.join(_DTYPES)}")
    return words


def _dimensions(table: TomlTable, lines: dict[str, CommandLine]) -> int:
    """Return how many dimensions can be taken: as many as lengths are named, or what the file says."""
    named = [most for line in lines.values() if (most := line.most_dimensions) is not None]
    if table.has("max_dimensions"):
        return table.integer("max_dimensions", least=1, most=min([*named, MAX_DIMENSIONS]))
    at_once = any(line.named & {SHAPE, REVERSED} for line in lines.values())
    return min(named, default=_DIMENSIONS if at_once else MAX_DIMENSIONS)
