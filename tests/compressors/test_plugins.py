"""Bad plug-ins: each is listed with its reason, and nothing else is harmed."""

from __future__ import annotations

import importlib
import pickle
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from wavecomp.compressors import BUILT_IN, ENTRY_POINT_GROUP, Definition, Parameter, Registry
from wavecomp.compressors.identity import Identity
from wavecomp.compressors.origin import registry_for
from wavecomp.compressors.well_formed import fault_of
from wavecomp.errors import CompressorUnavailable, RegistrationError
from wavecomp.installed import entry_points_of
from wavecomp.spec_text import SpecText

SOUND = """
    from wavecomp.compressors import Definition
    from wavecomp.compressors.identity import Identity
    DEFINITION = Definition({name!r}, "a plug-in", (), lambda c: Identity(c.spec), ({name!r},))
"""
BUILT_IN_NAMES = [definition.name for definition in BUILT_IN]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Lay a distribution into a folder on the path; its module is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)

    def lay(name: str, source: str = SOUND, *, distribution: str = "", entries: str = "", at: Path = tmp_path) -> Path:
        project = distribution or f"{name}-plugin"
        module = f"wavecomp_test_{project.replace('-', '_')}"
        at.mkdir(exist_ok=True)
        (at / f"{module}.py").write_text(textwrap.dedent(source.format(name=name) if source is SOUND else source))
        info = at / f"{project.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entries or f"[{ENTRY_POINT_GROUP}]\n{name} = {module}:DEFINITION\n")
        importlib.invalidate_caches()
        return info

    yield lay
    for module in set(sys.modules) - before:
        if module.startswith("wavecomp_test_"):
            del sys.modules[module]


def registry() -> Registry:
    made = Registry()
    made.load_plugins(*entry_points_of(ENTRY_POINT_GROUP))
    return made


def assert_others_unharmed(known: Registry, *sound: str) -> None:
    assert [definition.name for definition in known.definitions()] == [*BUILT_IN_NAMES, *sound]
    for name in ("zfp:rate=8", "slabs/zfp:reversible", *sound):
        assert known.parse(name)


def test_two_plug_ins_of_one_name_disable_themselves_alone(install) -> None:
    install("twin", distribution="first-twin")
    install("twin", distribution="second-twin")
    install("alone")
    known = registry()
    assert_others_unharmed(known, "alone")
    reason = known.unavailable()["twin"]
    assert "first-twin 1.0" in reason
    assert "second-twin 1.0" in reason
    with pytest.raises(CompressorUnavailable, match="publish a compressor of this name"):
        known.parse("twin")
    assert not any(module.startswith("wavecomp_test_first") for module in sys.modules), "neither should be imported"


def test_a_name_of_a_built_in_compressor_stays_with_it(install) -> None:
    install("zfp", distribution="better-zfp")
    install("alone")
    known = registry()
    assert_others_unharmed(known, "alone")
    assert any(known.definition("zfp") is definition for definition in BUILT_IN)
    assert "zfp" not in known.unavailable()
    assert 'the name "zfp" is taken' in known.unavailable()["zfp of better-zfp 1.0"]
    assert not any(module.startswith("wavecomp_test_better") for module in sys.modules)


def test_the_same_distribution_twice_on_the_path_is_one(install, tmp_path: Path, monkeypatch) -> None:
    install("echo")
    install("echo", at=tmp_path / "again")
    monkeypatch.syspath_prepend(str(tmp_path / "again"))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])  # and the very same folder twice
    known = registry()
    assert_others_unharmed(known, "echo")
    assert known.unavailable() == {}
    found, _ = entry_points_of(ENTRY_POINT_GROUP)
    again = Registry()
    again.load_plugins([*found, *found])
    assert_others_unharmed(again, "echo")


