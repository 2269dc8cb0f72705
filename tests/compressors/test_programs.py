"""Programs as compressors: what they are given, what is said where they fail, and that nothing of them stays."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavecomp.compressors import Absolute, Lossless, Registry, Unbounded
from wavecomp.compressors.plugin_files.command_line import CommandLine, FieldWords
from wavecomp.compressors.scratch_folder import PREFIX
from wavecomp.conformance.case import Check
from wavecomp.conformance.checks import CHECKS, examine
from wavecomp.conformance.round_trip import check_field
from wavecomp.conformance.samples import content
from wavecomp.errors import CompressorUnavailable, PluginFailed, PluginFileError, SpecError, StorageError
from wavecomp.spec_text import SpecText

from .fields import FIXED

# A codec that knows no wavecomp: codec.py MODE INPUT OUTPUT DTYPE TOLERANCE NX NY NZ, slowest axis last.
CODEC = """
    import json, sys, zlib
    from pathlib import Path
    import array
    mode, given, made, dtype, tolerance, *shape = sys.argv[1:]
    kind = {"float32": "f", "float64": "d"}[dtype]
    step = 2 * float(tolerance)
    data = Path(given).read_bytes()
    count = 1
    for length in shape:
        count *= int(length)
    if mode == "compress":
        values = array.array(kind, data)
        assert len(values) == count, (len(values), shape)
        Path(made).write_bytes(zlib.compress(array.array("q", (round(v / step) for v in values)).tobytes()))
    else:
        codes = array.array("q", zlib.decompress(data))
        assert len(codes) == count, (len(codes), shape)
        Path(made).write_bytes(array.array(kind, (c * step for c in codes)).tobytes())
"""
LINE = '["{python}", "-I", "-S", "{{here}}/codec.py", "{mode}", "{{input}}", "{{output}}", "{{dtype}}", "{{tolerance}}"'
LINES = (
    f"""
