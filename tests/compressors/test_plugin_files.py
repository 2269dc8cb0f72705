"""A plug-in that is one file of Python: what is found in it, what is said where it cannot be, and what it is."""

from __future__ import annotations

import os
import pickle
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavecomp.compressors import Absolute, Lossless, Registry, Unbounded, with_plugins
from wavecomp.compressors.origin import foreign_parts, registry_for
from wavecomp.compressors.plugin_files.functions import definition_of
from wavecomp.conformance.case import Check
from wavecomp.conformance.checks import CHECKS, examine
from wavecomp.conformance.round_trip import check_field
from wavecomp.conformance.samples import content
from wavecomp.errors import PluginFailed, PluginFileError, SpecError
from wavecomp.spec_text import SpecText

from .fields import FIXED, fields

LOSSLESS = """
    '''Zlib, and nothing else.

    More words.
    '''
    import zlib
    import numpy as np
    bound = "lossless"
    def compress(array, level: int = 1):
        return zlib.compress(array, level)
    def decompress(data, out):
        out[...] = np.frombuffer(zlib.decompress(data), out.dtype).reshape(out.shape)
"""
ROUNDING = """
    import numpy as np
    bound = "abs"
    def compress(array, tolerance: float = 1e-3):
        return np.rint(array / (2 * tolerance)).astype(np.int32).tobytes()
    def decompress(data, out, tolerance):
        out[...] = np.frombuffer(data, np.int32).reshape(out.shape) * (2 * tolerance)
"""
CLASS = """
    import numpy as np
    from wavecomp.compressors import Capabilities, Compressor, Lossless
    class _Base(Compressor):
        capabilities = Capabilities()
        bound = Lossless()
        def _encode(self, field):
            return (field.tobytes(),)
        def _decode(self, parts, out):
            out[...] = np.frombuffer(parts[0], out.dtype).reshape(out.shape)
    class Plain(_Base):
        "Keeps the bytes."
    class Keyed(_Base):
        name = "with_keys"
        def __init__(self, spec, *, step: float = 0.5, fast: bool = False):
            super().__init__(spec)
            self.given = step, fast
"""

QUICK = tuple(check for check in CHECKS if not check.measures)


