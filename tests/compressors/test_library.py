"""What does the work of a compressor: of a plug-in its very files, since its version stays while it is edited."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, version
from pathlib import Path

import pytest

from wavecomp.compressors import BUILT_IN, ENTRY_POINT_GROUP, Definition, Registry
from wavecomp.compressors.identity import Identity
from wavecomp.compressors.slabs import Slabs
from wavecomp.installed import entry_points_of, fingerprint, fingerprints
from wavecomp.records import collect_provenance
from wavecomp.spec_text import SpecText

PACKAGE, PROJECT = "wavecomp_test_print", "test-print"
SOURCE = """
from wavecomp.compressors import Definition
from dataclasses import replace
from wavecomp.compressors.identity import Identity
class Free(Identity):
    capabilities = replace(Identity.capabilities, releases_gil=True)
DEFINITION = Definition("print", "a plug-in", (), lambda c: Free(c.spec), ("print",))
WRAPPER = Definition("wrap", "a wrapper", (), lambda c: Identity(c.spec), ("wrap/zfp:rate=8",), wraps=True)
"""
FILES = {
    f"{PACKAGE}/__init__.py": SOURCE,
    f"{PACKAGE}/inner/table.bin": "\x00\x01",
    f"{PACKAGE}/_native.cpython-311.so": "machine code",
    f"{PACKAGE}/__pycache__/__init__.cpython-311.pyc": "compiled",
}
INFO = f"{PACKAGE}-1.0.dist-info"


class Site:
    """A folder with one plug-in as an installer leaves it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in FILES.items():
            self.write(name, text)
        self.write(
            f"{INFO}/METADATA", f"Metadata-Version: 2.1\nName: {PROJECT}\nVersion: 1.0\nRequires-Dist: wavecomp\n"
        )
        lines = "".join(f"{name} = {PACKAGE}:{it}\n" for name, it in (("print", "DEFINITION"), ("wrap", "WRAPPER")))
        self.write(f"{INFO}/entry_points.txt", f"[{ENTRY_POINT_GROUP}]\n{lines}")
        self.record([*FILES, f"{INFO}/METADATA", f"{INFO}/entry_points.txt", f"{INFO}/RECORD"])

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        importlib.invalidate_caches()

    def record(self, names: list[str]) -> None:
        self.write(f"{INFO}/RECORD", "".join(f"{name},,\n" for name in names))

    def entry(self) -> EntryPoint:
        found, _ = entry_points_of(ENTRY_POINT_GROUP)
        return next(entry for entry in found if entry.name == "print")

    def fingerprint(self) -> str:
        return fingerprint(self.entry())

    def library(self, spec: str = "print") -> str:
        """As a new process would tell it."""
        known = Registry()
        known.load_plugins(*entry_points_of(ENTRY_POINT_GROUP))
        return known.library(SpecText.parse(spec).names)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Site(tmp_path)
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        del sys.modules[name]


def test_built_in_compressors_are_told_by_the_distribution_that_does_the_work() -> None:
    known = Registry()
    for spec, name in (
        ("zfp:rate=8", "zfpy"),
        ("slabs:planes=4/zfp:rate=8", "zfpy"),
        ("blosc2", "blosc2"),
        ("sz3:abs=1e-3", "pysz"),
    ):
        assert known.library(SpecText.parse(spec).names) == f"{name} {version(name)}"
        assert known.distribution(SpecText.parse(spec).innermost.name) == name
    assert known.library(["float16"]).startswith("wavecomp")


def test_a_plug_in_is_told_by_its_files_wherever_it_stands_in_a_spec(site: Site) -> None:
    library = site.library()
    assert re.fullmatch(rf"{PROJECT} 1\.0 sha256:[0-9a-f]{{16}}", library)
    assert site.library() == library, "the same files, the same words"
    assert site.library("slabs:planes=4/print") == library
    zfpy = f"zfpy {version('zfpy')}"
    wrapping = site.library("wrap/zfp:rate=8")
    assert wrapping.startswith(f"{PROJECT} 1.0 sha256:")
    assert wrapping.endswith(f", {zfpy}")
    assert site.library("wrap/slabs:planes=4/zfp:rate=8") == wrapping


@pytest.mark.parametrize(
    "name", [f"{PACKAGE}/__init__.py", f"{PACKAGE}/inner/table.bin", f"{PACKAGE}/_native.cpython-311.so"]
)
def test_any_file_that_changes_is_another_plug_in(name: str, site: Site) -> None:
    before = site.library()
    site.write(name, FILES[name] + "#")
    changed = site.library()
    assert changed != before
    site.write(name, FILES[name])
    assert site.library() == before, "its very bytes are back"
    (site.folder / name).unlink()
    if not name.endswith("__init__.py"):
        assert site.library() not in (before, changed)


def test_a_change_of_the_same_size_and_time_of_modification_is_seen(site: Site) -> None:
    path = site.folder / f"{PACKAGE}/inner/table.bin"
    before, state = site.fingerprint(), path.stat()
    path.write_bytes(b"\x02\x03")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert site.fingerprint() != before