BAD_SOURCES = {
    "something else": ("DEFINITION = 42", "it is 42, and no compressor Definition"),
    "nothing": ("", "AttributeError"),
    "another name": (
        "from wavecomp.compressors import Definition\n"
        "DEFINITION = Definition('other', '', (), lambda c: None, ('other',))",
        'publishes a compressor named "other"',
    ),
    "a built-in one's name": (
        "from wavecomp.compressors import Definition\nDEFINITION = Definition('zfp', '', (), lambda c: None, ('zfp',))",
        'publishes a compressor named "zfp"',
    ),
    "a class": ("class DEFINITION: pass", "no compressor Definition"),
    "an error": ("raise OSError('libbad.so.7')", "its import failed: OSError: libbad.so.7"),
    "an exit": ("import sys; sys.exit(3)", "its import failed: SystemExit: 3"),
    "a bare exception": ("class Odd(BaseException): pass\nraise Odd('strange')", "its import failed: Odd: strange"),
    "a generator's end": ("raise GeneratorExit", "its import failed: GeneratorExit"),
    "a syntax error": ("def", "its import failed: SyntaxError"),
    "an assertion": ("assert False, 'never'", "its import failed: AssertionError: never"),
    "an error without a text": (
        "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd",
        "its import failed: Odd",
    ),
    "five lines": ("raise RuntimeError('a\\nb\\x1b[31mc\\nd')", "its import failed: RuntimeError: a b\\x1b[31mc d"),
    "a lying class": (
        "from wavecomp.compressors import Definition\n"
        "class Liar(Definition):\n"
        "    def __init__(self): pass\n"
        "DEFINITION = Liar()",
        "its definition cannot be read: AttributeError",
    ),
}


@pytest.mark.parametrize("kind", BAD_SOURCES)
def test_a_bad_plug_in_is_listed_and_harms_nothing(kind: str, install) -> None:
    source, said = BAD_SOURCES[kind]
    install("bad", source)
    install("alone")
    known = registry()
    assert_others_unharmed(known, "alone")
    assert list(known.unavailable()) == ["bad"]
    assert said in known.unavailable()["bad"]
    assert "\n" not in known.unavailable()["bad"]
    for ask in (known.parse, known.canonical, known.values):
        with pytest.raises(CompressorUnavailable):
            ask("bad")


def test_ctrl_c_during_an_import_passes(install) -> None:
    install("bad", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        registry()


def test_what_an_import_prints_is_no_output(install, capsys) -> None:
    install("bad", "print('chatter')" + textwrap.dedent(SOUND).format(name="bad"))
    assert_others_unharmed(registry(), "bad")
    assert capsys.readouterr().out == ""


SEVERAL = """
    from wavecomp.compressors import Definition
    from wavecomp.compressors.identity import Identity
    def named(name):
        return Definition(name, "one of several", (), lambda c: Identity(c.spec), (name,))
    DEFINITION = [named(name) for name in {names}]
"""
FUNCTIONS = """
    def compress(array):
        return array.tobytes()
    def decompress(data, out):
        out[...] = __import__("numpy").frombuffer(data, out.dtype).reshape(out.shape)
"""


def test_one_entry_point_names_several(install) -> None:
    install("family", SEVERAL.replace("{names}", '("wide", "narrow")'))
    known = registry()
    assert_others_unharmed(known, "wide", "narrow")
    assert known.unavailable() == {}
    assert known.library(["wide"]).startswith("family-plugin 1.0 sha256:")
    assert known.library(["wide"]) == known.library(["narrow"])
    # Another process knows nothing but what was read.
    reading = pickle.loads(pickle.dumps(known.read(SpecText.parse("slabs/narrow"))))
    assert registry_for(reading).definition("narrow").summary == "one of several"
    assert [d.name for d in registry_for(known.read(SpecText.parse("zfp:rate=8"))).definitions()] == BUILT_IN_NAMES


def test_one_distribution_with_several_entry_points(install) -> None:
    source = SEVERAL.replace("{names}", '("wide", "narrow")') + "    WIDE, NARROW = DEFINITION\n"
    module = "wavecomp_test_both_plugin"
    entries = f"[{ENTRY_POINT_GROUP}]\nwide = {module}:WIDE\nnarrow = {module}:NARROW\n"
    install("both", source, entries=entries)
    known = registry()
    assert {d.name for d in known.definitions()} == {*BUILT_IN_NAMES, "wide", "narrow"}
    assert known.unavailable() == {}


def test_an_entry_point_may_name_a_module(install) -> None:
    module = "wavecomp_test_pair_plugin"
    install("pair", FUNCTIONS, entries=f"[{ENTRY_POINT_GROUP}]\npair = {module}\n")
    known = registry()
    assert_others_unharmed(known, "pair")
    field = np.arange(12.0).reshape(3, 4)
    out = np.empty_like(field)
    compressor = known.parse("pair")
    compressor.decompress(compressor.compress(field), out)
    assert np.array_equal(out, field)


def test_names_of_several_that_clash(install) -> None:
    install("one", SEVERAL.replace("{names}", '("mine", "shared", "zfp")'))
    install("two", SEVERAL.replace("{names}", '("shared", "yours")'))
    known = registry()
    assert_others_unharmed(known, "mine", "yours")
    missing = known.unavailable()
    assert set(missing) == {"shared", "zfp of one-plugin 1.0"}
    assert missing["shared"].startswith("one-plugin 1.0 and two-plugin 1.0 publish more than one")
    with pytest.raises(CompressorUnavailable, match="more than one"):
        known.parse("shared")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("DEFINITION = [3]", "it is 3, and no compressor Definition"),
        ("DEFINITION = []", "it is [], and no compressor Definition"),
        ("DEFINITION = __import__('string')", "no compressor was found in it"),
    ],
)
def test_several_that_are_none(source: str, said: str, install) -> None:
    install("bad", source)
    install("alone")
    known = registry()
    assert_others_unharmed(known, "alone")
    assert said in known.unavailable()["bad"]