bound = "abs"
compress = {LINE.replace("{mode}", "compress")}, "{{{{nx}}}}", "{{{{ny}}}}", "{{{{nz}}}}"]
decompress = {LINE.replace("{mode}", "decompress")}, "{{{{shape_reversed}}}}"]
[parameters]
tolerance = 1e-3
""".replace("{python}", sys.executable)
    .replace("{{", "{")
    .replace("}}", "}")
)

gzip = pytest.mark.skipif(shutil.which("gzip") is None, reason="there is no gzip on this machine")
GZIP = (
    'bound = "lossless"\ncompress = ["gzip", "-cn", "-{level}"]\ndecompress = ["gzip", "-dc"]\nparameters.level = 6\n'
)

QUICK = tuple(check for check in CHECKS if not check.measures)


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Write a description, with the codec beside it; temporary files have a folder of their own."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    (tmp_path / "codec.py").write_text(textwrap.dedent(CODEC))

    def write(text: str, name: str = "codec.toml") -> Path:
        file = tmp_path / name
        file.write_text(text)
        return file

    return write


def added(file: Path) -> Registry:
    known = Registry()
    known.add_file(file)
    return known


def left(tmp_path: Path) -> list[str]:
    return [one.name for one in (tmp_path / "scratch").iterdir()]


def python(code: str, *arguments: str) -> str:
    """Return a command line that runs a line of Python."""
    words = [sys.executable, "-I", "-S", "-c", code.replace("{", "{{").replace("}", "}}"), *arguments]
    return "[" + ", ".join(f"'{word}'" if '"' in word else f'"{word}"' for word in words) + "]"


def test_a_program_is_a_compressor_named_by_its_file(lay, tmp_path) -> None:
    known = added(lay(LINES))
    definition = known.definition("codec")
    assert definition.summary.endswith("(a program: its times include its start and its files)")
    assert definition.examples == ("codec:tolerance=0.01", "codec:tolerance=1e-3", "codec:tolerance=1e-4")
    compressor = known.parse("codec:tolerance=0.05")
    assert compressor.bound == Absolute(0.05)
    assert compressor.capabilities.max_dimensions == 3
    for shape in ((7, 1, 5, 3), (6, 7), (9,)):
        check_field(compressor, content("wave", shape, "float64"))
    assert left(tmp_path) == []
    with pytest.raises(SpecError, match="above 0"):
        known.parse("codec:tolerance=0")


@gzip
@pytest.mark.parametrize("check", QUICK, ids=lambda check: check.name.replace(" ", "_"))
def test_a_filter_keeps_the_contract(check: Check, lay, tmp_path) -> None:
    compressor = added(lay(GZIP, "gz.toml")).parse("gz:level=1")
    assert isinstance(compressor.bound, Lossless)
    assert examine(check, compressor) == []
    assert left(tmp_path) == []


@gzip
def test_slabs_run_several_programs_side_by_side(lay) -> None:
    compressor = added(lay(GZIP, "gz.toml")).parse("slabs:planes=4,threads=2/gz:level=1")
    check_field(compressor, content("random", (12, 9), "float32"))


SHOWN = 'import sys; open(sys.argv[1], "w").write(" ".join(sys.argv[2:]))'


@pytest.mark.parametrize(
    ("argument", "shape", "dtype", "filled"),
    [
        ("{shape}", (4, 5, 6), "float32", "4 5 6"),
        ("{shape_reversed}", (4, 5, 6), "float32", "6 5 4"),
        ("{shape}", (4, 1, 6), "float32", "4 6"),
        ("--dims={shape:x}", (4, 5, 6), "float32", "--dims=4x5x6"),
        ("{shape_reversed:,}", (4, 5), "float32", "5,4"),
        ("{nx}/{ny}/{nz}", (4, 5), "float32", "5/4/1"),
        ("-{ndim}", (4, 5, 6), "float32", "-3"),
        ("{count}", (4, 5, 6), "float32", "120"),
        ("{dtype}:{bits}", (4,), "float64", "float64:64"),
        ("{tolerance}", (4,), "float32", "1e-05"),
        ("{{tolerance}}", (4,), "float32", "{tolerance}"),
        ("a b;$HOME", (4,), "float32", "a b;$HOME"),
    ],
)
def test_placeholders(argument: str, shape: tuple[int, ...], dtype: str, filled: str, lay) -> None:
    line = python(SHOWN, "{output}", argument)
    text = f"compress = {line}\ndecompress = {python(SHOWN, '{output}', '{tolerance}')}\nparameters.tolerance = 1e-5\n"
    compressor = added(lay(text)).parse("codec")
    assert isinstance(compressor.bound, Unbounded)
    (part,) = compressor._encode(np.ones(shape, dtype))
    assert bytes(part).decode() == filled


def test_words_for_dtypes(lay) -> None:
    text = f"compress = {python(SHOWN, '{output}', '{dtype}')}\ndecompress = ['x']\n"
    worded = added(lay(text + 'dtypes = { float32 = "-f" }\n')).parse
    listed = added(lay(text + 'dtypes = ["float64"]\n')).definition("codec")
    assert "no program" in (listed.missing() or "")
    with pytest.raises(CompressorUnavailable):
        worded("codec")
    both = lay(text.replace("['x']", f"['{sys.executable}']") + 'dtypes = { float32 = "-f" }\n')
    compressor = added(both).parse("codec")
    assert compressor.capabilities.dtypes == ("float32",)
    assert bytes(next(iter(compressor._encode(np.ones(3, np.float32))))) == b"-f"


lengths = st.lists(st.integers(1, 10**6), min_size=1, max_size=4).map(tuple)


@settings(FIXED, max_examples=200)
@given(lengths, st.text("xX,: -", min_size=1, max_size=2))
def test_shapes_read_back_in_either_order(shape: tuple[int, ...], separator: str) -> None:
    line = CommandLine(["p", "{shape}", "{shape_reversed}", f"{{shape:{separator}}}", "{nx}"], ())
    forth, back, joined, nx = (
        (found := line.filled(shape, FieldWords(shape, "f", 32).words()))[: len(shape)],
        found[len(shape) : 2 * len(shape)],
        found[-2],
        found[-1],
    )
    assert tuple(map(int, forth)) == tuple(map(int, reversed(back))) == shape
    assert joined == separator.join(forth)
    assert int(nx) == shape[-1]


COPY = python("import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2])", "{input}", "{output}")
FAILING = {
    "a status": (
        python("import sys; sys.stderr.write('much' * 999 + 'no licence'); sys.exit(3)", "{input}", "{output}"),
        COPY,
        ["compress: ", " ended with exit status 3: ", "muchno licence"],
    ),
    "words on its output": (
        python("print('no licence'); raise SystemExit(3)", "{input}", "{output}"),
        COPY,
        [" ended with exit status 3: no licence"],
    ),
    "a signal": (python("import os; os.kill(os.getpid(), 11)", "{input}", "{output}"), COPY, [" killed by SIGSEGV"]),
    "no file": (python("pass", "{input}", "{output}"), COPY, ["exit status 0, and wrote no file {output}"]),
    "an empty file": (python("import sys; open(sys.argv[1], 'w')", "{output}"), COPY, ["wrote an empty file"]),
    "an empty output": (python("pass"), COPY, ["wrote an empty file"]),
    "a status on the way back": (COPY, python("raise SystemExit(9)", "{output}"), ["decompress: ", "exit status 9"]),
    "too little": (
        COPY,
        python("import sys; open(sys.argv[1], 'w').write('abc')", "{output}"),
        ["wrote 3 bytes, and 240 are float32 values of shape (6, 10)"],
    ),
    "too much": (
        COPY,
        python("print('x' * 240)"),
        ["wrote 241 bytes, and 240 are float32 values of shape (6, 10)"],
    ),
    "a folder": (
        COPY,
        python("import os, sys; os.mkdir(sys.argv[1])", "{output}"),
        ["exit status 0, and wrote no file {output}"],
    ),
}


@pytest.mark.parametrize("kind", FAILING)
def test_a_program_that_fails_is_named_with_what_it_said(kind: str, lay, tmp_path) -> None:
    forth, back, said = FAILING[kind]
    compressor = added(lay(f"compress = {forth}\ndecompress = {back}\n")).parse("codec")
    field = content("wave", (6, 10), "float32")
    with pytest.raises(PluginFailed) as raised:
        compressor.decompress(compressor.compress(field), np.zeros_like(field))
    for words in said:
        assert words in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 700, "all that it said is repeated"
    assert left(tmp_path) == []


def test_no_room_for_its_files(lay, tmp_path, monkeypatch) -> None:
    compressor = added(lay(f"compress = {COPY}\ndecompress = {COPY}\n")).parse("codec")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nobody"))
    with pytest.raises(StorageError, match=f"nobody/{PREFIX}.*No such file or directory"):
        compressor.compress(np.ones(3, np.float32))


def test_a_program_that_is_not_there_is_a_reason(lay) -> None:
    text = 'compress = ["wavecomp-test-nobody"]\ndecompress = ["{here}/codec"]\n'
    known = added(lay(text))
    said = 'there is no program "wavecomp-test-nobody" on the path (PATH)'
    assert known.unavailable() == {"codec": said}
    with pytest.raises(CompressorUnavailable, match="wavecomp-test-nobody"):
        known.parse("codec")
    known = added(lay(text.replace("wavecomp-test-nobody", sys.executable)))
    assert known.unavailable()["codec"].startswith("there is no program /")
    assert known.unavailable()["codec"].endswith("/codec")


def test_what_a_record_is_about(lay, tmp_path, monkeypatch) -> None:
    """The description, its programs and the files beside it that its command lines name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "packer"
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    file = lay('compress = ["packer", "{here}/codec.py"]\ndecompress = ["packer", "-d"]\n', "packed.toml")

    def library() -> str:
        return added(file).library(["packed"])

    seen = {library()}

    def edited(path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o755)
        assert library() not in seen, path
        assert library().startswith("packed sha256:")
        seen.add(library())

    edited(program, "#!/bin/sh\nexit 1\n")
    edited(program, "#!/bin/sh\nexit 2\n")
    edited(tmp_path / "codec.py", "# another codec\n")
    edited(file, file.read_text() + "# edited\n")
    program.rename(folder / "aside")
    (folder / "aside").rename(program)
    assert library() in seen, "nothing has changed"