@pytest.fixture
def lay(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Write a plug-in's file; what it did to this process is undone."""
    before, path = set(sys.modules), list(sys.path)

    def write(name: str, source: str) -> Path:
        file = tmp_path / name
        file.write_text(textwrap.dedent(source))
        return file

    yield write
    sys.path[:] = path
    for module in set(sys.modules) - before:
        del sys.modules[module]


def added(*files: Path) -> Registry:
    known = Registry()
    for file in files:
        known.add_file(file)
    return known


def test_two_functions_are_a_compressor_named_by_their_file(lay) -> None:
    known = added(lay("mine.py", LOSSLESS))
    definition = known.definition("mine")
    assert definition.summary == "Zlib, and nothing else."
    assert definition.examples == ("mine:level=1",)
    assert known.parse("mine").spec == "mine:level=1"
    assert isinstance(known.parse("mine:level=9").bound, Lossless)


@pytest.mark.parametrize("check", QUICK, ids=lambda check: check.name.replace(" ", "_"))
def test_functions_keep_the_contract(check: Check, lay) -> None:
    assert examine(check, added(lay("mine.py", LOSSLESS)).parse("mine")) == []


def test_any_field_comes_back_from_functions(lay) -> None:
    compressor = added(lay("mine.py", LOSSLESS)).parse("mine:level=6")

    @settings(FIXED, max_examples=40)
    @given(fields())
    def run(field: np.ndarray) -> None:
        check_field(compressor, field)

    run()


def test_a_tolerance_is_a_curve_and_a_checked_promise(lay) -> None:
    known = added(lay("mine.py", ROUNDING))
    assert known.definition("mine").examples == ("mine:tolerance=0.01", "mine:tolerance=1e-3", "mine:tolerance=1e-4")
    for tolerance in (1e-2, 1e-4):
        compressor = known.parse(f"mine:tolerance={tolerance}")
        assert compressor.bound == Absolute(tolerance)
        check_field(compressor, content("wave", (9, 10, 11), "float64"))
    for text in ("0", "-1", "nan"):
        with pytest.raises(SpecError, match="a finite number above 0"):
            known.parse(f"mine:tolerance={text}")


def test_nothing_is_promised_that_is_not_said(lay) -> None:
    known = added(lay("mine.py", ROUNDING.replace('bound = "abs"', "")))
    assert isinstance(known.parse("mine").bound, Unbounded)
    assert known.parse("mine:tolerance=-1")  # and nothing is known about the number
    assert known.definition("mine").examples == ("mine:tolerance=1e-3",)


@pytest.mark.parametrize(
    ("word", "default", "shown"),
    [
        ("abs", "0.5", "|e| <= 0.5"),
        ("range", "0.5", "|e| <= 0.5 x range"),
        ("peak", "0.5", "|e| <= 0.5 max|x|"),
        ("pointwise", "0.5", "|e| <= 0.5 |x|"),
        ("psnr", "60.0", "PSNR >= 60 dB"),
    ],
)
@pytest.mark.parametrize("key", ["tolerance", ""])
def test_words_for_promises(word: str, default: str, shown: str, key: str, lay) -> None:
    source = ROUNDING.replace('"abs"', f'"{word}"').replace("1e-3", default)
    known = added(lay("mine.py", source.replace("tolerance", key or word)))
    assert str(known.parse("mine").bound) == shown
    assert len(known.definition("mine").examples) == 3


def test_classes_are_compressors(lay) -> None:
    known = added(lay("many.py", CLASS))
    assert [d.name for d in known.definitions()][-2:] == ["plain", "with_keys"]
    assert known.definition("plain").summary == "Keeps the bytes."
    assert known.parse("with_keys:fast,step=0.25").given == (0.25, True)
    assert known.definition("with_keys").examples == ("with_keys:step=0.5",)
    check_field(known.parse("plain"), content("wave", (5, 6), "float32"))


def test_definitions_are_all_there_is_where_there_are_any(lay) -> None:
    source = textwrap.dedent(CLASS) + textwrap.dedent(
        """
        from wavecomp.compressors import Definition, Parameter
        from wavecomp.compressors.zfp import DEFINITION as ZFP
        FIRST = Definition("first", "one", (), lambda c: Plain(c.spec), ("first",))
        OTHERS = [FIRST, Definition("second", "two", (), lambda c: Plain(c.spec), ("second",))]
        """
    )
    known = added(lay("many.py", source))
    assert [d.name for d in known.definitions()][-2:] == ["first", "second"]


def test_what_is_beside_a_file_can_be_imported_and_counts(lay) -> None:
    helper = lay("wavecomp_test_helper.py", "import wavecomp_test_deeper as d\nlevel = d.level")
    deeper = lay("wavecomp_test_deeper.py", "level = 3")
    table = lay("table.bin", "0 1 2")
    source = LOSSLESS + "    import wavecomp_test_helper\n    files = ['table.bin']\n"
    mine = lay("mine.py", source)
    seen = {added(mine).library(["mine"])}
    for file, edited in ((mine, None), (helper, "level = 4"), (deeper, "level = 5"), (table, "0 1 3")):
        file.write_text(file.read_text() + "\n# edited\n" if edited is None else edited)
        if file is helper:  # it goes on importing the other one
            file.write_text("import wavecomp_test_deeper\nlevel = 4")
        library = added(mine).library(["mine"])
        assert library.startswith("mine sha256:")
        assert library not in seen, f"{file.name} was edited, and nobody noticed"
        seen.add(library)


def test_versions_of_what_it_imports_count(lay, monkeypatch) -> None:
    mine = lay("mine.py", LOSSLESS)
    before = added(mine).library(["mine"])
    monkeypatch.setattr("wavecomp.compressors.plugin_files.imported.version", lambda _: "99.9")
    assert added(mine).library(["mine"]) != before


def test_the_same_file_twice_is_once_and_an_edited_one_is_another(lay) -> None:
    mine = lay("mine.py", LOSSLESS)
    known = added(mine, mine)
    assert known.add_file(mine) == ("mine",)
    mine.write_text(mine.read_text() + "\n# edited\n")
    with pytest.raises(PluginFileError, match=r'"mine" is taken by .*mine\.py'):
        known.add_file(mine)


def test_another_process_finds_the_file_or_says_that_it_has_changed(lay) -> None:
    mine = lay("mine.py", LOSSLESS)
    known = added(mine)
    reading = pickle.loads(pickle.dumps(known.read(SpecText.parse("slabs:planes=4/mine:level=3"))))
    assert foreign_parts(reading) == "mine"
    assert registry_for(reading).definition("mine").examples == ("mine:level=1",)
    later = known.with_value(known.read(SpecText.parse("mine")), 0, "level", 4)
    mine.write_text(mine.read_text().replace("level: int = 1", "level: int = 2"))
    registry_for.__globals__["_with"].cache_clear()
    with pytest.raises(PluginFileError, match="has changed since the command began"):
        registry_for(later)


def test_only_the_files_that_a_spec_names_are_run(lay, tmp_path) -> None:
    mark = tmp_path / "ran"
    marking = f"    __import__('pathlib').Path({str(mark)!r}).touch()\n"
    known = added(lay("mine.py", LOSSLESS), lay("other.py", LOSSLESS + marking))
    mark.unlink()
    registry_for(known.read(SpecText.parse("mine")))
    assert not mark.exists()


BAD = {
    "an error": ("x = 1\n1 / 0", "line 2: its import failed: ZeroDivisionError: division by zero"),
    "an exit": ("import sys\nsys.exit(3)", "line 2: its import failed: SystemExit: 3"),
    "a syntax error": ("x = 1\ndef compress(:\n", "line 2: it is no Python: "),
    "no UTF-8": ("x = '\udcff'", "it is no Python: "),
    "a missing module": ("import wavecomp_test_nobody", "ModuleNotFoundError: No module named 'wavecomp_test_nobody'"),
    "nothing": ("x = 3", "no compressor was found in it; it needs a Definition, a subclass of Compressor, or two fun"),
    "half of it": ("def compress(array): ...", "it has compress, and no decompress: write decompress(data, out)"),
    "the other half": ("def decompress(data, out): ...", "it has decompress, and no compress: write compress(array"),
    "no function": ("compress = 3\ndef decompress(data, out): ...", "its compress is 3, and no function"),
    "no argument": ("def compress(): ...\ndef decompress(data, out): ...", "compress() has to take 1 arguments"),
    "one argument": ("def compress(a): ...\ndef decompress(data): ...", "decompress(data) has to take the bytes and"),
    "no default": (
        "def compress(a, level: int): ...\ndef decompress(d, out): ...",
        'the keyword "level" of compress needs a default',
    ),
    "any keyword": ("def compress(a, **more): ...\ndef decompress(d, out): ...", "compress takes **more: name every"),
    "no key": (
        "def compress(a, Level: int = 3): ...\ndef decompress(d, out): ...",
        'the keyword "Level" of compress is no key of a spec',
    ),
    "a strange default": (
        "def compress(a, level=None): ...\ndef decompress(d, out): ...",
        'the keyword "level" of compress has the default None, of type NoneType; write a float, an int,',
    ),
    "a true flag": (
        "def compress(a, fast: bool = True): ...\ndef decompress(d, out): ...",
        'the keyword "fast" of compress has the default True, of type bool',
    ),
    "an unknown keyword": (
        "def compress(a, level=1): ...\ndef decompress(d, out, levels): ...",
        'decompress takes "levels", which is no keyword of compress (level)',
    ),
    "an unknown bound": (
        "bound = 'absolute'\ndef compress(a, tolerance=1.0): ...\ndef decompress(d, out): ...",
        "bound = 'absolute': must be one of lossless, abs, range, peak, pointwise, psnr",
    ),
    "a bound without a number": (
        "bound = 'abs'\ndef compress(a, level=1.0): ...\ndef decompress(d, out): ...",
        'bound = "abs" needs its number: a parameter named tolerance (or abs), such as 1e-3',
    ),
    "a bound of nothing": (
        "bound = 'abs'\ndef compress(a, tolerance=0.0): ...\ndef decompress(d, out): ...",
        'the bound "abs" needs a tolerance above 0, and its default is 0.0',
    ),
    "a wrong example": (
        "examples = ['mine:x=1']\ndef compress(a): ...\ndef decompress(d, out): ...",
        "its compressor cannot be used: its example is wrong: ",
    ),
    "examples that are no list": (
        "examples = 'mine'\ndef compress(a): ...\ndef decompress(d, out): ...",
        "examples = 'mine': must be a list of texts",
    ),
    "files that are not there": (
        "files = ['lib.so']\ndef compress(a): ...\ndef decompress(d, out): ...",
        'files = [..., "lib.so", ...]: there is no such file beside it',
    ),
    "an unfinished class": (
        "from wavecomp.compressors import Compressor\nclass Mine(Compressor): ...",
        "its class Mine is no whole compressor: it lacks _decode, _encode, bound, capabilities",
    ),
    "a malformed definition": (
        "from wavecomp.compressors import Definition\nD = Definition('Mine', '', (), lambda c: c, ())",
        "its compressor cannot be used: its name is 'Mine'; a name is a word",
    ),
    "a taken name": (
        "from wavecomp.compressors import Definition\nD = Definition('zfp', '', (), lambda c: c, ())",
        'the compressor name "zfp" is taken by wavecomp\'s own; give it another name',
    ),
    "two of a name": (
        "from wavecomp.compressors import Definition\n"
        "A = Definition('same', '', (), lambda c: c, ())\nB = Definition('same', '', (), lambda c: c, ())",
        'two of its compressors have the name "same"',
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_one_line(kind: str, lay, tmp_path) -> None:
    source, said = BAD[kind]
    file = tmp_path / "mine.py"
    file.write_bytes(source.encode(errors="surrogateescape"))
    known = Registry()
    before = known.definitions()
    with pytest.raises(PluginFileError) as raised:
        known.add_file(file)
    assert str(raised.value).startswith(f"plug-in {file}: ")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.exit_status == 2
    assert known.definitions() == before, "something of it was added"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Mine.py", '"Mine" is no name of a compressor: rename Mine.py'),
        ("my-codec.py", '"my-codec" is no name of a compressor: rename my-codec.py'),
        ("mine.txt", 'it ends in ".txt"; a plug-in is Python code in a .py file'),
    ],
)
def test_names_of_files(name: str, said: str, lay) -> None:
    with pytest.raises(PluginFileError) as raised:
        added(lay(name, LOSSLESS))
    assert said in str(raised.value)


def test_a_name_of_another_file_is_taken(lay, tmp_path) -> None:
    first = lay("mine.py", LOSSLESS)
    (tmp_path / "beside").mkdir()
    with pytest.raises(PluginFileError, match=r"is taken by .*/mine\.py; give it another name"):
        added(first, lay("beside/mine.py", ROUNDING))


@pytest.mark.parametrize(("place", "said"), [("nobody.py", "no such file or directory"), ("", "is a directory")])
def test_files_that_are_none(place: str, said: str, tmp_path) -> None:
    with pytest.raises(PluginFileError, match=said):
        with_plugins(tmp_path / place)


def test_a_pipe_is_not_waited_for(tmp_path) -> None:
    os.mkfifo(tmp_path / "mine.py")
    with pytest.raises(PluginFileError, match="is no regular file"):
        with_plugins(tmp_path / "mine.py")


def test_one_file_by_two_paths_and_by_a_link(lay, tmp_path) -> None:
    (tmp_path / "beside").mkdir()
    mine = lay("mine.py", LOSSLESS)
    known = added(mine, tmp_path / "beside" / ".." / "mine.py")
    (tmp_path / "linked.py").symlink_to(mine)
    assert known.add_file(tmp_path / "linked.py") == ("linked",)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os; os._exit(7)", "ended with exit status 7"),
        ("import os; os._exit(0)", "ended without an answer, with exit status 0"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "killed by SIGSEGV"),
        ("import os, sys; print('bad luck'); sys.stdout.flush(); os.abort()", r"killed by SIGABRT \(.*bad luck"),
    ],
)
def test_an_import_that_ends_its_process_does_not_end_this_one(source: str, said: str, lay) -> None:
    with pytest.raises(PluginFileError, match=f"its import ended the process: .*{said}"):
        with_plugins(lay("mine.py", source))