@pytest.mark.parametrize("name", ["My-Codec", "9z", "a b", "naïve"])
def test_names_that_no_spec_can_hold(name: str, install) -> None:
    install("bad", entries=f"[{ENTRY_POINT_GROUP}]\n{name} = wavecomp_test_bad_plugin:DEFINITION\n")
    install("alone")
    known = registry()
    assert_others_unharmed(known, "alone")
    assert "no spec can hold" in known.unavailable()[name]


@pytest.mark.parametrize(
    "content",
    [
        f"[{ENTRY_POINT_GROUP}]\nnonsense without a sign\n".encode(),
        b"\xff\xfe[wavecomp",
        b"[unclosed\nwavecomp.compressors",
    ],
    ids=["no sign", "no text", "no section"],
)
def test_entry_points_that_cannot_be_read(content: bytes, install) -> None:
    info = install("bad", distribution="odd-one")
    (info / "entry_points.txt").write_bytes(content)
    install("alone")
    known = registry()
    assert_others_unharmed(known, "alone")
    assert all(name == "odd-one" and "cannot be read" in reason for name, reason in known.unavailable().items())


@pytest.mark.parametrize("metadata", [None, b"", b"\xff\xfe\x00", b"Name\n"])
def test_a_distribution_without_readable_metadata_still_publishes(metadata: bytes | None, install) -> None:
    info = install("bare")
    (info / "METADATA").unlink() if metadata is None else (info / "METADATA").write_bytes(metadata)
    known = registry()
    assert_others_unharmed(known, "bare")
    assert "sha256:" in known.library(["bare"])


def test_a_finder_of_distributions_that_fails(install, monkeypatch) -> None:
    class Finder:
        @staticmethod
        def find_distributions(*_: object) -> object:
            raise RuntimeError("not today")

        @staticmethod
        def find_spec(*_: object) -> None: ...

    install("alone")
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    assert_others_unharmed(registry(), "alone")