@pytest.mark.parametrize(
    ("words", "most"),
    [("-d", 8), ("{nx}", 1), ("{ny}", 2), ("{nz}", 3), ("{shape:,}", 4), ("{shape_reversed:,}", 4)],
)
def test_dimensions_are_those_that_are_named(words: str, most: int, lay) -> None:
    line = f'["{sys.executable}", "{words}"]'
    known = added(lay(f"compress = {line}\ndecompress = ['{sys.executable}']\n"))
    assert known.parse("codec").capabilities.max_dimensions == most


def test_threads_of_a_program(lay) -> None:
    asked = 'import os, sys; open(sys.argv[1], "w").write(os.environ["OMP_NUM_THREADS"])'
    text = f"compress = {python(asked, '{output}', '{threads}')}\ndecompress = {COPY}\nparameters.threads = 1\n"
    known = added(lay(text))
    found = known.with_threads(known.read(SpecText.parse("codec")), 3)
    assert found is not None
    assert found[1] == 3
    assert bytes(next(iter(known.usable(found[0])._encode(np.ones(3, np.float32))))) == b"3"


def test_choices_and_integers(lay) -> None:
    line = python(SHOWN, "{output}", "{mode}{level}")
    text = f'compress = {line}\ndecompress = {COPY}\n[parameters]\nmode = ["fast", "best"]\nlevel = 3\n'
    known = added(lay(text))
    assert known.definition("codec").examples == ("codec:mode=fast,level=3",)
    assert bytes(next(iter(known.parse("codec:mode=best,level=-2")._encode(np.ones(3))))) == b"best-2"
    with pytest.raises(SpecError, match="one of fast, best"):
        known.parse("codec:mode=slow")