def test_what_running_and_installing_leave_behind_does_not_count(site: Site) -> None:
    before = site.fingerprint()
    for name in (
        f"{PACKAGE}/__pycache__/__init__.cpython-311.pyc",
        f"{PACKAGE}/inner/__pycache__/x.cpython-312.pyc",
        f"{PACKAGE}/old.pyc",
        f"{PACKAGE}/.editor.swp",
        f"{PACKAGE}/__init__.py~",
        f"{INFO}/INSTALLER",
        f"{INFO}/direct_url.json",
    ):
        site.write(name, "anything")
        assert site.fingerprint() == before, name
    names = [
        *FILES,
        f"{INFO}/RECORD",
        f"{INFO}/INSTALLER",
        "../../bin/print-it",
        "__editable___print_finder.py",
        "print.pth",
    ]
    site.record(names)
    assert site.fingerprint() == before


@pytest.mark.parametrize("record", ["missing", "editable", "empty", "no text"])
def test_without_a_record_the_files_of_its_module_count(record: str, site: Site) -> None:
    path = site.folder / INFO / "RECORD"
    if record == "missing":
        path.unlink()
    elif record == "no text":
        path.write_bytes(b"\xff\xfe\x00\xd8")
    else:
        site.record(["print.pth"] if record == "editable" else [])
    before = site.library()
    assert re.fullmatch(rf"{PROJECT} 1\.0 sha256:[0-9a-f]{{16}}", before)
    site.write(f"{PACKAGE}/inner/table.bin", "other")
    second = site.library()
    site.write(f"{PACKAGE}/inner/new.py", "")
    assert len({before, second, site.library()}) == 3
    site.write(f"{PACKAGE}/__pycache__/x.pyc", "other")
    site.write("beside_it.py", "")
    assert site.library() != second


def test_a_file_beside_its_package_that_it_installed_counts(site: Site) -> None:
    site.write("wavecomp_test_beside.py", "X = 1")
    site.record([*FILES, "wavecomp_test_beside.py"])
    before = site.fingerprint()
    site.write("wavecomp_test_beside.py", "X = 2")
    assert site.fingerprint() != before


def test_modules_alone_and_packages_in_a_shared_namespace(site: Site) -> None:
    (site.folder / INFO / "RECORD").unlink()
    site.write("wavecomp_test_print_alone.py", SOURCE)
    site.write("wavecomp_test_print_ns/mine/__init__.py", SOURCE)
    site.write("wavecomp_test_print_ns/single.py", SOURCE)
    site.write("wavecomp_test_print_ns/others/__init__.py", "")
    for module, own in (
        ("wavecomp_test_print_alone", "wavecomp_test_print_alone.py"),
        ("wavecomp_test_print_ns.mine", "wavecomp_test_print_ns/mine/deep.py"),
        ("wavecomp_test_print_ns.single", "wavecomp_test_print_ns/single.py"),
    ):
        entry = EntryPoint("print", f"{module}:DEFINITION", ENTRY_POINT_GROUP)
        before = fingerprint(entry)
        site.write("wavecomp_test_print_ns/others/__init__.py", f"# {module}")
        assert fingerprint(entry) == before, "somebody else's files"
        site.write(own, SOURCE + "#")
        assert fingerprint(entry) != before, module


def test_versions_of_what_it_requires_count(site: Site) -> None:
    found = []
    for requirement in (
        "",
        "Requires-Dist: zfpy>=1\n",
        "Requires-Dist: no-such-thing\n",
        "Requires-Dist: pip; extra == 'x'\n",
    ):
        site.write(f"{INFO}/METADATA", f"Metadata-Version: 2.1\nName: {PROJECT}\nVersion: 1.0\n{requirement}")
        found.append(site.fingerprint())
    assert found[0] == found[3]
    assert len(set(found)) == 3


def test_definitions_registered_by_hand_are_told_by_their_module() -> None:
    here = Definition("here", "", (), lambda c: Identity(c.spec), ("here",))
    known = Registry([*BUILT_IN, here])
    assert re.fullmatch(r"here sha256:[0-9a-f]{16}", known.library(["here"]))
    replaced = Definition("zfp", "", (), lambda c: Identity(c.spec), ("zfp",))
    assert Registry([replaced]).library(["zfp"]).startswith("zfp sha256:"), "a name of ours with code of others"
    assert Slabs.__module__ not in known.library(["here"])


def test_provenances_hold_the_fingerprints_of_plug_ins(site: Site) -> None:
    before = collect_provenance()
    assert re.fullmatch(r"1\.0 sha256:[0-9a-f]{16}", before.versions[PROJECT])
    assert fingerprints(ENTRY_POINT_GROUP)[PROJECT] == before.versions[PROJECT]
    site.write(f"{PACKAGE}/__init__.py", SOURCE + "#")
    after = collect_provenance()
    assert after.versions[PROJECT] != before.versions[PROJECT]
    assert after.comparable(before), "it puts only its own records in doubt"