def test_an_import_that_does_not_end(lay, monkeypatch) -> None:
    monkeypatch.setattr("wavecomp.compressors.plugin_files.probe._LIMIT_S", 3.0)
    with pytest.raises(PluginFileError, match="did not end within 3 s"):
        with_plugins(lay("mine.py", "import time; time.sleep(600)"))


def test_what_an_import_raises_keeps_its_words_and_prints_nothing(lay, capfd) -> None:
    with pytest.raises(PluginFileError, match="line 2: its import failed: ValueError: no luck"):
        with_plugins(lay("mine.py", "print('chatter')\nraise ValueError('no luck')"))
    assert capfd.readouterr().out == ""


def test_ctrl_c_during_an_import_passes(lay) -> None:
    with pytest.raises(KeyboardInterrupt):
        added(lay("mine.py", "raise KeyboardInterrupt"))


FAILING = {
    "a text": ("return 'text'", "pass", "compress returned a str; it has to return bytes"),
    "nothing": ("pass", "pass", "compress returned None; it has to return bytes"),
    "a list": ("return [1, 2]", "pass", "compress returned a list; it has to return bytes"),
    "a result": ("return b'x'", "return out + 1", "decompress returned a ndarray; it has to fill its second argument"),
    "another array": ("return b'x'", "out = out * 0", "decompress left out as it was, at 64 of 64 places"),
    "half": ("return b'x'", "out[:5] = 0", "decompress left out as it was, at 32 of 64 places that were looked at"),
}