GOOD = f"compress = {COPY}\ndecompress = {COPY}\n"
ONE = 'decompress = ["x"]\n'
BAD = {
    "no TOML": ("compress = [", "it is no TOML file: "),
    "no UTF-8": ("# \udcff", "it is no TOML file: "),
    "nothing": ("", "compress = None: missing: a command line in words, such as"),
    "no way back": ('compress = ["x"]', "decompress = None: missing: a command line"),
    "one text": (ONE + 'compress = "gzip -c"', "compress = 'gzip -c': must be a command line in words, such as"),
    "no words": (ONE + "compress = []", "compress = []: must be a command line in words"),
    "a number": (ONE + 'compress = ["x", 3]', "compress = ['x', 3]: must be a command line in words"),
    "an unknown key": (GOOD + "tolerances = 3", "tolerances = 3: unknown key"),
    "an unknown placeholder": (
        ONE + 'compress = ["x", "{outputs}"]',
        '"{outputs}": unknown placeholder "{outputs}"; did you mean "output"? (known: input, output, here, shape,',
    ),
    "a lone brace": (
        ONE + 'compress = ["x", "{"]',
        "\"{\": Single '{' encountered in format string; a brace that is meant",
    ),
    "a conversion": (ONE + 'compress = ["x", "{input!r}"]', 'unknown placeholder "{input}"'),
    "a format": (ONE + 'compress = ["x", "{count:5}"]', '"{count:5}": {count} is one word, and takes no ":5"'),
    "several in one": (
        ONE + 'compress = ["x", "-n{shape}"]',
        "several numbers within one argument; write {shape:,}",
    ),
    "a program by placeholder": (ONE + 'compress = ["{dtype}"]', 'the program itself, "{dtype}", can hold no placehol'),
    "an unknown bound": (GOOD + 'bound = "absolute"', "bound = 'absolute': must be one of abs, lossless, peak"),
    "a bound without a number": (GOOD + 'bound = "abs"', 'bound = "abs" needs its number: a parameter named tolerance'),
    "an unused parameter": (GOOD + "parameters.level = 3", "parameters.level: no command line has {level}"),
    "a parameter's name": (GOOD + "parameters.Level = 3", "parameters.Level is no key of a spec"),
    "a placeholder's name": (GOOD + "parameters.input = 3", "parameters.input: {input} stands for something else"),
    "a parameter that is none": (GOOD + "parameters.level = true", "parameters.level = True: must be a number, or a l"),
    "no parameters": (GOOD + "parameters = 3", "parameters = 3: must be a table"),
    "a choice of nothing": (GOOD + "parameters.mode = []", "parameters.mode = []: must be a list of words"),
    "an unknown dtype": (GOOD + 'dtypes = ["float16"]', "dtypes = ['float16']: must name float32 or float64"),
    "a word for it": (GOOD + 'dtypes = { int8 = "-b" }', "dtypes.int8 = '-b': unknown key"),
    "dimensions": (GOOD + "max_dimensions = 0", "max_dimensions = 0: must be an integer, from 1 to 8"),
    "more than it names": (
        GOOD.replace('"{input}"', '"{input}", "{nx}"') + "max_dimensions = 2",
        "max_dimensions = 2: must be an integer, from 1 to 1",
    ),
    "a wrong example": (GOOD + 'examples = ["zfp"]', "its compressor cannot be used: its example 'zfp' is one"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_description_is_one_line(kind: str, lay) -> None:
    text, said = BAD[kind]
    file = lay("")
    file.write_bytes(text.encode(errors="surrogateescape"))
    known = Registry()
    with pytest.raises(PluginFileError) as raised:
        known.add_file(file)
    assert str(raised.value).startswith(f"plug-in {file}: ")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.exit_status == 2


def test_names_of_descriptions(lay) -> None:
    with pytest.raises(PluginFileError, match=r'"zfp-program" is no name: rename zfp-program\.toml'):
        added(lay(GOOD, "zfp-program.toml"))
    with pytest.raises(PluginFileError, match='"zfp" is taken by wavecomp\'s own; give it another name'):
        added(lay(GOOD, "zfp.toml"))
