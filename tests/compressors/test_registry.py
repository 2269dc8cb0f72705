from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import numpy as np
import pytest

from wavecomp.compressors import ENTRY_POINT_GROUP, Definition, Reading, Registry, default_registry
from wavecomp.compressors.definitions import BUILT_IN
from wavecomp.compressors.identity import Identity
from wavecomp.conformance.checks import CHECKS, examine
from wavecomp.errors import CompressorUnavailable, RegistrationError, SpecError, UnknownCompressor
from wavecomp.spec_text import SpecText

PLUGIN = Definition("echo", "a plug-in", (), lambda c: Identity(c.spec), ("echo",))


def entry(name: str, attribute: str, module: str = __name__) -> EntryPoint:
    return EntryPoint(name, f"{module}:{attribute}", ENTRY_POINT_GROUP)


def names(registry: Registry) -> list[str]:
    return [definition.name for definition in registry.definitions()]


NOT_A_DEFINITION = 42


def test_built_in_names() -> None:
    expected = ["identity", "blosc2", "zfp", "sz3", "interp", "float16", "bfloat16", "int8", "int16"]
    expected += ["sperr", "lerc", "fpzip", "pcodec", "numcodecs", "hdf5", "slabs"]
    assert names(Registry()) == expected
    assert Registry().unavailable() == {}
    assert Registry(()).definitions() == ()


def test_a_duplicate_is_an_error() -> None:
    with pytest.raises(RegistrationError, match='"zfp" is taken'):
        Registry().register(Definition("zfp", "", (), PLUGIN.build, ("zfp",)))
    with pytest.raises(RegistrationError, match='"echo" is taken'):
        Registry([PLUGIN, PLUGIN])


def test_only_definitions_are_registered() -> None:
    for thing in (Identity, Identity("identity"), "zfp", None):
        with pytest.raises(RegistrationError, match="expected a compressor Definition"):
            Registry().register(thing)  # type: ignore[arg-type]


def test_a_plug_in_is_found_and_obeys_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "echo_plugin", sys.modules[__name__])
    registry = Registry()
    registry.load_plugins([entry("echo", "PLUGIN", "echo_plugin")])
    assert names(registry) == [*(d.name for d in BUILT_IN), "echo"]
    for check in CHECKS:
        if not check.measures:
            assert examine(check, registry.parse("echo")) == []


def test_a_broken_plug_in_is_listed_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "echo_plugin", sys.modules[__name__])
    registry = Registry()
    registry.load_plugins(
        [
            entry("gone", "PLUGIN", "no_such_module_at_all"),
            entry("bare", "NO_SUCH_NAME", "echo_plugin"),
            entry("echo", "PLUGIN", "echo_plugin"),
        ]
    )
    assert names(registry)[-1] == "echo"
    assert list(registry.unavailable()) == ["gone", "bare"]
    for name, said in (("gone", "no_such_module_at_all"), ("bare", "NO_SUCH_NAME")):
        assert said in registry.unavailable()[name]
        for ask in (registry.parse, registry.canonical, registry.values):
            with pytest.raises(
                CompressorUnavailable, match=f'"{name}" is not available here: its import failed.*{said}'
            ):
                ask(name)
    with pytest.raises(UnknownCompressor, match='did you mean "gone"'):
        registry.parse("gonne")
    assert registry.parse("slabs/zfp:reversible")


def installed(folder: Path, name: str, module: str, source: str) -> None:
    """What an installer leaves behind: a module, and a dist-info folder with its entry points."""
    (folder / f"{module}.py").write_text(source)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{ENTRY_POINT_GROUP}]\n{name} = {module}:DEFINITION\n")