@pytest.mark.parametrize("kind", FAILING)
def test_functions_that_do_not_do_their_work(kind: str, lay) -> None:
    forth, back, said = FAILING[kind]
    compressor = added(lay("mine.py", f"def compress(a):\n {forth}\ndef decompress(d, out):\n {back}")).parse("mine")
    field = content("wave", (10, 64), "float32")
    with pytest.raises(PluginFailed) as raised:
        compressor.decompress(compressor.compress(field), np.zeros_like(field))
    assert said in str(raised.value)


@pytest.mark.parametrize("kind", ["array.data", "bytearray(array)", "array", "memoryview(array)"])
def test_anything_like_bytes_is_copied(kind: str, lay) -> None:
    source = LOSSLESS.replace("zlib.compress(array, level)", kind).replace("zlib.decompress(data)", "data")
    compressor = added(lay("mine.py", source)).parse("mine")
    (check,) = (one for one in CHECKS if one.name == "streams of their own")
    assert examine(check, compressor) == []


def test_what_functions_are_given(lay) -> None:
    source = """
        import numpy as np
        def compress(array):
            assert array.flags.c_contiguous and not array.flags.writeable and isinstance(array, np.ndarray)
            return array.tobytes()
        def decompress(data, out):
            assert type(data) is bytes and out.flags.c_contiguous and out.flags.writeable
            out[...] = np.frombuffer(data, out.dtype).reshape(out.shape)
            return out
    """
    compressor = added(lay("mine.py", source)).parse("mine")
    field = np.asfortranarray(content("wave", (8, 9), "float32"))
    out = np.zeros((18, 8), np.float32)[::2].T[:, :9]
    compressor.decompress(compressor.compress(field), out)
    assert np.array_equal(out, field)
    compressor.decompress(bytearray(compressor.compress(field)), out)