GOOD = Definition(
    "good", "fine", (Parameter("k", "int", "a number", default=1),), lambda c: Identity(c.spec), ("good:k=2",)
)
LEVEL = GOOD.parameters[0]
MALFORMED = {
    "name": ([{"name": value} for value in (3, None, "", "Good", "a-b", "a/b", b"good")], "its name is"),
    "summary": ([{"summary": value} for value in (None, 3, b"")], "its summary is"),
    "build": ([{"build": value} for value in (None, 3, "Identity")], "its build is"),
    "requires": ([{"requires": value} for value in (3, b"zfpy", ["zfpy"])], "its requires is"),
    "wraps": ([{"wraps": value} for value in ("yes", 1, None)], "its wraps is"),
    "parameters": (
        [{"parameters": value} for value in (None, 3, "level", (3,), ({"name": "k"},), {"k": LEVEL})],
        "its parameters is",
    ),
    "examples": ([{"examples": value} for value in (None, 3, "good:k=2", (3,), (None,))], "its examples is"),
    "two of a name": ([{"parameters": (LEVEL, LEVEL)}], "two parameters named 'k'"),
    "an example": (
        [{"examples": (value,)} for value in ("good:k=x", "good:z=1", "zfp:rate=8", "good/zfp:rate=8", "", "Good")],
        "its example",
    ),
    "a wrapper's example": ([{"wraps": True}], "wraps nothing"),
    "a parameter": (
        [
            {"parameters": (replace(LEVEL, **change),)}
            for change in (
                {"name": 3},
                {"name": "K"},
                {"kind": "number"},
                {"kind": 3},
                {"doc": None},
                {"default": "1"},
                {"default": 1.5},
                {"default": True},
                {"default": 3, "high": 2},
                {"default": np.int64(3)},
                {"low": "a"},
                {"low": 2, "high": 1},
                {"high": float("nan")},
                {"choices": "abc"},
                {"choices": 3},
                {"kind": "choice", "default": None},
                {"kind": "choice", "choices": ("a",), "default": "b"},
                {"kind": "float", "default": float("inf")},
                {"kind": "flag", "default": 1},
            )
        ],
        "its parameter",
    ),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_definition_is_refused_with_what_is_wrong(what: str) -> None:
    assert fault_of(GOOD) is None
    changes, said = MALFORMED[what]
    for change in changes:
        bad = replace(GOOD, **change)
        assert said in (fault_of(bad) or ""), change
        with pytest.raises(RegistrationError, match="expected a compressor Definition"):
            Registry().register(bad)


def test_lists_serve_as_well_and_built_in_definitions_are_well_formed() -> None:
    assert fault_of(replace(GOOD, parameters=[LEVEL], examples=["good"])) is None
    assert [fault_of(definition) for definition in BUILT_IN] == [None] * len(BUILT_IN)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ZeroDivisionError("division by zero"), "fails to say whether it can be used: ZeroDivisionError"),
        (SystemExit(2), "fails to say whether it can be used: SystemExit"),
        ("no\nluck\x1b", "no luck\\x1b"),
        (42, "42"),
    ],
)
def test_a_definition_that_cannot_say_what_it_misses(answer: object, said: str) -> None:
    class Odd(Definition):
        def missing(self) -> str | None:
            if isinstance(answer, BaseException):
                raise answer
            return answer  # type: ignore[return-value]

    known = Registry([*BUILT_IN, Odd("odd", "", (), lambda c: Identity(c.spec), ("odd",))])
    assert said in known.unavailable()["odd"]
    assert list(known.unavailable()) == ["odd"]
    with pytest.raises(CompressorUnavailable):
        known.parse("odd")
    assert known.parse("zfp:rate=8")


def test_threads_of_a_plug_in_that_cannot_tell() -> None:
    class Odd(Identity):
        capabilities = SimpleNamespace(threads="many")  # type: ignore[assignment]

    class Three(Identity):
        capabilities = replace(Identity.capabilities, threads=3)

    made = {"odd": Odd, "three": Three}
    known = Registry([*BUILT_IN, *(Definition(n, "", (), lambda c: made[c.spec](c.spec), (n,)) for n in made)])
    for spec, threads in (("odd", 1), ("three", 3)):
        for asked in (1, threads):
            found = known.with_threads(known.read(SpecText.parse(spec)), asked)
            assert found is not None
            assert (found[0].spec, found[1]) == (spec, threads)
    assert known.with_threads(known.read(SpecText.parse("three")), 2) is None