SOUND = """
from wavecomp.compressors import Definition
from wavecomp.compressors.identity import Identity
DEFINITION = Definition("mirror", "a plug-in", (), lambda c: Identity(c.spec), ("mirror",))
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    installed(tmp_path, "mirror", "wavecomp_test_mirror", SOUND)
    installed(tmp_path, "cracked", "wavecomp_test_cracked", "raise OSError('libcracked.so.7: cannot open')")
    return tmp_path


def test_installed_plug_ins(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    registry = Registry()
    registry.load_plugins(entry_points(group=ENTRY_POINT_GROUP))
    assert registry.parse("mirror").spec == "mirror"
    reason = registry.unavailable()["cracked"]
    assert "OSError" in reason
    assert "libcracked.so.7: cannot open" in reason
    sys.modules.pop("wavecomp_test_mirror")


def test_the_default_registry_of_a_fresh_process_finds_them(site: Path) -> None:
    code = (
        "from wavecomp.compressors import default_registry as r\n"
        "print([d.name for d in r().definitions()], r().unavailable(), r().parse('zfp:rate=8'), r() is r())"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(site), *filter(None, sys.path)])}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    assert "'slabs', 'mirror']" in ran.stdout
    assert "{'cracked': \"its import failed: OSError: libcracked.so.7" in ran.stdout.replace("'its", '"its')
    assert ran.stdout.rstrip().endswith("zfp:rate=8 True")


def test_importing_costs_no_library() -> None:
    """Listing and printing specs must work where a native library is missing or slow to load."""
    code = (
        "import sys\n"
        "from wavecomp.compressors import default_registry as r\n"
        "[r().canonical(e) for d in r().definitions() for e in d.examples]\n"
        "libraries = 'zfpy pysz blosc2 imagecodecs fpzip pcodec numcodecs hdf5plugin devito matplotlib'.split()\n"
        "print([m for m in libraries if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("module", "specs"),
    [
        ("zfpy", ("zfp:rate=8", "slabs/zfp:reversible")),
        ("pysz", ("sz3:abs=1e-3",)),
        ("blosc2", ("blosc2:level=9", "slabs/blosc2", "interp:abs=1")),
    ],
)
def test_a_missing_library(module: str, specs: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry()
    canonical = [registry.canonical(spec) for spec in specs]
    monkeypatch.setitem(sys.modules, module, None)  # what makes ``import`` raise ModuleNotFoundError
    for spec in specs:
        with pytest.raises(CompressorUnavailable, match=f"cannot import {module}: ModuleNotFoundError") as refusal:
            registry.parse(spec)
        assert refusal.value.exit_status == 1
    assert [registry.canonical(spec) for spec in specs] == canonical
    missing = registry.unavailable()
    assert {*missing} == {d.name for d in registry.definitions() if d.requires == module}
    for name in missing:
        with pytest.raises(SpecError):
            registry.parse(f"{name}:no_such_key=1")
    for definition in registry.definitions():
        if definition.name not in (*missing, "slabs"):
            assert registry.parse(definition.examples[0])


def test_a_library_that_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wavecomp_test_broken.py").write_text("raise RuntimeError('built for another CPU')")
    monkeypatch.syspath_prepend(tmp_path)
    broken = Definition("broken", "", (), PLUGIN.build, ("broken",), requires="wavecomp_test_broken")
    registry = Registry([*BUILT_IN, broken])
    assert registry.unavailable() == {
        "broken": "cannot import wavecomp_test_broken: RuntimeError: built for another CPU"
    }
    with pytest.raises(CompressorUnavailable, match="built for another CPU"):
        registry.parse("broken")


def threaded(spec: str, threads: int) -> tuple[Reading, int] | None:
    registry = default_registry()
    return registry.with_threads(registry.read(SpecText.parse(spec)), threads)


@pytest.mark.parametrize(
    ("spec", "threads", "expected"),
    [
        ("zfp:rate=8.0", 1, "zfp:rate=8"),
        ("zfp:rate=8.0", 2, None),
        ("sz3:abs=1e-3", 4, None),
        ("identity", 1, "identity"),
        ("slabs:planes=8/zfp:rate=8", 4, "slabs:planes=8,threads=4/zfp:rate=8"),
        ("slabs/zfp:rate=8", 1, "slabs:planes=16,threads=1/zfp:rate=8"),
        ("blosc2:level=1", 2, "blosc2:codec=zstd,level=1,shuffle=shuffle,chunk=1048576,threads=2"),
        ("blosc2:level=1", 1, "blosc2:codec=zstd,level=1,shuffle=shuffle,chunk=1048576"),
    ],
)
def test_with_threads(spec: str, threads: int, expected: str | None) -> None:
    changed = threaded(spec, threads)
    assert (changed and changed[0].spec) == expected
    if changed is not None:
        assert default_registry().parse(changed[0].spec).capabilities.threads == threads
        assert changed[1] == threads


@pytest.mark.parametrize(
    ("spec", "expected", "threads"),
    [
        ("slabs:threads=2/zfp:rate=8", "slabs:planes=16,threads=2/zfp:rate=8", 2),
        ("blosc2:level=1,threads=2", "blosc2:codec=zstd,level=1,shuffle=shuffle,chunk=1048576,threads=2", 2),
        ("blosc2:level=1,threads=1", "blosc2:codec=zstd,level=1,shuffle=shuffle,chunk=1048576", 1),
        (
            "slabs:threads=3/blosc2:threads=2",
            "slabs:planes=16,threads=3/blosc2:codec=zstd,level=5,shuffle=shuffle,chunk=1048576,threads=2",
            6,
        ),
    ],
)
def test_threads_that_a_spec_names_stand(spec: str, expected: str, threads: int) -> None:
    for asked in (1, 2, 4):
        changed = threaded(spec, asked)
        assert changed is not None
        assert (changed[0].spec, changed[1]) == (expected, threads)


def test_threads_of_a_wrapped_compressor_are_named_too() -> None:
    spec = "slabs:planes=4/blosc2:threads=2"
    changed = threaded(spec, 1)
    assert changed is not None
    assert changed[0].spec.startswith("slabs:planes=4,threads=2/")
    assert changed[1] == 4


def test_with_impossible_threads() -> None:
    for threads in (0, -1, 257):
        with pytest.raises(SpecError, match=f"threads={threads}"):
            threaded("blosc2", threads)
    with pytest.raises(UnknownCompressor):
        threaded("zpf", 1)


def test_with_flags() -> None:
    """Flags have no value to carry over."""
    for text, threads, expected in (
        ("slabs:planes=16/zfp:reversible", 2, "slabs:planes=16,threads=2/zfp:reversible"),
        ("zfp:reversible", 1, "zfp:reversible"),
    ):
        changed = threaded(text, threads)
        assert changed is not None
        assert changed[0].spec == expected


def test_texts_of_a_compressor() -> None:
    compressor = default_registry().parse("zfp:rate=8.0")
    assert str(compressor) == compressor.spec == "zfp:rate=8"
    assert repr(compressor) == "<Zfp zfp:rate=8>"
    assert np.array_equal(np.ones(3, np.float32), compressor.prepare(np.ones(3, np.float32)))