def test_threads_of_functions(lay) -> None:
    known = added(lay("mine.py", LOSSLESS.replace("level: int = 1)", "level: int = 1, threads: int = 2)")))
    reading = known.read(SpecText.parse("mine"))
    assert known.threads_of(reading) == 2
    changed, threads = known.with_threads(reading, 4) or (None, 0)
    assert (str(changed and changed.spec), threads) == ("mine:level=1,threads=4", 4)


numbers = st.floats(1e-30, 1e30) | st.integers(1, 10**9)


@settings(FIXED, max_examples=200)
@given(numbers, st.sampled_from(["abs", "range", "peak", "pointwise", "psnr", None]))
def test_any_default_makes_canonical_examples(default: float | int, word: str | None) -> None:
    """What a listing prints is what a record will hold, and means the value that it says."""

    def compress(array, tolerance=default): ...
    def decompress(data, out): ...

    attributes = {"compress": compress, "decompress": decompress, "bound": word}
    definition = definition_of("mine", "", attributes, ())
    known = Registry([definition])
    assert [known.canonical(example) for example in definition.examples] == list(definition.examples)
    assert default in [known.values(example)["tolerance"] for example in definition.examples]
    assert known.values("mine") == {"tolerance": default}


def test_from_python(lay) -> None:
    import wavecomp

    known = wavecomp.with_plugins(lay("mine.py", LOSSLESS), os.fspath(lay("other.py", ROUNDING)))
    assert known.parse("mine").spec == "mine:level=1"
    assert known.parse("other:tolerance=0.1").bound == Absolute(0.1)
    assert wavecomp.default_registry().unavailable().get("mine") is None
